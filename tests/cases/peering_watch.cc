#include "tests/cases/peering_watch.h"

#include <fmt/format.h>

#include "controller/model/networks.h"
#include "tests/cases/json_text.h"

namespace isthmus::testing {
namespace {

Side side(const Model& model, const ResourceId& id) {
  const Resource* peering = id.empty() ? nullptr : model.find(id);
  return peering == nullptr ? Side::Absent : side_of(peering->as<Peering>().state);
}

// The peering that points back from where this one leads, or will lead.
const Resource* opposite(const Model& model, const ResourceId& id, std::string_view body) {
  if (const Resource* here = model.find(id)) return other_side(model, *here);
  const auto remote = ResourceId::parse(
      text_at(body, fmt::format("/properties/remoteVirtualNetwork/{}", reference_name(id.realm()))),
      id.realm());
  const Resource* local_network = model.find(id.parent());
  const Resource* remote_network = remote ? model.find(*remote) : nullptr;
  if (local_network == nullptr || remote_network == nullptr) return nullptr;
  return peering_from(model, *remote_network, *local_network);
}

}  // namespace

PeeringWatch::PeeringWatch(const Model& before, const ResourceId& id, std::string_view body) {
  if (id.kind() != Kind::Peering) return;
  here_ = id;
  if (const Resource* other = opposite(before, id, body)) there_ = other->id;
  here_before_ = side(before, here_);
  there_before_ = side(before, there_);
}

PeeringWatch::Verdict PeeringWatch::judge(const Model& after, PeeringEvent event) const {
  if (here_.empty()) return {};
  if (event == PeeringEvent::Delete && here_before_ == Side::Absent) return {};
  const auto rows = peering_transitions(here_.realm());
  for (size_t i = 0; i < rows.size(); ++i) {
    const PeeringTransition& row = rows[i];
    if (row.here != here_before_ || row.there != there_before_ || row.event != event) continue;
    if (row.here_after == side(after, here_) && row.there_after == side(after, there_))
      return {i, ""};
    return {
        i, fmt::format("{} did not move as row {} of peering_transitions() says", here_.path(), i)};
  }
  return {std::nullopt,
          fmt::format("{} moved from where peering_transitions() has no row", here_.path())};
}

}  // namespace isthmus::testing
