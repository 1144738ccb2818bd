// What needs no library: VPP's layout as a peer, and the naive trie.

#include "tools/bench/fib/contender.h"
#include "tools/bench/fib/mtrie.h"
#include "tools/bench/fib/naive_trie.h"

namespace isthmus::bench {
namespace {

class Naive4 final : public Looping<Naive4, uint32_t> {
 public:
  explicit Naive4(const RouteSet& routes) : trie_(routes) {}
  void burst(const PacketView& packets, uint32_t* values) {
    for (size_t i = 0; i < packets.count; ++i) values[i] = one({}, packets, i);
  }
  uint32_t one(NoView, const PacketView& packets, size_t i) {
    return trie_.lookup4(packets.tables[i], packets.v4[i]);
  }
  static uint32_t to_value(uint32_t value) { return value; }

  size_t bytes() const override { return trie_.bytes(); }
  Changes changes() const override { return Changes::WhileNobodyReads; }
  bool announce(const net::Prefix& prefix, uint32_t value) override {
    trie_.set(0, prefix, value);
    return true;
  }
  bool withdraw(const net::Prefix& prefix) override {
    trie_.set(0, prefix, kNoRoute);
    return true;
  }

 private:
  NaiveTrie trie_;
};

class Naive6 final : public Looping<Naive6, uint32_t> {
 public:
  explicit Naive6(const RouteSet& routes) : trie_(routes) {}
  void burst(const PacketView& packets, uint32_t* values) {
    for (size_t i = 0; i < packets.count; ++i) values[i] = one({}, packets, i);
  }
  uint32_t one(NoView, const PacketView& packets, size_t i) {
    return trie_.lookup6(packets.tables[i], packets.v6[i]);
  }
  static uint32_t to_value(uint32_t value) { return value; }
  size_t bytes() const override { return trie_.bytes(); }

 private:
  NaiveTrie trie_;
};

class Mtrie4 final : public Looping<Mtrie4, uint32_t> {
 public:
  explicit Mtrie4(const RouteSet& routes) : trie_(routes) {}
  void burst(const PacketView& packets, uint32_t* values) {
    trie_.lookup(packets.tables, packets.v4, values, packets.count);
  }
  uint32_t one(NoView, const PacketView& packets, size_t i) {
    return trie_.lookup(packets.tables[i], packets.v4[i]);
  }
  static uint32_t to_value(uint32_t value) { return value; }
  size_t bytes() const override { return trie_.bytes(); }

 private:
  Mtrie trie_;
};

template <class Lookups>
std::unique_ptr<Contender> build(const RouteSet& routes) {
  return std::make_unique<Lookups>(routes);
}

constexpr ContenderRow kRows[] = {
    {"mtrie 16-8-8", Shape::OneIpv4, Role::Peer, Use::All, &build<Mtrie4>},
    {"mtrie 16-8-8", Shape::ManyIpv4, Role::Peer, Use::All, &build<Mtrie4>},
    {"binary trie", Shape::OneIpv4, Role::Naive, Use::All, &build<Naive4>},
    {"binary trie", Shape::OneIpv6, Role::Naive, Use::All, &build<Naive6>},
    {"binary trie", Shape::ManyIpv4, Role::Naive, Use::All, &build<Naive4>},
};

}  // namespace

std::span<const ContenderRow> baseline_contenders() { return kRows; }

}  // namespace isthmus::bench
