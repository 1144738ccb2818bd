#include "dataplane/fib/wide6_build.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <new>
#include <stdexcept>

#include "dataplane/fib/wide6.h"

namespace isthmus::dataplane::wide6 {
namespace {

// Address space, in nodes. What limits it is the bits that an index has in the node above.
constexpr size_t kRootsMax = size_t{1} << 26;  // 1,024 roots: the current and those replaced
constexpr size_t kWordsMax = size_t{1} << 27;
constexpr size_t kEntriesMax = size_t{1} << 30;
constexpr size_t kLinesMax = size_t{1} << 25;
constexpr size_t kExtensionsMax = size_t{1} << 30;

// A piece may be a line of its own as long as a /32 takes no more than this many times the lines
// that its ranges would fill. More makes lookups faster and the table larger.
constexpr size_t kPiecesPerFullLine = 16;
constexpr unsigned kShiftOfOnePiece = 16;
constexpr unsigned kShiftMin = 4;  // a piece of 16 addresses has at most 16 ranges

uint32_t stretch_at(net::Bits128 bits, int depth) {
  const uint64_t half = depth < 64 ? bits.hi : bits.lo;
  return static_cast<uint32_t>(half >> (48 - depth % 64)) & 0xFFFF;
}
bool begins_stretch(net::Bits128 bits, int depth) {  // nothing is set behind the 16 bits
  return (bits & ~net::Bits128::mask(depth + 16)) == net::Bits128{};
}

int16_t key_before(uint32_t first) { return static_cast<int16_t>(first - 1 - 0x8000); }

template <class Range>
std::span<const Range> piece_of(std::span<const Range> ranges, uint32_t first, uint32_t last) {
  const auto before = [](const Range& range, uint32_t at) { return range.first < at; };
  const auto begin = std::lower_bound(ranges.begin(), ranges.end(), first + 1, before) - 1;
  const auto end = std::lower_bound(begin, ranges.end(), last + 1, before);
  return {begin, end};
}

template <class Range>
bool pieces_hold(std::span<const Range> ranges, unsigned shift, size_t most) {
  size_t count = 0;
  uint32_t piece = 0;
  for (const Range& range : ranges) {
    if (range.first >> shift != piece || count == 0) {
      piece = range.first >> shift;
      count = (range.first & ((1u << shift) - 1)) != 0 ? 1 : 0;  // what reaches in from before
    }
    if (++count > most) return false;
  }
  return true;
}

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

void Memory::set_value(uint32_t line, unsigned range, uint32_t cell) {
  if (high_ != nullptr) {
    lines[line].value[range] = static_cast<uint16_t>(cell);
    high_[line].value[range] = static_cast<uint16_t>(cell >> 16);
  } else {
    lines[line].value[range] = static_cast<uint16_t>((cell & 0x7FFF) | cell >> 31 << 15);
  }
}

uint32_t Memory::cell(uint32_t line, unsigned range) const {
  return cell_at(view(0, kNoRoute), line, range);
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
  replaced_.push_back({kind, static_cast<uint8_t>(order), first});
}

std::span<const ValueRange> RangeCursor::within(net::Bits128 first, net::Bits128 last) {
  while (rest_.size() > 1 && rest_[1].first <= first) rest_ = rest_.subspan(1);
  size_t count = 1;
  while (count < rest_.size() && rest_[count].first <= last) ++count;
  const std::span<const ValueRange> found = rest_.first(count);
  rest_ = rest_.subspan(count - 1);
  return found;
}

uint32_t EntryBuilder::cell_of(uint32_t value) {
  if (value == kNoRoute) return 0;
  if (value >= Wide6::kValueEnd) throw std::length_error("Wide6: a value of more than 31 bits");
  if (!memory_.fits(value + 1)) fits_ = false;
  return value + 1;
}

uint32_t EntryBuilder::entry(std::span<const ValueRange> ranges, int depth) {
  if (ranges.size() == 1) return kLeaf | cell_of(ranges[0].value);
  const std::vector<Range> found = ranges_of(ranges, depth);
  return lines_of(found);
}

uint32_t EntryBuilder::extension(std::span<const ValueRange> ranges, int depth) {
  const uint32_t entry_there = entry(ranges, depth);
  const uint32_t place = blocks_.make(Block::Kind::Extensions, 0);
  memory_.extensions[place] = entry_there;
  if (!memory_.fits(place)) fits_ = false;
  return kExtended | place;
}

// The ranges of the 16 bits from `depth` on. Where others begin inside one number, it is a range of
// its own, with an extension.
std::vector<EntryBuilder::Range> EntryBuilder::ranges_of(std::span<const ValueRange> ranges,
                                                         int depth) {
  std::vector<Range> out;
  size_t at = 0;  // decides the first address of `number`
  uint32_t number = 0;
  while (at < ranges.size() && number <= 0xFFFF) {
    size_t end = at + 1;
    while (end < ranges.size() && stretch_at(ranges[end].first, depth) == number) ++end;
    if (end > at + 1) {
      out.push_back({number, extension(ranges.subspan(at, end - at), depth + 16)});
      ++number;
    } else {
      const uint32_t cell = cell_of(ranges[at].value);
      if (out.empty() || out.back().cell != cell) out.push_back({number, cell});
      if (end == ranges.size()) break;
      number = stretch_at(ranges[end].first, depth);
    }
    const bool begins = end < ranges.size() && stretch_at(ranges[end].first, depth) == number &&
                        begins_stretch(ranges[end].first, depth);
    at = begins ? end : end - 1;
  }
  return out;
}

uint32_t EntryBuilder::lines_of(std::span<const Range> ranges) {
  const size_t lines_full = ranges.size() / kRangesPerLine + 1;
  unsigned shift = kShiftOfOnePiece;
  bool direct = ranges.size() <= kRangesPerLine;
  while (!direct && --shift >= kShiftMin &&
         size_t{1} << (kShiftOfOnePiece - shift) <= kPiecesPerFullLine * lines_full) {
    direct = pieces_hold(ranges, shift, kRangesPerLine);
  }
  if (!direct) {
    shift = kShiftOfOnePiece;
    while (!pieces_hold(ranges, shift, kRangesPerLine * kChildrenMax)) --shift;
  }
  const unsigned order = kShiftOfOnePiece - shift;
  const uint32_t first = blocks_.make(Block::Kind::Lines, order);
  for (uint32_t piece = 0; piece < uint32_t{1} << order; ++piece) {
    const auto inside =
        piece_of(ranges, piece << shift, (piece << shift) + ((uint32_t{1} << shift) - 1));
    direct ? fill(first + piece, inside) : fill_inner(first + piece, inside);
  }
  return first << 6 | shift << 1 | (direct ? 0 : kIndirect);
}

void EntryBuilder::fill(uint32_t line, std::span<const Range> ranges) {
  for (unsigned i = 0; i < kRangesPerLine; ++i) {
    const bool next_exists = i + 1 < ranges.size();
    memory_.lines[line].key[i] = next_exists ? key_before(ranges[i + 1].first) : kUnusedKey;
    memory_.set_value(line, i, i < ranges.size() ? ranges[i].cell : 0);
  }
}

void EntryBuilder::fill_inner(uint32_t line, std::span<const Range> ranges) {
  const size_t children = (ranges.size() + kRangesPerLine - 1) / kRangesPerLine;
  const uint32_t first = blocks_.make(Block::Kind::Lines, Pool<Line>::order_of(children));
  auto& inner = reinterpret_cast<InnerLine&>(memory_.lines[line]);
  std::fill(std::begin(inner.key), std::end(inner.key), kUnusedKey);
  inner.children = first;
  for (size_t child = 0; child < children; ++child) {  // as evenly as it goes
    const size_t begin = child * ranges.size() / children;
    const size_t end = (child + 1) * ranges.size() / children;
    if (child > 0) inner.key[child - 1] = key_before(ranges[begin].first);
    fill(first + static_cast<uint32_t>(child), ranges.subspan(begin, end - begin));
  }
}

void EntryBuilder::replace(uint32_t entry) {
  if ((entry & kLeaf) != 0) return;
  const unsigned order = kShiftOfOnePiece - ((entry >> 1) & 31);
  const uint32_t first = entry >> 6;
  for (uint32_t line = first; line < first + (uint32_t{1} << order); ++line) {
    if ((entry & kIndirect) == 0) {
      replace_line(line);
      continue;
    }
    const auto& inner = reinterpret_cast<const InnerLine&>(memory_.lines[line]);
    const auto children =
        static_cast<uint32_t>(1 + std::count_if(std::begin(inner.key), std::end(inner.key),
                                                [](int16_t key) { return key != kUnusedKey; }));
    for (uint32_t child = 0; child < children; ++child) replace_line(inner.children + child);
    blocks_.replace(Block::Kind::Lines, Pool<Line>::order_of(children), inner.children);
  }
  blocks_.replace(Block::Kind::Lines, order, first);
}

void EntryBuilder::replace_line(uint32_t line) {
  for (unsigned i = 0; i < kRangesPerLine; ++i) {
    if (!memory_.is_extended(line, i)) continue;
    const uint32_t place = memory_.cell(line, i) & ~kExtended;
    replace(memory_.extensions[place]);
    blocks_.replace(Block::Kind::Extensions, 0, place);
  }
}

}  // namespace isthmus::dataplane::wide6
