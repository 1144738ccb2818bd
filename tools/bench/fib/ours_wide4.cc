// The product's wide IPv4 layout.

#include "tools/bench/fib/contender.h"

#if __has_include("dataplane/fib/wide4.h")

#include <algorithm>
#include <utility>

#include "dataplane/fib/wide4.h"
#include "dataplane/rcu.h"
#include "tools/bench/fib/rcu_seat.h"

namespace isthmus::bench {
namespace {

using dataplane::Rib;
using dataplane::Wide4;
namespace rcu = dataplane::rcu;

// The table on the build of its loops that the processor's path says.
class Wide final : public Looping<Wide, uint32_t> {
 public:
  explicit Wide(const RouteSet& routes) : rib_(Rib::build(routes.tables.front())), table_(rib_) {}
  void burst(const PacketView& packets, uint32_t* values) {
    const auto view = table_.view();
    lookup(view, packets.v4, values, packets.count);
  }
  uint32_t one(const PacketView& packets, size_t i) {
    return lookup_one(table_.view(), packets.v4[i]);
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
    auto update = table_.prepare(after, changed, Wide4::Visible::InPlace);
    table_.publish(std::move(update), grace_);
    rib_ = std::move(after);
    if (grace_.pending() >= kPendingMax) grace_.reclaim();
    return true;
  }

  static constexpr size_t kPendingMax = 64;
  Rib rib_;
  Wide4 table_;
  rcu::GracePeriods grace_;  // gives blocks back to the table: goes before it
};

// The same table on a build of the loops that others would not choose here.
template <dataplane::CpuPath kPath>
class WideOn final : public Looping<WideOn<kPath>, uint32_t> {
 public:
  explicit WideOn(const RouteSet& routes) : table_(Rib::build(routes.tables.front())) {
    const auto paths = dataplane::cpu_paths();
    if (std::find(paths.begin(), paths.end(), kPath) == paths.end())
      throw Unavailable("this processor does not run it");
  }
  void burst(const PacketView& packets, uint32_t* values) {
    lookup_on(kPath, table_.view(), packets.v4, values, packets.count);
  }
  uint32_t one(const PacketView& packets, size_t i) {
    return lookup_one(table_.view(), packets.v4[i]);
  }
  static uint32_t to_value(uint32_t value) { return value; }
  size_t bytes() const override { return table_.bytes(); }

 private:
  Wide4 table_;
};

template <class Lookups>
std::unique_ptr<Contender> build(const RouteSet& routes) {
  return std::make_unique<Lookups>(routes);
}

using dataplane::CpuPath;
constexpr ContenderRow kRows[] = {
    {"wide4", Shape::OneIpv4, Role::Ours, Speed::Usual, &build<Wide>},
    {"wide4 on avx2", Shape::OneIpv4, Role::Ours, Speed::Usual, &build<WideOn<CpuPath::Avx2>>},
    {"wide4 on scalar", Shape::OneIpv4, Role::Ours, Speed::Usual, &build<WideOn<CpuPath::Scalar>>},
};

}  // namespace

std::span<const ContenderRow> wide4_contenders() { return kRows; }

}  // namespace isthmus::bench

#else

namespace isthmus::bench {

std::span<const ContenderRow> wide4_contenders() { return {}; }

}  // namespace isthmus::bench

#endif
