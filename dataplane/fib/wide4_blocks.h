// The blocks of a Wide4: cells for the /16s, and deep ones for the /24s that hold longer prefixes.
// For wide4*.cc; the structure is drawn in wide4.h.
//
// Where a function answers nothing or false, these cells cannot hold what it was asked to: a value
// too many or too large, or too many deep blocks.
//
// Threads: the writer only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/fib/pool.h"
#include "dataplane/fib/wide4.h"
#include "dataplane/fib/wide4_palette.h"

namespace isthmus::dataplane::wide4 {

constexpr uint32_t kSlots = 1 << 16;
constexpr uint32_t kSlotCells = 256;  // of one /16, a cell for each /24
constexpr int kLengthMin = 1;         // the default route is in no cell

inline uint32_t first_address(const ValueRange& range) {
  return static_cast<uint32_t>(range.first.hi >> 32);
}

// The ranges of a region, asked in the order of addresses.
class RangeCursor {
 public:
  explicit RangeCursor(std::span<const ValueRange> ranges) : ranges_(ranges) {}

  // Moves to the range that decides `address`.
  void seek(uint32_t address) {
    while (at_ + 1 < ranges_.size() && first_address(ranges_[at_ + 1]) <= address) ++at_;
  }
  uint32_t value() const { return ranges_[at_].value; }
  std::span<const ValueRange> rest() const { return ranges_.subspan(at_); }
  // The last address that this range decides.
  uint32_t last() const {
    return at_ + 1 == ranges_.size() ? ~uint32_t{0} : first_address(ranges_[at_ + 1]) - 1;
  }

 private:
  std::span<const ValueRange> ranges_;
  size_t at_ = 0;
};

// What a change makes, and what it makes superfluous.
struct Trail {
  std::vector<Block>& made;
  std::vector<Block>& replaced;
};

// The cells of one /16, or some of them, as ranges decide them.
struct SlotChange {
  uint32_t slot;   // its number
  uint32_t entry;  // what it says now
  uint32_t first;  // cells, at /24
  uint32_t last;
  std::span<const ValueRange> ranges;
};

class Blocks {
 public:
  static std::shared_ptr<Blocks> make(unsigned cell_bits);  // 8, 16 or 32
  virtual ~Blocks() = default;
  // Memory for the slots of a Root. It is used again, without the page faults of new memory: they
  // would cost more than the copy.
  uint32_t* allocate_slots() { return &slots_[slots_.allocate(kSlotsOrder)]; }
  void release_slots(uint32_t* slots) noexcept {
    slots_.release(static_cast<uint32_t>(slots - slots_.data()), kSlotsOrder);
  }
  Palette& palette() noexcept { return palette_; }  // empty unless cells have 8 bits
  virtual Wide4::View pointers() const noexcept = 0;

  // Makes sure that cells can say these values. Comes before entry_of() and changes with them.
  virtual bool admit(std::span<const ValueRange> ranges) = 0;
  // The entry of a /16 that is all one value.
  virtual uint32_t entry_of(uint32_t value) = 0;
  // The entry of a changed slot.
  virtual std::optional<uint32_t> change(const SlotChange& change, Trail trail) = 0;
  // The same as one store.
  virtual std::optional<Store> change_in_place(const SlotChange& change, Trail trail) = 0;
  // Everything that an entry leads to is superfluous.
  virtual void replace(uint32_t entry, Trail trail) const = 0;

  virtual void release(std::span<const Block> blocks) noexcept = 0;
  virtual void store(const Store& store) noexcept = 0;        // of a cell
  virtual size_t bytes(uint32_t numbers) const noexcept = 0;  // so many own numbers are in use

 protected:
  Palette palette_;

 private:
  static constexpr unsigned kSlotsOrder = 16;
  static constexpr size_t kRootsMax = 1024;  // address space: readers that stall hold old ones
  Pool<uint32_t> slots_{kSlots * kRootsMax};
};

}  // namespace isthmus::dataplane::wide4
