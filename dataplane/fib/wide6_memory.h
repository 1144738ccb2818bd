// Where the nodes of the wide IPv6 table live, and what a change makes and replaces of them. For
// wide6*.cc.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "dataplane/fib/pool.h"
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
  uint32_t cell(uint32_t line, unsigned range) const {
    return cell_at(lines.data(), high_, line, range);
  }
  // Of the ranges 0 to count - 1; those of the others are 0.
  template <class CellOf>
  void set_cells(uint32_t line, size_t count, const CellOf& cell_of);
  void copy_lines(uint32_t from, uint32_t to, size_t count);

  Pool<uint32_t> roots;
  Pool<uint64_t> words;
  Pool<uint32_t> entries;
  Pool<Line> lines;
  Pool<uint32_t> extensions;

 private:
  CellWidth cells_;
  HighHalves* high_ = nullptr;  // address space for as many as there can be lines
};

template <class CellOf>
void Memory::set_cells(uint32_t line, size_t count, const CellOf& cell_of) {
  int16_t* const low = lines[line].number + kRangesPerLine;
  std::fill_n(low, kRangesPerLine, int16_t{0});
  if (high_ == nullptr) {
    for (size_t i = 0; i < count; ++i)
      low[i] = static_cast<int16_t>((cell_of(i) & 0x7FFF) | cell_of(i) >> 31 << 15);
    return;
  }
  high_[line] = {};
  for (size_t i = 0; i < count; ++i) {
    low[i] = static_cast<int16_t>(cell_of(i));
    high_[line].value[i] = static_cast<uint16_t>(cell_of(i) >> 16);
  }
}

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

}  // namespace isthmus::dataplane::wide6
