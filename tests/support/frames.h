// Builds Ethernet frames for tests, one layer after another.
//
//   Frame().ethernet(destination, source).vlan(5).ipv4(flow).tcp(flow, kTcpSyn).bytes()
//
// bytes() fills in the lengths that the IP headers carry. Checksums are 0: nothing here reads them.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/net/flow_key.h"

namespace isthmus::test {

class Frame {
 public:
  Frame& ethernet(net::Mac destination, net::Mac source) {
    return number(destination.value(), 6).number(source.value(), 6).number(0, 2);
  }
  Frame& vlan(uint16_t tag, uint16_t ether_type = 0x8100) {
    set_ether_type(ether_type);
    return number(tag, 2).number(0, 2);
  }
  // `words` of options; `fragment` is the 16-bit field of flags and offset.
  Frame& ipv4(const net::FlowKey& flow, uint8_t ttl = 64, uint8_t words = 0,
              uint16_t fragment = 0) {
    set_ether_type(0x0800);
    l3_ = bytes_.size();
    number(0x45u + words, 1).number(0, 1).number(0, 2).number(1, 2).number(fragment, 2);
    number(ttl, 1).number(static_cast<uint8_t>(flow.protocol), 1).number(0, 2);
    number(flow.source.v4_host_order(), 4).number(flow.destination.v4_host_order(), 4);
    for (int i = 0; i < words; ++i) number(0x01010101, 4);  // "no operation"
    return *this;
  }
  // `first` is the first next header: the protocol, or the kind of the extension that follows.
  Frame& ipv6(const net::FlowKey& flow, uint8_t first, uint8_t hop_limit = 64) {
    set_ether_type(0x86DD);
    l3_ = bytes_.size();
    is_v6_ = true;
    number(0x60000000, 4).number(0, 2).number(first, 1).number(hop_limit, 1);
    for (const net::IpAddress& address : {flow.source, flow.destination}) {
      for (const uint8_t byte : address.bytes()) bytes_.push_back(byte);
    }
    return *this;
  }
  Frame& extension(uint8_t next, size_t size_bytes) {
    number(next, 1).number(size_bytes / 8 - 1, 1);
    bytes_.resize(bytes_.size() + size_bytes - 2);
    return *this;
  }
  Frame& fragment_extension(uint8_t next, uint16_t offset_and_flags) {
    return number(next, 1).number(0, 1).number(offset_and_flags, 2).number(1, 4);
  }
  Frame& tcp(const net::FlowKey& flow, uint8_t flags) {
    number(flow.source_port, 2).number(flow.destination_port, 2).number(0, 8);
    return number(0x50, 1).number(flags, 1).number(0, 6);
  }
  Frame& udp(const net::FlowKey& flow) {
    return number(flow.source_port, 2).number(flow.destination_port, 2).number(8, 2).number(0, 2);
  }
  Frame& icmp(const net::FlowKey& flow) {
    return number(flow.destination_port, 2).number(0, 2).number(flow.source_port, 2).number(1, 2);
  }
  Frame& payload(size_t size_bytes) {
    bytes_.resize(bytes_.size() + size_bytes, 0xAA);
    return *this;
  }

  // As it is on the wire; `padding` bytes follow the IP packet.
  std::vector<uint8_t> bytes(size_t padding = 0) const {
    std::vector<uint8_t> frame = bytes_;
    const size_t at = is_v6_ ? l3_ + 4 : l3_ + 2;
    const size_t length = frame.size() - l3_ - (is_v6_ ? 40 : 0);
    if (l3_ != 0) {
      frame[at] = static_cast<uint8_t>(length >> 8);
      frame[at + 1] = static_cast<uint8_t>(length);
    }
    frame.resize(frame.size() + padding);
    return frame;
  }

 private:
  Frame& number(uint64_t value, size_t size) {
    for (size_t i = size; i > 0; --i) bytes_.push_back(static_cast<uint8_t>(value >> 8 * (i - 1)));
    return *this;
  }
  void set_ether_type(uint16_t type) {
    bytes_[bytes_.size() - 2] = static_cast<uint8_t>(type >> 8);
    bytes_[bytes_.size() - 1] = static_cast<uint8_t>(type);
  }

  std::vector<uint8_t> bytes_;
  size_t l3_ = 0;
  bool is_v6_ = false;
};

}  // namespace isthmus::test
