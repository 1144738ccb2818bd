// The nodes of a Rib: what they look like, and where things stand in them. For rib*.cc.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "dataplane/fib/rib.h"

namespace isthmus::dataplane {
namespace rib {

constexpr int kStride = 6;
constexpr int kDepthsMax = 128 / kStride + 1;  // nodes on a path: depths 0, 6, ..., 126

// Where a prefix of 0 to 5 bits stands in a node's bitmap: shorter before longer, then by value.
// "" is 0, "0" is 1, "1" is 2, "00" is 3.
constexpr int position(int length, uint64_t bits) {
  return (1 << length) - 1 + static_cast<int>(bits);
}
constexpr int length_at(int position) {
  return std::bit_width(static_cast<unsigned>(position + 1)) - 1;
}

// For each six bits of an address, the positions of the prefixes that contain it.
constexpr std::array<uint64_t, 64> kCovering = [] {
  std::array<uint64_t, 64> masks{};
  for (uint64_t bits = 0; bits < 64; ++bits) {
    for (int length = 0; length < kStride; ++length) {
      masks[bits] |= uint64_t{1} << position(length, bits >> (kStride - length));
    }
  }
  return masks;
}();
static_assert(std::popcount(kCovering[63]) == kStride);

// For each position, itself and the positions of the prefixes inside that prefix.
constexpr std::array<uint64_t, 64> kInside = [] {
  std::array<uint64_t, 64> masks{};
  for (int length = 0; length < kStride; ++length) {
    for (uint64_t bits = 0; bits < uint64_t{1} << length; ++bits) {
      for (int longer = length; longer < kStride; ++longer) {
        for (uint64_t more = 0; more < uint64_t{1} << (longer - length); ++more)
          masks[static_cast<size_t>(position(length, bits))] |=
              uint64_t{1} << position(longer, bits << (longer - length) | more);
      }
    }
  }
  return masks;
}();
static_assert(std::popcount(kInside[0]) == 63);

constexpr uint64_t bit_at(uint64_t index) { return uint64_t{1} << index; }
constexpr size_t rank(uint64_t bitmap, uint64_t index) {
  return static_cast<size_t>(std::popcount(bitmap & (bit_at(index) - 1)));
}

// `count` bits of an address, beginning `depth` bits into it; bits past the end are 0.
constexpr uint64_t bits_at(net::Bits128 bits, int depth, int count) {
  if (count == 0) return 0;
  const uint64_t window = depth == 0    ? bits.hi
                          : depth < 64  ? bits.hi << depth | bits.lo >> (64 - depth)
                          : depth == 64 ? bits.lo
                                        : bits.lo << (depth - 64);
  return window >> (64 - count);
}
static_assert(bits_at({0xF, 0xC000000000000000}, 60, 6) == 0x3F);

}  // namespace rib

// Followed by its children, then its values.
struct Rib::Node {
  // A node, or the value of the prefix that ends where the child would begin.
  class Child {
   public:
    Child() = default;
    explicit Child(Node* node) : bits_(reinterpret_cast<uintptr_t>(node)) {}
    explicit Child(uint32_t value) : bits_(uint64_t{value} << 1 | 1) {}
    bool is_value() const { return (bits_ & 1) != 0; }
    uint32_t value() const { return static_cast<uint32_t>(bits_ >> 1); }
    // A tagged pointer: it was a pointer before it was a number.
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    Node* node() const { return reinterpret_cast<Node*>(static_cast<uintptr_t>(bits_)); }

   private:
    uint64_t bits_ = 0;
  };

  uint64_t prefix_bits;  // by position(): which prefixes end here
  uint64_t child_bits;   // by the next six bits of the address
  size_t owners = 1;     // the writer's

  size_t child_count() const { return static_cast<size_t>(std::popcount(child_bits)); }
  size_t value_count() const { return static_cast<size_t>(std::popcount(prefix_bits)); }
  const Child* children() const { return reinterpret_cast<const Child*>(this + 1); }
  Child* children() { return reinterpret_cast<Child*>(this + 1); }
  const uint32_t* values() const {
    return reinterpret_cast<const uint32_t*>(children() + child_count());
  }
  uint32_t* values() { return reinterpret_cast<uint32_t*>(children() + child_count()); }
  size_t size_bytes() const {
    return sizeof(Node) + child_count() * sizeof(Child) + value_count() * sizeof(uint32_t);
  }
};

}  // namespace isthmus::dataplane
