// Reading the nodes back, for the writer, which learns from them what did not change.
#pragma once

#include <span>
#include <vector>

#include "dataplane/fib/rib.h"
#include "dataplane/fib/vrf_nodes.h"

namespace isthmus::dataplane::vrf {

// Where the 16 bits that the keys of a region's node compare begin: the region's own next bits, or
// the address's last ones.
constexpr int window_of(const net::Prefix& region) {
  const int last = net::address_bits(region.family()) - 16;
  return region.length() < last ? region.length() : last;
}
constexpr unsigned place_of_window(net::Family family, int window) {
  return static_cast<unsigned>(net::address_bits(family) - 16 - window) / 8;
}
// The 16 bits from bit `window` on, a multiple of eight.
constexpr uint16_t key_at(net::Bits128 bits, int window) {
  if (window >= 64) return static_cast<uint16_t>(bits.lo >> (112 - window));
  if (window <= 48) return static_cast<uint16_t>(bits.hi >> (48 - window));
  return static_cast<uint16_t>(bits.hi << 8 | bits.lo >> 56);
}
// The same 16 bits in their place, all others zero.
constexpr net::Bits128 bits_of_key(uint16_t key, int window) {
  if (window >= 64) return {0, uint64_t{key} << (112 - window)};
  if (window <= 48) return {uint64_t{key} << (48 - window), 0};
  return {uint64_t{key} >> 8, uint64_t{key} << 56};
}

// The entry that goes on for an address from a Table, Branch or Span.
Entry next_entry(const VrfNodes& nodes, net::Family family, Entry entry, net::Bits128 address);
// How many different entries stand side by side in a Branch; 1 of a Span, many of a Table.
size_t entries_of(const VrfNodes& nodes, Entry entry);
// The entries in an entry's node; those that fill it up too.
std::span<const Entry> entries_below(const VrfNodes& nodes, net::Family family, Entry entry);
// Does the entry decide by itself or by one node?
bool is_terminal(const VrfNodes& nodes, net::Family family, Entry entry);
// Appends what a terminal entry decides about a region, as Rib::ranges does.
void append_ranges(const VrfNodes& nodes, Entry entry, const net::Prefix& region,
                   std::vector<ValueRange>& out);

}  // namespace isthmus::dataplane::vrf
