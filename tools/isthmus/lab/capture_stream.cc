#include "tools/isthmus/lab/capture_stream.h"

#include <algorithm>

namespace isthmus::cli {
namespace {

using Bytes = std::span<const uint8_t>;

// draft-ietf-opsawg-pcapng, sections 4.1, 4.2, 4.3 and 4.6.
constexpr uint64_t kSectionHeader = 0x0A0D0D0A;
constexpr uint64_t kInterfaceDescription = 1;
constexpr uint64_t kInterfaceStatistics = 5;
constexpr uint64_t kEnhancedPacket = 6;
constexpr uint64_t kComment = 1;
constexpr uint64_t kInterfaceName = 2;
constexpr uint64_t kFrameFlags = 2;
constexpr uint64_t kFramesMissed = 5;
constexpr uint64_t kInbound = 1;

constexpr size_t kHeadBytes = 8;       // type and length
constexpr size_t kBlockBytesMin = 12;  // and the length again
constexpr size_t kBlockBytesMax = 1u << 20;
constexpr size_t kInterfaceOptions = 16;  // where they begin
constexpr size_t kFrameFixed = 28;
constexpr size_t kStatisticsOptions = 20;

// 0 for what lies behind the end.
uint64_t number_at(Bytes bytes, size_t offset, size_t size) {
  uint64_t value = 0;
  if (offset + size > bytes.size()) return 0;
  for (size_t i = size; i > 0; --i) value = value << 8 | bytes[offset + i - 1];
  return value;
}

constexpr size_t filled_up(size_t size) { return (size + 3) / 4 * 4; }

// The value of an option; empty where there is none.
Bytes option(Bytes block, size_t begin, uint64_t code) {
  constexpr size_t kOptionHead = 4;
  const size_t end = block.size() - sizeof(uint32_t);
  while (begin + kOptionHead <= end) {
    const size_t size = number_at(block, begin + 2, 2);
    if (begin + kOptionHead + size > end) return {};
    if (number_at(block, begin, 2) == code) return block.subspan(begin + kOptionHead, size);
    begin += kOptionHead + filled_up(size);
  }
  return {};
}

std::string_view text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

void CaptureStream::add(Bytes bytes) {
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<ptrdiff_t>(read_));
  read_ = 0;
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

std::optional<Block> CaptureStream::next() {
  const Bytes rest = Bytes(bytes_).subspan(read_);
  if (is_broken_ || rest.size() < kHeadBytes) return std::nullopt;
  const uint64_t type = number_at(rest, 0, 4);
  const size_t size = number_at(rest, 4, 4);
  const bool is_begin = read_ == 0 && interfaces_.empty();
  is_broken_ = size < kBlockBytesMin || size > kBlockBytesMax || size % 4 != 0 ||
               (is_begin && type != kSectionHeader && type != kInterfaceDescription);
  if (is_broken_ || rest.size() < size) return std::nullopt;
  read_ += size;
  Block block{rest.first(size)};
  if (type == kInterfaceDescription)
    interfaces_.emplace_back(text_of(option(block.bytes, kInterfaceOptions, kInterfaceName)));
  if (type == kEnhancedPacket) {
    block.frame = frame_of(block.bytes);
    is_broken_ = !block.frame;
  }
  if (type == kInterfaceStatistics) {
    const Bytes missed = option(block.bytes, kStatisticsOptions, kFramesMissed);
    block.missed = number_at(missed, 0, missed.size());
  }
  return is_broken_ ? std::nullopt : std::optional(block);
}

std::optional<CapturedFrame> CaptureStream::frame_of(Bytes block) const {
  const size_t interface = number_at(block, 8, 4);
  const size_t size = number_at(block, 20, 4);
  if (interface >= interfaces_.size() || kFrameFixed + filled_up(size) + 4 > block.size())
    return std::nullopt;
  const size_t options = kFrameFixed + filled_up(size);
  const Bytes flags = option(block, options, kFrameFlags);
  const uint64_t time = number_at(block, 12, 4) << 32 | number_at(block, 16, 4);
  return CapturedFrame{interfaces_[interface], std::chrono::nanoseconds(time),
                       (number_at(flags, 0, flags.size()) & 3) == kInbound
                           ? dataplane::Direction::Inbound
                           : dataplane::Direction::Outbound,
                       block.subspan(kFrameFixed, size), text_of(option(block, options, kComment))};
}

}  // namespace isthmus::cli
