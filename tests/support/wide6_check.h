// What the tests of the wide IPv6 table share: it is held against its routes, on every build of the
// loops.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <iterator>
#include <random>
#include <utility>
#include <vector>

#include "dataplane/fib/wide6.h"
#include "tests/support/full_table.h"
#include "tests/support/sanitizers.h"

// In a namespace of its own: it says in short what the tests say often.
namespace isthmus::test::wide6 {

using dataplane::CpuPath;
using dataplane::kNoRoute;
using dataplane::Rib;
using dataplane::Route;
using dataplane::Wide6;
using net::Bits128;
using net::IpAddress;
using net::Prefix;
using Visible = Wide6::Visible;

using WireAddress = std::array<uint8_t, 16>;
static_assert(sizeof(WireAddress) == 16);

// By each build of the loops that this processor runs, all of which agree.
inline std::vector<uint32_t> look_up(const Wide6::View& view,
                                     const std::vector<IpAddress>& addresses) {
  std::vector<WireAddress> wire;
  wire.reserve(addresses.size());
  for (const IpAddress& address : addresses) wire.push_back(address.bytes());
  const auto* first = reinterpret_cast<const uint8_t(*)[16]>(wire.data());
  std::vector<uint32_t> values(wire.size());
  for (size_t i = 0; i < wire.size(); ++i) values[i] = dataplane::lookup_one(view, wire[i].data());
  for (const CpuPath path : dataplane::cpu_paths()) {
    std::vector<uint32_t> same(wire.size());
    dataplane::wide6::lookup(path, view, first, same.data(), same.size());
    EXPECT_EQ(same, values) << dataplane::to_string(path);
  }
  return values;
}

inline void expect_equal(const Wide6::View& view, const Rib& rib,
                         const std::vector<IpAddress>& addresses) {
  const std::vector<uint32_t> values = look_up(view, addresses);
  size_t wrong = 0;
  for (size_t i = 0; i < addresses.size(); ++i) {
    if (values[i] == rib.lookup(addresses[i])) continue;
    if (wrong++ == 0) {
      ADD_FAILURE() << addresses[i].to_string() << ": " << values[i] << ", not "
                    << rib.lookup(addresses[i]);
    }
  }
  EXPECT_EQ(wrong, 0u) << "of " << addresses.size();
}

// The first and the last address of a prefix, and their neighbours outside.
inline void add_edges(const Prefix& prefix, std::vector<IpAddress>& addresses) {
  const Bits128 first = prefix.address().bits();
  const Bits128 before{first.lo == 0 ? first.hi - 1 : first.hi, first.lo - 1};
  for (const IpAddress edge :
       {prefix.address(), prefix.last(), prefix.last().plus(1), IpAddress::v6(before)})
    addresses.push_back(edge);
}

// Routes crowd around a few addresses, so that they nest, touch and share every kind of node.
class Crowd {
 public:
  Crowd(uint64_t seed, uint32_t values) : random_(seed), values_(values) {
    for (Bits128& centre : centres_) centre = {random_() >> 3 | uint64_t{1} << 61, random_()};
    centres_[1] = {centres_[0].hi ^ 0x1234'5678, centres_[0].lo};        // in the same /32
    centres_[2] = {centres_[0].hi ^ uint64_t{9} << 32, centres_[0].lo};  // in the same word
  }
  uint64_t number(uint64_t below) { return random_() % below; }
  uint32_t value() { return static_cast<uint32_t>(random_() % values_); }
  // Any length, those around the edges of nodes more often; a few bits differ from a centre.
  Prefix prefix() {
    static constexpr int kLengths[] = {0,  3,  12, 15, 16, 17, 26, 27, 28,  31,  32,  33,  40, 44,
                                       47, 48, 49, 63, 64, 65, 80, 81, 111, 112, 113, 127, 128};
    const int length = random_() % 2 == 0 ? kLengths[random_() % std::size(kLengths)]
                                          : static_cast<int>(random_() % 129);
    return Prefix::containing(address_near(length), length);
  }
  IpAddress address() { return address_near(static_cast<int>(random_() % 129)); }

 private:
  IpAddress address_near(int length) {
    const Bits128 host = Bits128{random_(), random_()} & ~Bits128::mask(length);
    Bits128 bits = (centres_[random_() % std::size(centres_)] & Bits128::mask(length)) | host;
    const int flip = std::max(0, length - 1 - static_cast<int>(random_() % 10));
    if (random_() % 2 == 0) (flip < 64 ? bits.hi : bits.lo) ^= uint64_t{1} << (63 - flip % 64);
    return IpAddress::v6(bits);
  }

  std::mt19937_64 random_;
  uint32_t values_;
  Bits128 centres_[5];
};

inline std::vector<IpAddress> probes(const Rib& rib, Crowd& crowd, size_t random_count) {
  std::vector<IpAddress> addresses;
  rib.for_each([&](const Route& route) {
    if (route.prefix.family() == net::Family::V6) add_edges(route.prefix, addresses);
  });
  for (size_t i = 0; i < random_count; ++i) addresses.push_back(crowd.address());
  return addresses;
}

inline void change(Wide6& table, const Rib& after, std::vector<Prefix> changed, Visible visible,
                   dataplane::rcu::GracePeriods& grace) {
  table.publish(table.prepare(after, changed, visible), grace);
}

class Wide6FullTable : public testing::Test {
 protected:
  static std::vector<Route> routes(uint32_t values) {
    static const FullTable full =
        read_full_table(ISTHMUS_SOURCE_DIR "/tools/bench/data/bgp-prefixes-2026-07.txt.gz");
    std::vector<Route> taken;
    for (size_t i = 0; i < full.v6.size(); i += kSanitized ? 20 : 1)
      taken.push_back({full.v6[i].prefix, full.v6[i].value * 2'654'435'761u % values});
    return taken;
  }
};

}  // namespace isthmus::test::wide6
