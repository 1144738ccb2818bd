// Reads the pcapng stream that isthmusd writes (dataplane/io/pcapng.h), block by block as it comes.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/program.h"

namespace isthmus::cli {

struct CapturedFrame {
  std::string_view interface;  // path of the network interface
  std::chrono::nanoseconds time{};
  dataplane::Direction direction = dataplane::Direction::Outbound;
  std::span<const uint8_t> bytes;
  std::string_view comment;  // why it was dropped; empty where it was not
};

struct Block {
  std::span<const uint8_t> bytes;  // all of it, as it came
  std::optional<CapturedFrame> frame{};
  uint64_t missed = 0;  // of a block of statistics: frames for which the reader was too slow
};

class CaptureStream {
 public:
  void add(std::span<const uint8_t> bytes);
  // The next block, valid until the next call; nothing where not all of it has come.
  std::optional<Block> next();
  bool is_broken() const { return is_broken_; }  // it is no such stream: nothing more comes of it

 private:
  std::optional<CapturedFrame> frame_of(std::span<const uint8_t> block) const;

  std::vector<uint8_t> bytes_;
  size_t read_ = 0;
  std::vector<std::string> interfaces_;
  bool is_broken_ = false;
};

}  // namespace isthmus::cli
