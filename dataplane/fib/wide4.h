// The forwarding table of one large IPv4 table, such as the Internet's: every lookup is two loads
// and no branch, and one more load where cells are bytes.
//
//   slots[address >> 16]      65,536 of {base: 27 bits, shift: 5 bits}
//        |
//        v
//   cells[base + (low 16 bits >> shift)]      what decides: a value, the default route, or a deep
//        |                                    block, where prefixes longer than /24 are
//        v
//   a deep block: 256 cells, by the low 8 bits
//
// A block is the cells of one /16: as many as its finest prefix needs, 2 to 256. A /16 that is all
// one value has no block: cell v holds v, for every v in use, and the slot leads there. The shape
// depends on the routes only, not on how they came. DIR-24-8 (Gupta, Lin and McKeown, INFOCOM 1998)
// with a block of just the size that each /16 needs.
//
// A lookup costs what the load of its cell does, so that cells are as small as the table's values
// allow:
//
//    8 bits   a code: palette[code] is the value. 0: the default route decides; 224 to 255: deep
//             blocks, which follow the cells of their /16 in one block:
//                 | 256 cells | deep block 224 | deep block 225 | ...
//   16 bits   value + 1, or 0: the default route decides; with the top bit set, the number of a
//             deep block, all of which are in a place of their own
//   32 bits   the same
//
// 8 bits are enough for 223 values at a time and for 32 deep blocks in a /16, 16 bits for values
// below 32,767 and 32,768 deep blocks, 32 bits for values up to 2^24 - 2. Codes are not taken back
// one by one: a change that needs one more than there are, or wider cells, builds the table anew.
//
// Changes: prepare() makes new blocks beside those in use; publish() shows them by one store. What
// a reader can see is never written, except single cells and slots, each in one aligned store: no
// reader sees half a route. A code has its value before a cell says it. A change of more than one
// of them goes into a new copy of the slots.
//
// Threads: view() from any thread that holds a Guard (dataplane/rcu.h), for as long as it holds it.
// Everything else: the writer only.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/fib/cpu_path.h"
#include "dataplane/fib/rib.h"
#include "dataplane/fib/wide4_kernel.h"
#include "dataplane/rcu.h"

namespace isthmus::dataplane {

namespace wide4 {

struct Block {  // 2^order cells from `first` on
  uint32_t first;
  uint8_t order;
  bool is_deep;
};

// One aligned store.
struct Store {
  enum class Where : uint8_t { Nowhere, Slot, Cell, DeepCell };
  Where where = Where::Nowhere;
  uint32_t index = 0;
  uint32_t value = 0;
};

}  // namespace wide4

class Wide4 {
 public:
  // May a change that is one aligned store be made where readers look now, or does it show in the
  // next view only, together with whatever else changes there?
  enum class Visible : uint8_t { InPlace, InNewView };

  // What a burst reads: one version of the table, but for changes that are published in place.
  struct View : wide4::Pointers {
    unsigned cell_bits;  // 8, 16 or 32
  };

  class Update;

  explicit Wide4(const Rib& routes);  // its IPv4 routes
  ~Wide4();                           // no reader is left
  Wide4(const Wide4&) = delete;
  Wide4& operator=(const Wide4&) = delete;

  View view() const noexcept;

  // What changes when the routes become `after`, which differ in these prefixes. One Update at a
  // time. Strong guarantee on std::bad_alloc.
  Update prepare(const Rib& after, std::span<const net::Prefix> changed, Visible visible);
  void publish(Update&& update, rcu::GracePeriods& grace) noexcept;
  void abandon(Update&& update) noexcept;

  size_t bytes() const noexcept;  // of slots and blocks in use

 private:
  friend class Update;
  struct Root;
  class RetiredBlocks;

  static std::unique_ptr<Root> build(const Rib& routes);
  bool change_in_place(Update& update, const Rib& after, const net::Prefix& changed);
  bool change_copy(Update& update, const Rib& after, std::span<const net::Prefix> changed);
  void show(const wide4::Store& store) noexcept;
  void forget(Update& update) noexcept;  // what it made

  std::unique_ptr<Root> root_;            // the writer's
  std::atomic<const Root*> published_{};  // the same, as readers find it
  unsigned publishes_ = 0;
  std::vector<ValueRange> ranges_;  // scratch
};

// A change that is ready. Dropping it abandons it.
class Wide4::Update {
 public:
  Update(Update&& other) noexcept;
  Update& operator=(Update&&) = delete;
  ~Update();
  // What readers see once it is published.
  View view() const noexcept;

 private:
  friend class Wide4;
  explicit Update(Wide4& table);

  Wide4* table_;            // null once it is published or abandoned
  uint32_t values_before_;  // in the palette
  wide4::Store store_;
  bool changes_default_ = false;
  uint32_t default_value_ = kNoRoute;
  std::unique_ptr<Root> root_;      // where one store is not enough
  std::vector<wide4::Block> made_;  // released when the change is abandoned
  std::vector<wide4::Block>
      replaced_;  // released when it is published and no reader is left in them
  std::unique_ptr<RetiredBlocks> retired_;  // takes them then
};

// values[i] = the value of the longest prefix that contains addresses[i] (host byte order), or
// kNoRoute. Any count; bursts of 64 or more are fastest. The two do not overlap.
void lookup(const Wide4::View& view, const uint32_t* addresses, uint32_t* values, size_t count);
inline uint32_t lookup_one(const Wide4::View& view, uint32_t address) noexcept {
  if (view.cell_bits == 8) return wide4::lookup_one<uint8_t>(view, address);
  return view.cell_bits == 16 ? wide4::lookup_one<uint16_t>(view, address)
                              : wide4::lookup_one<uint32_t>(view, address);
}
// The same on one of cpu_paths(): for tests and benchmarks.
void lookup_on(CpuPath path, const Wide4::View& view, const uint32_t* addresses, uint32_t* values,
               size_t count);

}  // namespace isthmus::dataplane
