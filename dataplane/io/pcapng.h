// Captured frames as bytes of a pcapng file, which Wireshark and tshark read: draft-ietf-opsawg-
// pcapng. Each function appends one whole block.
//
//   append_section_header, then append_interface for each interface before its first frame; the
//   first one is number 0. Frames are of Ethernet; times are nanoseconds since 1970, UTC.
//
// Pure. Numbers are little-endian, which the section header tells the reader.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "dataplane/program.h"

namespace isthmus::dataplane::io::pcapng {

constexpr uint32_t kSnapBytesMax = 262144;  // of a frame; Wireshark's own limit

struct Frame {
  uint32_t interface_number = 0;
  std::chrono::nanoseconds time{};
  Direction direction = Direction::Outbound;
  std::span<const uint8_t> bytes;
  std::string_view comment;  // UTF-8; empty for none
};

struct Statistics {
  uint32_t interface_number = 0;
  std::chrono::nanoseconds time{};
  uint64_t received = 0;  // frames, written or not
  uint64_t missed = 0;    // of these, not written: the reader was too slow
};

void append_section_header(std::vector<uint8_t>& out, std::string_view application);
void append_interface(std::vector<uint8_t>& out, std::string_view name);
void append_frame(std::vector<uint8_t>& out, const Frame& frame);
void append_statistics(std::vector<uint8_t>& out, const Statistics& statistics);

}  // namespace isthmus::dataplane::io::pcapng
