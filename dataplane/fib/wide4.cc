#include "dataplane/fib/wide4.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <optional>
#include <stdexcept>
#include <utility>

#include "dataplane/fib/cpu_path.h"
#include "dataplane/fib/pool.h"
#include "dataplane/fib/wide4_kernel.h"

namespace isthmus::dataplane {
namespace {

using net::Family;
using net::IpAddress;
using net::Prefix;
using wide4::kOneValueShift;
using wide4::kShiftBits;

constexpr uint32_t kSlots = 1 << 16;
constexpr uint32_t kSlotCells = 256;  // of one /16, at /24
constexpr unsigned kFinestShift = 8;  // a cell decides a /24
constexpr unsigned kDeepOrder = 8;    // a deep block decides a /24 address by address
constexpr int kLengthMin = 1;         // the default route stays outside
constexpr size_t kUpdatesPerReclaim = 64;

constexpr uint32_t slot_entry(uint32_t base, unsigned shift) { return base << kShiftBits | shift; }
constexpr uint32_t base_of(uint32_t slot) { return slot >> kShiftBits; }
constexpr unsigned shift_of(uint32_t slot) { return slot & ((1u << kShiftBits) - 1); }
constexpr unsigned block_order(unsigned shift) { return kOneValueShift - shift; }

Prefix prefix_of(uint32_t address, int length) {
  return Prefix::containing(IpAddress::v4(address), length);
}
uint32_t first_of(const ValueRange& range) { return static_cast<uint32_t>(range.first.hi >> 32); }
uint32_t cell_of(uint32_t value) { return value + 1; }  // kNoRoute becomes 0

uint32_t default_of(const Rib& routes) { return routes.find(prefix_of(0, 0)).value_or(kNoRoute); }

// The ranges of a region, asked in the order of addresses.
class RangeCursor {
 public:
  explicit RangeCursor(std::span<const ValueRange> ranges) : ranges_(ranges) {}

  // Moves to the range that decides `address`.
  void seek(uint32_t address) {
    while (at_ + 1 < ranges_.size() && first_of(ranges_[at_ + 1]) <= address) ++at_;
  }
  uint32_t value() const { return ranges_[at_].value; }
  std::span<const ValueRange> rest() const { return ranges_.subspan(at_); }
  // Does one value decide from here to `last`?
  bool reaches(uint32_t last) const {
    return at_ + 1 == ranges_.size() || first_of(ranges_[at_ + 1]) > last;
  }

 private:
  std::span<const ValueRange> ranges_;
  size_t at_ = 0;
};

}  // namespace

// The blocks that slots lead to.
//
// SlotCells is one /16 unpacked, a cell for each /24: the form in which changes are made. Packing
// it finds the fewest cells that say the same, so that the shape depends on the content only.
class Wide4::Blocks {
 public:
  using SlotCells = std::array<uint32_t, kSlotCells>;

  virtual ~Blocks() = default;
  virtual View pointers() const noexcept = 0;
  virtual uint32_t value_max() const noexcept = 0;

  virtual void unpack(uint32_t slot, SlotCells& cells) const = 0;
  // The cells from `first` to `last` of the /16 that begins at `base`, as ranges decide them. Deep
  // blocks whose content stays are kept. False where there can be no more deep blocks.
  virtual bool paint(std::span<const ValueRange> ranges, uint32_t base, uint32_t first,
                     uint32_t last, SlotCells& cells, Trail trail) = 0;
  virtual uint32_t pack(const SlotCells& cells, Trail trail) = 0;
  virtual uint32_t one_value_slot(uint32_t cell) = 0;
  // The one store that makes a slot's block say `after`, where one is enough.
  virtual std::optional<Store> one_store(uint32_t slot, const SlotCells& before,
                                         const SlotCells& after) const = 0;
  virtual std::optional<Store> one_deep_store(uint32_t cell, std::span<const ValueRange> ranges,
                                              uint32_t first) const = 0;
  // The block of a slot is replaced; its deep blocks are, too.
  virtual void replace(uint32_t slot, Trail trail) const = 0;
  virtual void replace_deep(uint32_t slot, Trail trail) const = 0;
  virtual void release(std::span<const Block> blocks) noexcept = 0;
  virtual void store(const Store& store) noexcept = 0;
  virtual size_t bytes(uint32_t numbers) const noexcept = 0;  // so many own numbers are in use
};

template <class Cell>
class Wide4::BlocksOf final : public Blocks {
 public:
  BlocksOf() : cells_(kCellsMax), deep_(size_t{kDeepBlocksMax} << kDeepOrder) {
    cells_.allocate(kOwnNumbersOrder);
  }

  View pointers() const noexcept override {
    return {nullptr, cells_.data(), deep_.data(), kNoRoute, sizeof(Cell) == 4};
  }
  uint32_t value_max() const noexcept override { return (1u << kOwnNumbersOrder) - 2; }

  void unpack(uint32_t slot, SlotCells& cells) const override {
    const unsigned spread = shift_of(slot) - kFinestShift;  // /24s to a cell, as a power of two
    for (uint32_t i = 0; i < kSlotCells; ++i) cells[i] = cells_[base_of(slot) + (i >> spread)];
  }
  bool paint(std::span<const ValueRange> ranges, uint32_t base, uint32_t first, uint32_t last,
             SlotCells& cells, Trail trail) override;
  uint32_t pack(const SlotCells& cells, Trail trail) override;
  uint32_t one_value_slot(uint32_t cell) override;
  std::optional<Store> one_store(uint32_t slot, const SlotCells& before,
                                 const SlotCells& after) const override;
  std::optional<Store> one_deep_store(uint32_t cell, std::span<const ValueRange> ranges,
                                      uint32_t first) const override;

  void replace(uint32_t slot, Trail trail) const override {
    if (shift_of(slot) == kOneValueShift) return;
    trail.replaced.push_back(
        {base_of(slot), static_cast<uint8_t>(block_order(shift_of(slot))), false});
  }
  void replace_deep(uint32_t slot, Trail trail) const override {
    if (shift_of(slot) != kFinestShift) return;
    for (uint32_t i = 0; i < kSlotCells; ++i) {
      const uint32_t cell = cells_[base_of(slot) + i];
      if (is_deep(cell)) trail.replaced.push_back({deep_base(cell), kDeepOrder, true});
    }
  }
  void release(std::span<const Block> blocks) noexcept override {
    for (const Block& block : blocks)
      (block.is_deep ? deep_ : cells_).release(block.first, block.order);
  }
  void store(const Store& store) noexcept override {
    Cell& cell = (store.where == Store::Where::DeepCell ? deep_ : cells_)[store.index];
    __atomic_store_n(&cell, static_cast<Cell>(store.value), __ATOMIC_RELEASE);
  }
  size_t bytes(uint32_t numbers) const noexcept override {
    const size_t unused = (size_t{1} << kOwnNumbersOrder) - numbers;
    return cells_.bytes_used() - unused * sizeof(Cell) + deep_.bytes_used();
  }

 private:
  using DeepCells = std::array<Cell, kSlotCells>;
  static constexpr uint32_t kDeep = wide4::kDeep<Cell>;
  static constexpr size_t kCellsMax = size_t{1} << (32 - kShiftBits);
  static constexpr uint32_t kDeepBlocksMax = sizeof(Cell) == 2 ? kDeep : 1 << 20;
  // The first cells hold their own numbers: where slots of one value lead.
  static constexpr unsigned kOwnNumbersOrder = sizeof(Cell) == 2 ? 15 : 24;

  static bool is_deep(uint32_t cell) { return (cell & kDeep) != 0; }
  static uint32_t deep_base(uint32_t cell) { return (cell & ~kDeep) << kDeepOrder; }
  static unsigned shift_for(const SlotCells& cells);
  static void paint_deep(RangeCursor& ranges, uint32_t first, DeepCells& cells);
  uint32_t deep_cell(const DeepCells& content, uint32_t before, Trail trail);
  static uint32_t allocate(Pool<Cell>& pool, unsigned order, bool is_deep, Trail trail);

  Pool<Cell> cells_;
  Pool<Cell> deep_;
};

template <class Cell>
uint32_t Wide4::BlocksOf<Cell>::allocate(Pool<Cell>& pool, unsigned order, bool is_deep,
                                         Trail trail) {
  auto& made = trail.made;  // room first, so that no block is lost
  if (made.size() == made.capacity()) made.reserve(made.size() * 2 + 4);
  made.push_back({pool.allocate(order), static_cast<uint8_t>(order), is_deep});
  return made.back().first;
}

template <class Cell>
void Wide4::BlocksOf<Cell>::paint_deep(RangeCursor& ranges, uint32_t first, DeepCells& cells) {
  for (uint32_t i = 0; i < kSlotCells; ++i) {
    ranges.seek(first + i);
    cells[i] = static_cast<Cell>(cell_of(ranges.value()));
  }
}

// A deep block with this content; 0 where there can be no more of them.
template <class Cell>
uint32_t Wide4::BlocksOf<Cell>::deep_cell(const DeepCells& content, uint32_t before, Trail trail) {
  if (is_deep(before) && std::equal(content.begin(), content.end(), &deep_[deep_base(before)]))
    return before;
  if (deep_.bytes_used() == kDeepBlocksMax * sizeof(DeepCells)) return 0;
  const uint32_t first = allocate(deep_, kDeepOrder, true, trail);
  std::copy(content.begin(), content.end(), &deep_[first]);
  return kDeep | first >> kDeepOrder;
}

template <class Cell>
bool Wide4::BlocksOf<Cell>::paint(std::span<const ValueRange> ranges, uint32_t base, uint32_t first,
                                  uint32_t last, SlotCells& cells, Trail trail) {
  RangeCursor cursor(ranges);
  for (uint32_t i = first; i <= last; ++i) {
    const uint32_t before = cells[i];
    const uint32_t address = base + (i << kDeepOrder);
    cursor.seek(address);
    if (cursor.reaches(address + kSlotCells - 1)) {
      cells[i] = cell_of(cursor.value());
    } else {
      DeepCells content;
      paint_deep(cursor, address, content);
      cells[i] = deep_cell(content, before, trail);
      if (cells[i] == 0) return false;
    }
    if (is_deep(before) && cells[i] != before)
      trail.replaced.push_back({deep_base(before), kDeepOrder, true});
  }
  return true;
}

// The largest shift that these cells allow: each boundary between two of them stands at a multiple
// of a packed cell. A deep cell equals no other, so that it is never packed together with one.
template <class Cell>
unsigned Wide4::BlocksOf<Cell>::shift_for(const SlotCells& cells) {
  uint32_t boundaries = kSlotCells;
  for (uint32_t i = 1; i < kSlotCells; ++i) boundaries |= cells[i] != cells[i - 1] ? i : 0;
  return kFinestShift + static_cast<unsigned>(std::countr_zero(boundaries));
}

template <class Cell>
uint32_t Wide4::BlocksOf<Cell>::one_value_slot(uint32_t cell) {
  // The same number every time; readers may be looking at it.
  if (cells_[cell] != cell)
    __atomic_store_n(&cells_[cell], static_cast<Cell>(cell), __ATOMIC_RELEASE);
  return slot_entry(cell, kOneValueShift);
}

template <class Cell>
uint32_t Wide4::BlocksOf<Cell>::pack(const SlotCells& cells, Trail trail) {
  const unsigned shift = shift_for(cells);
  if (shift == kOneValueShift) return one_value_slot(cells[0]);
  const uint32_t base = allocate(cells_, block_order(shift), false, trail);
  const uint32_t count = 1u << block_order(shift);
  const uint32_t step = kSlotCells / count;
  for (uint32_t i = 0; i < count; ++i) cells_[base + i] = static_cast<Cell>(cells[i * step]);
  return slot_entry(base, shift);
}

template <class Cell>
std::optional<Wide4::Store> Wide4::BlocksOf<Cell>::one_store(uint32_t slot, const SlotCells& before,
                                                             const SlotCells& after) const {
  const unsigned shift = shift_of(slot);
  if (shift == kOneValueShift || shift_for(after) != shift) return std::nullopt;
  const uint32_t step = 1u << (shift - kFinestShift);
  std::optional<Store> found;
  for (uint32_t i = 0; i < kSlotCells; i += step) {
    if (before[i] == after[i]) continue;
    if (found) return std::nullopt;
    found = Store{Store::Where::Cell, base_of(slot) + i / step, after[i]};
  }
  return found;
}

template <class Cell>
std::optional<Wide4::Store> Wide4::BlocksOf<Cell>::one_deep_store(
    uint32_t cell, std::span<const ValueRange> ranges, uint32_t first) const {
  if (!is_deep(cell) || ranges.size() == 1) return std::nullopt;
  DeepCells content;
  RangeCursor cursor(ranges);
  paint_deep(cursor, first, content);
  Store found;
  for (uint32_t i = 0; i < kSlotCells; ++i) {
    const uint32_t index = deep_base(cell) + i;
    if (deep_[index] == content[i]) continue;
    if (found.where != Store::Where::Nowhere) return std::nullopt;
    found = Store{Store::Where::DeepCell, index, content[i]};
  }
  return found;
}

// The slots, and where they lead.
struct Wide4::Root final : rcu::Retired {
  explicit Root(std::shared_ptr<Blocks> leads_to) : blocks(std::move(leads_to)) {}

  View view() const noexcept {
    View view = blocks->pointers();
    view.slots = slots.data();
    view.default_value = default_value.load(std::memory_order_acquire);
    return view;
  }
  // Makes every slot of a region say what the routes say. False where there can be no more deep
  // blocks.
  bool change(const Rib& routes, const Prefix& region, Trail trail);

  std::shared_ptr<Blocks> blocks;
  std::atomic<uint32_t> default_value{kNoRoute};
  alignas(64) std::array<uint32_t, kSlots> slots;
};

// Blocks that a published change replaced.
class Wide4::RetiredBlocks final : public rcu::Retired {
 public:
  explicit RetiredBlocks(std::shared_ptr<Blocks> owner) : owner_(std::move(owner)) {}
  ~RetiredBlocks() override { owner_->release(blocks); }
  std::vector<Block> blocks;

 private:
  std::shared_ptr<Blocks> owner_;
};

// ---- building

namespace {

uint32_t largest_value(const Rib& routes) {
  uint32_t largest = 0;
  routes.for_each([&](const Route& route) {
    if (route.prefix.family() == Family::V4) largest = std::max(largest, route.value);
  });
  return largest;
}

}  // namespace

std::unique_ptr<Wide4::Root> Wide4::build(const Rib& routes) {
  const uint32_t largest = largest_value(routes);
  for (const bool wide : {false, true}) {
    std::shared_ptr<Blocks> blocks;
    if (wide) {
      blocks = std::make_shared<BlocksOf<uint32_t>>();
    } else {
      blocks = std::make_shared<BlocksOf<uint16_t>>();
    }
    if (largest > blocks->value_max()) continue;
    auto root = std::make_unique<Root>(std::move(blocks));
    root->default_value.store(default_of(routes), std::memory_order_relaxed);
    root->slots.fill(root->blocks->one_value_slot(0));
    std::vector<Block> made;
    std::vector<Block> replaced;
    if (root->change(routes, prefix_of(0, 0), {made, replaced})) return root;
  }
  throw std::length_error("a route's value is above 2^24 - 2, or there are too many deep blocks");
}

// Makes every slot of a region say what the routes say. False where there can be no more deep
// blocks.
bool Wide4::Root::change(const Rib& routes, const Prefix& region, Trail trail) {
  std::vector<ValueRange> ranges;
  routes.ranges(region, ranges, kLengthMin);
  const uint32_t last = region.last().v4_host_order() >> 16;
  RangeCursor cursor(ranges);
  for (uint32_t slot = region.address().v4_host_order() >> 16; slot <= last; ++slot) {
    const uint32_t base = slot << 16;
    cursor.seek(base);
    if (cursor.reaches(base | 0xFFFF)) {
      const uint32_t entry = blocks->one_value_slot(cell_of(cursor.value()));
      if (entry == slots[slot]) continue;
      blocks->replace(slots[slot], trail);
      blocks->replace_deep(slots[slot], trail);
      slots[slot] = entry;
      continue;
    }
    Blocks::SlotCells before;
    blocks->unpack(slots[slot], before);
    Blocks::SlotCells after = before;
    if (!blocks->paint(cursor.rest(), base, 0, kSlotCells - 1, after, trail)) return false;
    if (after == before) continue;
    blocks->replace(slots[slot], trail);
    slots[slot] = blocks->pack(after, trail);
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
    if (shift_of(slot) == kOneValueShift) numbers = std::max(numbers, base_of(slot) + 1);
  }
  return sizeof(root_->slots) + root_->blocks->bytes(numbers);
}

// ---- changing

Wide4::Update::Update(Wide4& table) : table_(&table) {}

Wide4::Update::Update(Update&& other) noexcept
    : table_(std::exchange(other.table_, nullptr)),
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
  bool fits = values_fit(after, changed);
  if (fits) {
    const bool in_place = visible == Visible::InPlace && changed.size() == 1;
    fits = in_place ? change_in_place(update, after, changed.front())
                    : change_copy(update, after, changed);
  }
  if (!fits) {  // the table anew, with wider cells
    root_->blocks->release(std::exchange(update.made_, {}));
    update.replaced_.clear();
    update.root_ = build(after);
  }
  if (!update.replaced_.empty()) update.retired_ = std::make_unique<RetiredBlocks>(root_->blocks);
  return update;
}

bool Wide4::values_fit(const Rib& after, std::span<const Prefix> changed) const {
  return std::all_of(changed.begin(), changed.end(), [&](const Prefix& prefix) {
    return prefix.family() == Family::V6 ||
           after.find(prefix).value_or(0) <= root_->blocks->value_max();
  });
}

// One prefix: mostly one store.
bool Wide4::change_in_place(Update& update, const Rib& after, const Prefix& changed) {
  if (changed.family() == Family::V6 || changed.length() == 0) return true;
  if (changed.length() < 16) return change_copy(update, after, {&changed, 1});
  const int length = std::min(changed.length(), 24);  // whole cells
  const Prefix region = Prefix::containing(changed.address(), length);
  after.ranges(region, ranges_, kLengthMin);

  Blocks& blocks = *root_->blocks;
  const Trail trail{update.made_, update.replaced_};
  const uint32_t first = region.address().v4_host_order();
  const uint32_t slot = first >> 16;
  const uint32_t entry = root_->slots[slot];
  const uint32_t first_cell = first >> kDeepOrder & 0xFF;
  const uint32_t last_cell = first_cell + (1u << (24 - length)) - 1;
  Blocks::SlotCells before;
  blocks.unpack(entry, before);
  if (changed.length() > 24) {
    if (const auto store = blocks.one_deep_store(before[first_cell], ranges_, first)) {
      update.store_ = *store;
      return true;
    }
  }
  Blocks::SlotCells cells = before;
  if (!blocks.paint(ranges_, slot << 16, first_cell, last_cell, cells, trail)) return false;
  if (cells == before) return true;
  if (const auto store = blocks.one_store(entry, before, cells)) {
    update.store_ = *store;
    return true;
  }
  update.store_ = {Store::Where::Slot, slot, blocks.pack(cells, trail)};
  blocks.replace(entry, trail);
  return true;
}

// Many prefixes, or a short one: in a copy of the slots.
bool Wide4::change_copy(Update& update, const Rib& after, std::span<const Prefix> changed) {
  update.root_ = std::make_unique<Root>(root_->blocks);
  update.root_->default_value.store(update.default_value_, std::memory_order_relaxed);
  update.root_->slots = root_->slots;
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
  if (++publishes_ % kUpdatesPerReclaim == 0) grace.reclaim();
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
  root_->blocks->release(update.made_);
}

// ---- lookups

namespace {

const wide4::Loops& loops_of(CpuPath path) {
#if defined(__x86_64__)
  if (path == CpuPath::Avx512) return wide4::kAvx512Loops;
  if (path == CpuPath::Avx2) return wide4::kAvx2Loops;
#endif
  return wide4::kScalarLoops;
}

wide4::Pointers pointers_of(const Wide4::View& view) {
  return {view.slots, view.cells, view.deep, view.default_value};
}

}  // namespace

void lookup_on(CpuPath path, const Wide4::View& view, const uint32_t* addresses, uint32_t* values,
               size_t count) {
  const wide4::Loops& loops = loops_of(path);
  (view.has_wide_cells ? loops.wide : loops.narrow)(pointers_of(view), addresses, values, count);
}

void lookup(const Wide4::View& view, const uint32_t* addresses, uint32_t* values, size_t count) {
  static const CpuPath path = cpu_path();
  lookup_on(path, view, addresses, values, count);
}

uint32_t lookup_one(const Wide4::View& view, uint32_t address) noexcept {
  return view.has_wide_cells ? wide4::lookup_one<uint32_t>(pointers_of(view), address)
                             : wide4::lookup_one<uint16_t>(pointers_of(view), address);
}

}  // namespace isthmus::dataplane
