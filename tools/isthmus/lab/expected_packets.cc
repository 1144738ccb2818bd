#include "tools/isthmus/lab/expected_packets.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/isthmus/lab/other_protocols.h"
#include "tools/isthmus/lab/question_process.h"

namespace isthmus::cli {
namespace {

using std::chrono::milliseconds;
using Protocol = Question::Protocol;

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

Result<void> number_others(Session& session, std::vector<Packet>& packets) {
  std::optional<OtherProtocols> protocols;
  for (Packet& packet : packets) {
    if (!packet.question || packet.question->protocol != Protocol::Other) continue;
    if (!protocols) {
      auto known = OtherProtocols::ask(session);
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
