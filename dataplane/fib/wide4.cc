#include "dataplane/fib/wide4.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <stdexcept>
#include <utility>

#include "dataplane/fib/wide4_blocks.h"

namespace isthmus::dataplane {

using net::Family;
using net::IpAddress;
using net::Prefix;
using wide4::Blocks;
using wide4::kLengthMin;
using wide4::kOneValueShift;
using wide4::kSlots;
using wide4::Palette;
using wide4::RangeCursor;
using wide4::Store;
using wide4::Trail;

namespace {

constexpr unsigned kPublishesPerReclaim = 64;
const Prefix kEverything = Prefix::containing(IpAddress::v4(0), 0);

uint32_t default_of(const Rib& routes) { return routes.find(kEverything).value_or(kNoRoute); }

}  // namespace

// The slots, and where they lead.
struct Wide4::Root final : rcu::Retired {
  explicit Root(std::shared_ptr<Blocks> leads_to)
      : blocks(std::move(leads_to)), slots(blocks->allocate_slots(), kSlots) {}
  ~Root() override { blocks->release_slots(slots.data()); }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;

  View view() const noexcept {
    View view = blocks->pointers();
    view.slots = slots.data();
    view.default_value = default_value.load(std::memory_order_acquire);
    return view;
  }
  // Makes every slot, or those of a region, say what the routes say. False where cells cannot.
  bool fill(const Rib& routes, Trail trail);
  bool change(const Rib& routes, const Prefix& region, Trail trail);

  std::shared_ptr<Blocks> blocks;
  std::atomic<uint32_t> default_value{kNoRoute};
  const std::span<uint32_t> slots;
};

// Blocks that a published change replaced.
class Wide4::RetiredBlocks final : public rcu::Retired {
 public:
  explicit RetiredBlocks(std::shared_ptr<Blocks> owner) : owner_(std::move(owner)) {}
  ~RetiredBlocks() override { owner_->release(blocks); }
  std::vector<wide4::Block> blocks;

 private:
  std::shared_ptr<Blocks> owner_;
};

// ---- building

std::unique_ptr<Wide4::Root> Wide4::build(const Rib& routes) {
  for (const unsigned cell_bits : {8u, 16u, 32u}) {
    auto root = std::make_unique<Root>(Blocks::make(cell_bits));
    std::fill(root->slots.begin(), root->slots.end(), root->blocks->entry_of(kNoRoute));
    std::vector<wide4::Block> made;
    std::vector<wide4::Block> replaced;
    if (!root->fill(routes, {made, replaced})) continue;
    root->default_value.store(default_of(routes), std::memory_order_relaxed);
    root->blocks->palette().set_values_max(Palette::kValuesMax);
    return root;
  }
  throw std::length_error("a route's value is above 2^24 - 2, or there are too many deep blocks");
}

bool Wide4::Root::fill(const Rib& routes, Trail trail) {
  for (uint32_t part = 0; part < 256; ++part) {  // so that the ranges at hand stay in the cache
    if (!change(routes, Prefix::containing(IpAddress::v4(part << 24), 8), trail)) return false;
  }
  return true;
}

bool Wide4::Root::change(const Rib& routes, const Prefix& region, Trail trail) {
  std::vector<ValueRange> ranges;
  routes.ranges(region, ranges, kLengthMin);
  if (!blocks->admit(ranges)) return false;
  const uint32_t last = region.last().v4_host_order() >> 16;
  RangeCursor cursor(ranges);
  for (uint32_t slot = region.address().v4_host_order() >> 16; slot <= last; ++slot) {
    const uint32_t entry = slots[slot];
    cursor.seek(slot << 16);
    if (cursor.last() >= (slot << 16 | 0xFFFF)) {
      slots[slot] = blocks->entry_of(cursor.value());
      if (slots[slot] != entry) blocks->replace(entry, trail);
      continue;
    }
    const auto changed =
        blocks->change({slot, entry, 0, wide4::kSlotCells - 1, cursor.rest()}, trail);
    if (!changed) return false;
    slots[slot] = *changed;
  }
  return true;
}

Wide4::Wide4(const Rib& routes) : root_(build(routes)), published_(root_.get()) {}
Wide4::~Wide4() = default;

Wide4::View Wide4::view() const noexcept {
  return published_.load(std::memory_order_seq_cst)->view();
}

size_t Wide4::bytes() const noexcept {
  uint32_t numbers = 0;
  for (const uint32_t slot : root_->slots) {
    if (wide4::shift_of(slot) == kOneValueShift)
      numbers = std::max(numbers, wide4::base_of(slot) + 1);
  }
  return root_->slots.size_bytes() + root_->blocks->bytes(numbers);
}

// ---- changing

Wide4::Update::Update(Wide4& table)
    : table_(&table), values_before_(table.root_->blocks->palette().values()) {}

Wide4::Update::Update(Update&& other) noexcept
    : table_(std::exchange(other.table_, nullptr)),
      values_before_(other.values_before_),
      store_(other.store_),
      changes_default_(other.changes_default_),
      default_value_(other.default_value_),
      root_(std::move(other.root_)),
      made_(std::move(other.made_)),
      replaced_(std::move(other.replaced_)),
      retired_(std::move(other.retired_)) {}

Wide4::Update::~Update() {
  if (table_ != nullptr) table_->abandon(std::move(*this));
}

Wide4::View Wide4::Update::view() const noexcept {
  View view = root_ ? root_->view() : table_->root_->view();
  if (changes_default_) view.default_value = default_value_;
  return view;
}

Wide4::Update Wide4::prepare(const Rib& after, std::span<const Prefix> changed, Visible visible) {
  Update update(*this);
  update.default_value_ = default_of(after);
  update.changes_default_ =
      update.default_value_ != root_->default_value.load(std::memory_order_relaxed);
  const bool in_place = visible == Visible::InPlace && changed.size() == 1;
  const bool fits = in_place ? change_in_place(update, after, changed.front())
                             : change_copy(update, after, changed);
  if (!fits) {  // the table anew, with a palette of what is still in use, or with wider cells
    forget(update);
    update.replaced_.clear();
    update.root_ = build(after);
  }
  if (!update.replaced_.empty()) update.retired_ = std::make_unique<RetiredBlocks>(root_->blocks);
  return update;
}

// One prefix: mostly one store.
bool Wide4::change_in_place(Update& update, const Rib& after, const Prefix& changed) {
  if (changed.family() == Family::V6 || changed.length() == 0) return true;
  if (changed.length() < 16) return change_copy(update, after, {&changed, 1});
  const Prefix region = Prefix::containing(changed.address(), std::min(changed.length(), 24));
  after.ranges(region, ranges_, kLengthMin);
  if (!root_->blocks->admit(ranges_)) return false;
  const uint32_t first = region.address().v4_host_order();
  const uint32_t last = region.last().v4_host_order();
  const uint32_t slot = first >> 16;
  const auto store = root_->blocks->change_in_place(
      {slot, root_->slots[slot], first >> 8 & 0xFF, last >> 8 & 0xFF, ranges_},
      {update.made_, update.replaced_});
  if (!store) return false;
  update.store_ = *store;
  return true;
}

// Many prefixes, or a short one: in a copy of the slots.
bool Wide4::change_copy(Update& update, const Rib& after, std::span<const Prefix> changed) {
  update.root_ = std::make_unique<Root>(root_->blocks);
  update.root_->default_value.store(update.default_value_, std::memory_order_relaxed);
  std::copy(root_->slots.begin(), root_->slots.end(), update.root_->slots.begin());
  std::vector<Prefix> regions;  // whole slots
  regions.reserve(changed.size());
  for (const Prefix& prefix : changed) {
    if (prefix.family() == Family::V4 && prefix.length() > 0)
      regions.push_back(Prefix::containing(prefix.address(), std::min(prefix.length(), 16)));
  }
  std::sort(regions.begin(), regions.end());
  const Prefix* last = nullptr;
  for (const Prefix& region : regions) {
    if (last != nullptr && last->contains(region)) continue;
    last = &region;
    if (!update.root_->change(after, region, {update.made_, update.replaced_})) return false;
  }
  return true;
}

void Wide4::publish(Update&& update, rcu::GracePeriods& grace) noexcept {
  assert(update.table_ == this);
  update.table_ = nullptr;
  if (update.root_) {
    std::unique_ptr<Root> old = std::exchange(root_, std::move(update.root_));
    published_.store(root_.get(), std::memory_order_seq_cst);
    grace.retire(std::move(old));
  } else {
    show(update.store_);
    if (update.changes_default_)
      root_->default_value.store(update.default_value_, std::memory_order_release);
  }
  if (update.retired_) {
    update.retired_->blocks = std::move(update.replaced_);
    grace.retire(std::move(update.retired_));
  }
  if (++publishes_ % kPublishesPerReclaim == 0) grace.reclaim();
}

void Wide4::show(const Store& store) noexcept {
  if (store.where == Store::Where::Nowhere) return;
  if (store.where == Store::Where::Slot) {
    __atomic_store_n(&root_->slots[store.index], store.value, __ATOMIC_RELEASE);
  } else {
    root_->blocks->store(store);
  }
}

void Wide4::abandon(Update&& update) noexcept {
  assert(update.table_ == this);
  update.table_ = nullptr;
  forget(update);
}

void Wide4::forget(Update& update) noexcept {
  root_->blocks->release(update.made_);
  root_->blocks->palette().forget_after(update.values_before_);
  update.made_.clear();
}

// ---- lookups

void lookup_on(CpuPath path, const Wide4::View& view, const uint32_t* addresses, uint32_t* values,
               size_t count) {
  const wide4::Loops* loops = &wide4::kScalarLoops;
#if defined(__x86_64__)
  if (path == CpuPath::Avx2) loops = &wide4::kAvx2Loops;
  if (path == CpuPath::Avx512) loops = &wide4::kAvx512Loops;
#endif
  const wide4::Loop loop = view.cell_bits == 8    ? loops->cells8
                           : view.cell_bits == 16 ? loops->cells16
                                                  : loops->cells32;
  loop(view, addresses, values, count);
}

void lookup(const Wide4::View& view, const uint32_t* addresses, uint32_t* values, size_t count) {
  static const CpuPath path = cpu_path();
  lookup_on(path, view, addresses, values, count);
}

}  // namespace isthmus::dataplane
