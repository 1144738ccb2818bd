// How the nodes of the wide IPv6 table are made of ranges, and where they live. For wide6.cc.
//
// The nodes' shape depends on what the table holds only, so that after any changes it takes the
// memory of a fresh build.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/fib/pool.h"
#include "dataplane/fib/rib.h"
#include "dataplane/fib/wide6_kernel.h"
#include "dataplane/rcu.h"

namespace isthmus::dataplane::wide6 {

constexpr size_t kSlots = 65536;        // of a root
constexpr size_t kWordsPerSlot = 2048;  // where a /16 has more than one value
constexpr unsigned kEntriesPerWord = 32;
constexpr uint32_t kNowhere = 0;  // word, entry and line 0: no route but the default one
constexpr uint32_t kUniformNowhere = kNowhere << 5 | 16;  // a slot of the root

enum class CellWidth : uint8_t { Bits16, Bits32 };

// 2^order nodes of one kind.
struct Block {
  enum class Kind : uint8_t { Roots, Words, Entries, Lines, Extensions };
  Kind kind;
  uint8_t order;
  uint32_t first;
};

class Memory {
 public:
  explicit Memory(CellWidth cells);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  uint32_t allocate(Block::Kind kind, unsigned order);
  void release(const Block& block) noexcept;
  size_t bytes() const noexcept;
  CellWidth cells() const { return cells_; }
  // A cell that does not fit needs a table of wider cells.
  bool fits(uint32_t cell) const {
    return cells_ == CellWidth::Bits32 || (cell & ~kExtended) < kExtended16;
  }
  View view(uint32_t root, uint32_t default_value) const;
  void set_value(uint32_t line, unsigned range, uint32_t cell);
  uint32_t cell(uint32_t line, unsigned range) const;
  bool is_extended(uint32_t line, unsigned range) const {
    const uint16_t top = high_ == nullptr ? lines[line].value[range] : high_[line].value[range];
    return (top & kExtended16) != 0;
  }

  Pool<uint32_t> roots;
  Pool<uint64_t> words;
  Pool<uint32_t> entries;
  Pool<Line> lines;
  Pool<uint32_t> extensions;

 private:
  CellWidth cells_;
  HighHalves* high_ = nullptr;  // address space for as many as there can be lines
};

// What a change makes, and what it replaces. Made blocks are given back unless keep() is called;
// replaced ones, when a kept object is destroyed: after the grace period.
class Blocks final : public rcu::Retired {
 public:
  explicit Blocks(std::shared_ptr<Memory> memory) : memory_(std::move(memory)) {}
  ~Blocks() override;

  uint32_t make(Block::Kind kind, unsigned order);  // strong guarantee
  void replace(Block::Kind kind, unsigned order, uint32_t first);
  void keep() noexcept { kept_ = true; }
  bool nothing_replaced() const { return replaced_.empty(); }
  Memory& memory() const { return *memory_; }

 private:
  std::shared_ptr<Memory> memory_;
  std::vector<Block> made_;
  std::vector<Block> replaced_;
  bool kept_ = false;
};

// The ranges of one region, given out for smaller regions, which come in order.
class RangeCursor {
 public:
  explicit RangeCursor(std::span<const ValueRange> ranges) : rest_(ranges) {}
  // Those that decide the addresses from first to last; the first one may begin before.
  std::span<const ValueRange> within(net::Bits128 first, net::Bits128 last);

 private:
  std::span<const ValueRange> rest_;
};

// Makes and takes apart what stands behind one entry.
class EntryBuilder {
 public:
  explicit EntryBuilder(Blocks& blocks) : blocks_(blocks), memory_(blocks.memory()) {}

  // What decides a stretch of 16 bits from `depth` on: ranges of one /32, /48, /64, ...
  uint32_t entry(std::span<const ValueRange> ranges, int depth);
  // Marks everything behind it as replaced.
  void replace(uint32_t entry);
  // False: a value or an extension did not fit into a cell, and what was built is of no use.
  bool fits() const { return fits_; }
  uint32_t cell_of(uint32_t value);

 private:
  struct Range {  // of the 16 bits
    uint32_t first;
    uint32_t cell;
  };
  uint32_t extension(std::span<const ValueRange> ranges, int depth);
  std::vector<Range> ranges_of(std::span<const ValueRange> ranges, int depth);
  uint32_t lines_of(std::span<const Range> ranges);
  void fill(uint32_t line, std::span<const Range> ranges);
  void fill_inner(uint32_t line, std::span<const Range> ranges);
  void replace_line(uint32_t line);

  Blocks& blocks_;
  Memory& memory_;
  bool fits_ = true;
};

}  // namespace isthmus::dataplane::wide6
