// DPDK's IPv4 tables: rte_fib (DIR-24-8 with two-byte next hops) and rte_lpm.

#include <rte_config.h>  // first: the other headers rely on it

#include <rte_errno.h>
#include <rte_fib.h>
#include <rte_lpm.h>
#include <rte_rib.h>

#include "tools/bench/fib/contender.h"
#include "tools/bench/fib/dpdk.h"
#include "tools/bench/fib/dpdk_eal.h"

namespace isthmus::bench::dpdk {
namespace {

// How many /24s hold longer prefixes, each of which takes a second-level table; some to spare.
uint32_t second_levels(const std::vector<Route>& routes) {
  uint32_t count = 0;
  uint32_t last = 0;
  for (const Route& route : routes) {
    const uint32_t block = route.prefix.address().v4_host_order() >> 8;
    if (route.prefix.length() <= 24 || (count > 0 && block == last)) continue;
    last = block;
    ++count;
  }
  return count + 1024;
}

// DPDK keeps the routes of an rte_fib beside the table; lookups do not read them. What they take
// is what an rte_rib of the same size takes.
size_t rib_bytes(int max_routes) {
  rte_rib_conf conf{};
  conf.max_nodes = max_routes * 2;  // as rte_fib_create asks for
  const size_t before = heap_bytes();
  rte_rib* rib = rte_rib_create(fresh_name().c_str(), SOCKET_ID_ANY, &conf);
  const size_t bytes = heap_bytes() - before;
  rte_rib_free(rib);
  return bytes;
}

class Fib : public Looping<Fib, uint64_t> {
 public:
  Fib(const RouteSet& set, rte_fib_lookup_type type) {
    start();
    const std::vector<Route>& routes = set.tables.front();
    rte_fib_conf conf{};
    conf.type = RTE_FIB_DIR24_8;
    conf.default_nh = kMiss;
    conf.max_routes = static_cast<int>(routes.size()) + 1024;
    conf.dir24_8.nh_sz = RTE_FIB_DIR24_8_2B;
    conf.dir24_8.num_tbl8 = second_levels(routes);
    const size_t rib = rib_bytes(conf.max_routes);
    const size_t before = heap_bytes();
    fib_ = rte_fib_create(fresh_name().c_str(), SOCKET_ID_ANY, &conf);
    if (fib_ == nullptr) throw Unavailable(std::string("no rte_fib: ") + rte_strerror(rte_errno));
    if (rte_fib_select_lookup(fib_, type) != 0) {
      rte_fib_free(fib_);
      throw Unavailable("this processor or this DPDK lacks it");
    }
    for (const Route& route : routes) refused_ += announce(route.prefix, route.value) ? 0 : 1;
    bytes_ = heap_bytes() - before - rib;
  }
  ~Fib() override { rte_fib_free(fib_); }

  void burst(const PacketView& packets, uint64_t* values) {
    rte_fib_lookup_bulk(fib_, const_cast<uint32_t*>(packets.v4), values,
                        static_cast<int>(packets.count));
  }
  uint64_t one(NoView, const PacketView& packets, size_t i) {
    uint64_t value = 0;
    rte_fib_lookup_bulk(fib_, const_cast<uint32_t*>(packets.v4 + i), &value, 1);
    return value;
  }
  static uint32_t to_value(uint64_t value) {
    return value == kMiss ? kNoRoute : static_cast<uint32_t>(value);
  }

  size_t bytes() const override { return bytes_; }
  size_t refused() const override { return refused_; }
  Changes changes() const override { return Changes::WhileRead; }
  bool announce(const net::Prefix& prefix, uint32_t value) override {
    return rte_fib_add(fib_, prefix.address().v4_host_order(),
                       static_cast<uint8_t>(prefix.length()), value) == 0;
  }
  bool withdraw(const net::Prefix& prefix) override {
    return rte_fib_delete(fib_, prefix.address().v4_host_order(),
                          static_cast<uint8_t>(prefix.length())) == 0;
  }

 private:
  static constexpr uint64_t kMiss = 0x7FFF;  // the largest of 15 bits
  rte_fib* fib_ = nullptr;
  size_t refused_ = 0;
  size_t bytes_ = 0;
};

class Lpm final : public Looping<Lpm, uint32_t> {
 public:
  explicit Lpm(const RouteSet& set) {
    start();
    const std::vector<Route>& routes = set.tables.front();
    rte_lpm_config conf{};
    conf.max_rules = static_cast<uint32_t>(routes.size()) + 1024;
    conf.number_tbl8s = second_levels(routes);
    const size_t before = heap_bytes();
    lpm_ = rte_lpm_create(fresh_name().c_str(), SOCKET_ID_ANY, &conf);
    if (lpm_ == nullptr) throw Unavailable(std::string("no rte_lpm: ") + rte_strerror(rte_errno));
    for (const Route& route : routes) refused_ += announce(route.prefix, route.value) ? 0 : 1;
    constexpr size_t kRuleBytes = 8;  // of the array of rules, which lookups do not read
    bytes_ = heap_bytes() - before - conf.max_rules * kRuleBytes;
  }
  ~Lpm() override { rte_lpm_free(lpm_); }

  void burst(const PacketView& packets, uint32_t* values) {
    rte_lpm_lookup_bulk(lpm_, packets.v4, values, static_cast<unsigned>(packets.count));
  }
  uint32_t one(NoView, const PacketView& packets, size_t i) {
    uint32_t value = 0;
    return rte_lpm_lookup(lpm_, packets.v4[i], &value) == 0 ? value | RTE_LPM_LOOKUP_SUCCESS : 0;
  }
  static uint32_t to_value(uint32_t entry) {
    return (entry & RTE_LPM_LOOKUP_SUCCESS) != 0 ? entry & 0xFFFFFF : kNoRoute;
  }

  size_t bytes() const override { return bytes_; }
  size_t refused() const override { return refused_; }
  Changes changes() const override { return Changes::WhileRead; }
  bool announce(const net::Prefix& prefix, uint32_t value) override {
    return rte_lpm_add(lpm_, prefix.address().v4_host_order(),
                       static_cast<uint8_t>(prefix.length()), value) == 0;
  }
  bool withdraw(const net::Prefix& prefix) override {
    return rte_lpm_delete(lpm_, prefix.address().v4_host_order(),
                          static_cast<uint8_t>(prefix.length())) == 0;
  }

 private:
  rte_lpm* lpm_ = nullptr;
  size_t refused_ = 0;
  size_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<Contender> build_fib_scalar(const RouteSet& routes) {
  return std::make_unique<Fib>(routes, RTE_FIB_LOOKUP_DIR24_8_SCALAR_MACRO);
}
std::unique_ptr<Contender> build_fib_avx512(const RouteSet& routes) {
  return std::make_unique<Fib>(routes, RTE_FIB_LOOKUP_DIR24_8_VECTOR_AVX512);
}
std::unique_ptr<Contender> build_lpm(const RouteSet& routes) {
  return std::make_unique<Lpm>(routes);
}

}  // namespace isthmus::bench::dpdk
