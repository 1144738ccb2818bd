// An ordered set as a value: a copy costs one reference count, a change copies O(log n) nodes, and
// every copy keeps seeing what it saw. It is what makes a Model cheap to copy.
//
// A weight-balanced tree with path copying (Adams 1992; parameters 3 and 2 as proved by Hirai and
// Yamamoto, 2011). A node that two copies share is immutable; one that a single copy reaches, since
// an earlier change made it, is changed in place, so that a fresh copy which takes many changes
// copies each path once.
//
// Threads: any number may read any copies at once; one copy is changed by one thread. Iterators and
// pointers to elements are good as long as a copy lives that is not changed meanwhile. A set whose
// put or erase threw std::bad_alloc may only be destroyed or assigned to.
#pragma once

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace isthmus {

// Compare orders elements, and elements against any key type that it also accepts: compare(a, b) is
// a strong ordering.
template <class T, class Compare>
class PersistentSet {
  struct Node;

  // Counts the links to a node; the last one frees it. Half the size of a std::shared_ptr, which
  // cannot tell either whether what others did with the node happened before (use_count is
  // relaxed).
  class Link {
   public:
    Link() noexcept = default;
    explicit Link(Node* fresh) noexcept : node_(fresh) {}
    Link(const Link& other) noexcept : node_(other.node_) {
      if (node_ != nullptr) node_->links.fetch_add(1, std::memory_order_relaxed);
    }
    Link(Link&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
    Link& operator=(Link other) noexcept {
      std::swap(node_, other.node_);
      return *this;
    }
    ~Link() {
      if (node_ != nullptr && node_->links.fetch_sub(1, std::memory_order_acq_rel) == 1)
        delete node_;
    }

    explicit operator bool() const noexcept { return node_ != nullptr; }
    const Node* get() const noexcept { return node_; }
    const Node* operator->() const noexcept { return node_; }
    // The node, to be changed: a copy takes its place unless this link is the only one. Where that
    // holds for every link on the way from the root, nobody else can reach the node.
    Node& own() {
      if (node_->links.load(std::memory_order_acquire) != 1)
        *this = Link(new Node{node_->value, node_->left, node_->right, node_->size});
      return *node_;
    }

   private:
    Node* node_ = nullptr;
  };

  struct Node {
    T value;
    Link left;
    Link right;
    uint32_t size = 1;
    std::atomic<uint32_t> links{1};
  };

 public:
  size_t size() const { return size_of(root_); }
  bool empty() const { return !root_; }

  template <class Key>
  const T* find(const Key& key) const {
    const Node* node = root_.get();
    while (node != nullptr) {
      const auto order = Compare{}(key, node->value);
      if (std::is_eq(order)) return &node->value;
      node = std::is_lt(order) ? node->left.get() : node->right.get();
    }
    return nullptr;
  }

  // Adds the value, or replaces the element that compares equal.
  void put(T value) { root_ = put(std::move(root_), std::move(value)); }

  // True when there was such an element.
  template <class Key>
  bool erase(const Key& key) {
    if (find(key) == nullptr) return false;
    root_ = erase(std::move(root_), key);
    return true;
  }

  // The rank of the first element that holds(element, rank) answers true for; size() when it does
  // for none. Once true, it must stay so for all that follow. What is smaller counts a rank: this
  // also counts ranges, and finds gaps, in O(log n).
  template <class Holds>
  size_t first_rank(const Holds& holds) const {
    size_t before = 0;
    const Node* node = root_.get();
    while (node != nullptr) {
      const size_t rank = before + size_of(node->left);
      if (holds(node->value, rank)) {
        node = node->left.get();
      } else {
        before = rank + 1;
        node = node->right.get();
      }
    }
    return before;
  }

  // Walks in order.
  class Iterator {
   public:
    const T& operator*() const { return path_.back()->value; }
    const T* operator->() const { return &path_.back()->value; }
    Iterator& operator++() {
      const Node* node = path_.back();
      path_.pop_back();
      descend(node->right.get());
      return *this;
    }
    bool operator==(const Iterator& other) const {
      return path_.empty() ? other.path_.empty()
                           : !other.path_.empty() && path_.back() == other.path_.back();
    }

   private:
    friend class PersistentSet;
    void descend(const Node* node) {
      for (; node != nullptr; node = node->left.get()) path_.push_back(node);
    }
    std::vector<const Node*> path_;  // the nodes whose value and right subtree are still to come
  };

  Iterator begin() const {
    Iterator it;
    it.descend(root_.get());
    return it;
  }
  Iterator end() const { return {}; }

  // The first element that is not less than the key.
  template <class Key>
  Iterator lower_bound(const Key& key) const {
    Iterator it;
    const Node* node = root_.get();
    while (node != nullptr) {
      if (std::is_lteq(Compare{}(key, node->value))) {
        it.path_.push_back(node);
        node = node->left.get();
      } else {
        node = node->right.get();
      }
    }
    return it;
  }

 private:
  static constexpr size_t kDelta = 3;  // no subtree weighs more than three times its sibling
  static constexpr size_t kRatio = 2;

  static uint32_t size_of(const Link& link) { return link ? link->size : 0; }
  static size_t weight(const Link& link) { return size_t{size_of(link)} + 1; }
  static void count(Node& node) { node.size = size_of(node.left) + size_of(node.right) + 1; }

  // Turns an edge of the tree: the child on that side comes up, and the node goes down.
  static Link turn(Link node, Link Node::*from, Link Node::*to) {
    Link up = std::move(node.own().*from);
    node.own().*from = std::move(up.own().*to);
    count(node.own());
    up.own().*to = std::move(node);
    count(up.own());
    return up;
  }

  static Link lighten(Link node, Link Node::*heavy, Link Node::*light) {
    const Link& child = node.get()->*heavy;
    if (weight(child.get()->*light) >= kRatio * weight(child.get()->*heavy)) {
      Link& inner = node.own().*heavy;
      inner = turn(std::move(inner), light, heavy);
    }
    return turn(std::move(node), heavy, light);
  }

  // Repairs a node of which one side has gained or lost an element.
  static Link balance(Link node) {
    Node& own = node.own();
    count(own);
    if (weight(own.left) * kDelta < weight(own.right))
      return lighten(std::move(node), &Node::right, &Node::left);
    if (weight(own.right) * kDelta < weight(own.left))
      return lighten(std::move(node), &Node::left, &Node::right);
    return node;
  }

  static Link put(Link node, T value) {
    if (!node) return Link(new Node{std::move(value), {}, {}});
    const auto order = Compare{}(value, node->value);
    Node& own = node.own();
    if (std::is_eq(order)) {
      own.value = std::move(value);
      return node;
    }
    Link& side = std::is_lt(order) ? own.left : own.right;
    side = put(std::move(side), std::move(value));
    return balance(std::move(node));
  }

  static Link take_first(Link node, T& first) {
    if (!node->left) {
      first = node->value;
      return node->right;
    }
    Link& side = node.own().left;
    side = take_first(std::move(side), first);
    return balance(std::move(node));
  }

  // An element with this key is there.
  template <class Key>
  static Link erase(Link node, const Key& key) {
    const auto order = Compare{}(key, node->value);
    if (std::is_eq(order) && !node->left) return node->right;
    if (std::is_eq(order) && !node->right) return node->left;
    Node& own = node.own();
    if (std::is_lt(order)) {
      own.left = erase(std::move(own.left), key);
    } else if (std::is_gt(order)) {
      own.right = erase(std::move(own.right), key);
    } else {
      own.right = take_first(std::move(own.right), own.value);
    }
    return balance(std::move(node));
  }

  Link root_;
};

}  // namespace isthmus
