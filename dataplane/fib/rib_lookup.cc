// What a Rib answers: the longest prefix that contains an address, and single prefixes.
#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <utility>

#include "dataplane/fib/rib_node.h"

namespace isthmus::dataplane {

using namespace rib;  // where things stand in a node

namespace {

struct Longest {
  uint32_t value = kNoRoute;
  int length = 0;
};

// One lookup on its way down. It remembers which node holds the longest prefix so far, and counts
// bits for its value only once, at the end.
template <class Node>
class Descent {
 public:
  Descent() = default;
  Descent(const Node* root, net::Bits128 address) : node_(root), rest_(address) {}

  bool is_done() const { return node_ == nullptr; }
  void step() {
    const uint64_t index = rest_.hi >> (64 - kStride);
    if (const uint64_t covering = node_->prefix_bits & kCovering[index]; covering != 0) {
      best_ = node_;
      best_covering_ = covering;
      best_depth_ = depth_;
    }
    const Node* const node = std::exchange(node_, nullptr);
    if ((node->child_bits & bit_at(index)) == 0) return;
    const auto child = node->children()[rank(node->child_bits, index)];
    depth_ += kStride;
    if (child.is_value()) {
      best_ = nullptr;
      leaf_ = {child.value(), depth_};
      return;
    }
    node_ = child.node();
    __builtin_prefetch(node_);
    rest_ = {rest_.hi << kStride | rest_.lo >> (64 - kStride), rest_.lo << kStride};
  }
  Longest result() const {
    if (best_ == nullptr) return leaf_;
    const int longest = std::bit_width(best_covering_) - 1;
    return {best_->values()[rank(best_->prefix_bits, static_cast<uint64_t>(longest))],
            best_depth_ + length_at(longest)};
  }

 private:
  const Node* node_ = nullptr;
  net::Bits128 rest_;
  const Node* best_ = nullptr;
  uint64_t best_covering_ = 0;
  int depth_ = 0;
  int best_depth_ = 0;
  Longest leaf_;
};

template <class Node>
inline Longest longest_match(const Node* root, const net::IpAddress& address) noexcept {
  Descent<Node> descent(root, address.bits());
  while (!descent.is_done()) descent.step();
  return descent.result();
}

// Eight lookups go down together: while one waits for its next node, the others count bits.
constexpr size_t kLanes = 8;

template <class Node, class RootOf>
inline void match_together(RootOf root_of, std::span<const net::IpAddress> addresses,
                           std::span<uint32_t> values) noexcept {
  for (size_t begin = 0; begin < addresses.size(); begin += kLanes) {
    const size_t lanes = std::min(kLanes, addresses.size() - begin);
    std::array<Descent<Node>, kLanes> descents;
    for (size_t i = 0; i < lanes; ++i) {
      descents[i] = {root_of(begin + i), addresses[begin + i].bits()};
    }
    for (bool any = true; any;) {
      any = false;
      for (size_t i = 0; i < lanes; ++i) {
        if (descents[i].is_done()) continue;
        descents[i].step();
        any = true;
      }
    }
    for (size_t i = 0; i < lanes; ++i) values[begin + i] = descents[i].result().value;
  }
}

}  // namespace

uint32_t Rib::lookup(const net::IpAddress& address) const noexcept {
  return longest_match(root(address.family()), address).value;
}

void Rib::lookup(std::span<const net::IpAddress> addresses,
                 std::span<uint32_t> values) const noexcept {
  assert(addresses.size() == values.size());
  const auto root_of = [&](size_t i) { return root(addresses[i].family()); };
  match_together<Node>(root_of, addresses, values);
}

void Rib::lookup(std::span<const Rib* const> tables, std::span<const net::IpAddress> addresses,
                 std::span<uint32_t> values) noexcept {
  assert(addresses.size() == values.size() && tables.size() == values.size());
  const auto root_of = [&](size_t i) { return tables[i]->root(addresses[i].family()); };
  match_together<Node>(root_of, addresses, values);
}

std::optional<Route> Rib::match(const net::IpAddress& address) const {
  const Longest longest = longest_match(root(address.family()), address);
  if (longest.value == kNoRoute) return std::nullopt;
  return Route{net::Prefix::containing(address, longest.length), longest.value};
}

std::optional<uint32_t> Rib::find(const net::Prefix& prefix) const noexcept {
  const net::Bits128 bits = prefix.address().bits();
  const Node* node = root(prefix.family());
  int depth = 0;
  for (; node != nullptr && prefix.length() - depth >= kStride; depth += kStride) {
    const uint64_t index = bits_at(bits, depth, kStride);
    if ((node->child_bits & bit_at(index)) == 0) return std::nullopt;
    const Node::Child child = node->children()[rank(node->child_bits, index)];
    if (child.is_value()) {
      return prefix.length() - depth == kStride ? std::optional(child.value()) : std::nullopt;
    }
    node = child.node();
  }
  if (node == nullptr) return std::nullopt;
  const int rest = prefix.length() - depth;
  const auto at = static_cast<uint64_t>(position(rest, bits_at(bits, depth, rest)));
  if ((node->prefix_bits & bit_at(at)) == 0) return std::nullopt;
  return node->values()[rank(node->prefix_bits, at)];
}

}  // namespace isthmus::dataplane
