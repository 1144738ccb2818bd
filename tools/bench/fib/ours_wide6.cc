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
    dataplane::lookup(view(), packets.v6, values, packets.count);
  }
  uint32_t one(const Wide6::View& view, const PacketView& packets, size_t i) {
    return dataplane::lookup_one(view, packets.v6[i]);
  }
  static uint32_t to_value(uint32_t value) { return value; }
  Wide6::View view() const { return table_.view(); }

  size_t bytes() const override { return table_.bytes(); }
  Changes changes() const override { return Changes::WhileRead; }
  bool announce(const net::Prefix& prefix, uint32_t value) override {
    rib_.set(prefix, value);
    return follow(prefix);
  }
  bool withdraw(const net::Prefix& prefix) override { return rib_.erase(prefix) && follow(prefix); }
  std::unique_ptr<Seat> sit() override { return std::make_unique<RcuSeat>(grace_); }

 private:
  bool follow(const net::Prefix& prefix) {
    const net::Prefix changed[] = {prefix};
    auto update = table_.prepare(rib_, changed, Wide6::Visible::InPlace);
    table_.publish(std::move(update), grace_);
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
    {"wide6", Shape::OneIpv6, Role::Ours, Use::All, &build},
};

}  // namespace

std::span<const ContenderRow> wide6_contenders() { return kRows; }

}  // namespace isthmus::bench

#else

namespace isthmus::bench {

std::span<const ContenderRow> wide6_contenders() { return {}; }

}  // namespace isthmus::bench

#endif
