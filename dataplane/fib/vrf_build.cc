#include "dataplane/fib/vrf_build.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "dataplane/fib/vrf_inspect.h"

namespace isthmus::dataplane {
namespace {

using net::Bits128;
using net::Family;
using net::IpAddress;
using net::Prefix;
using vrf::Entry;
using vrf::Kind;

constexpr unsigned kParts = 256;
constexpr int kPartBits = 8;

bool is_v4(const Prefix& region) { return region.family() == Family::V4; }

Prefix part_of(const Prefix& region, unsigned index) {
  Bits128 bits = region.address().bits();
  const int at = region.length();
  (at < 64 ? bits.hi : bits.lo) |= uint64_t{index} << (56 - at % 64);
  return Prefix::containing(IpAddress::from_bits(region.family(), bits), at + kPartBits);
}

unsigned part_index(const Prefix& region, Bits128 bits) {
  const int at = region.length();
  return static_cast<unsigned>((at < 64 ? bits.hi : bits.lo) >> (56 - at % 64)) & (kParts - 1);
}

// Of an address behind the last one of any region but the last.
Bits128 before(Bits128 bits) { return {bits.lo == 0 ? bits.hi - 1 : bits.hi, bits.lo - 1}; }
Bits128 after(const Prefix& region) { return region.last().plus(1).bits(); }

int common_length(Bits128 a, Bits128 b) {
  return a.hi != b.hi ? std::countl_zero(a.hi ^ b.hi) : 64 + std::countl_zero(a.lo ^ b.lo);
}

// Which part holds all differences of a region, where it is at least two bytes longer; else its
// own length. The keys of a Span cannot cross the middle of an IPv6 address.
int inner_length(const Prefix& region, VrfBuilder::Ranges ranges) {
  const int bits = net::address_bits(region.family());
  int length = common_length(ranges[1].first, before(ranges.back().first)) / 8 * 8;
  length = std::min(length, region.length() < 64 ? 64 : bits);
  length = std::min(length, bits - kPartBits);
  return length >= region.length() + 16 ? length : region.length();
}

void append_within(VrfBuilder::Ranges ranges, const Prefix& part, std::vector<ValueRange>& out) {
  const Bits128 first = part.address().bits();
  const Bits128 last = part.last().bits();
  const auto after_first = std::upper_bound(
      ranges.begin(), ranges.end(), first,
      [](const Bits128& bits, const ValueRange& range) { return bits < range.first; });
  out.push_back({first, std::prev(after_first)->value});
  for (auto it = after_first; it != ranges.end() && it->first <= last; ++it) out.push_back(*it);
}

}  // namespace

// The 256 parts of a region on their way into nodes: each is ranges, or an entry that is too rich
// to be packed with its neighbours.
struct VrfBuilder::Parts {
  std::vector<ValueRange> ranges;
  std::array<uint32_t, kParts + 1> begin{};
  std::array<bool, kParts> is_entry{};
  std::array<VrfEntry, kParts> entry;

  Ranges of(unsigned index) const {
    return Ranges(ranges).subspan(begin[index], begin[index + 1] - begin[index]);
  }
  void end_of(unsigned index) { begin[index + 1] = static_cast<uint32_t>(ranges.size()); }
};

// Parts from `first` up to the next piece's.
struct VrfBuilder::Piece {
  unsigned first;
  VrfEntry entry;
};

// A region's one part that holds all differences, and what decides before and after it.
struct VrfBuilder::Within {
  Prefix part;
  uint32_t before;
  uint32_t after;
};

VrfEntry VrfBuilder::build(const Prefix& region) {
  std::vector<ValueRange> ranges;
  routes_.ranges(region, ranges);
  return build(region, ranges);
}

VrfEntry VrfBuilder::build(const Prefix& region, Ranges ranges) {
  const Form form = form_of(region, ranges);
  if (form != Form::None) return terminal(form, region, ranges);
  if (const int length = inner_length(region, ranges); length != region.length()) {
    const Prefix part =
        Prefix::containing(IpAddress::from_bits(region.family(), ranges[1].first), length);
    std::vector<ValueRange> inside;
    append_within(ranges, part, inside);
    return span_around({part, ranges.front().value, ranges.back().value}, region,
                       build(part, inside));
  }
  Parts parts;
  for (unsigned i = 0; i < kParts; ++i) {
    append_within(ranges, part_of(region, i), parts.ranges);
    parts.end_of(i);
  }
  return join(region, parts);
}

// ---- what one node can tell apart

VrfBuilder::Form VrfBuilder::form_of(const Prefix& region, Ranges ranges) {
  if (ranges.size() == 1) return Form::Value;
  if (ranges.size() > vrf::kLeafRanges) return Form::None;
  const Ranges differences = ranges.subspan(1);
  const auto end_by = [&](int length) {
    const Bits128 beyond = ~Bits128::mask(length);
    return std::all_of(differences.begin(), differences.end(), [&](const ValueRange& range) {
      return (range.first & beyond) == Bits128{};
    });
  };
  if (end_by(vrf::window_of(region) + 16)) {
    const auto is_short = [](const ValueRange& range) {
      return range.value == kNoRoute || range.value < vrf::kLeafValueMax;
    };
    if (std::all_of(ranges.begin(), ranges.end(), is_short)) return Form::Leaf;
    if (differences.size() <= vrf::kBranchKeys) return Form::Branch;
  }
  const size_t keys = is_v4(region) ? vrf::kSpanKeys4 : vrf::kSpanKeys6;
  if (differences.size() <= keys && (region.length() >= 64 || end_by(64))) return Form::Span;
  return Form::None;
}

VrfEntry VrfBuilder::terminal(Form form, const Prefix& region, Ranges ranges) {
  if (form == Form::Value) return value(ranges.front().value);
  if (form == Form::Leaf) return leaf(region, ranges);
  std::vector<Bits128> firsts;
  std::vector<VrfEntry> entries;
  for (const ValueRange& range : ranges) {
    firsts.push_back(range.first);
    entries.push_back(value(range.value));
  }
  return form == Form::Branch ? branch(region, firsts, entries) : span(region, firsts, entries);
}

VrfEntry VrfBuilder::value(uint32_t value) {
  const uint32_t stored = value + 1;  // of kNoRoute 0
  if (stored < vrf::kValueFlag) return VrfEntry(nodes_, vrf::kValueFlag | stored);
  vrf::Line cell{};
  cell.words[0] = value;
  return VrfEntry(nodes_, nodes_.add(Kind::Cell, 0, &cell, true));
}

VrfEntry VrfBuilder::leaf(const Prefix& region, Ranges ranges) {
  const int window = vrf::window_of(region);
  vrf::Leaf node;
  std::fill(std::begin(node.keys), std::end(node.keys), uint16_t{0xFFFF});
  std::fill(std::begin(node.values), std::end(node.values),
            static_cast<uint16_t>(ranges.back().value + 1));
  for (size_t i = 0; i < ranges.size(); ++i) {
    node.keys[i] = i == 0 ? uint16_t{0} : vrf::key_at(ranges[i].first, window);
    node.values[i] = static_cast<uint16_t>(ranges[i].value + 1);
  }
  const unsigned place = vrf::place_of_window(region.family(), window);
  return VrfEntry(nodes_, nodes_.add(Kind::Leaf, place, &node, is_v4(region)));
}

// Of `firsts`, one for each entry, the first begins where the node's part of the region does.
VrfEntry VrfBuilder::branch(const Prefix& region, std::span<const Bits128> firsts,
                            std::span<VrfEntry> entries) {
  const int window = vrf::window_of(region);
  vrf::Branch node;
  std::fill(std::begin(node.keys), std::end(node.keys), uint16_t{0xFFFF});
  std::fill(std::begin(node.entries), std::end(node.entries), entries.back().get());
  for (size_t i = 0; i < entries.size(); ++i) {
    if (i != 0) node.keys[i - 1] = vrf::key_at(firsts[i], window);
    node.entries[i] = entries[i].get();
  }
  const unsigned place = vrf::place_of_window(region.family(), window);
  VrfEntry made(nodes_, nodes_.add(Kind::Branch, place, &node, is_v4(region)));
  for (VrfEntry& entry : entries) entry.take();
  return made;
}

VrfEntry VrfBuilder::span(const Prefix& region, std::span<const Bits128> firsts,
                          std::span<VrfEntry> entries) {
  const auto fill = [&](auto& node, auto key_of) {
    std::fill(std::begin(node.keys), std::end(node.keys), ~decltype(node.keys[0] + 0){0});
    std::fill(std::begin(node.entries), std::end(node.entries), entries.back().get());
    for (size_t i = 0; i < entries.size(); ++i) {
      if (i != 0) node.keys[i - 1] = key_of(firsts[i]);
      node.entries[i] = entries[i].get();
    }
  };
  const bool is_high = region.length() < 64;
  Entry entry = 0;
  if (is_v4(region)) {
    vrf::Span4 node{};
    fill(node, [](Bits128 bits) { return static_cast<uint32_t>(bits.hi >> 32); });
    entry = nodes_.add(Kind::Span, 0, &node, true);
  } else {
    vrf::Span6 node{};
    fill(node, [&](Bits128 bits) { return is_high ? bits.hi : bits.lo; });
    entry = nodes_.add(Kind::Span, is_high ? 8 : 0, &node, false);
  }
  VrfEntry made(nodes_, entry);
  for (VrfEntry& below : entries) below.take();
  return made;
}

VrfEntry VrfBuilder::span_around(const Within& within, const Prefix& region, VrfEntry inside) {
  std::vector<Bits128> firsts;
  std::vector<VrfEntry> entries;
  const auto add = [&](Bits128 first, VrfEntry entry) {
    firsts.push_back(first);
    entries.push_back(std::move(entry));
  };
  const Prefix& part = within.part;
  if (part.address() != region.address()) add(region.address().bits(), value(within.before));
  add(part.address().bits(), std::move(inside));
  if (part.last() != region.last()) add(after(part), value(within.after));
  return span(region, firsts, entries);
}

// ---- parts into nodes

VrfEntry VrfBuilder::join(const Prefix& region, Parts& parts) {
  std::vector<Piece> pieces = pack(region, parts);
  if (pieces.size() > vrf::kBranchKeys + 1) return table(region, parts, pieces);
  std::vector<Bits128> firsts;
  std::vector<VrfEntry> entries;
  for (Piece& piece : pieces) {
    firsts.push_back(part_of(region, piece.first).address().bits());
    entries.push_back(std::move(piece.entry));
  }
  return branch(region, firsts, entries);
}

std::vector<VrfBuilder::Piece> VrfBuilder::pack(const Prefix& region, Parts& parts) {
  std::vector<Piece> pieces;
  const auto add = [&](unsigned first, VrfEntry entry) {
    if (!pieces.empty() && pieces.back().entry.get() == entry.get()) return;
    pieces.push_back({first, std::move(entry)});
  };
  std::vector<ValueRange> group;
  for (unsigned i = 0; i < kParts;) {
    if (parts.is_entry[i]) {
      add(i, std::move(parts.entry[i]));
      ++i;
      continue;
    }
    group.assign(parts.of(i).begin(), parts.of(i).end());
    Form form = form_of(region, group);
    unsigned end = i + 1;
    for (; form != Form::None && end < kParts && !parts.is_entry[end]; ++end) {
      const size_t kept = group.size();
      const Ranges next = parts.of(end);
      const bool goes_on = next.front().value == group.back().value;
      if (goes_on && next.size() == 1) continue;
      group.insert(group.end(), next.begin() + (goes_on ? 1 : 0), next.end());
      const Form wider = form_of(region, group);
      if (wider == Form::None) {
        group.resize(kept);
        break;
      }
      form = wider;
    }
    add(i, end == i + 1 ? build(part_of(region, i), group) : terminal(form, region, group));
    i = end;
  }
  return pieces;
}

// Parts that one value decides hold it themselves, though a node could tell too.
VrfEntry VrfBuilder::table(const Prefix& region, const Parts& parts,
                           const std::vector<Piece>& pieces) {
  vrf::Table node;
  std::vector<VrfEntry> runs;
  auto piece = pieces.begin();
  for (unsigned i = 0; i < kParts; ++i) {
    while (std::next(piece) != pieces.end() && std::next(piece)->first <= i) ++piece;
    const bool is_value = !parts.is_entry[i] && parts.of(i).size() == 1;
    VrfEntry entry = is_value ? value(parts.of(i).front().value) : piece->entry;
    node.entries[i] = entry.get();
    if (i == 0 || node.entries[i] != node.entries[i - 1]) runs.push_back(std::move(entry));
  }
  const auto place =
      static_cast<unsigned>(net::address_bits(region.family()) - kPartBits - region.length()) / 8;
  VrfEntry made(nodes_, nodes_.add(Kind::Table, place, &node, is_v4(region)));
  for (VrfEntry& entry : runs) entry.take();
  return made;
}

// ---- changes

// Is it as cheap to build as to change? One node, or one with nothing but such nodes below.
bool VrfBuilder::is_small(Family family, Entry entry) const {
  if (!vrf::is_value(entry) && vrf::kind_of(entry) == Kind::Table) return false;
  const auto below = vrf::entries_below(nodes_, family, entry);
  return std::all_of(below.begin(), below.end(),
                     [&](Entry each) { return vrf::is_terminal(nodes_, family, each); });
}

VrfEntry VrfBuilder::rebuild(const Prefix& region, Entry old, std::span<const Prefix> changed) {
  const bool is_all = std::any_of(changed.begin(), changed.end(), [&](const Prefix& prefix) {
    return prefix.length() <= region.length();
  });
  if (is_all || is_small(region.family(), old)) return build(region);
  if (vrf::kind_of(old) == Kind::Span) return rebuild_span(region, old, changed);
  return rebuild_parts(region, old, changed);
}

// Only a Table below the Span is sure to differ in more than one of its own parts, and so to stay
// the inner part; everything else is built anew.
VrfEntry VrfBuilder::rebuild_span(const Prefix& region, Entry old,
                                  std::span<const Prefix> changed) {
  const Bits128 at = changed.front().address().bits();
  const Entry below = vrf::next_entry(nodes_, region.family(), old, at);
  if (vrf::is_value(below) || vrf::kind_of(below) != Kind::Table) return build(region);
  const int length =
      net::address_bits(region.family()) - kPartBits - 8 * static_cast<int>(vrf::place_of(below));
  const Prefix part = Prefix::containing(changed.front().address(), length);
  for (const Prefix& prefix : changed) {
    if (prefix.length() <= length || !part.contains(prefix)) return build(region);
  }
  VrfEntry inside = rebuild(part, below, changed);
  if (vrf::is_value(inside.get()) || vrf::kind_of(inside.get()) != Kind::Table) {
    return build(region);
  }
  const auto value_at = [&](const IpAddress& address) { return routes_.lookup(address); };
  return span_around({part, value_at(region.address()), value_at(region.last())}, region,
                     std::move(inside));
}

VrfEntry VrfBuilder::rebuild_parts(const Prefix& region, Entry old,
                                   std::span<const Prefix> changed) {
  std::array<bool, kParts> is_touched{};
  for (const Prefix& prefix : changed) {
    const unsigned first = part_index(region, prefix.address().bits());
    const unsigned last = part_index(region, prefix.last().bits());
    std::fill(is_touched.begin() + first, is_touched.begin() + last + 1, true);
  }
  Parts parts;
  unsigned rich = 0;
  bool may_be_inner = true;  // every rich part is of a shape that may lie in a part of itself
  for (unsigned i = 0; i < kParts; ++i) {
    const Prefix part = part_of(region, i);
    const Entry below = vrf::next_entry(nodes_, region.family(), old, part.address().bits());
    if (is_touched[i]) {
      rebuild_part(part, below, changed, i, parts);
    } else if (vrf::is_terminal(nodes_, region.family(), below)) {
      vrf::append_ranges(nodes_, below, part, parts.ranges);
    } else {
      nodes_.retain(below);
      parts.entry[i] = VrfEntry(nodes_, below);
      parts.is_entry[i] = true;
    }
    parts.end_of(i);
    if (parts.is_entry[i]) {
      ++rich;
      may_be_inner = may_be_inner && vrf::entries_of(nodes_, parts.entry[i].get()) <= 3;
    }
  }
  if (rich <= 1 && may_be_inner) return build(region);
  return join(region, parts);
}

void VrfBuilder::rebuild_part(const Prefix& part, Entry old, std::span<const Prefix> changed,
                              unsigned index, Parts& parts) {
  std::vector<Prefix> inside;
  for (const Prefix& prefix : changed) {
    if (prefix.overlaps(part)) inside.push_back(prefix);
  }
  VrfEntry entry = rebuild(part, old, inside);
  if (vrf::is_terminal(nodes_, part.family(), entry.get())) {
    vrf::append_ranges(nodes_, entry.get(), part, parts.ranges);
  } else {
    parts.entry[index] = std::move(entry);
    parts.is_entry[index] = true;
  }
}

}  // namespace isthmus::dataplane
