#include "dataplane/fib/wide6.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "dataplane/fib/wide6_build.h"
#include "dataplane/fib/wide6_edit.h"

namespace isthmus::dataplane {
namespace wide6 {

// What view() answers, and what it stands on. Its default value is stored in place.
struct Generation final : rcu::Retired {
  std::shared_ptr<Memory> memory;
  uint32_t root = 0;
  View view{};
};

class Change {
 public:
  Store store;
  std::unique_ptr<Blocks> blocks;
  std::unique_ptr<Generation> next;  // for Store::Kind::NewView
  View view{};
};

namespace {

constexpr unsigned kOrderOfRoot = 16;
static_assert(kSlots == size_t{1} << kOrderOfRoot);
const net::Prefix kEverything = net::Prefix::containing(net::IpAddress::v6({}), 0);

// More regions than these within one /32 are rewritten as a whole: each would copy its lines.
constexpr std::ptrdiff_t kRegionsInOneMax = 16;

// The regions to be rewritten, in order, none within another.
std::vector<net::Prefix> regions_of(std::span<const net::Prefix> changed) {
  std::vector<net::Prefix> outer;
  outer.reserve(changed.size());
  for (const net::Prefix& prefix : changed)
    if (prefix.family() == net::Family::V6 && prefix.length() > 0) outer.push_back(prefix);
  std::ranges::sort(outer);
  const auto contains = [](const net::Prefix& a, const net::Prefix& b) { return a.contains(b); };
  outer.erase(std::unique(outer.begin(), outer.end(), contains), outer.end());
  if (outer.size() <= kRegionsInOneMax) return outer;
  std::vector<net::Prefix> regions;
  for (auto region = outer.begin(); region != outer.end();) {
    const auto whole = net::Prefix::containing(region->address(), 32);
    const auto end = std::find_if_not(
        region, outer.end(), [&](const net::Prefix& other) { return whole.contains(other); });
    if (end - region > kRegionsInOneMax) {
      regions.push_back(whole);
      region = end;
    } else {
      regions.push_back(*region++);
    }
  }
  return regions;
}

struct Built {
  std::unique_ptr<Blocks> blocks;
  std::unique_ptr<Generation> generation;  // nullptr: a value does not fit into a cell
};

Built build(const Rib& routes, CellWidth cells) {
  auto memory = std::make_shared<Memory>(cells);
  auto blocks = std::make_unique<Blocks>(memory);
  auto generation = std::make_unique<Generation>();
  generation->memory = memory;
  generation->root = blocks->make(Block::Kind::Roots, kOrderOfRoot);
  uint32_t* const root = &memory->roots[generation->root];
  std::fill_n(root, kSlots, kUniformNowhere);
  Editor editor(*blocks, root);
  editor.rewrite(routes, kEverything);
  editor.finish();
  if (!editor.fits()) return {};
  editor.apply(root);
  generation->view = memory->view(generation->root, routes.find(kEverything).value_or(kNoRoute));
  return {std::move(blocks), std::move(generation)};
}

Built build(const Rib& routes) {
  Built built = build(routes, CellWidth::Bits16);
  return built.generation != nullptr ? std::move(built) : build(routes, CellWidth::Bits32);
}

std::unique_ptr<Change> change_to(Built built) {
  auto change = std::make_unique<Change>();
  change->store.kind = Store::Kind::NewView;
  change->view = built.generation->view;
  change->blocks = std::move(built.blocks);
  change->next = std::move(built.generation);
  return change;
}

// The root as the editor leaves it, in a new place.
std::unique_ptr<Generation> next_generation(const Generation& now, const Editor& editor,
                                            Blocks& blocks) {
  auto next = std::make_unique<Generation>();
  next->memory = now.memory;
  next->root = blocks.make(Block::Kind::Roots, kOrderOfRoot);
  blocks.replace(Block::Kind::Roots, kOrderOfRoot, now.root);
  uint32_t* const root = &now.memory->roots[next->root];
  std::copy_n(&now.memory->roots[now.root], kSlots, root);
  editor.apply(root);
  return next;
}

}  // namespace
}  // namespace wide6

using wide6::Blocks;
using wide6::Change;
using wide6::Editor;
using wide6::Generation;
using wide6::Store;

Wide6::Wide6(const Rib& routes) {
  wide6::Built built = wide6::build(routes);
  built.blocks->keep();
  current_.store(built.generation.release(), std::memory_order_seq_cst);
}

Wide6::~Wide6() { delete current_.load(std::memory_order_relaxed); }

Wide6::View Wide6::view() const noexcept {
  const Generation* const current = current_.load(std::memory_order_seq_cst);
  const View& view = current->view;
  return {view.root,
          view.words,
          view.entries,
          view.lines,
          view.high,
          view.extensions,
          wide6::load_cell(&view.default_value)};
}

Wide6::Update Wide6::prepare(const Rib& after, std::span<const net::Prefix> changed,
                             Visible visible) {
  Generation& now = *current_.load(std::memory_order_relaxed);
  auto change = std::make_unique<Change>();
  change->blocks = std::make_unique<Blocks>(now.memory);
  Editor editor(*change->blocks, &now.memory->roots[now.root]);
  for (const net::Prefix& region : wide6::regions_of(changed)) editor.rewrite(after, region);

  change->view = now.view;
  change->view.default_value = after.find(wide6::kEverything).value_or(kNoRoute);
  const bool new_default = change->view.default_value != now.view.default_value;
  const bool in_place = visible == Visible::InPlace && !new_default;
  if (in_place) change->store = editor.in_place();
  const bool new_root = in_place ? change->store.kind == Store::Kind::NewView : editor.finish();
  if (!editor.fits())
    return Update(wide6::change_to(wide6::build(after, wide6::CellWidth::Bits32)));

  if (new_root) {
    change->next = wide6::next_generation(now, editor, *change->blocks);
  } else if (new_default && visible == Visible::InPlace) {
    change->store = {Store::Kind::Default, &now.view.default_value, nullptr,
                     change->view.default_value};
  } else if (new_default) {
    change->next = std::make_unique<Generation>();
    change->next->memory = now.memory;
    change->next->root = now.root;
  }
  if (change->next != nullptr) {
    change->store.kind = Store::Kind::NewView;
    change->view = now.memory->view(change->next->root, change->view.default_value);
    change->next->view = change->view;
  }
  return Update(std::move(change));
}

void Wide6::publish(Update&& update, rcu::GracePeriods& grace) noexcept {
  const std::unique_ptr<Change> change = std::move(update.change_);
  const Store& store = change->store;
  switch (store.kind) {
    case Store::Kind::Nothing:
      break;
    case Store::Kind::Cell:
    case Store::Kind::Default:
      __atomic_store_n(store.cell, static_cast<uint32_t>(store.value), __ATOMIC_SEQ_CST);
      break;
    case Store::Kind::Word:
      __atomic_store_n(store.word, store.value, __ATOMIC_SEQ_CST);
      break;
    case Store::Kind::NewView: {
      Generation* const next = change->next.release();
      grace.retire(std::unique_ptr<Generation>(current_.exchange(next)));
      break;
    }
  }
  change->blocks->keep();
  if (change->blocks->nothing_replaced()) return;
  grace.retire(std::move(change->blocks));
}

void Wide6::abandon(Update&& update) noexcept { update.change_.reset(); }

size_t Wide6::bytes() const noexcept {
  return current_.load(std::memory_order_relaxed)->memory->bytes();
}

Wide6::Update::Update(std::unique_ptr<Change> change) noexcept : change_(std::move(change)) {}
Wide6::Update::Update(Update&&) noexcept = default;
Wide6::Update& Wide6::Update::operator=(Update&&) noexcept = default;
Wide6::Update::~Update() = default;
Wide6::View Wide6::Update::view() const noexcept { return change_->view; }

namespace wide6 {

void lookup(CpuPath path, const View& view, const uint8_t (*addresses)[16], uint32_t* values,
            size_t n) {
  switch (path) {
    case CpuPath::Scalar:
      return lookup_scalar(view, addresses, values, n);
#if defined(__x86_64__)
    case CpuPath::Avx2:
      return lookup_avx2(view, addresses, values, n);
    case CpuPath::Avx512:
      return lookup_avx512(view, addresses, values, n);
#else
    default:
      return lookup_scalar(view, addresses, values, n);
#endif
  }
}

}  // namespace wide6

void lookup(const Wide6::View& view, const uint8_t (*addresses)[16], uint32_t* values, size_t n) {
  // ThreadSanitizer understands only the scalar build's loads.
#if defined(__SANITIZE_THREAD__)
  wide6::lookup_scalar(view, addresses, values, n);
#else
  wide6::lookup(cpu_path(), view, addresses, values, n);
#endif
}

uint32_t lookup_one(const Wide6::View& view, const uint8_t address[16]) {
  using namespace wide6;
  const uint32_t top = top_bits(address);
  const uint32_t slot = load_cell(&view.root[top >> 16]);
  const uint64_t word = load_cell(&view.words[word_index(slot, top)]);
  const uint32_t entry = load_cell(&view.entries[entry_index(word, top)]);
  return value_of(view, decide(view, entry, address, 4));
}

}  // namespace isthmus::dataplane
