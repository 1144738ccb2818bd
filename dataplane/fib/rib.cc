#include "dataplane/fib/rib.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <new>
#include <utility>

namespace isthmus::dataplane {
namespace {

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

// How one packed array of a node differs from that of the node it is copied from.
constexpr size_t kNowhere = ~size_t{0};
template <class T>
struct ArrayEdit {
  size_t drop = kNowhere;    // index in the old array
  size_t insert = kNowhere;  // index in the new array
  T value{};
};

template <class T>
void copy_edited(const T* from, T* to, size_t count, const ArrayEdit<T>& edit) {
  for (size_t i = 0, source = 0; i < count; ++i) {
    if (i == edit.insert) {
      to[i] = edit.value;
      continue;
    }
    if (source == edit.drop) ++source;
    to[i] = from[source++];
  }
}

}  // namespace

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

// The writer's side: making, sharing and changing nodes.
struct Rib::Edit {
  using Child = Node::Child;

  static Node* make(uint64_t prefix_bits, uint64_t child_bits) {
    const Node shape{prefix_bits, child_bits};
    return new (::operator new(shape.size_bytes())) Node(shape);
  }
  static Node* share(Node* node) noexcept {
    if (node != nullptr) ++node->owners;
    return node;
  }
  static void release(Node* node) noexcept {
    if (node == nullptr || --node->owners != 0) return;
    for (size_t i = 0; i < node->child_count(); ++i) {
      const Child child = node->children()[i];
      if (!child.is_value()) release(child.node());
    }
    ::operator delete(node);
  }

  // A copy of `from` with these bitmaps and edits.
  static Node* rebuild(const Node& from, uint64_t prefix_bits, uint64_t child_bits,
                       const ArrayEdit<uint32_t>& values, const ArrayEdit<Child>& children) {
    Node* node = make(prefix_bits, child_bits);
    copy_edited(from.values(), node->values(), node->value_count(), values);
    copy_edited(from.children(), node->children(), node->child_count(), children);
    for (size_t i = 0; i < node->child_count(); ++i) {
      const Child child = node->children()[i];
      if (i != children.insert && !child.is_value()) share(child.node());
    }
    return node;
  }

  // Makes the node its handle's own, so that it may be written.
  static Node* own(Node* node) {
    if (node->owners == 1) return node;
    Node* copy = rebuild(*node, node->prefix_bits, node->child_bits, {}, {});
    release(node);
    return copy;
  }

  // The smallest tree that begins `depth` bits into the address and holds only this prefix.
  static Child only(const net::Prefix& prefix, int depth, uint32_t value, size_t& bytes) {
    if (prefix.length() == depth) return Child(value);
    return Child(only_node(prefix, depth, value, bytes));
  }
  static Node* only_node(const net::Prefix& prefix, int depth, uint32_t value, size_t& bytes) {
    const int rest = prefix.length() - depth;
    Node* node = nullptr;
    if (rest < kStride) {
      node = make(bit_at(position(rest, bits_at(prefix.address().bits(), depth, rest))), 0);
      node->values()[0] = value;
    } else {
      node = make(0, bit_at(bits_at(prefix.address().bits(), depth, kStride)));
      node->children()[0] = Child(0u);
      try {
        node->children()[0] = only(prefix, depth + kStride, value, bytes);
      } catch (...) {
        ::operator delete(node);
        throw;
      }
    }
    bytes += node->size_bytes();
    return node;
  }
};

Rib::Rib(const Rib& other) noexcept
    : roots_{Edit::share(other.roots_[0]), Edit::share(other.roots_[1])},
      size_(other.size_),
      bytes_(other.bytes_) {}

Rib::Rib(Rib&& other) noexcept { swap(other); }

Rib::~Rib() {
  for (Node* root : roots_) Edit::release(root);
}

void Rib::swap(Rib& other) noexcept {
  std::swap(roots_, other.roots_);
  std::swap(size_, other.size_);
  std::swap(bytes_, other.bytes_);
}

Rib Rib::build(std::span<const Route> routes) {
  Rib rib;
  for (const Route& route : routes) rib.set(route.prefix, route.value);
  return rib;
}

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

// One step down a path that this handle owns. A place is where a node hangs: the root pointer or a
// child of the node above.
class Rib::Path {
 public:
  Path(Rib& rib, net::Family family) : rib_(rib), root_(rib.root(family)) {}

  Node* node() const { return level_ == 0 ? root_ : children_[level_ - 1]->node(); }
  int level() const { return level_; }
  Node* own() {
    Node* node = Edit::own(this->node());
    put(node);
    return node;
  }
  void descend(Node::Child* child) { children_[level_++] = child; }
  void ascend() { --level_; }
  void replace(Node* next) noexcept {
    Node* old = node();
    rib_.bytes_ += next->size_bytes();
    if (old != nullptr) rib_.bytes_ -= old->size_bytes();
    put(next);
    Edit::release(old);
  }
  void drop_root() noexcept {
    rib_.bytes_ -= root_->size_bytes();
    Edit::release(std::exchange(root_, nullptr));
  }

 private:
  void put(Node* next) {
    if (level_ == 0) {
      root_ = next;
    } else {
      *children_[level_ - 1] = Node::Child(next);
    }
  }

  Rib& rib_;
  Node*& root_;
  std::array<Node::Child*, kDepthsMax> children_{};
  int level_ = 0;
};

void Rib::set(const net::Prefix& prefix, uint32_t value) {
  assert(value != kNoRoute);
  const net::Bits128 bits = prefix.address().bits();
  Path path(*this, prefix.family());
  if (path.node() == nullptr) {
    size_t bytes = 0;
    root(prefix.family()) = Edit::only_node(prefix, 0, value, bytes);
    bytes_ += bytes;
    ++size_;
    return;
  }
  int depth = 0;
  for (; prefix.length() - depth >= kStride; depth += kStride) {
    Node* node = path.own();
    const uint64_t index = bits_at(bits, depth, kStride);
    const size_t at = rank(node->child_bits, index);
    if ((node->child_bits & bit_at(index)) == 0) {
      add_child(path, index, prefix, depth + kStride, value);
      return;
    }
    Node::Child& child = node->children()[at];
    if (child.is_value()) {
      if (prefix.length() == depth + kStride) {
        child = Node::Child(value);
        return;
      }
      // Something goes below the value: it becomes the shortest prefix of a node.
      Node* below = Edit::make(bit_at(0), 0);
      below->values()[0] = child.value();
      child = Node::Child(below);
      bytes_ += below->size_bytes();
    }
    path.descend(&child);
  }
  set_value(path, prefix.length() - depth, bits_at(bits, depth, prefix.length() - depth), value);
}

void Rib::add_child(Path& path, uint64_t index, const net::Prefix& prefix, int depth,
                    uint32_t value) {
  size_t bytes = 0;
  const Node::Child child = Edit::only(prefix, depth, value, bytes);
  const Node* node = path.node();
  try {
    path.replace(Edit::rebuild(*node, node->prefix_bits, node->child_bits | bit_at(index), {},
                               {.insert = rank(node->child_bits, index), .value = child}));
  } catch (...) {
    if (!child.is_value()) Edit::release(child.node());
    throw;
  }
  bytes_ += bytes;
  ++size_;
}

void Rib::set_value(Path& path, int length, uint64_t bits, uint32_t value) {
  Node* node = path.own();
  const auto at = static_cast<uint64_t>(position(length, bits));
  const size_t index = rank(node->prefix_bits, at);
  if ((node->prefix_bits & bit_at(at)) != 0) {
    node->values()[index] = value;
    return;
  }
  path.replace(Edit::rebuild(*node, node->prefix_bits | bit_at(at), node->child_bits,
                             {.insert = index, .value = value}, {}));
  ++size_;
}

bool Rib::erase(const net::Prefix& prefix) {
  if (!find(prefix)) return false;
  const net::Bits128 bits = prefix.address().bits();
  Path path(*this, prefix.family());
  int depth = 0;
  bool is_child = false;
  for (; prefix.length() - depth >= kStride; depth += kStride) {
    Node* node = path.own();
    const uint64_t index = bits_at(bits, depth, kStride);
    Node::Child& child = node->children()[rank(node->child_bits, index)];
    if (child.is_value()) {
      is_child = true;
      break;
    }
    path.descend(&child);
  }
  if (is_child) {
    drop_child(path, bits_at(bits, depth, kStride));
  } else {
    const int rest = prefix.length() - depth;
    drop_value(path, static_cast<uint64_t>(position(rest, bits_at(bits, depth, rest))));
  }
  --size_;
  try {
    prune(path, bits);
  } catch (const std::bad_alloc&) {
    // The prefix is gone; a node that is left empty costs memory and nothing else.
  }
  return true;
}

void Rib::drop_child(Path& path, uint64_t index) {
  const Node* node = path.own();
  path.replace(Edit::rebuild(*node, node->prefix_bits, node->child_bits & ~bit_at(index), {},
                             {.drop = rank(node->child_bits, index)}));
}

void Rib::drop_value(Path& path, uint64_t at) {
  const Node* node = path.own();
  path.replace(Edit::rebuild(*node, node->prefix_bits & ~bit_at(at), node->child_bits,
                             {.drop = rank(node->prefix_bits, at)}, {}));
}

// From the changed node upwards: an empty node goes, and one that holds only the prefix at which it
// begins becomes a value in its place.
void Rib::prune(Path& path, net::Bits128 bits) {
  while (path.level() > 0) {
    Node* node = path.node();
    if (node->child_bits != 0 || (node->prefix_bits & ~bit_at(0)) != 0) return;
    const size_t bytes = node->size_bytes();
    path.ascend();
    const uint64_t index = bits_at(bits, path.level() * kStride, kStride);
    if (node->prefix_bits == 0) {
      drop_child(path, index);
    } else {
      Node* parent = path.node();
      parent->children()[rank(parent->child_bits, index)] = Node::Child(node->values()[0]);
      Edit::release(node);
    }
    bytes_ -= bytes;
  }
  if (path.node()->child_bits == 0 && path.node()->prefix_bits == 0) path.drop_root();
}

Rib Rib::with(const net::Prefix& prefix, uint32_t value) const {
  Rib changed = *this;
  changed.set(prefix, value);
  return changed;
}

Rib Rib::without(const net::Prefix& prefix) const {
  Rib changed = *this;
  changed.erase(prefix);
  return changed;
}

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
      : out_(out), open_{{last, value}} {
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
