// A packet from one machine to another and its answer, for real: over TCP, UDP, ICMP, or a protocol
// that has no ports. Many at once, on one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>

#include "dataplane/net/ip.h"
#include "tools/isthmus/lab/machines.h"

namespace isthmus::cli {

struct Question {
  enum class Protocol : uint8_t { Tcp, Udp, Icmp, Other };
  enum class End : char { Silent = 's', Answered = 'a', NotSent = 'n' };
  std::string from;         // a machine's interface
  std::string to;           // empty: the router answers, or nobody is there
  bool is_nobodys = false;  // the destination, so that even a refusal is an answer
  net::IpAddress source;
  net::IpAddress destination;
  Protocol protocol = Protocol::Other;
  uint16_t port = 0;        // of TCP and UDP
  uint8_t ip_protocol = 0;  // of Other: one that no flow of the two ends has
  End end = End::Silent;
  std::string why_not;  // it was not sent
};

// Asks each, twice more those that are not answered, since a link may lose a packet, and waits for
// answers for `patience` at most. What answers TCP, UDP and others is made for it in the receiver's
// machine (conversation.h). The calling process goes into the machines, and stays in their user
// namespace. A problem is one of all: a machine that cannot be entered, or has other addresses.
Result<void> ask(Helper& helper, std::span<Question> questions, std::chrono::milliseconds patience);

}  // namespace isthmus::cli
