#include "tools/bench/fib/networks.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <stdexcept>

#include "tools/bench/fib/patterns.h"

namespace isthmus::bench {
namespace {

constexpr uint32_t kPrivateFirst = 0x0A000000;  // 10.0.0.0/8
constexpr uint32_t kPrivateEnd = 0x0B000000;

net::Prefix prefix_of(uint32_t address, int length) {
  return net::Prefix::containing(net::IpAddress::v4(address), length);
}

// Any address outside of the private and special blocks of RFC 6890 that are large enough to
// matter.
uint32_t public_address(std::mt19937_64& random) {
  for (;;) {
    const auto address = static_cast<uint32_t>(random());
    const uint32_t first = address >> 24;
    if (first == 0 || first == 10 || first == 127 || first >= 224) continue;
    if (address >> 20 == 0xAC1 || address >> 16 == 0xC0A8) continue;  // 172.16/12, 192.168/16
    return address;
  }
}

int length_between(int shortest, int longest, std::mt19937_64& random) {
  return shortest + static_cast<int>(random() % static_cast<uint64_t>(longest - shortest + 1));
}

class Generator {
 public:
  Generator(const NetworkPlan& plan, uint64_t seed) : plan_(plan), random_(seed) {}

  Networks run() {
    networks_.prefixes.resize(plan_.networks);
    for (auto& own : networks_.prefixes) assign(own);
    for (uint32_t i = 0; i < plan_.networks; ++i) {
      networks_.peers.push_back(draw_peers(i));
      networks_.routes.tables.push_back(table_of(i));
    }
    return std::move(networks_);
  }

 private:
  uint32_t local() const { return static_cast<uint32_t>(plan_.networks); }
  uint32_t internet() const { return local() + 1; }
  uint32_t appliance() { return local() + 2 + static_cast<uint32_t>(random_() % plan_.appliances); }

  // The next free addresses, at a multiple of the prefix's size.
  void assign(std::vector<net::Prefix>& own) {
    const size_t count = 1 + random_() % plan_.prefixes_max;
    for (size_t i = 0; i < count; ++i) {
      const int length = length_between(20, 24, random_);
      const uint32_t size = uint32_t{1} << (32 - length);
      next_ = (next_ + size - 1) / size * size;
      if (next_ + size > kPrivateEnd)
        throw std::invalid_argument("too many networks: their prefixes do not fit into 10.0.0.0/8");
      own.push_back(prefix_of(next_, length));
      next_ += size;
    }
  }

  std::vector<uint32_t> draw_peers(uint32_t self) {
    std::vector<uint32_t> others(plan_.networks);
    std::iota(others.begin(), others.end(), 0u);
    others.erase(others.begin() + self);
    const size_t count = std::min(plan_.peers, others.size());
    for (size_t i = 0; i < count; ++i)
      std::swap(others[i], others[i + random_() % (others.size() - i)]);
    others.resize(count);
    return others;
  }

  std::vector<Route> table_of(uint32_t self) {
    std::vector<Route> routes = {{prefix_of(0, 0), internet()}};
    const std::vector<uint32_t>& peers = networks_.peers[self];
    for (size_t i = 0; i < plan_.user_routes; ++i)
      routes.push_back({user_prefix(i * 10 / plan_.user_routes, peers), appliance()});
    for (const net::Prefix& own : networks_.prefixes[self]) routes.push_back({own, local()});
    for (const uint32_t peer : peers)
      for (const net::Prefix& prefix : networks_.prefixes[peer]) routes.push_back({prefix, peer});
    sort_routes(routes);
    return routes;
  }

  // `tenth` is 0 to 9: which part of the user routes.
  net::Prefix user_prefix(size_t tenth, const std::vector<uint32_t>& peers) {
    if (tenth < 6 && !peers.empty()) {
      const auto& inside = networks_.prefixes[peers[random_() % peers.size()]];
      const net::IpAddress address = random_address_in(inside[random_() % inside.size()], random_);
      return net::Prefix::containing(address, length_between(25, 32, random_));
    }
    const int length = tenth < 9 ? length_between(16, 24, random_) : 32;
    return prefix_of(public_address(random_), length);
  }

  const NetworkPlan plan_;
  std::mt19937_64 random_;
  uint32_t next_ = kPrivateFirst;
  Networks networks_;
};

const net::Prefix& any_of(const std::vector<net::Prefix>& prefixes, std::mt19937_64& random) {
  return prefixes[random() % prefixes.size()];
}

net::IpAddress destination(const Networks& networks, uint32_t sender, std::mt19937_64& random) {
  const uint64_t percent = random() % 100;
  const auto& peers = networks.peers[sender];
  const auto& table = networks.routes.tables[sender];
  if (percent < 50 && !peers.empty()) {
    const uint32_t peer = peers[random() % peers.size()];
    return random_address_in(any_of(networks.prefixes[peer], random), random);
  }
  if (percent < 70) return random_address_in(any_of(networks.prefixes[sender], random), random);
  if (percent < 90) return random_address_in(table[random() % table.size()].prefix, random);
  return net::IpAddress::v4(public_address(random));
}

}  // namespace

NetworkPlan mix_plan(size_t networks) {
  return {.networks = networks, .peers = networks / 2, .prefixes_max = 3, .user_routes = 400};
}

NetworkPlan mesh_plan(size_t networks) { return {.networks = networks, .peers = networks - 1}; }

Networks make_networks(const NetworkPlan& plan, uint64_t seed) {
  return Generator(plan, seed).run();
}

Packets make_traffic(const Networks& networks, size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  const size_t tables = networks.routes.tables.size();
  std::vector<uint32_t> by_rank(tables);  // the busiest networks are not those created first
  std::iota(by_rank.begin(), by_rank.end(), 0u);
  std::shuffle(by_rank.begin(), by_rank.end(), random);
  const Zipf rank(tables);
  Packets packets;
  while (packets.size() < count) {
    const uint32_t sender = by_rank[rank(random)];
    packets.add(sender, destination(networks, sender, random));
  }
  return packets;
}

}  // namespace isthmus::bench
