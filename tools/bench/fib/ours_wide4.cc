// The product's wide IPv4 layout.

#include <algorithm>
#include <memory>

#include "tools/bench/fib/ours_wide.h"

namespace isthmus::bench {
namespace {

using dataplane::Rib;
using dataplane::Wide4;

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
    {"wide4", Shape::OneIpv4, Role::Ours, Use::All, &build<Wide<Wide4>>},
    {"wide4 on avx2", Shape::OneIpv4, Role::Ours, Use::Bursts, &build<WideOn<CpuPath::Avx2>>},
    {"wide4 on scalar", Shape::OneIpv4, Role::Ours, Use::Bursts, &build<WideOn<CpuPath::Scalar>>},
};

}  // namespace

std::span<const ContenderRow> wide4_contenders() { return kRows; }

}  // namespace isthmus::bench
