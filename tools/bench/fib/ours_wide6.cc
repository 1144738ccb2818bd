// The product's IPv6 layout.

#include "tools/bench/fib/contender.h"

#if __has_include("dataplane/fib/wide6.h")

#include <utility>

#include "dataplane/fib/wide6.h"
#include "dataplane/rcu.h"
#include "tools/bench/fib/rcu_seat.h"

namespace isthmus::bench {
namespace {

using dataplane::Rib;
using dataplane::Wide6;

class Wide final : public Looping<Wide, uint32_t> {
 public:
  explicit Wide(const RouteSet& routes) : rib_(Rib::build(routes.tables.front())), table_(rib_) {}
  void burst(const PacketView& packets, uint32_t* values) {
    const auto view = table_.view();
    lookup(view, packets.v6, values, packets.count);
  }
  uint32_t one(const PacketView& packets, size_t i) {
    return lookup_one(table_.view(), packets.v6[i]);
  }
  static uint32_t to_value(uint32_t value) { return value; }

  size_t bytes() const override { return table_.bytes(); }
  Changes changes() const override { return Changes::WhileRead; }
  bool announce(const net::Prefix& prefix, uint32_t value) override {
    return change(rib_.with(prefix, value), prefix);
  }
  bool withdraw(const net::Prefix& prefix) override { return change(rib_.without(prefix), prefix); }
  std::unique_ptr<Seat> sit() override { return std::make_unique<RcuSeat>(grace_); }

 private:
  bool change(Rib after, const net::Prefix& prefix) {
    const net::Prefix changed[] = {prefix};
    auto update = table_.prepare(after, changed, Wide6::Visible::InPlace);
    table_.publish(std::move(update), grace_);
    rib_ = std::move(after);
    if (grace_.pending() >= kPendingMax) grace_.reclaim();
    return true;
  }

  static constexpr size_t kPendingMax = 64;
  Rib rib_;
  Wide6 table_;
  dataplane::rcu::GracePeriods grace_;  // gives nodes back to the table: goes before it
};

std::unique_ptr<Contender> build(const RouteSet& routes) { return std::make_unique<Wide>(routes); }

constexpr ContenderRow kRows[] = {
    {"wide6", Shape::OneIpv6, Role::Ours, Speed::Usual, &build},
};

}  // namespace

std::span<const ContenderRow> wide6_contenders() { return kRows; }

}  // namespace isthmus::bench

#else

namespace isthmus::bench {

std::span<const ContenderRow> wide6_contenders() { return {}; }

}  // namespace isthmus::bench

#endif
