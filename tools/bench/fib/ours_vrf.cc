// The product's layout for many small IPv4 tables, whose equal nodes are shared.

#include "tools/bench/fib/contender.h"

#include <atomic>
#include <utility>

#include "dataplane/fib/vrf.h"
#include "dataplane/rcu.h"
#include "tools/bench/fib/rcu_seat.h"

namespace isthmus::bench {
namespace {

using dataplane::Rib;
using dataplane::VrfNodes;
using dataplane::VrfTable;

// The tables as one version shows them. Readers find their roots in its directory.
struct Version final : dataplane::rcu::Retired {
  std::vector<VrfTable> tables;
  std::vector<dataplane::vrf::Entry> directory;

  void add(VrfTable table) {
    directory.push_back(table.roots().v4);
    tables.push_back(std::move(table));
  }
};

class Vrfs final : public Looping<Vrfs, uint32_t> {
 public:
  struct View {
    dataplane::VrfView nodes;
    const dataplane::vrf::Entry* directory;
  };

  explicit Vrfs(const RouteSet& routes) : current_(std::make_unique<Version>()) {
    for (const auto& table : routes.tables) {
      routes_.push_back(Rib::build(table));
      current_->add(VrfTable(nodes_, routes_.back()));
    }
    published_.store(current_.get());
  }
  void burst(const PacketView& packets, uint32_t* values) {
    const View now = view();
    dataplane::lookup4(now.nodes, now.directory, packets.tables, packets.v4, values, packets.count);
  }
  uint32_t one(const View& view, const PacketView& packets, size_t i) {
    return dataplane::lookup4_one(view.nodes, view.directory[packets.tables[i]], packets.v4[i]);
  }
  static uint32_t to_value(uint32_t value) { return value; }
  View view() const {
    return {dataplane::VrfView(nodes_),
            published_.load(std::memory_order_seq_cst)->directory.data()};
  }
  size_t bytes() const override {
    return nodes_.bytes_used() + current_->directory.size() * sizeof(dataplane::vrf::Entry);
  }

  // Of all tables only: that is what a version is for.
  Changes changes() const override { return Changes::WhileRead; }
  bool announce_everywhere(const net::Prefix& prefix, uint32_t value) override {
    auto next = std::make_unique<Version>();
    for (size_t i = 0; i < routes_.size(); ++i) {
      routes_[i].set(prefix, value);
      next->add(current_->tables[i].updated(routes_[i], {&prefix, 1}));
    }
    published_.store(next.get(), std::memory_order_seq_cst);
    grace_.retire(std::exchange(current_, std::move(next)));
    grace_.reclaim();
    return true;
  }
  std::unique_ptr<Seat> sit() override { return std::make_unique<RcuSeat>(grace_); }

 private:
  VrfNodes nodes_;
  std::vector<Rib> routes_;
  std::unique_ptr<Version> current_;
  std::atomic<const Version*> published_{};
  dataplane::rcu::GracePeriods grace_;  // its versions have nodes: goes before them
};

std::unique_ptr<Contender> build(const RouteSet& routes) { return std::make_unique<Vrfs>(routes); }

constexpr ContenderRow kRows[] = {
    {"vrf", Shape::ManyIpv4, Role::Ours, Use::All, &build},
};

}  // namespace

std::span<const ContenderRow> vrf_contenders() { return kRows; }

}  // namespace isthmus::bench
