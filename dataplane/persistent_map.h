// A hash map as an immutable value: copies share what they do not change.
//
// Copying a map is one pointer and one count. A change copies the nodes on the path to its key,
// unless this handle is their only owner: a fresh copy that takes many changes copies each path
// once. A version that readers see is always held by a second handle, so that nothing a reader can
// reach is ever written, the nodes' own reference counts apart, which readers do not read.
//
// Structure: a hash-array-mapped trie with entries above children (M. Steindorfer and J. Vinju,
// "Optimizing hash-array mapped tries for fast and lean immutable JVM collections", OOPSLA 2015):
// six bits of the hash a level, and a node holds its entries and children packed, found by counting
// the bits of two bitmaps. Below level 10 the hash is used up, and keys with equal hashes share a
// bucket that is searched in order.
//
// Hash must answer 64 well-mixed bits. Key and Value are copied without throwing.
//
// Threads: find, for_each, size and bytes from any thread while the map is kept alive
// (dataplane/rcu.h). Copying, changing and destroying handles that share nodes: the writer only.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

namespace isthmus::dataplane {

template <class Key, class Value, class Hash>
class PersistentMap {
 public:
  struct Entry {
    Key key;
    Value value;
  };
  static_assert(std::is_nothrow_copy_constructible_v<Entry>);
  static_assert(alignof(Entry) <= alignof(std::max_align_t));

  PersistentMap() noexcept = default;
  PersistentMap(const PersistentMap& other) noexcept
      : root_(share(other.root_)), size_(other.size_), bytes_(other.bytes_) {}
  PersistentMap(PersistentMap&& other) noexcept { swap(other); }
  PersistentMap& operator=(PersistentMap other) noexcept {
    swap(other);
    return *this;
  }
  ~PersistentMap() { release(root_); }
  void swap(PersistentMap& other) noexcept {
    std::swap(root_, other.root_);
    std::swap(size_, other.size_);
    std::swap(bytes_, other.bytes_);
  }

  const Value* find(const Key& key) const noexcept {
    uint64_t hash = Hash{}(key);
    const Node* node = root_;
    for (int level = 0; node != nullptr && level < kBucketLevel; ++level, hash >>= kStride) {
      const uint64_t bit = bit_of(hash);
      if ((node->entry_bits & bit) != 0) {
        const Entry& entry = node->entries()[rank(node->entry_bits, bit)];
        return entry.key == key ? &entry.value : nullptr;
      }
      if ((node->child_bits & bit) == 0) return nullptr;
      node = node->children()[rank(node->child_bits, bit)];
    }
    return node == nullptr ? nullptr : value_in_bucket(*node, key);
  }

  // Inserts or replaces. On std::bad_alloc the contents are as before.
  void set(const Key& key, Value value);
  // Answers whether there was something to erase. On std::bad_alloc the contents are as before.
  bool erase(const Key& key);

  template <class Visit>  // void(const Key&, const Value&), in no particular order
  void for_each(Visit&& visit) const {
    visit_all(root_, visit);
  }
  size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  // Bytes of the nodes, shared or not, without the allocator's own overhead.
  size_t bytes() const noexcept { return bytes_; }

 private:
  static constexpr int kStride = 6;
  static constexpr int kBucketLevel = 11;  // levels 0 to 10 use up 64 bits of hash
  static constexpr uint32_t kNowhere = 0xFFFFFFFF;

  struct Node {  // followed by its entries, then its children
    uint32_t owners;
    uint32_t entry_count;
    uint64_t entry_bits;  // 0 in buckets
    uint64_t child_bits;  // never overlaps entry_bits

    uint32_t child_count() const { return static_cast<uint32_t>(std::popcount(child_bits)); }
    const Entry* entries() const {
      return reinterpret_cast<const Entry*>(reinterpret_cast<const char*>(this) + kEntriesOffset);
    }
    Entry* entries() { return const_cast<Entry*>(std::as_const(*this).entries()); }
    Node* const* children() const {
      return reinterpret_cast<Node* const*>(reinterpret_cast<const char*>(this) +
                                            children_offset(entry_count));
    }
    Node** children() { return const_cast<Node**>(std::as_const(*this).children()); }
    size_t size_bytes() const {
      return children_offset(entry_count) + child_count() * sizeof(Node*);
    }
  };
  static constexpr size_t align_up(size_t offset, size_t alignment) {
    return (offset + alignment - 1) / alignment * alignment;
  }
  static constexpr size_t kEntriesOffset = align_up(sizeof(Node), alignof(Entry));
  static constexpr size_t children_offset(size_t entry_count) {
    return align_up(kEntriesOffset + entry_count * sizeof(Entry), alignof(Node*));
  }

  // How one packed array of a node differs from that of the node it is copied from.
  template <class T>
  struct Edit {
    uint32_t drop = kNowhere;    // index in the old array
    uint32_t insert = kNowhere;  // index in the new array
    const T* value = nullptr;
  };

  static bool holds_one(const Node& node) { return node.entry_count + node.child_count() == 1; }
  static uint64_t bit_of(uint64_t hash) { return uint64_t{1} << (hash & 63); }
  static uint32_t rank(uint64_t bits, uint64_t bit) {
    return static_cast<uint32_t>(std::popcount(bits & (bit - 1)));
  }
  static uint64_t hash_at(const Key& key, int level) {
    const uint64_t hash = Hash{}(key);
    return level < kBucketLevel ? hash >> (kStride * level) : 0;
  }
  static const Value* value_in_bucket(const Node& bucket, const Key& key) {
    for (uint32_t i = 0; i < bucket.entry_count; ++i) {
      if (bucket.entries()[i].key == key) return &bucket.entries()[i].value;
    }
    return nullptr;
  }

  static Node* share(Node* node) noexcept {
    if (node != nullptr) ++node->owners;
    return node;
  }
  static void release(Node* node) noexcept {
    if (node == nullptr || --node->owners != 0) return;
    for (uint32_t i = 0; i < node->entry_count; ++i) node->entries()[i].~Entry();
    for (uint32_t i = 0; i < node->child_count(); ++i) release(node->children()[i]);
    ::operator delete(node);
  }

  template <class T>
  static void copy_edited(const T* from, T* to, uint32_t count, const Edit<T>& edit) {
    for (uint32_t i = 0, source = 0; i < count; ++i) {
      if (i == edit.insert) {
        new (to + i) T(*edit.value);
        continue;
      }
      if (source == edit.drop) ++source;
      new (to + i) T(from[source++]);
    }
  }
  static Node* rebuild(const Node* from, uint64_t entry_bits, uint64_t child_bits,
                       uint32_t entry_count, const Edit<Entry>& entries,
                       const Edit<Node*>& children);

  Node** push_down(Node*& slot, int level, uint64_t bit);
  void pull_up(Node*& slot, uint64_t bit);
  void erase_entry(Node*& slot, int level, const Key& key);
  void drop_child(Node*& slot, uint64_t bit);
  void replace(Node*& slot, Node* next) noexcept {
    bytes_ += next->size_bytes();
    if (slot != nullptr) bytes_ -= slot->size_bytes();
    release(slot);
    slot = next;
  }
  // Makes the node this handle's own, so that it may be written.
  static Node* own(Node*& slot) {
    if (slot->owners == 1) return slot;
    Node* copy = rebuild(slot, slot->entry_bits, slot->child_bits, slot->entry_count, {}, {});
    release(slot);
    return slot = copy;
  }

  template <class Visit>
  static void visit_all(const Node* node, Visit& visit) {
    if (node == nullptr) return;
    for (uint32_t i = 0; i < node->entry_count; ++i) {
      visit(node->entries()[i].key, node->entries()[i].value);
    }
    for (uint32_t i = 0; i < node->child_count(); ++i) visit_all(node->children()[i], visit);
  }

  Node* root_ = nullptr;
  size_t size_ = 0;
  size_t bytes_ = 0;
};

// A copy of `from` (or of the empty node, where null) with these bitmaps and edits.
template <class Key, class Value, class Hash>
auto PersistentMap<Key, Value, Hash>::rebuild(const Node* from, uint64_t entry_bits,
                                              uint64_t child_bits, uint32_t entry_count,
                                              const Edit<Entry>& entries,
                                              const Edit<Node*>& children) -> Node* {
  const Node shape{1, entry_count, entry_bits, child_bits};
  Node* node = new (::operator new(shape.size_bytes())) Node(shape);
  copy_edited<Entry>(from == nullptr ? nullptr : from->entries(), node->entries(), entry_count,
                     entries);
  copy_edited<Node*>(from == nullptr ? nullptr : from->children(), node->children(),
                     node->child_count(), children);
  for (uint32_t i = 0; i < node->child_count(); ++i) {
    if (i != children.insert) share(node->children()[i]);
  }
  return node;
}

template <class Key, class Value, class Hash>
void PersistentMap<Key, Value, Hash>::set(const Key& key, Value value) {
  const Entry added{key, std::move(value)};
  Node** slot = &root_;
  for (int level = 0;; ++level) {
    const uint64_t bit = bit_of(hash_at(key, level));
    if (*slot == nullptr) {
      replace(*slot, rebuild(nullptr, bit, 0, 1, {.insert = 0, .value = &added}, {}));
      break;
    }
    Node* node = own(*slot);
    if (level == kBucketLevel) {
      if (const Value* found = value_in_bucket(*node, key)) {
        *const_cast<Value*>(found) = added.value;
        return;
      }
      replace(*slot, rebuild(node, 0, 0, node->entry_count + 1,
                             {.insert = node->entry_count, .value = &added}, {}));
      break;
    }
    if ((node->child_bits & bit) != 0) {
      slot = &node->children()[rank(node->child_bits, bit)];
      continue;
    }
    const uint32_t at = rank(node->entry_bits, bit);
    if ((node->entry_bits & bit) == 0) {
      replace(*slot, rebuild(node, node->entry_bits | bit, node->child_bits, node->entry_count + 1,
                             {.insert = at, .value = &added}, {}));
      break;
    }
    if (node->entries()[at].key == key) {
      node->entries()[at].value = added.value;
      return;
    }
    slot = push_down(*slot, level, bit);
  }
  ++size_;
}

// Moves the entry at `bit` into a child of its own; answers the child's slot.
template <class Key, class Value, class Hash>
auto PersistentMap<Key, Value, Hash>::push_down(Node*& slot, int level, uint64_t bit) -> Node** {
  const Node* node = slot;
  const uint32_t at = rank(node->entry_bits, bit);
  const Entry& entry = node->entries()[at];
  const bool is_bucket = level + 1 == kBucketLevel;
  const uint64_t child_bit = is_bucket ? 0 : bit_of(hash_at(entry.key, level + 1));
  Node* child = rebuild(nullptr, child_bit, 0, 1, {.insert = 0, .value = &entry}, {});
  const uint64_t child_bits = node->child_bits | bit;
  const uint32_t child_at = rank(child_bits, bit);
  Node* next = nullptr;
  try {
    next = rebuild(node, node->entry_bits & ~bit, child_bits, node->entry_count - 1, {.drop = at},
                   {.insert = child_at, .value = &child});
  } catch (...) {
    release(child);
    throw;
  }
  bytes_ += child->size_bytes();
  replace(slot, next);
  return &next->children()[child_at];
}

template <class Key, class Value, class Hash>
bool PersistentMap<Key, Value, Hash>::erase(const Key& key) {
  if (find(key) == nullptr) return false;
  Node** path[kBucketLevel + 1];
  path[0] = &root_;
  int level = 0;
  for (;; ++level) {
    Node* node = own(*path[level]);
    const uint64_t bit = bit_of(hash_at(key, level));
    if (level == kBucketLevel || (node->child_bits & bit) == 0) break;
    path[level + 1] = &node->children()[rank(node->child_bits, bit)];
  }
  // Nodes that hold only the way to this key go with it. Below the root that happens only after
  // memory ran out in an earlier change.
  size_t dropped_bytes = 0;
  const int bottom = level;
  for (; level > 0 && holds_one(**path[level]); --level) {
    dropped_bytes += (*path[level])->size_bytes();
  }
  if (holds_one(**path[level])) {
    dropped_bytes += root_->size_bytes();
    release(std::exchange(root_, nullptr));
  } else if (level == bottom) {
    erase_entry(*path[level], level, key);
  } else {
    drop_child(*path[level], bit_of(hash_at(key, level)));
  }
  bytes_ -= dropped_bytes;
  --size_;
  if (root_ == nullptr) return true;
  // A child that is left with one entry gives it to its parent, so that the shape depends on the
  // content only.
  try {
    for (; level > 0 && (*path[level])->entry_count == 1 && (*path[level])->child_bits == 0;
         --level) {
      pull_up(*path[level - 1], bit_of(hash_at(key, level - 1)));
    }
  } catch (const std::bad_alloc&) {
    // The key is gone; an entry that stays too deep costs memory and nothing else.
  }
  return true;
}

template <class Key, class Value, class Hash>
void PersistentMap<Key, Value, Hash>::erase_entry(Node*& slot, int level, const Key& key) {
  const Node* node = slot;
  uint32_t at = 0;
  while (!(node->entries()[at].key == key)) ++at;
  const uint64_t bit = level == kBucketLevel ? 0 : bit_of(hash_at(key, level));
  replace(slot, rebuild(node, node->entry_bits & ~bit, node->child_bits, node->entry_count - 1,
                        {.drop = at}, {}));
}

template <class Key, class Value, class Hash>
void PersistentMap<Key, Value, Hash>::drop_child(Node*& slot, uint64_t bit) {
  const Node* node = slot;
  replace(slot, rebuild(node, node->entry_bits, node->child_bits & ~bit, node->entry_count, {},
                        {.drop = rank(node->child_bits, bit)}));
}

// Takes the only entry of the child at `bit` into its parent.
template <class Key, class Value, class Hash>
void PersistentMap<Key, Value, Hash>::pull_up(Node*& slot, uint64_t bit) {
  const Node* node = slot;
  const uint32_t child_at = rank(node->child_bits, bit);
  const Node* child = node->children()[child_at];
  const size_t child_bytes = child->size_bytes();
  const uint64_t entry_bits = node->entry_bits | bit;
  Node* next =
      rebuild(node, entry_bits, node->child_bits & ~bit, node->entry_count + 1,
              {.insert = rank(entry_bits, bit), .value = &child->entries()[0]}, {.drop = child_at});
  bytes_ -= child_bytes;
  replace(slot, next);
}

}  // namespace isthmus::dataplane
