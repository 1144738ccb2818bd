// isthmus lab bench FROM TO: how fast the path between two machines is, beside a wire without
// anything in between that is measured in the same run, turn by turn.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <future>
#include <ostream>

#include "tools/bench/packets/load.h"
#include "tools/isthmus/lab/machines.h"
#include "tools/lab/namespaces.h"
#include "tools/lab/veth.h"

namespace isthmus::cli {
namespace {

namespace load = isthmus::bench::packets;
using load::Duration;
using load::Ready;
using load::Target;

constexpr uint16_t kRepetitionsDefault = 5;
constexpr Duration kTime = std::chrono::milliseconds(500);  // of one measurement
constexpr Duration kConnectTime = std::chrono::seconds(5);
constexpr size_t kSmallPayload = 18;  // of a frame of 64 bytes
constexpr uint16_t kPortDefault = 5201;

struct Path {
  int from;  // network namespaces
  int to;
  net::IpAddress address;  // of `to`
};

// On a thread of its own in a network namespace.
template <class Part>
auto run_in(int network, Part part) {
  return std::async(std::launch::async, [network, part] {
    if (auto error = lab::enter_network(network)) throw std::system_error(error);
    return part();
  });
}

// Both ends of a path: `send` begins when `receive` has said that it is ready.
template <class Receive, class Send>
auto both(const Path& path, Receive receive, Send send) {
  const auto is_ready = std::make_shared<std::promise<void>>();
  auto received = run_in(path.to, [=] { return receive([&] { is_ready->set_value(); }); });
  // Where it is never ready it has failed, and says so.
  const auto ready = is_ready->get_future();
  while (ready.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready)
    if (received.wait_for(std::chrono::seconds(0)) == std::future_status::ready) received.get();
  auto sent = run_in(path.from, send);
  return std::pair(std::move(sent), std::move(received));
}

double stream(const Path& path, const Target& target, uint16_t port) {
  auto [sent, taken] = both(
      path, [=](const Ready& ready) { return load::receive_stream(port, kConnectTime, ready); },
      [=] { return load::send_stream(target, kTime); });
  sent.get();
  return taken.get().bits_per_second() / 1e9;
}

double round_trips(const Path& path, const Target& target, uint16_t port) {
  auto [made, served] = both(
      path, [=](const Ready& ready) { load::serve_round_trips(port, ready); },
      [=] { return load::make_round_trips(target, kTime); });
  return made.get().per_second() / 1e3;
}

double datagrams(const Path& path, const Target& target, uint16_t port) {
  auto [sent, taken] = both(
      path, [=](const Ready& ready) { return load::receive_datagrams(port, kConnectTime, ready); },
      [=] { return load::send_datagrams(target, kSmallPayload, kTime); });
  sent.get();
  return taken.get().per_second() / 1e3;
}

double ping(const Path& path, const Target& target, uint16_t) {
  constexpr Duration kInterval = std::chrono::microseconds(200);
  const auto trips = run_in(path.from, [=] { return load::ping(target, kTime, kInterval); }).get();
  return std::chrono::duration<double, std::micro>(trips.within(0.5)).count();
}

struct Figure {
  std::string_view name;
  std::string_view unit;
  std::string_view protocol;  // whose packets have to reach the other machine
  double (*measure)(const Path&, const Target&, uint16_t port);
};
constexpr Figure kFigures[] = {
    {"TCP, one stream", "Gbit/s", "tcp", &stream},
    {"TCP round trips", "1000/s", "tcp", &round_trips},
    {"UDP of 64 bytes, received", "1000/s", "udp", &datagrams},
    {"ping, median", "us", "icmp", &ping},
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Measured {
  const Figure* figure;
  std::vector<double> path, wire;
};

Measured measure(const Figure& figure, const Path& path, const Path& wire, uint16_t port,
                 uint16_t repetitions) {
  Measured measured{&figure, {}, {}};
  const auto once = [&](const Path& one) {
    const auto target = Target::make(one.address.to_string(), port);
    return figure.measure(one, *target, port);
  };
  for (int i = 0; i < repetitions; ++i) {
    measured.path.push_back(once(path));
    measured.wire.push_back(once(wire));
  }
  return measured;
}

// "7.1 (6.8-7.3)", and of a slow link "0.010 (0.009-0.010)"
std::string told(const std::vector<double>& values) {
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const int decimals = median(values) < 1 ? 3 : 1;
  return fmt::format("{0:.{3}f} ({1:.{3}f}-{2:.{3}f})", median(values), *least, *most, decimals);
}

Json as_json(const std::vector<Measured>& all) {
  Json list(rapidjson::kArrayType);
  auto& memory = list.GetAllocator();
  for (const Measured& one : all) {
    Value row(rapidjson::kObjectType);
    const auto text = [&](const char* name, std::string_view value) {
      row.AddMember(rapidjson::StringRef(name), Value(std::string(value).c_str(), memory), memory);
    };
    text("figure", one.figure->name);
    text("unit", one.figure->unit);
    text("path", told(one.path));
    text("wire", told(one.wire));
    row.AddMember("ratio", median(one.path) / median(one.wire), memory);
    list.PushBack(row, memory);
  }
  return list;
}

Grid as_grid(const std::vector<Measured>& all) {
  Grid grid{{"Figure", "Unit", "Path", "Bare wire", "Ratio"}, {}};
  for (const Measured& one : all) {
    const double ratio = median(one.path) / median(one.wire);
    grid.rows.push_back({std::string(one.figure->name), std::string(one.figure->unit),
                         told(one.path), told(one.wire), fmt::format("{:.2f}", ratio)});
  }
  return grid;
}

Result<uint16_t> number_of(const Arguments& arguments, std::string_view key, uint16_t by_default) {
  if (!arguments.has(key)) return by_default;
  const std::string_view text = arguments.text(key);
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number == 0)
    return usage(fmt::format("--{} is a number from 1 to 65535, not '{}'", key, text));
  return number;
}

// Those whose packets arrive; the others are told.
Result<std::vector<const Figure*>> figures_that_reach(Session& session, const MachineInfo& from,
                                                      const MachineInfo& to, uint16_t port) {
  std::vector<const Figure*> figures;
  for (const Figure& figure : kFigures) {
    const auto prediction = predict(session, from, to, figure.protocol, port);
    if (!prediction) return tl::unexpected(prediction.error());
    if (prediction->reaches) {
      figures.push_back(&figure);
    } else {
      session.err << fmt::format("{}: not measured, its packets are dropped ({})\n", figure.name,
                                 prediction->reason);
    }
  }
  if (figures.empty())
    return failure(fmt::format("nothing reaches {} from {}", to.name, from.name),
                   fmt::format("isthmus explain {} {}", from.name, to.name));
  return figures;
}

}  // namespace

Result<void> lab_bench(Session& session, const Arguments& arguments) {
  const auto port = number_of(arguments, "port", kPortDefault);
  if (!port) return tl::unexpected(port.error());
  const auto repetitions = number_of(arguments, "repetitions", kRepetitionsDefault);
  if (!repetitions) return tl::unexpected(repetitions.error());
  auto lab = open_lab(session);
  if (!lab) return tl::unexpected(lab.error());
  const auto from = machine_named(lab->machines, arguments.text("FROM"));
  if (!from) return tl::unexpected(from.error());
  const auto to = machine_named(lab->machines, arguments.text("TO"));
  if (!to) return tl::unexpected(to.error());
  const auto figures = figures_that_reach(session, *from, *to, *port);
  if (!figures) return tl::unexpected(figures.error());

  const auto one = lab->helper.enter(from->nic);
  if (!one) return tl::unexpected(one.error());
  const auto other = lab->helper.enter(to->nic);
  if (!other) return tl::unexpected(other.error());
  if (auto inside = go_into(*one); !inside) return inside;  // into the user namespace, too
  const auto pair = lab::make_veth_pair();
  if (!pair) return failure(pair.error(), "isthmus lab doctor says what is missing");
  const Path path{one->network.get(), other->network.get(), *net::IpAddress::parse(to->address)};
  const Path wire{pair->one.get(), pair->other.get(), pair->other_address};
  std::vector<Measured> all;
  for (const Figure* figure : *figures) {
    session.err << fmt::format("{} ...\n", figure->name);
    all.push_back(measure(*figure, path, wire, *port, *repetitions));
  }
  return session.output.print(as_json(all), [&] { return as_grid(all); });
}

}  // namespace isthmus::cli
