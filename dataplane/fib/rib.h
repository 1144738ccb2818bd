// The routing information base: a set of prefixes, each with a 32-bit value, as an immutable value.
//
// It is what a table holds, exactly: found, listed and changed by prefix. What packets are looked
// up in is made from it (fib.h), a region at a time, by ranges().
//
// A Rib is a handle. Copying it is two pointers and two counts; a changed copy shares every node
// that the change did not touch, and the original never changes, so that readers of a published Rib
// need no lock. A handle that shares nothing is changed in place. The counts are plain integers:
// see the rule about threads.
//
// Structure: one trie per family with a stride of six bits. A node holds the prefixes that end
// inside it (63 bits of bitmap, lengths 0 to 5) and its children (64 bits); values and children
// stand packed behind the bitmaps and are found by counting bits. A prefix that ends exactly where
// a child would begin, and has nothing below it, is a value in the child's place: most /24 and /48
// cost eight bytes. The shape depends on the content only, not on the order of changes.
// After W. Eatherton et al., "Tree bitmap", SIGCOMM CCR 34(2), 2004; the value in a child's place
// is the "fringe" of github.com/gaissmai/bart.
//
// Threads: lookups from any thread while the Rib is kept alive (dataplane/rcu.h). Copying,
// assigning, destroying and changing handles that share nodes: the writer only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "dataplane/net/ip.h"

namespace isthmus::dataplane {

constexpr uint32_t kNoRoute = 0xFFFFFFFF;  // never a value

struct Route {
  net::Prefix prefix;
  uint32_t value = kNoRoute;
  friend bool operator==(const Route&, const Route&) = default;
};

// The addresses from `first` to just before the next range's first one; `value` decides all of
// them.
struct ValueRange {
  net::Bits128 first;  // left-aligned in either family, as in net::IpAddress
  uint32_t value = kNoRoute;
  friend bool operator==(const ValueRange&, const ValueRange&) = default;
};

class Rib {
 public:
  Rib() noexcept = default;
  Rib(const Rib& other) noexcept;
  Rib(Rib&& other) noexcept;
  Rib& operator=(Rib other) noexcept {
    swap(other);
    return *this;
  }
  ~Rib();
  // The routes in any order, fastest in order of prefixes; of equal prefixes the last one stays.
  static Rib build(std::span<const Route> routes);

  // The value of the longest prefix that contains the address, or kNoRoute.
  uint32_t lookup(const net::IpAddress& address) const noexcept;
  // values[i] = lookup(addresses[i]); the spans are equally long.
  void lookup(std::span<const net::IpAddress> addresses, std::span<uint32_t> values) const noexcept;
  // One table per packet: values[i] = tables[i]->lookup(addresses[i]).
  static void lookup(std::span<const Rib* const> tables, std::span<const net::IpAddress> addresses,
                     std::span<uint32_t> values) noexcept;
  // The route that lookup() decides by.
  std::optional<Route> match(const net::IpAddress& address) const;
  // The value of exactly this prefix.
  std::optional<uint32_t> find(const net::Prefix& prefix) const noexcept;

  // Change this handle; other handles keep what they had. Strong guarantee on std::bad_alloc.
  void set(const net::Prefix& prefix, uint32_t value);
  bool erase(const net::Prefix& prefix);
  Rib with(const net::Prefix& prefix, uint32_t value) const;
  Rib without(const net::Prefix& prefix) const;
  Rib only(net::Family family) const noexcept;  // its routes of one family

  // What decides the addresses of a region, as ranges in order: the first begins where the region
  // does, and no two neighbours have the same value. Routes shorter than `length_min` do not count.
  // Replaces what `out` held.
  void ranges(const net::Prefix& region, std::vector<ValueRange>& out, int length_min = 0) const;

  // Every route in the order of prefixes.
  void for_each(const std::function<void(const Route&)>& visit) const;
  size_t size() const noexcept { return trees_[0].size + trees_[1].size; }
  size_t size(net::Family family) const noexcept { return tree(family).size; }
  bool empty() const noexcept { return size() == 0; }
  // Bytes of the nodes, shared or not, without the allocator's own overhead.
  size_t bytes() const noexcept { return trees_[0].bytes + trees_[1].bytes; }
  void swap(Rib& other) noexcept;

 private:
  struct Node;
  struct Edit;
  class Path;
  template <class Visit>
  class Walk;
  struct Tree {  // of one family
    Node* root = nullptr;
    size_t size = 0;
    size_t bytes = 0;
  };
  Tree& tree(net::Family family) noexcept { return trees_[static_cast<size_t>(family)]; }
  const Tree& tree(net::Family family) const noexcept {
    return trees_[static_cast<size_t>(family)];
  }
  const Node* root(net::Family family) const noexcept { return tree(family).root; }

  void add_child(Path& path, uint64_t index, const net::Prefix& prefix, int depth, uint32_t value);
  void set_value(Path& path, int length, uint64_t bits, uint32_t value);
  void drop_child(Path& path, uint64_t index);
  void drop_value(Path& path, uint64_t at);
  void prune(Path& path, net::Bits128 bits);

  Tree trees_[2];
};

}  // namespace isthmus::dataplane
