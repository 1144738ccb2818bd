// The product's layout for many small IPv4 tables, whose equal nodes are shared.

#include "tools/bench/fib/contender.h"

#include "dataplane/fib/vrf.h"

namespace isthmus::bench {
namespace {

using dataplane::Rib;
using dataplane::VrfNodes;
using dataplane::VrfTable;

class Vrfs final : public Looping<Vrfs, uint32_t> {
 public:
  explicit Vrfs(const RouteSet& routes) {
    for (const auto& table : routes.tables) {
      tables_.push_back(std::make_unique<VrfTable>(nodes_, Rib::build(table)));
      directory_.push_back(tables_.back()->roots().v4);
    }
  }
  void burst(const PacketView& packets, uint32_t* values) {
    dataplane::lookup4(view(), directory_.data(), packets.tables, packets.v4, values,
                       packets.count);
  }
  uint32_t one(const dataplane::VrfView& view, const PacketView& packets, size_t i) {
    return dataplane::lookup4_one(view, directory_.data()[packets.tables[i]], packets.v4[i]);
  }
  static uint32_t to_value(uint32_t value) { return value; }
  dataplane::VrfView view() const { return dataplane::VrfView(nodes_); }
  size_t bytes() const override {
    return nodes_.bytes_used() + directory_.size() * sizeof(directory_[0]);
  }

 private:
  VrfNodes nodes_;
  std::vector<std::unique_ptr<VrfTable>> tables_;
  std::vector<dataplane::vrf::Entry> directory_;
};

std::unique_ptr<Contender> build(const RouteSet& routes) { return std::make_unique<Vrfs>(routes); }

constexpr ContenderRow kRows[] = {
    {"vrf", Shape::ManyIpv4, Role::Ours, Use::All, &build},
};

}  // namespace

std::span<const ContenderRow> vrf_contenders() { return kRows; }

}  // namespace isthmus::bench
