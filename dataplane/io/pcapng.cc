#include "dataplane/io/pcapng.h"

#include <algorithm>
#include <limits>

namespace isthmus::dataplane::io::pcapng {
namespace {

// Sections 4.1, 4.2, 4.3 and 4.6; their options, and those of every block in section 3.5.
constexpr uint32_t kSectionHeader = 0x0A0D0D0A;
constexpr uint32_t kInterfaceDescription = 1;
constexpr uint32_t kEnhancedPacket = 6;
constexpr uint32_t kInterfaceStatistics = 5;
constexpr uint16_t kEndOfOptions = 0;
constexpr uint16_t kComment = 1;
constexpr uint16_t kApplication = 4;
constexpr uint16_t kInterfaceName = 2;
constexpr uint16_t kTimeResolution = 9;
constexpr uint16_t kFrameFlags = 2;
constexpr uint16_t kFramesReceived = 4;
constexpr uint16_t kFramesMissed = 5;

constexpr uint32_t kByteOrderMagic = 0x1A2B3C4D;
constexpr uint64_t kUnknownLength = ~uint64_t{0};
constexpr uint16_t kLinkTypeEthernet = 1;
constexpr uint8_t kNanoseconds = 9;  // a unit of 10^-9 seconds
constexpr uint32_t kInbound = 1;     // epb_flags, bits 0 and 1
constexpr uint32_t kOutbound = 2;
constexpr size_t kAlignment = 4;

// A block is its type, its length, what is in it, and its length again.
class Block {
 public:
  Block(std::vector<uint8_t>& out, uint32_t type) : out_(out), begin_(out.size()) {
    number<uint32_t>(type).number<uint32_t>(0);
  }
  ~Block() {
    const auto length = static_cast<uint32_t>(out_.size() - begin_ + sizeof(uint32_t));
    number<uint32_t>(length);
    for (size_t i = 0; i < sizeof length; ++i)
      out_[begin_ + sizeof(uint32_t) + i] = static_cast<uint8_t>(length >> (8 * i));
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  template <class Number>
  Block& number(Number value) {
    for (size_t i = 0; i < sizeof value; ++i) out_.push_back(static_cast<uint8_t>(value >> 8 * i));
    return *this;
  }
  Block& time(std::chrono::nanoseconds since_1970) {
    const auto value = static_cast<uint64_t>(since_1970.count());
    return number(static_cast<uint32_t>(value >> 32)).number(static_cast<uint32_t>(value));
  }
  Block& bytes(std::span<const uint8_t> value) {
    out_.insert(out_.end(), value.begin(), value.end());
    out_.resize(out_.size() + (kAlignment - value.size() % kAlignment) % kAlignment);
    return *this;
  }
  Block& option(uint16_t code, std::string_view text) {
    text = text.substr(0, std::numeric_limits<uint16_t>::max());
    number(code).number(static_cast<uint16_t>(text.size()));
    return bytes({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
  template <class Number>
  Block& option(uint16_t code, Number value) {
    number(code).number(static_cast<uint16_t>(sizeof value)).number(value);
    out_.resize(out_.size() + (kAlignment - sizeof value % kAlignment) % kAlignment);
    return *this;
  }
  void end_options() { number<uint32_t>(kEndOfOptions); }

 private:
  std::vector<uint8_t>& out_;
  size_t begin_;
};

}  // namespace

void append_section_header(std::vector<uint8_t>& out, std::string_view application) {
  constexpr uint16_t kMajor = 1;
  constexpr uint16_t kMinor = 0;
  Block block(out, kSectionHeader);
  block.number(kByteOrderMagic).number(kMajor).number(kMinor).number(kUnknownLength);
  block.option(kApplication, application).end_options();
}

void append_interface(std::vector<uint8_t>& out, std::string_view name) {
  Block block(out, kInterfaceDescription);
  block.number(kLinkTypeEthernet).number<uint16_t>(0).number(kSnapBytesMax);
  block.option(kInterfaceName, name).option(kTimeResolution, kNanoseconds).end_options();
}

void append_frame(std::vector<uint8_t>& out, const Frame& frame) {
  const auto written = frame.bytes.first(std::min<size_t>(frame.bytes.size(), kSnapBytesMax));
  Block block(out, kEnhancedPacket);
  block.number(frame.interface_number).time(frame.time);
  block.number(static_cast<uint32_t>(written.size()));
  block.number(static_cast<uint32_t>(frame.bytes.size())).bytes(written);
  if (!frame.comment.empty()) block.option(kComment, frame.comment);
  block.option(kFrameFlags, frame.direction == Direction::Inbound ? kInbound : kOutbound);
  block.end_options();
}

void append_statistics(std::vector<uint8_t>& out, const Statistics& statistics) {
  Block block(out, kInterfaceStatistics);
  block.number(statistics.interface_number).time(statistics.time);
  block.option(kFramesReceived, statistics.received).option(kFramesMissed, statistics.missed);
  block.end_options();
}

}  // namespace isthmus::dataplane::io::pcapng
