// DPDK's IPv6 tables: rte_fib6 (a trie of 24 bits, then 8 a level, four-byte next hops) and
// rte_lpm6.

#include <rte_config.h>  // first: the other headers rely on it

#include <rte_errno.h>
#include <rte_fib6.h>
#include <rte_lpm6.h>
#include <rte_memory.h>
#include <rte_rib6.h>

#include <algorithm>

#include "tools/bench/fib/contender.h"
#include "tools/bench/fib/dpdk.h"
#include "tools/bench/fib/dpdk_eal.h"

namespace isthmus::bench::dpdk {
namespace {

// Both structures take a table of 256 entries for each started byte of a prefix beyond 24 bits, and
// set so many aside for a prefix before they look which are there already.
uint32_t lower_levels(const std::vector<Route>& routes) {
  uint32_t count = 1024;
  for (const Route& route : routes)
    count += static_cast<uint32_t>(std::max(route.prefix.length() - 24 + 7, 0) / 8);
  return count;
}

uint8_t (*bytes_of(const PacketView& packets, size_t i))[16] {
  return const_cast<uint8_t(*)[16]>(packets.v6 + i);
}

size_t rib_bytes(int max_routes) {
  rte_rib6_conf conf{};
  conf.max_nodes = max_routes * 2;  // as rte_fib6_create asks for
  const size_t before = heap_bytes();
  rte_rib6* rib = rte_rib6_create(fresh_name().c_str(), SOCKET_ID_ANY, &conf);
  const size_t bytes = heap_bytes() - before;
  rte_rib6_free(rib);
  return bytes;
}

class Fib6 final : public Looping<Fib6, uint64_t> {
 public:
  Fib6(const RouteSet& set, rte_fib6_lookup_type type) {
    start();
    const std::vector<Route>& routes = set.tables.front();
    rte_fib6_conf conf{};
    conf.type = RTE_FIB6_TRIE;
    conf.default_nh = kMiss;
    conf.max_routes = static_cast<int>(routes.size()) + 1024;
    conf.trie.nh_sz = RTE_FIB6_TRIE_4B;
    conf.trie.num_tbl8 = lower_levels(routes);
    const size_t rib = rib_bytes(conf.max_routes);
    const size_t before = heap_bytes();
    fib_ = rte_fib6_create(fresh_name().c_str(), SOCKET_ID_ANY, &conf);
    if (fib_ == nullptr) throw Unavailable(std::string("no rte_fib6: ") + rte_strerror(rte_errno));
    if (rte_fib6_select_lookup(fib_, type) != 0) {
      rte_fib6_free(fib_);
      throw Unavailable("this processor or this DPDK lacks it");
    }
    for (const Route& route : routes) refused_ += announce(route.prefix, route.value) ? 0 : 1;
    bytes_ = heap_bytes() - before - rib;
  }
  ~Fib6() override { rte_fib6_free(fib_); }

  void burst(const PacketView& packets, uint64_t* values) {
    rte_fib6_lookup_bulk(fib_, bytes_of(packets, 0), values, static_cast<int>(packets.count));
  }
  uint64_t one(NoView, const PacketView& packets, size_t i) {
    uint64_t value = 0;
    rte_fib6_lookup_bulk(fib_, bytes_of(packets, i), &value, 1);
    return value;
  }
  static uint32_t to_value(uint64_t value) {
    return value == kMiss ? kNoRoute : static_cast<uint32_t>(value);
  }

  size_t bytes() const override { return bytes_; }
  size_t refused() const override { return refused_; }
  Changes changes() const override { return Changes::WhileRead; }
  bool announce(const net::Prefix& prefix, uint32_t value) override {
    return rte_fib6_add(fib_, prefix.address().bytes().data(),
                        static_cast<uint8_t>(prefix.length()), value) == 0;
  }
  bool withdraw(const net::Prefix& prefix) override {
    return rte_fib6_delete(fib_, prefix.address().bytes().data(),
                           static_cast<uint8_t>(prefix.length())) == 0;
  }

 private:
  static constexpr uint64_t kMiss = 0x7FFFFFFF;  // the largest of 31 bits
  rte_fib6* fib_ = nullptr;
  size_t refused_ = 0;
  size_t bytes_ = 0;
};

class Lpm6 final : public Looping<Lpm6, int32_t> {
 public:
  explicit Lpm6(const RouteSet& set) {
    start();
    const std::vector<Route>& routes = set.tables.front();
    rte_lpm6_config conf{};
    conf.max_rules = static_cast<uint32_t>(routes.size()) + 1024;
    conf.number_tbl8s = lower_levels(routes);
    const size_t before = heap_bytes();
    lpm_ = rte_lpm6_create(fresh_name().c_str(), SOCKET_ID_ANY, &conf);
    if (lpm_ == nullptr) throw Unavailable(std::string("no rte_lpm6: ") + rte_strerror(rte_errno));
    for (const Route& route : routes) refused_ += announce(route.prefix, route.value) ? 0 : 1;
    bytes_ = heap_bytes() - before;  // with its rules, which it does not keep apart
  }
  ~Lpm6() override { rte_lpm6_free(lpm_); }

  void burst(const PacketView& packets, int32_t* values) {
    rte_lpm6_lookup_bulk_func(lpm_, bytes_of(packets, 0), values,
                              static_cast<unsigned>(packets.count));
  }
  int32_t one(NoView, const PacketView& packets, size_t i) {
    uint32_t value = 0;
    const bool found = rte_lpm6_lookup(lpm_, packets.v6[i], &value) == 0;
    return found ? static_cast<int32_t>(value) : -1;
  }
  static uint32_t to_value(int32_t value) { return static_cast<uint32_t>(value); }  // -1: kNoRoute

  size_t bytes() const override { return bytes_; }
  size_t refused() const override { return refused_; }
  Changes changes() const override { return Changes::WhileRead; }
  bool announce(const net::Prefix& prefix, uint32_t value) override {
    return rte_lpm6_add(lpm_, prefix.address().bytes().data(),
                        static_cast<uint8_t>(prefix.length()), value) == 0;
  }
  bool withdraw(const net::Prefix& prefix) override {
    return rte_lpm6_delete(lpm_, prefix.address().bytes().data(),
                           static_cast<uint8_t>(prefix.length())) == 0;
  }

 private:
  rte_lpm6* lpm_ = nullptr;
  size_t refused_ = 0;
  size_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<Contender> build_fib6_scalar(const RouteSet& routes) {
  return std::make_unique<Fib6>(routes, RTE_FIB6_LOOKUP_TRIE_SCALAR);
}
std::unique_ptr<Contender> build_fib6_avx512(const RouteSet& routes) {
  return std::make_unique<Fib6>(routes, RTE_FIB6_LOOKUP_TRIE_VECTOR_AVX512);
}
std::unique_ptr<Contender> build_lpm6(const RouteSet& routes) {
  return std::make_unique<Lpm6>(routes);
}

}  // namespace isthmus::bench::dpdk
