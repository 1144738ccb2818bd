#include "tools/bench/fib/packets.h"

namespace isthmus::bench {

net::IpAddress PacketView::address(size_t i) const {
  if (v4 != nullptr) return net::IpAddress::v4(v4[i]);
  net::Bits128 bits;
  for (size_t at = 0; at < 8; ++at) {
    bits.hi = bits.hi << 8 | v6[i][at];
    bits.lo = bits.lo << 8 | v6[i][at + 8];
  }
  return net::IpAddress::v6(bits);
}

void Packets::add(uint32_t table, const net::IpAddress& address) {
  tables.push_back(table);
  if (address.is_v4())
    v4.push_back(address.v4_host_order());
  else
    v6.push_back(address.bytes());
}

PacketView Packets::view() const {
  static_assert(sizeof(v6[0]) == sizeof(uint8_t[16]));
  return {tables.data(), v4.empty() ? nullptr : v4.data(),
          v6.empty() ? nullptr : reinterpret_cast<const uint8_t(*)[16]>(v6.data()), size()};
}

}  // namespace isthmus::bench
