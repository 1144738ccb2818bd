// The product's routing information base, from which its forwarding tables are made: what a lookup
// costs without them.

#include <array>

#include "dataplane/fib/rib.h"
#include "tools/bench/fib/contender.h"

namespace isthmus::bench {
namespace {

using dataplane::Rib;

class Ribs final : public Looping<Ribs, uint32_t> {
 public:
  explicit Ribs(const RouteSet& routes) {
    for (const auto& table : routes.tables) ribs_.push_back(Rib::build(table));
  }
  void burst(const PacketView& packets, uint32_t* values) {
    std::array<net::IpAddress, kBurstMax> addresses;
    std::array<const Rib*, kBurstMax> tables;
    for (size_t i = 0; i < packets.count; ++i) {
      addresses[i] = packets.address(i);
      tables[i] = &ribs_[packets.tables[i]];
    }
    const std::span<const net::IpAddress> asked(addresses.data(), packets.count);
    if (ribs_.size() == 1)
      ribs_.front().lookup(asked, {values, packets.count});
    else
      Rib::lookup({tables.data(), packets.count}, asked, {values, packets.count});
  }
  uint32_t one(NoView, const PacketView& packets, size_t i) {
    return ribs_[packets.tables[i]].lookup(packets.address(i));
  }
  static uint32_t to_value(uint32_t value) { return value; }

  size_t bytes() const override {
    size_t sum = 0;
    for (const Rib& rib : ribs_) sum += rib.bytes();
    return sum;
  }
  Changes changes() const override { return Changes::WhileNobodyReads; }
  bool announce(const net::Prefix& prefix, uint32_t value) override {
    ribs_.front().set(prefix, value);
    return true;
  }
  bool withdraw(const net::Prefix& prefix) override { return ribs_.front().erase(prefix); }

 private:
  std::vector<Rib> ribs_;
};

std::unique_ptr<Contender> build(const RouteSet& routes) { return std::make_unique<Ribs>(routes); }

constexpr ContenderRow kRows[] = {
    {"rib", Shape::OneIpv4, Role::Ours, Use::All, &build},
    {"rib", Shape::OneIpv6, Role::Ours, Use::All, &build},
    {"rib", Shape::ManyIpv4, Role::Ours, Use::All, &build},
};

}  // namespace

std::span<const ContenderRow> rib_contenders() { return kRows; }

}  // namespace isthmus::bench
