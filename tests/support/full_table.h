// The full Internet routing table of tools/bench/data as routes. Needs zlib.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/fib/rib.h"

namespace isthmus::test {

struct FullTable {
  std::vector<dataplane::Route> v4;  // in the order of prefixes; the value is the place in it
  std::vector<dataplane::Route> v6;

  const std::vector<dataplane::Route>& of(net::Family family) const {
    return family == net::Family::V4 ? v4 : v6;
  }
};

inline FullTable read_full_table(const std::string& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), &gzclose);
  if (file == nullptr) throw std::runtime_error("cannot read " + path);
  FullTable table;
  char line[64];
  while (gzgets(file.get(), line, sizeof line) != nullptr) {
    const std::string_view text(line);
    const auto prefix = net::Prefix::parse(text.substr(0, text.find_last_not_of("\r\n") + 1));
    if (!prefix) throw std::runtime_error("not a prefix: " + std::string(text));
    (prefix->family() == net::Family::V4 ? table.v4 : table.v6).push_back({*prefix, 0});
  }
  for (auto* routes : {&table.v4, &table.v6}) {
    std::sort(routes->begin(), routes->end(),
              [](const auto& a, const auto& b) { return a.prefix < b.prefix; });
    for (size_t i = 0; i < routes->size(); ++i) (*routes)[i].value = static_cast<uint32_t>(i);
  }
  return table;
}

// Any address at all. IPv6 stays inside 2000::/3, where all assigned addresses are.
inline net::IpAddress random_address(net::Family family, std::mt19937_64& random) {
  net::Bits128 bits{random(), random()};
  if (family == net::Family::V6) bits.hi = bits.hi >> 3 | uint64_t{1} << 61;
  return net::IpAddress::from_bits(family, bits);
}

// An address that one of the routes contains, each route being as likely.
inline net::IpAddress routed_address(const std::vector<dataplane::Route>& routes,
                                     std::mt19937_64& random) {
  const net::Prefix& prefix = routes[random() % routes.size()].prefix;
  const net::Bits128 host = net::Bits128{random(), random()} & ~net::Bits128::mask(prefix.length());
  return net::IpAddress::from_bits(prefix.family(), prefix.address().bits() | host);
}

}  // namespace isthmus::test
