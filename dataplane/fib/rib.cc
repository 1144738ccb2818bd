#include "dataplane/fib/rib.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <new>
#include <utility>

#include "dataplane/fib/rib_node.h"

namespace isthmus::dataplane {

using namespace rib;  // where things stand in a node

namespace {

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

  // The tree of these routes, which stand in order and have the first `depth` bits in common. Adds
  // what it takes to `bytes`.
  static Child grow(std::span<const Route> routes, int depth, size_t& bytes) {
    const Route& first = routes.front();
    if (routes.size() == 1 && first.prefix.length() == depth) return Child(first.value);
    return Child(grow_node(routes, depth, bytes));
  }
  static Node* grow_node(std::span<const Route> routes, int depth, size_t& bytes) {
    uint64_t prefix_bits = 0;
    uint64_t child_bits = 0;
    for (const Route& route : routes) {
      const Place place(route.prefix, depth);
      (place.is_below ? child_bits : prefix_bits) |= bit_at(place.index);
    }
    Node* node = make(prefix_bits, child_bits);
    Child* child = node->children();
    std::fill_n(child, node->child_count(), Child(0u));
    try {
      for (size_t i = 0; i < routes.size();) {
        const Place place(routes[i].prefix, depth);
        if (!place.is_below) {
          node->values()[rank(prefix_bits, place.index)] = routes[i++].value;
          continue;
        }
        size_t end = i + 1;
        while (end < routes.size() && Place(routes[end].prefix, depth) == place) ++end;
        *child++ = grow(routes.subspan(i, end - i), depth + kStride, bytes);
        i = end;
      }
    } catch (...) {
      release(node);
      throw;
    }
    bytes += node->size_bytes();
    return node;
  }

 private:
  // Where a prefix belongs in a node: among its own, or below one of its children.
  struct Place {
    Place(const net::Prefix& prefix, int depth) {
      const int rest = prefix.length() - depth;
      const net::Bits128 bits = prefix.address().bits();
      is_below = rest >= kStride;
      index = is_below ? bits_at(bits, depth, kStride)
                       : static_cast<uint64_t>(position(rest, bits_at(bits, depth, rest)));
    }
    friend bool operator==(const Place&, const Place&) = default;
    bool is_below;
    uint64_t index;
  };
};

Rib::Rib(const Rib& other) noexcept : trees_{other.trees_[0], other.trees_[1]} {
  for (const Tree& tree : trees_) Edit::share(tree.root);
}

Rib::Rib(Rib&& other) noexcept { swap(other); }

Rib::~Rib() {
  for (const Tree& tree : trees_) Edit::release(tree.root);
}

void Rib::swap(Rib& other) noexcept { std::swap(trees_, other.trees_); }

Rib Rib::only(net::Family family) const noexcept {
  Rib part;
  part.tree(family) = tree(family);
  Edit::share(part.tree(family).root);
  return part;
}

Rib Rib::build(std::span<const Route> routes) {
  std::vector<Route> sorted;  // where they are not in order yet
  const auto by_prefix = [](const Route& a, const Route& b) { return a.prefix < b.prefix; };
  const auto not_before = [](const Route& a, const Route& b) { return !(a.prefix < b.prefix); };
  if (std::adjacent_find(routes.begin(), routes.end(), not_before) != routes.end()) {
    sorted.assign(routes.rbegin(), routes.rend());  // of equal prefixes, the last comes first
    std::stable_sort(sorted.begin(), sorted.end(), by_prefix);
    sorted.erase(std::unique(sorted.begin(), sorted.end(),
                             [](const Route& a, const Route& b) { return a.prefix == b.prefix; }),
                 sorted.end());
    routes = sorted;
  }
  const auto v6 = std::partition_point(routes.begin(), routes.end(), [](const Route& route) {
    return route.prefix.family() == net::Family::V4;
  });
  const auto v4_count = static_cast<size_t>(v6 - routes.begin());
  const std::span<const Route> families[] = {routes.first(v4_count), routes.subspan(v4_count)};
  Rib rib;
  for (size_t i = 0; i < std::size(families); ++i) {
    if (families[i].empty()) continue;
    Tree& tree = rib.trees_[i];
    tree.root = Edit::grow_node(families[i], 0, tree.bytes);
    tree.size = families[i].size();
  }
  return rib;
}

// One step down a path that this handle owns. A place is where a node hangs: the root pointer or a
// child of the node above.
class Rib::Path {
 public:
  Path(Rib& rib, net::Family family) : tree_(rib.tree(family)) {}

  Tree& tree() { return tree_; }

  Node* node() const { return level_ == 0 ? tree_.root : children_[level_ - 1]->node(); }
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
    tree_.bytes += next->size_bytes();
    if (old != nullptr) tree_.bytes -= old->size_bytes();
    put(next);
    Edit::release(old);
  }
  void drop_root() noexcept {
    tree_.bytes -= tree_.root->size_bytes();
    Edit::release(std::exchange(tree_.root, nullptr));
  }

 private:
  void put(Node* next) {
    if (level_ == 0) {
      tree_.root = next;
    } else {
      *children_[level_ - 1] = Node::Child(next);
    }
  }

  Tree& tree_;
  std::array<Node::Child*, kDepthsMax> children_{};
  int level_ = 0;
};

void Rib::set(const net::Prefix& prefix, uint32_t value) {
  assert(value != kNoRoute);
  const net::Bits128 bits = prefix.address().bits();
  Path path(*this, prefix.family());
  if (path.node() == nullptr) {
    size_t bytes = 0;
    const Route only{prefix, value};
    path.tree().root = Edit::grow_node({&only, 1}, 0, bytes);
    path.tree().bytes += bytes;
    ++path.tree().size;
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
      path.tree().bytes += below->size_bytes();
    }
    path.descend(&child);
  }
  set_value(path, prefix.length() - depth, bits_at(bits, depth, prefix.length() - depth), value);
}

void Rib::add_child(Path& path, uint64_t index, const net::Prefix& prefix, int depth,
                    uint32_t value) {
  size_t bytes = 0;
  const Route only{prefix, value};
  const Node::Child child = Edit::grow({&only, 1}, depth, bytes);
  const Node* node = path.node();
  try {
    path.replace(Edit::rebuild(*node, node->prefix_bits, node->child_bits | bit_at(index), {},
                               {.insert = rank(node->child_bits, index), .value = child}));
  } catch (...) {
    if (!child.is_value()) Edit::release(child.node());
    throw;
  }
  path.tree().bytes += bytes;
  ++path.tree().size;
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
  ++path.tree().size;
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
  --path.tree().size;
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
    path.tree().bytes -= bytes;
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

}  // namespace isthmus::dataplane
