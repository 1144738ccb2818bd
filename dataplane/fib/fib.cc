#include "dataplane/fib/fib.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace isthmus::dataplane {

using net::Family;
using net::IpAddress;
using net::Prefix;

namespace {

constexpr size_t kBurst = 64;

void lookup_narrow(VrfView view, const vrf::Entry* roots, const uint32_t* addresses,
                   uint32_t* values, size_t n) {
  dataplane::lookup4(view, roots, addresses, values, n);
}
void lookup_narrow(VrfView view, const vrf::Entry* roots, const uint8_t (*addresses)[16],
                   uint32_t* values, size_t n) {
  dataplane::lookup6(view, roots, addresses, values, n);
}

}  // namespace

void WideUpdate::publish(rcu::GracePeriods& grace) && noexcept {
  std::visit([&](auto& part) { part.table->publish(std::move(part.update), grace); }, part_);
}

// A table that is wide stays so until it has half as many routes: a route that comes and goes does
// not build it each time. One that turns out to be sparse is tried again at twice as many.
template <class Wide>
Fib::Shown<Wide> Fib::show(const Shown<Wide>& before, Family family, const Rib& routes,
                           std::span<const net::Prefix> changed,
                           std::vector<WideUpdate>& updates) const {
  const size_t count = routes.size(family);
  const auto is_sparse = [count](const Wide& table) {
    return table.bytes() > count * kWideBytesPerRoute;
  };
  if (count <= wide_routes_ / 2) return {nullptr, {}, wide_routes_};
  if (before.table) {
    if (is_sparse(*before.table)) return {nullptr, {}, 2 * count};
    auto update = before.table->prepare(routes, changed, Wide::Visible::InNewView);
    const auto view = update.view();
    updates.emplace_back(before.table, std::move(update));
    return {before.table, view, before.from};
  }
  if (count <= before.from) return {nullptr, {}, before.from};
  auto table = std::make_shared<Wide>(routes);
  if (is_sparse(*table)) return {nullptr, {}, 2 * count};
  const auto view = table->view();
  return {std::move(table), view, before.from};
}

Rib Fib::narrow_routes() const {
  if (!is_wide(Family::V4) && !is_wide(Family::V6)) return routes_;
  if (is_wide(Family::V4) && is_wide(Family::V6)) return {};
  return routes_.only(is_wide(Family::V4) ? Family::V6 : Family::V4);
}

// What changes in the VrfTable: nothing of a family that stays outside, everything of one that
// comes or goes.
std::vector<Prefix> Fib::narrow_changes(const Fib& next, std::span<const Prefix> changed) const {
  std::vector<Prefix> changes;
  for (const Family family : {Family::V4, Family::V6}) {
    if (is_wide(family) != next.is_wide(family)) {
      changes.push_back(Prefix::containing(IpAddress::from_bits(family, {}), 0));
    } else if (!is_wide(family)) {
      std::copy_if(changed.begin(), changed.end(), std::back_inserter(changes),
                   [&](const Prefix& prefix) { return prefix.family() == family; });
    }
  }
  return changes;
}

Fib Fib::updated(Rib routes, std::span<const net::Prefix> changed,
                 std::vector<WideUpdate>& updates) const {
  Fib next = *this;
  next.routes_ = std::move(routes);
  next.wide4_ = show(wide4_, Family::V4, next.routes_, changed, updates);
  next.wide6_ = show(wide6_, Family::V6, next.routes_, changed, updates);
  next.vrf_ = vrf_.updated(next.narrow_routes(), narrow_changes(next, changed));
  return next;
}

uint32_t Fib::lookup(const net::IpAddress& address) const noexcept {
  if (address.is_v4()) {
    return wide4_.table ? lookup_one(wide4_.view, address.v4_host_order())
                        : lookup4_one(vrf_view_, vrf_.roots().v4, address.v4_host_order());
  }
  const std::array<uint8_t, 16> bytes = address.bytes();
  uint8_t raw[16];
  std::copy(bytes.begin(), bytes.end(), raw);
  return wide6_.table ? lookup_one(wide6_.view, raw) : lookup6_one(vrf_view_, vrf_.roots().v6, raw);
}

// The nodes that tables share answer for all packets, and have no routes of a table of its own;
// each such table then answers for its packets, those side by side together.
template <class Wide, class Address>
void Fib::lookup_burst(Shown<Wide> Fib::*wide, vrf::Entry VrfRoots::*root, const Fib* const* tables,
                       const Address* addresses, uint32_t* values, size_t n) noexcept {
  std::array<vrf::Entry, kBurst> roots;
  bool any_wide = false;
  for (size_t i = 0; i < n; ++i) {
    roots[i] = tables[i]->vrf_.roots().*root;
    any_wide |= (tables[i]->*wide).table != nullptr;
  }
  lookup_narrow(tables[0]->vrf_view_, roots.data(), addresses, values, n);
  if (!any_wide) return;
  for (size_t i = 0, end = 0; i < n; i = end) {
    for (end = i + 1; end < n && tables[end] == tables[i];) ++end;
    const Shown<Wide>& shown = tables[i]->*wide;
    if (shown.table) dataplane::lookup(shown.view, addresses + i, values + i, end - i);
  }
}

void Fib::lookup4(const Fib* const* tables, const uint32_t* addresses, uint32_t* values,
                  size_t n) noexcept {
  for (size_t at = 0; at < n; at += kBurst) {
    lookup_burst(&Fib::wide4_, &VrfRoots::v4, tables + at, addresses + at, values + at,
                 std::min(kBurst, n - at));
  }
}

void Fib::lookup6(const Fib* const* tables, const uint8_t (*addresses)[16], uint32_t* values,
                  size_t n) noexcept {
  for (size_t at = 0; at < n; at += kBurst) {
    lookup_burst(&Fib::wide6_, &VrfRoots::v6, tables + at, addresses + at, values + at,
                 std::min(kBurst, n - at));
  }
}

size_t Fib::bytes() const noexcept {
  return routes_.bytes() + (wide4_.table ? wide4_.table->bytes() : 0) +
         (wide6_.table ? wide6_.table->bytes() : 0);
}

}  // namespace isthmus::dataplane
