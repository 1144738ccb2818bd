// A forwarding table: the routes of a table, and the layout that packets are looked up in.
//
// A family of a table with few routes is a VrfTable, whose nodes all tables share; one with more
// than kWideRoutes is a table of its own, Wide4 or Wide6. The layout changes when the count of
// routes does, and nobody but this class sees which it is.
//
// A Fib is a value: updated() makes the next one, and the one before stays what it was for those
// who still read it. A wide table is shared by all its versions; what a version shows of it is its
// view.
//
// Threads: lookup and match from any thread while the Fib is kept alive (dataplane/rcu.h); copying,
// updating and destroying: the writer only, and destroying when no reader can hold it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "dataplane/fib/rib.h"
#include "dataplane/fib/vrf.h"
#include "dataplane/fib/wide4.h"
#include "dataplane/fib/wide6.h"

namespace isthmus::dataplane {

// A wide table's part of a change: published after the version that shows it, or dropped.
class WideUpdate {
 public:
  WideUpdate(std::shared_ptr<Wide4> table, Wide4::Update update)
      : part_(Part<Wide4>{std::move(table), std::move(update)}) {}
  WideUpdate(std::shared_ptr<Wide6> table, Wide6::Update update)
      : part_(Part<Wide6>{std::move(table), std::move(update)}) {}
  void publish(rcu::GracePeriods& grace) && noexcept;

 private:
  template <class Wide>
  struct Part {
    std::shared_ptr<Wide> table;
    typename Wide::Update update;
  };
  std::variant<Part<Wide4>, Part<Wide6>> part_;
};

class Fib {
 public:
  // Routes of one family from which on a table of its own pays: below it, its 5 to 10 MB would
  // serve less than the nodes that tables share.
  static constexpr size_t kWideRoutes = 50'000;
  // A table of its own that takes more than this is too sparse for one: routes that are spread over
  // all of IPv6 would take 16 KB each.
  static constexpr size_t kWideBytesPerRoute = 1024;

  // A table without routes, whose families go over to a table of their own at `wide_routes`.
  explicit Fib(VrfNodes& nodes, size_t wide_routes = kWideRoutes) noexcept
      : wide_routes_(wide_routes), vrf_view_(nodes), vrf_(nodes) {
    wide4_.from = wide6_.from = wide_routes;
  }

  // The table of `routes`, which differ from this one's in `changed`. What wide tables have to do
  // for it is added to `updates`. Strong guarantee on std::bad_alloc.
  Fib updated(Rib routes, std::span<const net::Prefix> changed,
              std::vector<WideUpdate>& updates) const;

  // The value of the longest prefix that contains the address, or kNoRoute.
  uint32_t lookup(const net::IpAddress& address) const noexcept;
  // A burst over tables in any mixture, all of one VrfNodes: values[i] = what *tables[i] has for
  // addresses[i], IPv4 in host order, IPv6 in network order. Any n; 64 and more are fastest. What
  // is not in a table of its own goes through the nodes in one pass, whatever the order of tables.
  static void lookup4(const Fib* const* tables, const uint32_t* addresses, uint32_t* values,
                      size_t n) noexcept;
  static void lookup6(const Fib* const* tables, const uint8_t (*addresses)[16], uint32_t* values,
                      size_t n) noexcept;
  // The route that lookup() decides by.
  std::optional<Route> match(const net::IpAddress& address) const { return routes_.match(address); }

  const Rib& routes() const noexcept { return routes_; }
  bool is_wide(net::Family family) const noexcept {
    return family == net::Family::V4 ? wide4_.table != nullptr : wide6_.table != nullptr;
  }
  // Of the routes and of tables of its own; the nodes that tables share count for none of them.
  size_t bytes() const noexcept;

 private:
  template <class Wide>
  struct Shown {
    std::shared_ptr<Wide> table;
    typename Wide::View view{};
    size_t from = 0;  // more routes than these ask for a table
  };
  template <class Wide>
  Shown<Wide> show(const Shown<Wide>& before, net::Family family, const Rib& routes,
                   std::span<const net::Prefix> changed, std::vector<WideUpdate>& updates) const;
  template <class Wide, class Address>
  static void lookup_burst(Shown<Wide> Fib::*wide, vrf::Entry VrfRoots::*root,
                           const Fib* const* tables, const Address* addresses, uint32_t* values,
                           size_t n) noexcept;
  Rib narrow_routes() const;  // of the families that the VrfTable holds
  std::vector<net::Prefix> narrow_changes(const Fib& next,
                                          std::span<const net::Prefix> changed) const;

  size_t wide_routes_;
  Rib routes_;
  VrfView vrf_view_;
  VrfTable vrf_;
  Shown<Wide4> wide4_;
  Shown<Wide6> wide6_;
};

}  // namespace isthmus::dataplane
