// Pings between machines, many at once: a raw ICMP socket in each machine, one thread for all.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "dataplane/net/ip.h"
#include "tools/isthmus/lab/machines.h"

namespace isthmus::cli {

struct Probe {
  size_t from = 0;  // of the machines
  size_t to = 0;
  std::optional<std::chrono::nanoseconds> round_trip = {};  // none: no reply
};

class Prober {
 public:
  // The calling process goes into the machines' user namespace, if they have one, and stays there.
  static Result<Prober> open(Helper& helper, const std::vector<MachineInfo>& machines);

  // Sends an echo request for each and waits for replies: until all are there, or `patience` after
  // the last one was sent. Pairs of different families are sent nothing.
  Result<void> ping(std::vector<Probe>& probes, std::chrono::milliseconds patience);

 private:
  struct End {
    net::IpAddress address;
    File socket;
  };
  explicit Prober(std::vector<End> ends) : ends_(std::move(ends)) {}
  bool send(const Probe& probe, uint32_t number);
  void take_replies(size_t end, std::vector<Probe>& probes, size_t& missing);

  std::vector<End> ends_;
  uint16_t identifier_ = 0;
  std::vector<std::chrono::steady_clock::time_point> sent_at_;
};

}  // namespace isthmus::cli
