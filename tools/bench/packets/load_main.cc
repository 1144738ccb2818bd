// isthmus-load: one side of a measurement, its result as one line of JSON.
#include <fmt/core.h>

#include <cstdio>
#include <span>
#include <stdexcept>
#include <string>

#include "tools/bench/packets/load.h"

namespace isthmus::bench::packets {
namespace {

constexpr const char* kUsage = R"(isthmus-load WORD ...: one side of a measurement of a network

  receive PORT                           counts the datagrams that come, until none comes any more
  send ADDRESS PORT BYTES SECONDS        datagrams with so many bytes, as fast as they leave
  serve PORT                             sends back what comes over one connection
  round-trips ADDRESS PORT SECONDS       a byte there and one back, one after the other
  ping ADDRESS SECONDS MICROSECONDS      an echo request each so many microseconds; needs raw sockets

receive and serve print "ready" before the other side may begin. Every other line is JSON.
)";

struct Mistake : std::runtime_error {
  using std::runtime_error::runtime_error;
};

double number(const std::string& text, double least, double most) {
  try {
    size_t end = 0;
    const double value = std::stod(text, &end);
    if (end == text.size() && value >= least && value <= most) return value;
  } catch (const std::logic_error&) {
    // no number: as one that is out of range
  }
  throw Mistake(fmt::format("'{}' is no number of {:g} to {:g}.", text, least, most));
}

uint16_t port(const std::string& text) { return static_cast<uint16_t>(number(text, 1, 65535)); }
Duration seconds(const std::string& text) {
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(number(text, 0.01, 3600)));
}
Target target(const std::string& address, uint16_t port = 0) {
  const auto target = Target::make(address, port);
  if (!target) throw Mistake(fmt::format("'{}' is no IP address.", address));
  return *target;
}

void say_ready() {
  std::puts("ready");
  std::fflush(stdout);
}

double us(Duration time) { return std::chrono::duration<double, std::micro>(time).count(); }

void print(const Flood& flood) {
  fmt::print("{{\"packets\": {}, \"per_second\": {:.0f}}}\n", flood.packets, flood.per_second());
}

void print(const RoundTrips& trips) {
  fmt::print(
      "{{\"per_second\": {:.0f}, \"p50_us\": {:.2f}, \"p99_us\": {:.2f}, \"p999_us\": {:.2f}, "
      "\"lost\": {}}}\n",
      trips.per_second(), us(trips.within(0.5)), us(trips.within(0.99)), us(trips.within(0.999)),
      trips.lost);
}

using Words = std::span<const std::string>;
constexpr Duration kPatience = std::chrono::seconds(5);  // for the first datagram

struct Word {
  const char* name;
  size_t arguments;
  void (*run)(Words);
};
constexpr Word kWords[] = {
    {"receive", 1, [](Words w) { print(receive_datagrams(port(w[0]), kPatience, say_ready)); }},
    {"send", 4,
     [](Words w) {
       const auto bytes = static_cast<size_t>(number(w[2], 0, 65507));
       print(send_datagrams(target(w[0], port(w[1])), bytes, seconds(w[3])));
     }},
    {"serve", 1, [](Words w) { serve_round_trips(port(w[0]), say_ready); }},
    {"round-trips", 3,
     [](Words w) { print(make_round_trips(target(w[0], port(w[1])), seconds(w[2]))); }},
    {"ping", 3,
     [](Words w) {
       const auto interval = std::chrono::microseconds(static_cast<int>(number(w[2], 0, 1e6)));
       print(ping(target(w[0]), seconds(w[1]), interval));
     }},
};

int run(Words words) {
  for (const Word& word : kWords) {
    if (words.empty() || words[0] != word.name || words.size() != word.arguments + 1) continue;
    word.run(words.subspan(1));
    return 0;
  }
  std::fputs(kUsage, words.empty() || words[0] != "--help" ? stderr : stdout);
  return words.empty() || words[0] != "--help" ? 2 : 0;
}

}  // namespace
}  // namespace isthmus::bench::packets

int main(int count, char** words) {
  try {
    return isthmus::bench::packets::run(std::vector<std::string>(words + 1, words + count));
  } catch (const isthmus::bench::packets::Mistake& mistake) {
    fmt::print(stderr, "isthmus-load: {}\n", mistake.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "isthmus-load: {}\n", error.what());
    return 1;
  }
}
