#include "dataplane/net/frame_edit.h"

#include "dataplane/net/checksum.h"

namespace isthmus::net {
namespace {

constexpr size_t kMacBytes = 6;
constexpr size_t kIpv4TtlOffset = 8;        // RFC 791 section 3.1; the protocol follows it
constexpr size_t kIpv4ChecksumOffset = 10;  // the same
constexpr size_t kIpv6HopLimitOffset = 7;   // RFC 8200 section 3

void write(std::span<uint8_t> frame, size_t offset, uint64_t value, size_t size_bytes) {
  for (size_t i = 0; i < size_bytes; ++i)
    frame[offset + i] = static_cast<uint8_t>(value >> 8 * (size_bytes - 1 - i));
}

}  // namespace

FrameWriter& FrameWriter::number(uint64_t value, size_t size_bytes) {
  frame_.resize(frame_.size() + size_bytes);
  return put(frame_.size() - size_bytes, value, size_bytes);
}

FrameWriter& FrameWriter::bytes(std::span<const uint8_t> bytes) {
  frame_.insert(frame_.end(), bytes.begin(), bytes.end());
  return *this;
}

FrameWriter& FrameWriter::zeros(size_t count) {
  frame_.resize(frame_.size() + count);
  return *this;
}

FrameWriter& FrameWriter::ip(const IpAddress& address) {
  const auto all = address.bytes();
  return bytes(std::span(all).first(address.is_v4() ? 4 : 16));
}

FrameWriter& FrameWriter::put(size_t offset, uint64_t value, size_t size_bytes) {
  write(frame_, offset, value, size_bytes);
  return *this;
}

void set_macs(std::span<uint8_t> frame, Mac destination, Mac source) {
  write(frame, 0, destination.value(), kMacBytes);
  write(frame, kMacBytes, source.value(), kMacBytes);
}

uint16_t word_at(std::span<const uint8_t> frame, size_t offset) {
  return static_cast<uint16_t>(frame[offset] << 8 | frame[offset + 1]);
}

void set_ttl(std::span<uint8_t> frame, const Headers& headers, uint8_t ttl) {
  const size_t ip = headers.l3_offset;
  if (!headers.flow.source.is_v4()) {
    frame[ip + kIpv6HopLimitOffset] = ttl;
    return;
  }
  const uint16_t before = word_at(frame, ip + kIpv4TtlOffset);
  frame[ip + kIpv4TtlOffset] = ttl;
  const uint16_t after = word_at(frame, ip + kIpv4TtlOffset);
  const uint16_t sum = word_at(frame, ip + kIpv4ChecksumOffset);
  write(frame, ip + kIpv4ChecksumOffset, updated_checksum(sum, before, after), 2);
}

}  // namespace isthmus::net
