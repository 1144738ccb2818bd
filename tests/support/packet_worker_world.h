// Two virtual machines in peered networks, and a packet worker's wires to them, for its tests.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <map>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "dataplane/io/packet_worker.h"
#include "tests/support/frame_text.h"

namespace isthmus::dataplane::io {

// Each test is made with frames that are written in batches, and one by one.
class PacketWorkerWorld : public ::testing::TestWithParam<WriteWay> {
 public:
  static std::string name_of(const ::testing::TestParamInfo<WriteWay>& way) {
    return way.param == WriteWay::Batched ? "Batched" : "OneByOne";
  }

 protected:
  static constexpr DomainId kRed{1};
  static constexpr DomainId kBlue{2};
  static constexpr PortId kWeb{11};  // 10.1.0.4 in red
  static constexpr PortId kDb{14};   // 10.2.0.4 in blue
  static constexpr PortId kApp{15};  // 10.2.0.5 in blue, where a test has it
  static constexpr auto kPatience = std::chrono::milliseconds(5000);  // for what must come
  static constexpr auto kSilence = std::chrono::milliseconds(50);     // for what must not

  static net::Prefix prefix(const char* text) { return net::Prefix::parse(text).value(); }
  static net::Mac mac(PortId id) { return net::Mac::make(static_cast<uint32_t>(id)).value(); }

  // The virtual machine's end of a wire.
  class Machine {
   public:
    explicit Machine(PortId port) : port_(port) {
      int ends[2];
      if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
        throw std::system_error(errno, std::generic_category(), "socketpair");
      here_ = File(ends[0]);
      there_ = File(ends[1]);
    }
    PortId port() const { return port_; }
    File plug() { return std::move(there_); }
    void unplug() { here_ = File(); }
    // Before it is plugged in: what is sent to it from then on has no room.
    void fill() {
      const char frame = 0;
      while (::write(there_.get(), &frame, 1) == 1) {
      }
    }

    bool send(std::vector<uint8_t> frame, std::vector<uint8_t> header = {}) {
      header.insert(header.end(), frame.begin(), frame.end());
      return ::write(here_.get(), header.data(), header.size()) >= 0;
    }
    bool send(std::string_view text) { return send(test::frame_of(text, mac(port_), kRouterMac)); }
    // The next frame, with what stands before it; nothing when none comes in time.
    std::vector<uint8_t> receive(std::chrono::milliseconds patience) {
      pollfd waiting{here_.get(), POLLIN, 0};
      if (::poll(&waiting, 1, static_cast<int>(patience.count())) <= 0) return {};
      std::vector<uint8_t> frame(kFrameBytesMax + kOffloadHeaderBytes);
      const ssize_t size = ::read(here_.get(), frame.data(), frame.size());
      frame.resize(size < 0 ? 0 : static_cast<size_t>(size));
      return frame;
    }
    std::string next(std::chrono::milliseconds patience = kPatience) {
      const auto frame = receive(patience);
      return frame.empty() ? "nothing" : test::text_of(frame);
    }

   private:
    PortId port_;
    File here_;
    File there_;
  };

  PacketWorkerWorld() {
    add(kWeb, kRed, "10.1.0.0/24");
    add(kDb, kBlue, "10.2.0.0/24");
    for (const DomainId domain : {kRed, kBlue}) {
      program_.tables[{domain, 0}] = {{prefix("10.1.0.0/24"), {Action::Kind::Deliver, kRed, {}}},
                                      {prefix("10.2.0.0/24"), {Action::Kind::Deliver, kBlue, {}}}};
    }
    peer();
    publish();
  }
  static PacketWorkerOptions options(WireKind wires = WireKind::Plain) {
    PacketWorkerOptions options;
    options.wires = wires;
    options.writes = GetParam();
    return options;
  }
  void add(PortId id, DomainId domain, const char* subnet, uint32_t host = 4) {
    PortAddress own;
    own.subnet = prefix(subnet);
    own.router = own.subnet.address().plus(1);
    own.address = own.subnet.address().plus(host);
    own.table = {domain, 0};
    program_.ports[id] = {mac(id), false, {own}, {}};
    program_.endpoints[{domain, own.address}] = id;
  }
  void peer() {
    program_.policies[{kRed, kBlue}] = {true, false, {prefix("10.1.0.0/24")}};
    program_.policies[{kBlue, kRed}] = {true, false, {prefix("10.2.0.0/24")}};
  }
  // What program_ says, to the dataplane.
  void publish() {
    auto prepared = dataplane_.prepare(diff(dataplane_.contents(), program_));
    dataplane_.publish(std::move(prepared.value()));
  }
  static uint64_t drops(const PacketWorker& worker, DropReason reason) {
    CounterTotals totals;
    worker.add_to(totals);
    return totals.drops[static_cast<size_t>(reason)];
  }
  // A frame may be seen before it is counted: what is counted by resource, once it is so many.
  static std::map<DropKey, uint64_t> drops_after(const PacketWorker& worker, uint64_t expected) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
      CounterTotals totals;
      worker.add_to(totals);
      uint64_t count = 0;
      for (const auto& [key, drops] : totals.drops_by_resource) count += drops;
      const bool is_late = std::chrono::steady_clock::now() > end;
      if (count >= expected || is_late) return totals.drops_by_resource;
      std::this_thread::yield();
    }
  }

  static constexpr const char* kPing = "icmp 10.1.0.4 > 10.2.0.4 echo 7 ttl 64";
  static constexpr const char* kPingArrived =
      "12-34-56-78-9A-BC > 00-00-00-00-00-0E icmp 10.1.0.4 > 10.2.0.4 echo 7 ttl 63";

  ForwardingProgram program_;
  Dataplane dataplane_;
  Machine web_{kWeb};
  Machine db_{kDb};
};

}  // namespace isthmus::dataplane::io
