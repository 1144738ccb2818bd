// Every layout of dataplane/fib behind one interface, for those who hold all of them against an
// oracle: a table that follows the changes of its routes, and is asked on every path.
//
// Threads: one.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "dataplane/fib/cpu_path.h"
#include "dataplane/fib/fib.h"
#include "dataplane/fib/rib.h"
#include "dataplane/fib/vrf.h"
#include "dataplane/fib/wide4.h"
#include "dataplane/fib/wide6.h"
#include "dataplane/rcu.h"

namespace isthmus::test {

class FibLayout {
 public:
  enum class Visible { InPlace, InNewView };  // as of Wide4 and Wide6; nothing to the others

  FibLayout() = default;
  FibLayout(const FibLayout&) = delete;
  FibLayout& operator=(const FibLayout&) = delete;
  virtual ~FibLayout() = default;

  virtual std::string_view name() const = 0;
  virtual bool holds(net::Family family) const = 0;

  // Makes what the routes of `after` need, which differ in `changed`; then publish() or abandon().
  // Where it throws, everything is as it was.
  virtual void prepare(const dataplane::Rib& after, std::span<const net::Prefix> changed,
                       Visible visible) = 0;
  virtual void publish() = 0;
  virtual void abandon() = 0;

  // values[i] for addresses[i], which are of one family that it holds.
  virtual void look_up(dataplane::CpuPath path, std::span<const net::IpAddress> addresses,
                       std::span<uint32_t> values) const = 0;
  virtual uint32_t look_up(const net::IpAddress& address) const = 0;

  // Of what is in use, or still waits for a reader.
  virtual size_t bytes() const = 0;
  // What a fresh build of these routes takes; nothing where that has another shape by design: cells
  // that were widened stay so.
  virtual std::optional<size_t> fresh_bytes(const dataplane::Rib& routes) const = 0;
};

// ---- what lookups are given

inline std::vector<uint32_t> host_order(std::span<const net::IpAddress> addresses) {
  std::vector<uint32_t> out;
  out.reserve(addresses.size());
  for (const net::IpAddress& address : addresses) out.push_back(address.v4_host_order());
  return out;
}

// As IPv6 lookups take them.
class NetworkOrder {
 public:
  explicit NetworkOrder(std::span<const net::IpAddress> addresses) {
    bytes_.reserve(addresses.size());
    for (const net::IpAddress& address : addresses) bytes_.push_back(address.bytes());
  }
  explicit NetworkOrder(const net::IpAddress& address) : bytes_{address.bytes()} {}
  using Address = uint8_t[16];
  const Address* data() const { return reinterpret_cast<const Address*>(bytes_.data()); }

 private:
  static_assert(sizeof(std::array<uint8_t, 16>) == sizeof(Address));
  std::vector<std::array<uint8_t, 16>> bytes_;
};

// ---- the layouts

class RibLayout final : public FibLayout {
 public:
  explicit RibLayout(dataplane::Rib routes) : now_(std::move(routes)) {}
  std::string_view name() const override { return "rib"; }
  bool holds(net::Family) const override { return true; }
  void prepare(const dataplane::Rib& after, std::span<const net::Prefix>, Visible) override {
    next_ = after;
  }
  void publish() override { now_ = std::exchange(next_, {}); }
  void abandon() override { next_ = {}; }
  void look_up(dataplane::CpuPath, std::span<const net::IpAddress> addresses,
               std::span<uint32_t> values) const override {
    now_.lookup(addresses, values);
  }
  uint32_t look_up(const net::IpAddress& address) const override { return now_.lookup(address); }
  size_t bytes() const override { return now_.bytes(); }
  std::optional<size_t> fresh_bytes(const dataplane::Rib& routes) const override {
    std::vector<dataplane::Route> all;
    routes.for_each([&](const dataplane::Route& route) { all.push_back(route); });
    return dataplane::Rib::build(all).bytes();
  }

 private:
  dataplane::Rib now_;
  dataplane::Rib next_;
};

template <class Wide>
class WideLayout final : public FibLayout {
 public:
  WideLayout(const dataplane::Rib& routes, dataplane::rcu::GracePeriods& grace)
      : grace_(grace), table_(routes) {}
  std::string_view name() const override { return kIsV4 ? "wide4" : "wide6"; }
  bool holds(net::Family family) const override { return (family == net::Family::V4) == kIsV4; }
  void prepare(const dataplane::Rib& after, std::span<const net::Prefix> changed,
               Visible visible) override {
    update_.emplace(table_.prepare(
        after, changed,
        visible == Visible::InPlace ? Wide::Visible::InPlace : Wide::Visible::InNewView));
  }
  void publish() override {
    table_.publish(std::move(*update_), grace_);
    update_.reset();
  }
  void abandon() override {
    table_.abandon(std::move(*update_));
    update_.reset();
  }
  void look_up(dataplane::CpuPath path, std::span<const net::IpAddress> addresses,
               std::span<uint32_t> values) const override {
    if constexpr (kIsV4) {
      dataplane::lookup_on(path, table_.view(), host_order(addresses).data(), values.data(),
                           values.size());
    } else {
      dataplane::wide6::lookup(path, table_.view(), NetworkOrder(addresses).data(), values.data(),
                               values.size());
    }
  }
  uint32_t look_up(const net::IpAddress& address) const override {
    if constexpr (kIsV4) {
      return dataplane::lookup_one(table_.view(), address.v4_host_order());
    } else {
      return dataplane::lookup_one(table_.view(), *NetworkOrder(address).data());
    }
  }
  size_t bytes() const override { return table_.bytes(); }
  std::optional<size_t> fresh_bytes(const dataplane::Rib& routes) const override {
    const Wide fresh(routes);
    if (cell_bits(fresh) != cell_bits(table_)) return std::nullopt;
    return fresh.bytes();
  }

 private:
  static constexpr bool kIsV4 = std::is_same_v<Wide, dataplane::Wide4>;
  static unsigned cell_bits(const Wide& table) {
    if constexpr (kIsV4) {
      return table.view().cell_bits;
    } else {
      return table.view().high == nullptr ? 16 : 32;
    }
  }

  dataplane::rcu::GracePeriods& grace_;
  Wide table_;
  std::optional<typename Wide::Update> update_;
};

// Of a VrfNodes that other tables may use too: what it takes is the nodes' to say.
class VrfLayout final : public FibLayout {
 public:
  VrfLayout(dataplane::VrfNodes& nodes, const dataplane::Rib& routes)
      : nodes_(nodes), now_(nodes, routes) {}
  std::string_view name() const override { return "vrf"; }
  bool holds(net::Family) const override { return true; }
  void prepare(const dataplane::Rib& after, std::span<const net::Prefix> changed,
               Visible) override {
    next_ = now_.updated(after, changed);
  }
  void publish() override {
    now_ = *next_;
    next_.reset();
  }
  void abandon() override { next_.reset(); }
  void look_up(dataplane::CpuPath path, std::span<const net::IpAddress> addresses,
               std::span<uint32_t> values) const override {
    if (addresses.empty()) return;
    const dataplane::VrfView view(nodes_);
    const bool is_v4 = addresses.front().is_v4();
    const std::vector<dataplane::vrf::Entry> roots(addresses.size(),
                                                   is_v4 ? now_.roots().v4 : now_.roots().v6);
    if (is_v4) {
      dataplane::lookup4(view, roots.data(), host_order(addresses).data(), values.data(),
                         values.size(), path);
    } else {
      dataplane::lookup6(view, roots.data(), NetworkOrder(addresses).data(), values.data(),
                         values.size(), path);
    }
  }
  uint32_t look_up(const net::IpAddress& address) const override {
    const dataplane::VrfView view(nodes_);
    if (address.is_v4())
      return dataplane::lookup4_one(view, now_.roots().v4, address.v4_host_order());
    return dataplane::lookup6_one(view, now_.roots().v6, *NetworkOrder(address).data());
  }
  size_t bytes() const override { return nodes_.bytes_used(); }
  std::optional<size_t> fresh_bytes(const dataplane::Rib& routes) const override {
    dataplane::VrfNodes nodes;
    const dataplane::VrfTable fresh(nodes, routes);
    return nodes.bytes_used();
  }
  const dataplane::VrfTable& table() const { return now_; }

 private:
  dataplane::VrfNodes& nodes_;
  dataplane::VrfTable now_;
  std::optional<dataplane::VrfTable> next_;
};

// The table as the dataplane has it, whichever layouts that are. The nodes count, whoever has them.
class WholeFib final : public FibLayout {
 public:
  WholeFib(dataplane::VrfNodes& nodes, const dataplane::Rib& routes,
           dataplane::rcu::GracePeriods& grace, size_t wide_routes = dataplane::Fib::kWideRoutes)
      : nodes_(nodes), grace_(grace), wide_routes_(wide_routes), now_(nodes, wide_routes) {
    prepare(routes, prefixes_of(routes), Visible::InNewView);
    publish();
  }
  std::string_view name() const override { return "fib"; }
  bool holds(net::Family) const override { return true; }
  void prepare(const dataplane::Rib& after, std::span<const net::Prefix> changed,
               Visible) override {
    std::vector<dataplane::WideUpdate> updates;
    next_ = now_.updated(after, changed, updates);
    updates_ = std::move(updates);
  }
  void publish() override {
    for (dataplane::WideUpdate& update : updates_) std::move(update).publish(grace_);
    updates_.clear();
    now_ = *next_;
    next_.reset();
  }
  void abandon() override {
    updates_.clear();
    next_.reset();
  }
  // On the path that the processor's is.
  void look_up(dataplane::CpuPath, std::span<const net::IpAddress> addresses,
               std::span<uint32_t> values) const override {
    if (addresses.empty()) return;
    const std::vector<const dataplane::Fib*> tables(addresses.size(), &now_);
    if (addresses.front().is_v4()) {
      dataplane::Fib::lookup4(tables.data(), host_order(addresses).data(), values.data(),
                              values.size());
    } else {
      dataplane::Fib::lookup6(tables.data(), NetworkOrder(addresses).data(), values.data(),
                              values.size());
    }
  }
  uint32_t look_up(const net::IpAddress& address) const override { return now_.lookup(address); }
  size_t bytes() const override { return now_.bytes() + nodes_.bytes_used(); }
  std::optional<size_t> fresh_bytes(const dataplane::Rib& routes) const override {
    dataplane::VrfNodes nodes;
    dataplane::rcu::GracePeriods grace;
    const WholeFib fresh(nodes, routes, grace, wide_routes_);
    for (const net::Family family : {net::Family::V4, net::Family::V6})
      if (fresh.now_.is_wide(family) != now_.is_wide(family)) return std::nullopt;
    return fresh.bytes();
  }
  const dataplane::Fib& fib() const { return now_; }

 private:
  static std::vector<net::Prefix> prefixes_of(const dataplane::Rib& routes) {
    std::vector<net::Prefix> prefixes;
    routes.for_each([&](const dataplane::Route& route) { prefixes.push_back(route.prefix); });
    return prefixes;
  }

  dataplane::VrfNodes& nodes_;
  dataplane::rcu::GracePeriods& grace_;
  size_t wide_routes_;
  dataplane::Fib now_;
  std::optional<dataplane::Fib> next_;
  std::vector<dataplane::WideUpdate> updates_;
};

}  // namespace isthmus::test
