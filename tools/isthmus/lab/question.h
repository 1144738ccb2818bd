// A packet from one machine to another and its answer, for real: over TCP, UDP, ICMP, or a protocol
// that has no ports. Many at once, on one thread.
//
// What answers is made for it: a socket in the receiver's machine that listens, or sends back what
// comes. A program that listens there already answers in its place, if it is one of TCP.
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
  enum class End : char { Silent = 's', Answered = 'a', PortTaken = 'p' };
  std::string from;         // a machine's interface
  std::string to;           // empty: the router answers, or nobody is there
  bool is_nobodys = false;  // the destination, so that even a refusal is an answer
  net::IpAddress source;
  net::IpAddress destination;
  Protocol protocol = Protocol::Other;
  uint16_t port = 0;  // of TCP and UDP
  End end = End::Silent;
};

// Asks each, twice more those that are not answered, since a link may lose a packet, and waits for
// answers for `patience` at most. PortTaken: a program of the receiver has the UDP port, and need
// not answer. The calling process goes into the machines, and stays in their user namespace.
Result<void> ask(Helper& helper, std::span<Question> questions, std::chrono::milliseconds patience);

}  // namespace isthmus::cli
