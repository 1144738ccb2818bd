// Walks over a Rib in the order of prefixes, and what is made of them.
#include <algorithm>
#include <array>
#include <bit>

#include "dataplane/fib/rib_node.h"

namespace isthmus::dataplane {

using namespace rib;  // where things stand in a node

// Visits the prefixes of a node and below it in order: a prefix before its longer ones, and those
// by value, with the children in their places. Calls visit(bits, length, value).
template <class Visit>
class Rib::Walk {
 public:
  explicit Walk(const Visit& visit) : visit_(visit) {}

  void node(const Node& node, net::Bits128 address, int depth) const {
    within(node, address, depth, 0, 0);
  }
  // Only what lies below (length, bits) of the node, that prefix included.
  void within(const Node& node, net::Bits128 address, int depth, int length, uint64_t bits) const {
    if (length == kStride) {
      if ((node.child_bits & bit_at(bits)) == 0) return;
      const Node::Child child = node.children()[rank(node.child_bits, bits)];
      const net::Bits128 below = placed(address, depth, length, bits);
      if (child.is_value()) {
        visit_(below, depth + kStride, child.value());
      } else {
        this->node(*child.node(), below, depth + kStride);
      }
      return;
    }
    const auto at = static_cast<uint64_t>(position(length, bits));
    const int rest = kStride - length;
    const uint64_t children =
        rest == kStride ? ~uint64_t{0} : (bit_at(uint64_t{1} << rest) - 1) << (bits << rest);
    if ((node.prefix_bits & kInside[at]) == 0 && (node.child_bits & children) == 0) return;
    if ((node.prefix_bits & bit_at(at)) != 0) {
      visit_(placed(address, depth, length, bits), depth + length,
             node.values()[rank(node.prefix_bits, at)]);
    }
    within(node, address, depth, length + 1, bits << 1);
    within(node, address, depth, length + 1, bits << 1 | 1);
  }

 private:
  // The address with these bits at this depth.
  static net::Bits128 placed(net::Bits128 address, int depth, int length, uint64_t bits) {
    const int shift = 128 - depth - length;  // of the lowest bit, from the right
    if (bits == 0) return address;
    if (shift >= 64) return {address.hi | bits << (shift - 64), address.lo};
    if (shift < 0) return address;  // past the end: only zero bits stand there
    return {address.hi | (shift == 0 ? 0 : bits >> (64 - shift)), address.lo | bits << shift};
  }

  const Visit& visit_;
};

void Rib::for_each(const std::function<void(const Route&)>& visit) const {
  for (const net::Family family : {net::Family::V4, net::Family::V6}) {
    const auto emit = [&](net::Bits128 bits, int length, uint32_t value) {
      visit({net::Prefix::containing(net::IpAddress::from_bits(family, bits), length), value});
    };
    if (const Node* top = root(family)) Walk<decltype(emit)>(emit).node(*top, {}, 0);
  }
}

namespace {

constexpr net::Bits128 next_after(net::Bits128 bits) {
  return {bits.hi + (bits.lo == ~uint64_t{0} ? 1 : 0), bits.lo + 1};
}

// Makes ranges of prefixes that come in order. They nest like brackets: a stack of those that are
// open at an address tells who decides from there on.
class RangePainter {
 public:
  RangePainter(std::vector<ValueRange>& out, net::Bits128 first, net::Bits128 last, uint32_t value)
      : out_(out) {
    open_[0] = {last, value};
    out_.clear();
    begin(first, value);
  }
  void add(net::Bits128 first, int length, uint32_t value) {
    while (open_[depth_].last < first) close();
    open_[++depth_] = {first | ~net::Bits128::mask(length), value};
    begin(first, value);
  }
  void finish() {
    while (depth_ > 0) close();
  }

 private:
  struct Open {
    net::Bits128 last;
    uint32_t value;
  };

  void close() {
    const net::Bits128 last = open_[depth_--].last;
    if (last < open_[depth_].last) begin(next_after(last), open_[depth_].value);
  }
  void begin(net::Bits128 first, uint32_t value) {
    if (!out_.empty() && out_.back().first == first) out_.pop_back();
    if (out_.empty() || out_.back().value != value) out_.push_back({first, value});
  }

  std::vector<ValueRange>& out_;
  std::array<Open, 130> open_;  // a prefix of each length, and the region
  int depth_ = 0;
};

}  // namespace

void Rib::ranges(const net::Prefix& region, std::vector<ValueRange>& out, int length_min) const {
  const net::Bits128 first = region.address().bits();
  uint32_t covering = kNoRoute;  // the longest prefix seen that contains the region
  const Node* node = root(region.family());
  int depth = 0;
  for (; node != nullptr && region.length() - depth >= kStride; depth += kStride) {
    const uint64_t index = bits_at(first, depth, kStride);
    uint64_t above = node->prefix_bits & kCovering[index];
    if (depth < length_min)
      above &= ~(bit_at(position(std::min(length_min - depth, kStride), 0)) - 1);
    if (above != 0) {
      covering =
          node->values()[rank(node->prefix_bits, static_cast<uint64_t>(std::bit_width(above) - 1))];
    }
    if ((node->child_bits & bit_at(index)) == 0) {
      node = nullptr;
      break;
    }
    const Node::Child child = node->children()[rank(node->child_bits, index)];
    if (child.is_value() && depth + kStride >= length_min) covering = child.value();
    node = child.is_value() ? nullptr : child.node();
  }
  if (node == nullptr) {
    out.assign(1, {first, covering});
    return;
  }
  const int rest = region.length() - depth;
  const uint64_t bits = bits_at(first, depth, rest);
  for (int length = std::max(0, length_min - depth); length < rest; ++length) {
    const auto at = static_cast<uint64_t>(position(length, bits >> (rest - length)));
    if ((node->prefix_bits & bit_at(at)) != 0)
      covering = node->values()[rank(node->prefix_bits, at)];
  }
  const net::Bits128 last = first | ~net::Bits128::mask(region.length());
  RangePainter painter(out, first, last, covering);
  const auto paint = [&](net::Bits128 address, int length, uint32_t value) {
    if (length >= length_min) painter.add(address, length, value);
  };
  const net::Bits128 above = first & net::Bits128::mask(depth);
  Walk<decltype(paint)>(paint).within(*node, above, depth, rest, bits);
  painter.finish();
}

}  // namespace isthmus::dataplane
