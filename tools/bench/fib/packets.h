// The addresses that contenders look up, in the shape in which packets bring them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/net/ip.h"

namespace isthmus::bench {

// Part of a Packets, as plain pointers: what the measured loops see.
struct PacketView {
  const uint32_t* tables = nullptr;   // which table each packet asks; all 0 where there is one
  const uint32_t* v4 = nullptr;       // host order
  const uint8_t (*v6)[16] = nullptr;  // network order
  size_t count = 0;

  PacketView slice(size_t from, size_t n) const {
    return {tables + from, v4 == nullptr ? nullptr : v4 + from, v6 == nullptr ? nullptr : v6 + from,
            n};
  }
  net::IpAddress address(size_t i) const;
};

struct Packets {
  std::vector<uint32_t> tables;
  std::vector<uint32_t> v4;  // one of the two is empty
  std::vector<std::array<uint8_t, 16>> v6;

  void add(uint32_t table, const net::IpAddress& address);
  size_t size() const { return tables.size(); }
  PacketView view() const;
};

}  // namespace isthmus::bench
