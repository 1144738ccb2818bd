// Pings between machines, many at once: a raw ICMP socket in each machine, one thread for all.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/net/ip.h"
#include "tools/isthmus/lab/machines.h"

namespace isthmus::cli {

// So often is asked what is not answered, since a link may lose a packet.
constexpr size_t kAttempts = 3;

struct ProbeEnd {
  std::string nic;  // a machine's interface; empty for who is only asked
  net::IpAddress address;
};

struct Probe {
  size_t from = 0;  // of the ends
  size_t to = 0;
  std::optional<std::chrono::nanoseconds> round_trip = {};  // none: no reply
};

class Prober {
 public:
  // The calling process goes into the machines' user namespace, if they have one, and stays there.
  static Result<Prober> open(Helper& helper, const std::vector<ProbeEnd>& ends);

  // Sends an echo request for each and waits for replies: until all are there, or for `patience`,
  // in which those that have no reply are asked twice more, as a link may lose a packet. Pairs of
  // different families are sent nothing.
  Result<void> ping(std::vector<Probe>& probes, std::chrono::milliseconds patience);

 private:
  struct End {
    net::IpAddress address;
    File socket;
  };
  explicit Prober(std::vector<End> ends) : ends_(std::move(ends)) {}
  void send(const Probe& probe, uint32_t number);
  void take_reply(size_t end, uint32_t number, std::vector<Probe>& probes);
  // Waits for so long, or until there is something to take.
  Result<void> take_replies(std::vector<Probe>& probes, std::chrono::milliseconds patience);

  std::vector<End> ends_;
  uint16_t identifier_ = 0;
  uint64_t mark_ = 0;   // of this run
  size_t missing_ = 0;  // replies
  // By number: probes().size() of them for each time that they are sent.
  std::vector<std::chrono::steady_clock::time_point> sent_at_;
};

}  // namespace isthmus::cli
