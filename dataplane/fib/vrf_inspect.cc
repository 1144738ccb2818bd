#include "dataplane/fib/vrf_inspect.h"

#include <algorithm>
#include <span>

namespace isthmus::dataplane::vrf {
namespace {

template <class Node>
const Node& node(const VrfNodes& nodes, Entry entry) {
  return *reinterpret_cast<const Node*>(&nodes.line(entry));
}

// The keys of a Branch or Span as addresses: `under` gives the bits before them.
struct Keyed {
  net::Bits128 keys[kBranchKeys];
  std::span<const Entry> entries;
};

Keyed keyed(const VrfNodes& nodes, net::Family family, Entry entry, net::Bits128 under) {
  Keyed out;
  if (kind_of(entry) == Kind::Branch) {
    const auto& branch = node<Branch>(nodes, entry);
    const int window = net::address_bits(family) - 16 - 8 * static_cast<int>(place_of(entry));
    const net::Bits128 before = under & net::Bits128::mask(window);
    for (int i = 0; i < kBranchKeys; ++i)
      out.keys[i] = before | bits_of_key(branch.keys[i], window);
    out.entries = branch.entries;
  } else if (family == net::Family::V4) {
    const auto& span = node<Span4>(nodes, entry);
    for (int i = 0; i < kSpanKeys4; ++i) out.keys[i] = {uint64_t{span.keys[i]} << 32, 0};
    out.entries = span.entries;
  } else {
    const auto& span = node<Span6>(nodes, entry);
    const bool is_high = place_of(entry) != 0;
    for (int i = 0; i < kSpanKeys6; ++i) {
      out.keys[i] = is_high ? net::Bits128{span.keys[i], 0} : net::Bits128{under.hi, span.keys[i]};
    }
    out.entries = span.entries;
  }
  return out;
}

uint32_t value_of(const VrfNodes& nodes, Entry entry) {
  if (is_value(entry)) return (entry & ~kValueFlag) - 1;
  return nodes.line(entry).words[0];
}

bool holds_value(Entry entry) { return is_value(entry) || kind_of(entry) == Kind::Cell; }

// False where the range begins behind the region.
bool append(uint32_t value, net::Bits128 first, const net::Prefix& region, size_t begin,
            std::vector<ValueRange>& out) {
  if (first > region.last().bits()) return false;
  if (out.size() > begin && (first <= region.address().bits() || out.back().first == first)) {
    out.back().value = value;  // decides instead of what came before
  } else if (out.size() == begin || out.back().value != value) {
    out.push_back({out.size() == begin ? region.address().bits() : first, value});
  }
  return true;
}

}  // namespace

Entry next_entry(const VrfNodes& nodes, net::Family family, Entry entry, net::Bits128 address) {
  if (kind_of(entry) == Kind::Table) {
    const int window = net::address_bits(family) - 8 - 8 * static_cast<int>(place_of(entry));
    const uint64_t half = window >= 64 ? address.lo : address.hi;
    return node<Table>(nodes, entry).entries[half >> (56 - window % 64) & 255];
  }
  const Keyed node = keyed(nodes, family, entry, address);
  size_t at = 0;
  while (at + 1 < node.entries.size() && node.keys[at] <= address) ++at;
  return node.entries[at];
}

size_t entries_of(const VrfNodes& nodes, Entry entry) {
  if (kind_of(entry) == Kind::Span) return 1;
  if (kind_of(entry) == Kind::Table) return kTableEntries;
  const auto& entries = node<Branch>(nodes, entry).entries;
  size_t count = 1;
  while (count <= kBranchKeys && entries[count] != entries[count - 1]) ++count;
  return count;
}

std::span<const Entry> entries_below(const VrfNodes& nodes, net::Family family, Entry entry) {
  if (is_value(entry)) return {};
  switch (kind_of(entry)) {
    case Kind::Table:
      return node<Table>(nodes, entry).entries;
    case Kind::Branch:
      return node<Branch>(nodes, entry).entries;
    case Kind::Span:
      if (family == net::Family::V4) return node<Span4>(nodes, entry).entries;
      return node<Span6>(nodes, entry).entries;
    case Kind::Leaf:
    case Kind::Cell:
      break;
  }
  return {};
}

bool is_terminal(const VrfNodes& nodes, net::Family family, Entry entry) {
  if (!is_value(entry) && kind_of(entry) == Kind::Table) return false;
  const auto entries = entries_below(nodes, family, entry);
  return std::all_of(entries.begin(), entries.end(), holds_value);
}

void append_ranges(const VrfNodes& nodes, Entry entry, const net::Prefix& region,
                   std::vector<ValueRange>& out) {
  const size_t begin = out.size();
  const net::Bits128 under = region.address().bits();
  if (holds_value(entry)) {
    append(value_of(nodes, entry), under, region, begin, out);
  } else if (kind_of(entry) == Kind::Leaf) {
    const auto& leaf = node<Leaf>(nodes, entry);
    const int window =
        net::address_bits(region.family()) - 16 - 8 * static_cast<int>(place_of(entry));
    const net::Bits128 before = under & net::Bits128::mask(window);
    for (int i = 0; i < kLeafRanges; ++i) {
      const net::Bits128 first = before | bits_of_key(leaf.keys[i], window);
      if (!append(uint32_t{leaf.values[i]} - 1, first, region, begin, out)) return;
    }
  } else {
    const Keyed node = keyed(nodes, region.family(), entry, under);
    append(value_of(nodes, node.entries[0]), {}, region, begin, out);
    for (size_t i = 1; i < node.entries.size(); ++i) {
      const uint32_t value = value_of(nodes, node.entries[i]);
      if (!append(value, node.keys[i - 1], region, begin, out)) return;
    }
  }
}

}  // namespace isthmus::dataplane::vrf
