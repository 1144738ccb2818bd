// What the tests of Wide4 share: every answer is asked for on every build of the loops.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "dataplane/fib/rib.h"
#include "dataplane/fib/wide4.h"
#include "dataplane/net/ip.h"

namespace isthmus::test {

inline net::Prefix prefix(const char* text) { return net::Prefix::parse(text).value(); }

// What the table says on every path, which must be the same.
inline std::vector<uint32_t> look_up(const dataplane::Wide4::View& view,
                                     const std::vector<uint32_t>& addresses) {
  std::vector<uint32_t> values(addresses.size());
  for (size_t i = 0; i < addresses.size(); ++i) values[i] = lookup_one(view, addresses[i]);
  std::vector<uint32_t> again(addresses.size());
  for (const dataplane::CpuPath path : dataplane::cpu_paths()) {
    std::fill(again.begin(), again.end(), 0xABABABAB);
    lookup_on(path, view, addresses.data(), again.data(), addresses.size());
    EXPECT_EQ(values, again) << to_string(path);
  }
  return values;
}

inline void expect_equal(const dataplane::Wide4::View& view, const dataplane::Rib& routes,
                         const std::vector<uint32_t>& addresses) {
  const std::vector<uint32_t> values = look_up(view, addresses);
  for (size_t i = 0; i < addresses.size(); ++i) {
    const auto address = net::IpAddress::v4(addresses[i]);
    ASSERT_EQ(values[i], routes.lookup(address)) << address.to_string();
  }
}

// Both ends of a prefix, their neighbours, and an address inside.
inline void add_edges(std::vector<uint32_t>& addresses, const net::Prefix& of,
                      std::mt19937_64& random) {
  if (of.family() == net::Family::V6) return;
  const uint32_t first = of.address().v4_host_order();
  const uint32_t last = of.last().v4_host_order();
  const uint32_t inside = first + static_cast<uint32_t>(random() & (last - first));
  for (const uint32_t edge : {first, last, last + 1, first - 1, inside}) addresses.push_back(edge);
}

}  // namespace isthmus::test
