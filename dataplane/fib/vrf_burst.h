// How a burst goes through its nodes, for vrf_kernel.h's builds. A build gives what its processor
// is good at as a class Cpu; everything here is compiled into each build anew, so nothing of it may
// have a name outside its file.
//
// A burst is 64 packets that go in step: the packets at nodes of one kind go one node further in
// one loop, until all are at their leaves or values. The loads of different packets so overlap, and
// no branch depends on what kind of node a packet is at. Where the nodes of all tables are more
// than the caches next to a core hold (`are_far`), each packet's next line is asked for a round
// ahead.
#pragma once

#include "dataplane/fib/vrf_kernel.h"

namespace isthmus::dataplane::vrf {

constexpr size_t kBurst = 64;

namespace {

struct IPv4 {
  using Address = uint32_t;
  static constexpr Address kAny = 0;
  static inline uint32_t byte(Address address, unsigned place) {
    return address >> 8 * place & 0xFF;
  }
  static inline uint16_t window(Address address, unsigned place) {
    return static_cast<uint16_t>(address >> 8 * place);
  }
};

struct IPv6 {
  struct Address {
    uint8_t bytes[16];
  };
  static constexpr Address kAny = {};
  static inline uint32_t byte(const Address& address, unsigned place) {
    return address.bytes[15 - place];
  }
  static inline uint16_t window(const Address& address, unsigned place) {
    uint16_t key = 0;
    __builtin_memcpy(&key, address.bytes + 14 - place, sizeof key);
    return __builtin_bswap16(key);
  }
  static inline uint64_t half(const Address& address, unsigned place) {
    uint64_t key = 0;
    __builtin_memcpy(&key, address.bytes + 8 - place, sizeof key);
    return __builtin_bswap64(key);
  }
};

template <class Node>
inline const Node& node(const Line* lines, Entry entry) {
  return *reinterpret_cast<const Node*>(lines + line_of(entry));
}

// The first four bits of an entry; of a value they are 8 to 15.
inline unsigned head_of(Entry entry) { return entry >> kKindBit; }
constexpr unsigned head_of(Kind kind) { return static_cast<unsigned>(kind); }

template <class Family>
inline Entry next_of_table(const Line* lines, Entry entry,
                           const typename Family::Address& address) {
  return node<Table>(lines, entry).entries[Family::byte(address, place_of(entry))];
}
template <class Family, class Cpu>
inline Entry next_of_branch(const Line* lines, Entry entry,
                            const typename Family::Address& address) {
  const auto& branch = node<Branch>(lines, entry);
  return branch.entries[Cpu::find(branch, Family::window(address, place_of(entry)))];
}
template <class Cpu>
inline Entry next_of_span(const Line* lines, Entry entry, const IPv4::Address& address) {
  const auto& span = node<Span4>(lines, entry);
  return span.entries[Cpu::find(span, address)];
}
template <class Cpu>
inline Entry next_of_span(const Line* lines, Entry entry, const IPv6::Address& address) {
  const auto& span = node<Span6>(lines, entry);
  return span.entries[Cpu::find(span, IPv6::half(address, place_of(entry)))];
}

// Which packets wait at nodes of each kind.
struct Waiting {
  uint64_t tables = 0;
  uint64_t branches = 0;
  uint64_t spans = 0;
};

// All ones for an entry that is a value, else 0.
inline Entry value_mask(Entry entry) {
  return static_cast<Entry>(static_cast<int32_t>(entry) >> 31);
}

// The line that a packet looks at next. One that has its value looks at line 0, which is always
// near, rather than branch.
inline uint32_t next_line(Entry entry) { return entry & kLineMask & ~value_mask(entry); }

template <bool kAreFar, class Next>
inline void step(const Line* lines, uint64_t waiting, Entry* entries, Next next) {
  for (; waiting != 0; waiting &= waiting - 1) {
    const auto i = static_cast<size_t>(__builtin_ctzll(waiting));
    entries[i] = next(entries[i], i);
    if constexpr (kAreFar) __builtin_prefetch(lines + next_line(entries[i]));
  }
}

// The 16 bits that each packet's next node compares. Of IPv4, whose addresses are numbers that
// stand side by side, the compiler makes these of eight or sixteen packets at once.
template <class Family>
struct Windows;
template <>
struct Windows<IPv4> {
  alignas(64) uint32_t keys[kBurst];
  inline void read(const Entry* entries, const IPv4::Address* addresses) {
    for (size_t i = 0; i < kBurst; ++i) {
      keys[i] = addresses[i] >> 8 * (place_of(entries[i]) & 3);  // of a value any
    }
  }
  inline uint16_t of(size_t i, Entry, const IPv4::Address&) const {
    return static_cast<uint16_t>(keys[i]);
  }
};
template <>
struct Windows<IPv6> {
  inline void read(const Entry*, const IPv6::Address*) {}
  inline uint16_t of(size_t, Entry entry, const IPv6::Address& address) const {
    return IPv6::window(address, place_of(entry) % 15);  // of a value any
  }
};

template <class Family, class Cpu>
inline void finish(const Line* lines, const Entry* entries, const Windows<Family>& windows,
                   const typename Family::Address* addresses, uint32_t* values) {
  alignas(64) uint32_t nexts[kBurst];
  alignas(64) uint32_t found[kBurst];
  for (size_t i = 0; i < kBurst; ++i) nexts[i] = next_line(entries[i]);
  for (size_t i = 0; i < kBurst; ++i) {
    const auto& leaf = *reinterpret_cast<const Leaf*>(lines + nexts[i]);
    found[i] = leaf.values[Cpu::find(leaf, windows.of(i, entries[i], addresses[i]))];
  }
  unsigned cells = 0;
  for (size_t i = 0; i < kBurst; ++i) {  // stored is one more, and 0 for kNoRoute
    const Entry is_value = value_mask(entries[i]);
    values[i] = ((entries[i] & ~kValueFlag & is_value) | (found[i] & ~is_value)) - 1;
    cells |= head_of(entries[i]) == head_of(Kind::Cell) ? 1 : 0;
  }
  if (cells == 0) return;
  for (size_t i = 0; i < kBurst; ++i) {
    if (head_of(entries[i]) == head_of(Kind::Cell)) {
      values[i] = node<Line>(lines, entries[i]).words[0];
    }
  }
}

template <class Family, class Cpu, bool kAreFar>
inline void burst(const Line* lines, Entry* entries, const typename Family::Address* addresses,
                  uint32_t* values) {
  Windows<Family> windows;
  for (;;) {
    if constexpr (Cpu::template kGathersTables<Family>) {
      Cpu::through_tables(lines, entries, addresses);
      if constexpr (kAreFar) {
        for (size_t i = 0; i < kBurst; ++i) __builtin_prefetch(lines + next_line(entries[i]));
      }
    }
    windows.read(entries, addresses);
    const Waiting waiting = Cpu::classify(entries);
    if ((waiting.tables | waiting.branches | waiting.spans) == 0) break;
    step<kAreFar>(lines, waiting.tables, entries, [&](Entry entry, size_t i) {
      return next_of_table<Family>(lines, entry, addresses[i]);
    });
    step<kAreFar>(lines, waiting.branches, entries, [&](Entry entry, size_t i) {
      const auto& branch = node<Branch>(lines, entry);
      return branch.entries[Cpu::find(branch, windows.of(i, entry, addresses[i]))];
    });
    step<kAreFar>(lines, waiting.spans, entries, [&](Entry entry, size_t i) {
      return next_of_span<Cpu>(lines, entry, addresses[i]);
    });
  }
  finish<Family, Cpu>(lines, entries, windows, addresses, values);
}

template <class Family, class Cpu>
inline void burst(const Line* lines, bool are_far, Entry* entries,
                  const typename Family::Address* addresses, uint32_t* values) {
  if (are_far) {
    burst<Family, Cpu, true>(lines, entries, addresses, values);
  } else {
    burst<Family, Cpu, false>(lines, entries, addresses, values);
  }
}

// Any number of packets; `root_of` gives the root of each. The last burst is filled up with packets
// of a table without routes.
template <class Family, class Cpu, class RootOf>
inline void lookup(const Line* lines, RootOf root_of, const typename Family::Address* addresses,
                   uint32_t* values, size_t n) {
  const bool are_far = __atomic_load_n(&lines[kHintLine].words[0], __ATOMIC_RELAXED) != 0;
  alignas(64) Entry entries[kBurst];
  size_t at = 0;
  for (; at + kBurst <= n; at += kBurst) {
    for (size_t i = 0; i < kBurst; ++i) entries[i] = root_of(at + i);
    burst<Family, Cpu>(lines, are_far, entries, addresses + at, values + at);
  }
  if (at == n) return;
  typename Family::Address padded[kBurst];
  uint32_t found[kBurst];
  for (size_t i = 0; i < kBurst; ++i) {
    entries[i] = at + i < n ? root_of(at + i) : kNoRouteEntry;
    padded[i] = at + i < n ? addresses[at + i] : Family::kAny;
  }
  burst<Family, Cpu>(lines, are_far, entries, padded, found);
  for (size_t i = 0; at + i < n; ++i) values[at + i] = found[i];
}

// The functions of a Kernel.
template <class Cpu>
struct Lookups {
  static const IPv6::Address* whole(const Address6* addresses) {
    return reinterpret_cast<const IPv6::Address*>(addresses);
  }
  static void lookup4(const Line* lines, const Entry* roots, const uint32_t* addresses,
                      uint32_t* values, size_t n) {
    lookup<IPv4, Cpu>(
        lines, [roots](size_t i) { return roots[i]; }, addresses, values, n);
  }
  static void lookup6(const Line* lines, const Entry* roots, const Address6* addresses,
                      uint32_t* values, size_t n) {
    lookup<IPv6, Cpu>(
        lines, [roots](size_t i) { return roots[i]; }, whole(addresses), values, n);
  }
  // The directory may change meanwhile: each of its cells is read at once.
  static void mixed4(const Line* lines, const Entry* directory, const uint32_t* tables,
                     const uint32_t* addresses, uint32_t* values, size_t n) {
    lookup<IPv4, Cpu>(
        lines,
        [directory, tables](size_t i) {
          return __atomic_load_n(&directory[tables[i]], __ATOMIC_RELAXED);
        },
        addresses, values, n);
  }
  static void mixed6(const Line* lines, const Entry* directory, const uint32_t* tables,
                     const Address6* addresses, uint32_t* values, size_t n) {
    lookup<IPv6, Cpu>(
        lines,
        [directory, tables](size_t i) {
          return __atomic_load_n(&directory[tables[i]], __ATOMIC_RELAXED);
        },
        whole(addresses), values, n);
  }
};

template <class Cpu>
constexpr Kernel kernel_of() {
  return {&Lookups<Cpu>::lookup4, &Lookups<Cpu>::lookup6, &Lookups<Cpu>::mixed4,
          &Lookups<Cpu>::mixed6};
}

}  // namespace
}  // namespace isthmus::dataplane::vrf
