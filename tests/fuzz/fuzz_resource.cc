// A body to a change of the model: whatever comes is taken or refused, and what was taken is the
// same after it was stored and read again.
#include <cstdlib>
#include <string>

#include "api/json/draft.h"
#include "api/json/render.h"
#include "api/json/store_encoding.h"
#include "controller/rules/apply.h"
#include "controller/rules/fresh.h"

using namespace isthmus;

namespace {

const Model& world() {
  static const Model model = make_fresh(Model(Uuid{1, 2}), FreshContents::Seeded, {}, 0)->model;
  return model;
}

// The first byte says which type: those that stand at the top.
ResourceId id_of(uint8_t byte) {
  std::vector<Kind> top;
  for (const KindInfo& row : kinds_in(Realm::Onprem)) {
    if (row.parent == Kind::None && !row.is_singleton()) top.push_back(row.kind);
  }
  return *ResourceId::make(top[byte % top.size()], "fuzzed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
  auto draft = api::json::read_draft(body, id_of(data[0]));
  if (!draft) return 0;
  Operation operation;
  operation.draft = std::move(*draft);
  const auto applied = apply(world(), {{std::move(operation)}, "fuzz", 1}, {});
  if (!applied) return 0;
  const api::json::StoreEncoding encoding;
  for (const ResourceChange& change : applied->changes) {
    if (!change.after) continue;
    const std::string document = encoding.encode(*change.after);
    const auto again = encoding.decode(document);
    if (!again || encoding.encode(*again) != document) std::abort();
    if (api::json::render(applied->model, *change.after, {}).empty()) std::abort();
  }
  return 0;
}
