// What the benchmark asks of an implementation: build from routes, look packets up, say its size;
// and change routes, where it can.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tools/bench/fib/packets.h"
#include "tools/bench/fib/route_set.h"

namespace isthmus::bench {

// How it takes changes of routes.
enum class Changes { None, WhileNobodyReads, WhileRead };

// What a thread holds that looks up while another one changes routes.
class Seat {
 public:
  virtual ~Seat() = default;
  virtual void between_bursts() noexcept {}  // nothing seen before is used afterwards
};

class Contender {
 public:
  virtual ~Contender() = default;

  // Looks every packet up, `burst` at a time, and drops the answers; a burst of 1 is a single call.
  virtual void run(const PacketView& packets, size_t burst) = 0;
  // The same lookups with their answers, one per packet; kNoRoute where no route matches.
  virtual void answer(const PacketView& packets, size_t burst, uint32_t* values) = 0;

  virtual size_t bytes() const = 0;             // of what lookups read
  virtual size_t refused() const { return 0; }  // routes that it would not take

  // Of table 0; false where it refuses. One thread at a time; readers hold a Seat.
  virtual Changes changes() const { return Changes::None; }
  virtual bool announce(const net::Prefix&, uint32_t) { return false; }
  virtual bool withdraw(const net::Prefix&) { return false; }
  // Of every table, in one transaction.
  virtual bool announce_everywhere(const net::Prefix&, uint32_t) { return false; }
  virtual std::unique_ptr<Seat> sit() { return std::make_unique<Seat>(); }
};

inline constexpr size_t kBurstMax = 1024;

struct NoView {};

// The loops of a Contender around its own lookups, compiled together with them. `Lookups` derives
// from Looping<Lookups, Value>, where Value is what its lookups write, and has
//   void burst(const PacketView& packets, Value* values);  // packets.count <= kBurstMax
//   Value one(const View& view, const PacketView& packets, size_t i);
//   static uint32_t to_value(Value);
//   View view() const;  // where there is something to be held while packets are looked up
// Single calls take a view for 64 of them: as many as come from a network card at once.

template <class Lookups, class Value>
class Looping : public Contender {
 public:
  void run(const PacketView& packets, size_t burst) final {
    alignas(64) std::array<Value, kBurstMax> values;
    if (burst == 1) {
      for (size_t at = 0; at < packets.count; at += kCallsPerView)
        calls(packets.slice(at, std::min(kCallsPerView, packets.count - at)), values.data());
      return;
    }
    for (size_t at = 0; at < packets.count; at += burst) {
      self().burst(packets.slice(at, std::min(burst, packets.count - at)), values.data());
      asm volatile("" : : "r"(values.data()) : "memory");  // someone reads them
    }
  }

  void answer(const PacketView& packets, size_t burst, uint32_t* answers) final {
    std::array<Value, kBurstMax> values;
    for (size_t at = 0; at < packets.count; at += burst) {
      const size_t n = std::min(burst, packets.count - at);
      if (burst == 1)
        calls(packets.slice(at, n), values.data());
      else
        self().burst(packets.slice(at, n), values.data());
      for (size_t i = 0; i < n; ++i) answers[at + i] = Lookups::to_value(values[i]);
    }
  }

  NoView view() const { return {}; }

 private:
  static constexpr size_t kCallsPerView = 64;

  Lookups& self() { return static_cast<Lookups&>(*this); }

  void calls(const PacketView& packets, Value* values) {
    const auto view = self().view();
    for (size_t i = 0; i < packets.count; ++i) {
      Value value = self().one(view, packets, i);
      asm volatile("" : "+r"(value));  // each call stands for itself
      values[i] = value;
    }
    asm volatile("" : : "r"(values) : "memory");  // someone reads them
  }
};

// Thrown by `build` where it cannot run here: why, in a few words; none where nobody misses it.
struct Unavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class Role {
  Ours,  // the product's; a wrong answer ends the run. The first one present is what peers are held
         // against
  Peer,  // others' work, or others' design written for this benchmark
  Naive,  // what anyone would write first; shown, and never what ours is held against
};
enum class Shape { OneIpv4, OneIpv6, ManyIpv4 };  // one table, or one per network
enum class Use {
  All,
  NotQuick,  // builds so slowly that a quick run does without it
  Bursts,    // another build of the loops of a table that is there already
};

struct ContenderRow {
  std::string_view name;
  Shape shape;
  Role role;
  Use use;
  std::unique_ptr<Contender> (*build)(const RouteSet& routes);
};

// Those of this build, ours first. Each is in the file that its name says.
std::vector<ContenderRow> contenders(Shape shape);

std::span<const ContenderRow> wide4_contenders();     // ours_wide4.cc
std::span<const ContenderRow> wide6_contenders();     // ours_wide6.cc
std::span<const ContenderRow> vrf_contenders();       // ours_vrf.cc
std::span<const ContenderRow> rib_contenders();       // ours_rib.cc
std::span<const ContenderRow> baseline_contenders();  // baselines.cc
std::span<const ContenderRow> dpdk_contenders();      // dpdk.cc, or no_dpdk.cc where it is absent
std::string_view dpdk_version();                      // empty where it is absent

}  // namespace isthmus::bench
