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
    dataplane::lookup(view(), packets.v4, values, packets.count);
  }
  uint32_t one(const Wide4::View& view, const PacketView& packets, size_t i) {
    return dataplane::lookup_one(view, packets.v4[i]);
  }
  static uint32_t to_value(uint32_t value) { return value; }
  Wide4::View view() const { return table_.view(); }

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
    auto update = table_.prepare(rib_, changed, Wide4::Visible::InPlace);
    table_.publish(std::move(update), grace_);
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
    if (kPath == dataplane::cpu_path()) throw Unavailable("");
    const auto paths = dataplane::cpu_paths();
    if (std::find(paths.begin(), paths.end(), kPath) == paths.end())
      throw Unavailable("this processor does not run it");
  }
  void burst(const PacketView& packets, uint32_t* values) {
    dataplane::lookup_on(kPath, view(), packets.v4, values, packets.count);
  }
  uint32_t one(const Wide4::View& view, const PacketView& packets, size_t i) {
    return dataplane::lookup_one(view, packets.v4[i]);
  }
  static uint32_t to_value(uint32_t value) { return value; }
  Wide4::View view() const { return table_.view(); }
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
    {"wide4", Shape::OneIpv4, Role::Ours, Use::All, &build<Wide>},
    {"wide4 on avx2", Shape::OneIpv4, Role::Ours, Use::Bursts, &build<WideOn<CpuPath::Avx2>>},
    {"wide4 on scalar", Shape::OneIpv4, Role::Ours, Use::Bursts, &build<WideOn<CpuPath::Scalar>>},
};

}  // namespace

std::span<const ContenderRow> wide4_contenders() { return kRows; }

}  // namespace isthmus::bench

#else

namespace isthmus::bench {

std::span<const ContenderRow> wide4_contenders() { return {}; }

}  // namespace isthmus::bench

#endif
