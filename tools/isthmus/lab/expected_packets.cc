#include "tools/isthmus/lab/expected_packets.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "tools/isthmus/lab/question.h"

namespace isthmus::cli {
namespace {

using std::chrono::milliseconds;
using Protocol = Question::Protocol;

constexpr char kNotAnswered = 'e';  // a sentence follows, why nothing could be asked

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

Protocol protocol_of(const Value& told) {
  const std::string word = text_at(told, "/protocol");
  return word == "tcp"    ? Protocol::Tcp
         : word == "udp"  ? Protocol::Udp
         : word == "icmp" ? Protocol::Icmp
                          : Protocol::Other;
}

// A router answers for its subnet; where an address is nobody's, silence is all that can be.
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
  const bool has_port = question.protocol == Protocol::Tcp || question.protocol == Protocol::Udp;
  if (const Value* port = find(told, "/port"); port != nullptr && port->IsUint())
    question.port = static_cast<uint16_t>(port->GetUint());
  else if (has_port)
    return Packet{{}, "it names no port: write one, such as port: 443/tcp"};
  if (question.to.empty() && text_at(told, "/expected/result") == "reach")
    return Packet{{},
                  fmt::format("nobody has the address {}", text_at(told, "/packet/destination"))};
  if (auto there = check_machine(machines, question.from); !there)
    return tl::unexpected(there.error());
  question.is_nobodys = question.to.empty();
  if (question.to.find("/subnets/") != std::string::npos) question.to.clear();
  if (!question.to.empty())
    if (auto there = check_machine(machines, question.to); !there)
      return tl::unexpected(there.error());
  return Packet{std::move(question), {}};
}

// In a process of its own, since there is no way back from the machines to the server. It tells a
// character for each question, or kNotAnswered and why.
[[noreturn]] void ask_in_child(Helper& helper, std::span<Question> questions, milliseconds patience,
                               int to) {
  std::string told;
  if (const auto asked = ask(helper, questions, patience); asked) {
    for (const Question& question : questions) told += static_cast<char>(question.end);
  } else {
    told = kNotAnswered + asked.error().message;
  }
  const ssize_t written = ::write(to, told.data(), told.size());
  ::_exit(written == static_cast<ssize_t>(told.size()) ? 0 : 1);
}

Result<void> ask_apart(Helper& helper, std::span<Question> questions, milliseconds patience) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return failure(std::strerror(errno), {});
  File from(ends[0]), to(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return failure(fmt::format("cannot fork: {}", std::strerror(errno)), {});
  if (child == 0) ask_in_child(helper, questions, patience, to.get());
  to = File();
  std::string told;
  std::array<char, 4096> part;
  for (ssize_t size = 0; (size = ::read(from.get(), part.data(), part.size())) > 0;)
    told.append(part.data(), static_cast<size_t>(size));
  ::waitpid(child, nullptr, 0);
  if (told.starts_with(kNotAnswered)) return failure(told.substr(1), {});
  if (told.size() != questions.size()) return failure("the packets were not sent", {});
  for (size_t i = 0; i < told.size(); ++i) questions[i].end = static_cast<Question::End>(told[i]);
  return {};
}

void tell(Value& told, const Packet& packet, Json::AllocatorType& memory) {
  using End = Question::End;
  std::string result = "not-sent", detail = packet.why_not;
  if (packet.question && packet.question->end == End::PortTaken)
    detail = fmt::format("a program has port {} there, and need not answer", packet.question->port);
  else if (packet.question)
    result = packet.question->end == End::Answered ? "reach" : "drop";
  Value wire(rapidjson::kObjectType);
  wire.AddMember("result", Value(result.c_str(), memory), memory);
  if (!detail.empty()) wire.AddMember("detail", Value(detail.c_str(), memory), memory);
  if (detail.empty() && result != text_at(told, "/expected/result")) told["holds"] = false;
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
    if (packet->question) questions.push_back(*packet->question);
    packets.push_back(std::move(*packet));
  }
  if (auto asked = ask_apart(lab->helper, questions, patience); !asked) return asked;
  size_t next = 0;
  for (size_t i = 0; i < packets.size(); ++i) {
    if (packets[i].question) packets[i].question->end = questions[next++].end;
    tell(expectations[static_cast<rapidjson::SizeType>(i)], packets[i],
         expectations.GetAllocator());
  }
  return {};
}

}  // namespace isthmus::cli
