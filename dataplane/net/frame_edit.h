// Writes into frames, in wire order: the counterpart of headers.h, which reads them.
//
// Every function takes a frame that was read without an error, and its Headers where it needs them;
// what it writes lies inside what was read.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/net/headers.h"

namespace isthmus::net {

// Appends numbers to a frame that is made from nothing.
class FrameWriter {
 public:
  FrameWriter& number(uint64_t value, size_t size_bytes);
  FrameWriter& bytes(std::span<const uint8_t> bytes);
  FrameWriter& zeros(size_t count);
  FrameWriter& mac(Mac mac) { return number(mac.value(), 6); }
  FrameWriter& ip(const IpAddress& address);
  // Writes over what is there: a length or checksum that is known at the end.
  FrameWriter& put(size_t offset, uint64_t value, size_t size_bytes);
  std::span<const uint8_t> from(size_t offset) const { return std::span(frame_).subspan(offset); }
  size_t size() const { return frame_.size(); }
  std::vector<uint8_t> take() { return std::move(frame_); }

 private:
  std::vector<uint8_t> frame_;
};

void set_macs(std::span<uint8_t> frame, Mac destination, Mac source);
// The time to live or hop limit; of IPv4 also the checksum, by what has changed.
void set_ttl(std::span<uint8_t> frame, const Headers& headers, uint8_t ttl);
// The 16-bit number at `offset`.
uint16_t word_at(std::span<const uint8_t> frame, size_t offset);

}  // namespace isthmus::net
