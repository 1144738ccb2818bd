#include "tools/isthmus/lab/frame_line.h"

#include <fmt/format.h>

#include <ctime>

#include "dataplane/net/headers.h"
#include "dataplane/net/neighbour.h"

namespace isthmus::cli {
namespace {

using dataplane::Direction;
using net::FlowKey;
using net::IpProtocol;

struct FlagLetter {
  uint8_t flag;
  char letter;
};
constexpr FlagLetter kFlagLetters[] = {{net::kTcpFin, 'F'},
                                       {net::kTcpSyn, 'S'},
                                       {net::kTcpRst, 'R'},
                                       {0x08, 'P'},  // RFC 9293 section 3.1: push
                                       {net::kTcpAck, '.'}};

struct IcmpWords {
  uint8_t type_v4;
  uint8_t type_v6;
  std::string_view words;
  bool has_identifier = false;
};
// RFC 792, RFC 4443, RFC 4861; 255 is assigned to nothing.
constexpr uint8_t kNoType = 255;
constexpr IcmpWords kIcmpWords[] = {{8, 128, "echo request", true},
                                    {0, 129, "echo reply", true},
                                    {3, 1, "destination unreachable"},
                                    {kNoType, 2, "packet too big"},
                                    {11, 3, "time exceeded"},
                                    {kNoType, 133, "router solicitation"},
                                    {kNoType, 134, "router advertisement"},
                                    {kNoType, 135, "neighbor solicitation"},
                                    {kNoType, 136, "neighbor advertisement"}};

std::string time_of_day(std::chrono::nanoseconds time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t seconds = whole.count();
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}:{:02}.{:06}", local.tm_hour, local.tm_min, local.tm_sec,
                     std::chrono::duration_cast<std::chrono::microseconds>(time - whole).count());
}

std::string flags_of(uint8_t flags) {
  std::string letters;
  for (const FlagLetter& row : kFlagLetters)
    if ((flags & row.flag) != 0) letters += row.letter;
  return letters.empty() ? "none" : letters;
}

std::string icmp(const FlowKey& flow) {
  const auto type = static_cast<uint8_t>(flow.destination_port >> 8);
  const bool is_v4 = flow.protocol == IpProtocol::Icmp;
  const std::string_view name = is_v4 ? "ICMP" : "ICMP6";
  for (const IcmpWords& row : kIcmpWords) {
    if (type != (is_v4 ? row.type_v4 : row.type_v6)) continue;
    if (!row.has_identifier) return fmt::format("{} {}", name, row.words);
    return fmt::format("{} {}, id {}", name, row.words, flow.source_port);
  }
  return fmt::format("{} type {}", name, type);
}

std::string packet(const net::Headers& headers) {
  const FlowKey& flow = headers.flow;
  const bool has_ports = flow.has_ports() && headers.has_l4;
  const auto end = [has_ports](const net::IpAddress& address, uint16_t port) {
    return has_ports ? fmt::format("{}.{}", address.to_string(), port) : address.to_string();
  };
  std::string what;
  if (!headers.has_l4 && headers.is_fragment)
    what = "fragment";
  else if (flow.protocol == IpProtocol::Tcp)
    what = fmt::format("Flags [{}]", flags_of(headers.tcp_flags));
  else if (flow.protocol == IpProtocol::Udp)
    what = "UDP";
  else if (flow.is_icmp())
    what = icmp(flow);
  else
    what = fmt::format("protocol {}", static_cast<int>(flow.protocol));
  return fmt::format("{} {} > {}: {}", flow.source.is_v4() ? "IP" : "IP6",
                     end(flow.source, flow.source_port),
                     end(flow.destination, flow.destination_port), what);
}

// RFC 826: operation at 20, the sender's MAC at 22 and its address at 28, from the frame's start.
std::string arp(std::span<const uint8_t> frame) {
  constexpr size_t kArpBytes = 42;
  if (const auto question = net::parse_neighbour_question(frame))
    return fmt::format("ARP who-has {} tell {}", question->asked.to_string(),
                       question->asker.to_string());
  if (frame.size() < kArpBytes || frame[21] != 2) return "ARP";
  return fmt::format("ARP {}.{}.{}.{} is-at {:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", frame[28],
                     frame[29], frame[30], frame[31], frame[22], frame[23], frame[24], frame[25],
                     frame[26], frame[27]);
}

std::string what_is(std::span<const uint8_t> frame) {
  if (net::is_arp(frame)) return arp(frame);
  if (const auto headers = net::parse_ethernet(frame)) return packet(*headers);
  constexpr size_t kEtherType = 12;
  if (frame.size() < kEtherType + 2) return "no frame";
  return fmt::format("ethertype 0x{:04x}", frame[kEtherType] << 8 | frame[kEtherType + 1]);
}

}  // namespace

std::string line_of(const CapturedFrame& frame) {
  const size_t slash = frame.interface.rfind('/');
  return fmt::format("{} {} {} {}, {} bytes{}{}", time_of_day(frame.time),
                     frame.interface.substr(slash + 1),
                     frame.direction == Direction::Outbound ? "Out" : "In ", what_is(frame.bytes),
                     frame.bytes.size(), frame.comment.empty() ? "" : "  ", frame.comment);
}

}  // namespace isthmus::cli
