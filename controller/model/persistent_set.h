// An ordered set as a value: a copy costs one reference count, a change copies O(log n) nodes, and
// every copy keeps seeing what it saw. It is what makes a Model cheap to copy.
//
// A weight-balanced tree with path copying (Adams 1992; parameters 3 and 2 as proved by Hirai and
// Yamamoto, 2011). Threads: any number may read any copies at once; one copy is changed by one
// thread. Nodes are shared and immutable.
#pragma once

#include <compare>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace isthmus {

// Compare orders elements, and elements against any key type that it also accepts: compare(a, b) is
// a strong ordering.
template <class T, class Compare>
class PersistentSet {
  struct Node;
  using Link = std::shared_ptr<const Node>;
  struct Node {
    T value;
    Link left;
    Link right;
    size_t size;
  };

 public:
  size_t size() const { return size_of(root_); }
  bool empty() const { return root_ == nullptr; }

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
  void put(T value) { root_ = put(root_, std::move(value)); }

  // True when there was such an element.
  template <class Key>
  bool erase(const Key& key) {
    if (find(key) == nullptr) return false;
    root_ = erase(root_, key);
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

  // Walks in order. Valid as long as the set that it came from, or a copy of that, lives.
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

  static size_t size_of(const Link& link) { return link == nullptr ? 0 : link->size; }
  static size_t weight(const Link& link) { return size_of(link) + 1; }

  static Link make(T value, Link left, Link right) {
    const size_t size = size_of(left) + size_of(right) + 1;
    return std::make_shared<const Node>(
        Node{std::move(value), std::move(left), std::move(right), size});
  }

  // Joins two trees whose weights became unbalanced by one put or erase.
  static Link balance(T value, Link left, Link right) {
    if (weight(left) * kDelta < weight(right)) {
      if (weight(right->left) < kRatio * weight(right->right)) {
        return make(right->value, make(std::move(value), std::move(left), right->left),
                    right->right);
      }
      const Link& middle = right->left;
      return make(middle->value, make(std::move(value), std::move(left), middle->left),
                  make(right->value, middle->right, right->right));
    }
    if (weight(right) * kDelta < weight(left)) {
      if (weight(left->right) < kRatio * weight(left->left)) {
        return make(left->value, left->left, make(std::move(value), left->right, std::move(right)));
      }
      const Link& middle = left->right;
      return make(middle->value, make(left->value, left->left, middle->left),
                  make(std::move(value), middle->right, std::move(right)));
    }
    return make(std::move(value), std::move(left), std::move(right));
  }

  static Link put(const Link& node, T value) {
    if (node == nullptr) return make(std::move(value), nullptr, nullptr);
    const auto order = Compare{}(value, node->value);
    if (std::is_eq(order)) return make(std::move(value), node->left, node->right);
    if (std::is_lt(order))
      return balance(node->value, put(node->left, std::move(value)), node->right);
    return balance(node->value, node->left, put(node->right, std::move(value)));
  }

  static Link erase_first(const Link& node) {
    if (node->left == nullptr) return node->right;
    return balance(node->value, erase_first(node->left), node->right);
  }

  template <class Key>
  static Link erase(const Link& node, const Key& key) {
    const auto order = Compare{}(key, node->value);
    if (std::is_lt(order)) return balance(node->value, erase(node->left, key), node->right);
    if (std::is_gt(order)) return balance(node->value, node->left, erase(node->right, key));
    if (node->left == nullptr) return node->right;
    if (node->right == nullptr) return node->left;
    const Node* next = node->right.get();
    while (next->left != nullptr) next = next->left.get();
    return balance(next->value, node->left, erase_first(node->right));
  }

  Link root_;
};

}  // namespace isthmus
