#include "tools/isthmus/lab/expected_packets.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <set>
#include <tuple>

#include "tools/isthmus/lab/question.h"

namespace isthmus::cli {
namespace {

using std::chrono::milliseconds;
using Protocol = Question::Protocol;

constexpr char kNotAsked = 'e';  // two lines follow, why nothing could be asked and what helps
constexpr char kFlowsPath[] = "/_isthmus/v1/flows?limit=10000";
// Of those that IANA has given to nobody, but the one that explain takes for every other.
constexpr uint8_t kOtherFirst = 148, kOtherLast = 252;

// Of an expectation, either a question or why it is none.
struct Packet {
  std::optional<Question> question;
  std::string why_not;
};

Result<void> check_machine(const std::vector<MachineInfo>& machines, const std::string& nic) {
  const auto found = std::find_if(machines.begin(), machines.end(),
                                  [&](const MachineInfo& one) { return one.nic == nic; });
  if (found == machines.end())
    return failure(fmt::format("{} has no machine", nic), "isthmus lab up makes it");
  if (found->trouble.empty()) return {};
  return failure(fmt::format("the machine of {} is not plugged in: {}", nic, found->trouble),
                 "isthmus lab up plugs it in again");
}

Question::Protocol protocol_of(const Value& told) {
  const std::string word = text_at(told, "/protocol");
  return word == "tcp"    ? Protocol::Tcp
         : word == "udp"  ? Protocol::Udp
         : word == "icmp" ? Protocol::Icmp
                          : Protocol::Other;
}

// Addresses of which a system keeps packets to itself: RFC 1122 section 3.2.1.3, RFC 4291 2.5.
bool stays_at_home(const net::IpAddress& destination) {
  static const net::Prefix kHome[] = {
      *net::Prefix::parse("0.0.0.0/8"), *net::Prefix::parse("127.0.0.0/8"),
      *net::Prefix::parse("::/127"), *net::Prefix::parse("fe80::/10")};
  return std::any_of(std::begin(kHome), std::end(kHome), [&](const net::Prefix& home) {
    return home.family() == destination.family() && home.contains(destination);
  });
}

bool is_router(const std::string& resource) {
  return resource.find("/subnets/") != std::string::npos;
}

// Why its packet cannot be sent, or what becomes of it cannot be seen; empty where it can.
std::string why_not_sent(const Question& question, const Value& told) {
  const bool has_port = question.protocol == Protocol::Tcp || question.protocol == Protocol::Udp;
  if (has_port && question.port == 0) return "it names no port: write one, such as port: 443/tcp";
  if (is_router(question.from)) return "a router sends nothing that nobody asked for";
  if (question.from == question.to || question.source == question.destination ||
      stays_at_home(question.destination))
    return "it would not leave the machine";
  const bool may_reach =
      text_at(told, "/expected/result") == "reach" || text_at(told, "/actual/result") == "reach";
  if (question.to.empty() && may_reach)
    return fmt::format("the tables lead {} to no single machine", question.destination.to_string());
  return {};
}

Result<Packet> packet_of(const std::vector<MachineInfo>& machines, const Value& told) {
  const auto source = net::IpAddress::parse(text_at(told, "/packet/source"));
  const auto destination = net::IpAddress::parse(text_at(told, "/packet/destination"));
  if (!source || !destination)
    return failure("the server does not tell the packets of expectations",
                   "is it of this version?");
  Question question;
  question.from = text_at(told, "/packet/sender");
  question.to = text_at(told, "/packet/receiver");
  question.source = *source;
  question.destination = *destination;
  question.protocol = protocol_of(told);
  if (const Value* port = find(told, "/port"); port != nullptr && port->IsUint())
    question.port = static_cast<uint16_t>(port->GetUint());
  if (std::string why = why_not_sent(question, told); !why.empty()) return Packet{{}, why};
  question.is_nobodys = question.to.empty();
  if (is_router(question.to)) question.to.clear();  // which answers by itself
  for (const std::string& nic : {question.from, question.to}) {
    if (nic.empty()) continue;
    if (auto there = check_machine(machines, nic); !there) return tl::unexpected(there.error());
  }
  return Packet{std::move(question), {}};
}

// Without ports, a packet passes as one of a flow that its ends have had with each other lately,
// whatever the rules say now. So each question between two ends has a protocol of its own.
class OtherProtocols {
 public:
  static Result<OtherProtocols> known_to(Session& session) {
    const auto answer = session.api.get(kFlowsPath);
    if (!answer) return tl::unexpected(answer.error());
    OtherProtocols protocols;
    const Value* flows = find(*answer, "/flows");
    for (const Value& flow : flows->GetArray()) {
      const int number = std::atoi(text_at(flow, "/protocol").c_str());  // of others their names
      const auto one = net::IpAddress::parse(text_at(flow, "/source"));
      const auto other = net::IpAddress::parse(text_at(flow, "/destination"));
      if (number != 0 && one && other)
        protocols.taken_.insert(key(*one, *other, static_cast<uint8_t>(number)));
    }
    return protocols;
  }
  // 0: there is none left.
  uint8_t take_one(const net::IpAddress& source, const net::IpAddress& destination) {
    for (uint8_t number = kOtherFirst; number <= kOtherLast; ++number)
      if (taken_.insert(key(source, destination, number)).second) return number;
    return 0;
  }

 private:
  using Key = std::tuple<net::IpAddress, net::IpAddress, uint8_t>;
  static Key key(const net::IpAddress& one, const net::IpAddress& other, uint8_t number) {
    return {std::min(one, other), std::max(one, other), number};
  }
  std::set<Key> taken_;
};

Result<void> number_others(Session& session, std::vector<Packet>& packets) {
  std::optional<OtherProtocols> protocols;
  for (Packet& packet : packets) {
    if (!packet.question || packet.question->protocol != Protocol::Other) continue;
    if (!protocols) {
      auto known = OtherProtocols::known_to(session);
      if (!known) return tl::unexpected(known.error());
      protocols = std::move(*known);
    }
    Question& question = *packet.question;
    question.ip_protocol = protocols->take_one(question.source, question.destination);
    if (question.ip_protocol == 0)
      packet = {{}, "there are flows of every unused protocol; they are over after four minutes"};
  }
  return {};
}

// In a process of its own, since there is no way back from the machines to the server; not longer
// than who asks. It tells a line for each question, or kNotAsked and why.
[[noreturn]] void ask_in_child(Helper& helper, std::span<Question> questions, milliseconds patience,
                               int to) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::string told;
  if (const auto asked = ask(helper, questions, patience); asked) {
    for (const Question& question : questions)
      told += fmt::format("{}{}\n", static_cast<char>(question.end), question.why_not);
  } else {
    told = fmt::format("{}{}\n{}\n", kNotAsked, asked.error().message, asked.error().remedy);
  }
  std::string_view left = told;
  while (!left.empty()) {
    const ssize_t size = ::write(to, left.data(), left.size());
    if (size < 0) ::_exit(1);
    left.remove_prefix(static_cast<size_t>(size));
  }
  ::_exit(0);
}

std::vector<std::string> lines_from(int from) {
  std::string told;
  std::array<char, 4096> part;
  for (ssize_t size = 0; (size = ::read(from, part.data(), part.size())) > 0;)
    told.append(part.data(), static_cast<size_t>(size));
  std::vector<std::string> lines;
  for (size_t end = 0, begin = 0; (end = told.find('\n', begin)) != std::string::npos;
       begin = end + 1)
    lines.push_back(told.substr(begin, end - begin));
  return lines;
}

Result<void> ask_apart(Helper& helper, std::span<Question> questions, milliseconds patience) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return failure(std::strerror(errno), {});
  File from(ends[0]), to(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return failure(fmt::format("cannot fork: {}", std::strerror(errno)), {});
  if (child == 0) ask_in_child(helper, questions, patience, to.get());
  to = File();
  const std::vector<std::string> lines = lines_from(from.get());
  ::waitpid(child, nullptr, 0);
  if (lines.size() == 2 && lines[0].starts_with(kNotAsked))
    return failure(lines[0].substr(1), lines[1]);
  if (lines.size() != questions.size()) return failure("the packets were not sent", {});
  for (size_t i = 0; i < lines.size(); ++i) {
    questions[i].end = static_cast<Question::End>(lines[i].front());
    questions[i].why_not = lines[i].substr(1);
  }
  return {};
}

void tell(Value& told, const Packet& packet, Json::AllocatorType& memory) {
  using End = Question::End;
  const End end = packet.question ? packet.question->end : End::NotSent;
  const std::string why = packet.question ? packet.question->why_not : packet.why_not;
  const std::string_view result = end == End::Answered ? "reach"
                                  : end == End::Silent ? "drop"
                                                       : "not-sent";
  if (end != End::NotSent && result != text_at(told, "/expected/result")) told["holds"] = false;
  Value wire(rapidjson::kObjectType);
  wire.AddMember("result", Value(std::string(result).c_str(), memory), memory);
  if (!why.empty()) wire.AddMember("detail", Value(why.c_str(), memory), memory);
  told.AddMember("wire", wire, memory);
}

}  // namespace

Result<void> send_expected(Session& session, Json& expectations, milliseconds patience) {
  auto lab = open_lab(session);
  if (!lab) return tl::unexpected(lab.error());
  std::vector<Packet> packets;
  std::vector<Question> questions;
  for (const Value& told : expectations.GetArray()) {
    auto packet = packet_of(lab->machines, told);
    if (!packet) return tl::unexpected(packet.error());
    packets.push_back(std::move(*packet));
  }
  if (auto numbered = number_others(session, packets); !numbered) return numbered;
  for (const Packet& packet : packets)
    if (packet.question) questions.push_back(*packet.question);
  if (auto asked = ask_apart(lab->helper, questions, patience); !asked) return asked;
  size_t next = 0;
  for (size_t i = 0; i < packets.size(); ++i) {
    if (packets[i].question) packets[i].question = questions[next++];
    tell(expectations[static_cast<rapidjson::SizeType>(i)], packets[i],
         expectations.GetAllocator());
  }
  return {};
}

}  // namespace isthmus::cli
