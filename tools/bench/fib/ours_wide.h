// The product's wide layouts, of either family: Wide4 and Wide6 are used alike.
#pragma once

#include <type_traits>
#include <utility>

#include "dataplane/fib/wide4.h"
#include "dataplane/fib/wide6.h"
#include "dataplane/rcu.h"
#include "tools/bench/fib/contender.h"
#include "tools/bench/fib/rcu_seat.h"

namespace isthmus::bench {

// The table on the build of its loops that the processor's path says.
template <class Table>
class Wide final : public Looping<Wide<Table>, uint32_t> {
 public:
  using View = typename Table::View;

  explicit Wide(const RouteSet& routes)
      : rib_(dataplane::Rib::build(routes.tables.front())), table_(rib_) {}
  void burst(const PacketView& packets, uint32_t* values) {
    dataplane::lookup(view(), addresses_of(packets), values, packets.count);
  }
  uint32_t one(const View& view, const PacketView& packets, size_t i) {
    return dataplane::lookup_one(view, addresses_of(packets)[i]);
  }
  static uint32_t to_value(uint32_t value) { return value; }
  View view() const { return table_.view(); }

  size_t bytes() const override { return table_.bytes(); }
  Changes changes() const override { return Changes::WhileRead; }
  bool announce(const net::Prefix& prefix, uint32_t value) override {
    rib_.set(prefix, value);
    return follow(prefix);
  }
  bool withdraw(const net::Prefix& prefix) override { return rib_.erase(prefix) && follow(prefix); }
  std::unique_ptr<Seat> sit() override { return std::make_unique<RcuSeat>(grace_); }

 private:
  static auto addresses_of(const PacketView& packets) {
    if constexpr (std::is_same_v<Table, dataplane::Wide4>) {
      return packets.v4;
    } else {
      return packets.v6;
    }
  }
  bool follow(const net::Prefix& prefix) {
    const net::Prefix changed[] = {prefix};
    auto update = table_.prepare(rib_, changed, Table::Visible::InPlace);
    table_.publish(std::move(update), grace_);
    if (grace_.pending() >= kPendingMax) grace_.reclaim();
    return true;
  }

  static constexpr size_t kPendingMax = 64;
  dataplane::Rib rib_;
  Table table_;
  dataplane::rcu::GracePeriods grace_;  // gives blocks back to the table: goes before it
};

}  // namespace isthmus::bench
