#include "dataplane/fib/wide6_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

namespace isthmus::dataplane::wide6 {

namespace {

// Address space, in nodes. What limits it is the bits that an index has in the node above.
constexpr size_t kRootsMax = size_t{1} << 26;  // 1,024 roots: the current and those replaced
constexpr size_t kWordsMax = size_t{1} << 27;
constexpr size_t kEntriesMax = size_t{1} << 30;
constexpr size_t kLinesMax = size_t{1} << 25;
constexpr size_t kExtensionsMax = size_t{1} << 30;

}  // namespace

Memory::Memory(CellWidth cells)
    : roots(kRootsMax),
      words(kWordsMax),
      entries(kEntriesMax),
      lines(kLinesMax),
      extensions(kExtensionsMax),
      cells_(cells) {
  if (cells == CellWidth::Bits32) {
    void* memory = ::mmap(nullptr, kLinesMax * sizeof(HighHalves), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    high_ = static_cast<HighHalves*>(memory);
  }
  words[words.allocate(0)] = uint64_t{kNowhere} << 32;
  entries[entries.allocate(0)] = kLeaf;
  lines[lines.allocate(0)] = Line{};
}

Memory::~Memory() {
  if (high_ != nullptr) ::munmap(high_, kLinesMax * sizeof(HighHalves));
}

uint32_t Memory::allocate(Block::Kind kind, unsigned order) {
  switch (kind) {
    case Block::Kind::Roots:
      return roots.allocate(order);
    case Block::Kind::Words:
      return words.allocate(order);
    case Block::Kind::Entries:
      return entries.allocate(order);
    case Block::Kind::Lines:
      return lines.allocate(order);
    case Block::Kind::Extensions:
      return extensions.allocate(order);
  }
  __builtin_unreachable();
}

void Memory::release(const Block& block) noexcept {
  switch (block.kind) {
    case Block::Kind::Roots:
      return roots.release(block.first, block.order);
    case Block::Kind::Words:
      return words.release(block.first, block.order);
    case Block::Kind::Entries:
      return entries.release(block.first, block.order);
    case Block::Kind::Lines:
      return lines.release(block.first, block.order);
    case Block::Kind::Extensions:
      return extensions.release(block.first, block.order);
  }
}

size_t Memory::bytes() const noexcept {
  const size_t high = high_ == nullptr ? 0 : lines.bytes_used() / sizeof(Line) * sizeof(HighHalves);
  return roots.bytes_used() + words.bytes_used() + entries.bytes_used() + lines.bytes_used() +
         extensions.bytes_used() + high;
}

View Memory::view(uint32_t root, uint32_t default_value) const {
  return {&roots[root], words.data(),      entries.data(), lines.data(),
          high_,        extensions.data(), default_value};
}

void Memory::copy_lines(uint32_t from, uint32_t to, size_t count) {
  std::copy_n(&lines[from], count, &lines[to]);
  if (high_ != nullptr) std::copy_n(&high_[from], count, &high_[to]);
}

Blocks::~Blocks() {
  if (kept_) {
    for (const Block& block : replaced_) memory_->release(block);
  } else {  // the last one first: the free lists are then as they were
    for (size_t i = made_.size(); i-- > 0;) memory_->release(made_[i]);
  }
}

uint32_t Blocks::make(Block::Kind kind, unsigned order) {
  if (made_.size() == made_.capacity()) made_.reserve(2 * made_.size() + 16);
  const uint32_t first = memory_->allocate(kind, order);
  made_.push_back({kind, static_cast<uint8_t>(order), first});
  return first;
}

void Blocks::replace(Block::Kind kind, unsigned order, uint32_t first) {
  if (replaced_.capacity() == 0) replaced_.reserve(16);
  replaced_.push_back({kind, static_cast<uint8_t>(order), first});
}

}  // namespace isthmus::dataplane::wide6
