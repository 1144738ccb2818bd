#include "tools/bench/fib/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "tools/bench/fib/changes.h"
#include "tools/bench/fib/machine.h"
#include "tools/bench/fib/measure.h"
#include "tools/bench/fib/networks.h"
#include "tools/bench/fib/oracle.h"

namespace isthmus::bench {
namespace {

constexpr const char* kFullTable =
    ISTHMUS_SOURCE_DIR "/tools/bench/data/bgp-prefixes-2026-07.txt.gz";
constexpr uint64_t kSeed = 20260724;

// What one of the four kinds of tables is measured with.
struct Subject {
  RouteSet table;                    // where it is one table
  std::optional<Networks> networks;  // where it is many

  const RouteSet& routes() const { return networks ? networks->routes : table; }
};

class Session {
 public:
  Session(const Options& options, Progress& progress)
      : options_(options),
        progress_(progress),
        effort_(options.quick ? quick_effort() : full_effort()) {
    const std::vector<int> cpus = allowed_cpus();
    places_.reader = options.pin >= 0 ? options.pin : cpus.back();
    places_.writer = cpus.front() == places_.reader ? cpus.back() : cpus.front();
    pin_to(places_.reader);
  }

  std::vector<Result> run() {
    for (const TableKind kind : {TableKind::Ipv4, TableKind::Ipv6, TableKind::Mix, TableKind::Mesh})
      measure(kind);
    return std::move(results_);
  }

 private:
  void measure(TableKind kind);
  Subject subject(TableKind kind);
  Subject full_table(net::Family family);
  Subject networks(TableKind kind);
  std::vector<Entry> build(TableKind kind, const RouteSet& routes);
  void check(std::vector<Entry>& entries, const RouteSet& routes);
  std::vector<Result> measure(const Workload& workload, const Subject& subject,
                              std::vector<Entry>& built);
  Result lookups(const Workload& workload, const Subject& subject, const Entries& entries);
  Packets packets(const Workload& workload, const Subject& subject) const;

  const Options& options_;
  Progress& progress_;
  Effort effort_;
  Places places_;
  std::optional<TableText> text_;
  std::vector<std::string> left_out_;
  Questions questions_;
  std::vector<Result> results_;
};

Subject Session::full_table(net::Family family) {
  if (!text_) text_ = read_tables(options_, progress_);
  Subject subject;
  const bool v4 = family == net::Family::V4;
  subject.table.family = family;
  subject.table.tables.push_back(std::move(v4 ? text_->v4 : text_->v6));
  subject.table.name = fmt::format("{}{}: {} routes, {} next hops", v4 ? "IPv4" : "IPv6",
                                   options_.table.empty() ? " full table" : "",
                                   grouped(subject.table.routes()), grouped(text_->next_hops));
  return subject;
}

Subject Session::networks(TableKind kind) {
  const bool mix = kind == TableKind::Mix;
  progress_.now(mix ? "drawing a mix of networks" : "drawing a mesh of networks");
  NetworkPlan plan = mix ? mix_plan(options_.networks) : mesh_plan(options_.networks);
  plan.appliances = options_.next_hops;
  Subject subject;
  subject.networks = make_networks(plan, kSeed);
  RouteSet& routes = subject.networks->routes;
  routes.name = fmt::format("{} networks, {}: {} routes", grouped(options_.networks),
                            mix ? "mix" : "full mesh", grouped(routes.routes()));
  return subject;
}

Subject Session::subject(TableKind kind) {
  if (kind == TableKind::Ipv4) return full_table(net::Family::V4);
  if (kind == TableKind::Ipv6) return full_table(net::Family::V6);
  return networks(kind);
}

std::vector<Entry> Session::build(TableKind kind, const RouteSet& routes) {
  std::vector<Entry> entries;
  left_out_.clear();
  for (const ContenderRow& row : contenders(shape_of(kind))) {
    if (options_.quick && row.use == Use::NotQuick && routes.routes() > 10'000) {
      left_out_.push_back(fmt::format("{}: builds too slowly for --quick", row.name));
      continue;
    }
    progress_.now(fmt::format("{}: building {}", routes.name, row.name));
    try {
      const double start = thread_cpu_seconds();
      auto contender = row.build(routes);
      const double seconds = thread_cpu_seconds() - start;
      const size_t bytes = contender->bytes();
      entries.push_back({row, std::move(contender), seconds, bytes, 0});
    } catch (const Unavailable& why) {
      if (*why.what() != 0) left_out_.push_back(fmt::format("{}: {}", row.name, why.what()));
    }
  }
  for (const std::string& text : left_out_) progress_.note("left out: " + text);
  return entries;
}

void Session::check(std::vector<Entry>& entries, const RouteSet& routes) {
  progress_.now(routes.name + ": asking the oracle");
  constexpr size_t kQuestionsMin = 1'500'000;
  constexpr size_t kEdgesQuick = 900'000;
  QuestionPlan plan{.seed = kSeed};
  if (!effort_.every_edge) plan.edge_step = routes.routes() * 4 / kEdgesQuick + 1;
  const size_t edges = routes.routes() * 4 / plan.edge_step;
  plan.random = std::max(effort_.questions, kQuestionsMin - std::min(edges, kQuestionsMin)) / 2;
  questions_ = make_questions(routes, plan);
  for (Entry& entry : entries) {
    progress_.now(fmt::format("{}: checking {} answers of {}", routes.name,
                              grouped(questions_.answers.size()), entry.row.name));
    const Verdict verdict = judge(*entry.contender, questions_, options_.burst);
    entry.wrong = verdict.wrong;
    if (verdict.wrong == 0) continue;
    const PacketView packets = questions_.packets.view();
    const std::string example = fmt::format(
        "{} of {} answers of {} are wrong; the first: table {}, {} gives {:#x}, and should give "
        "{:#x}",
        verdict.wrong, questions_.answers.size(), entry.row.name, packets.tables[verdict.first],
        packets.address(verdict.first).to_string(), verdict.answer,
        questions_.answers[verdict.first]);
    if (entry.row.role == Role::Ours) throw WrongAnswer(example);
    progress_.note(example);
  }
}

Packets Session::packets(const Workload& workload, const Subject& subject) const {
  const size_t count =
      shape_of(workload.table) == Shape::OneIpv6 ? effort_.packets / 2 : effort_.packets;
  if (subject.networks) return make_traffic(*subject.networks, count, kSeed);
  return make_packets(workload.pattern, subject.table, count, kSeed);
}

Result Session::lookups(const Workload& workload, const Subject& subject, const Entries& entries) {
  const Packets asked = packets(workload, subject);
  if (asked.size() == 0) {
    Result none;
    none.what = "lookup";
    none.left_out.emplace_back("all: the table has no such addresses");
    return none;
  }
  const size_t burst = workload.calls == Calls::Single ? 1 : options_.burst;
  return calmest(effort_,
                 [&] { return measure_lookups(entries, subject.routes(), asked, burst, effort_); });
}

std::vector<Result> Session::measure(const Workload& workload, const Subject& subject,
                                     std::vector<Entry>& built) {
  const bool in_bursts = workload.kind == Kind::Lookups && workload.calls == Calls::Bursts;
  Entries entries;
  for (Entry& entry : built)
    if (in_bursts || entry.row.use != Use::Bursts) entries.push_back(&entry);
  const RouteSet& routes = subject.routes();
  const size_t burst = options_.burst;
  const auto alone = [&]() -> std::vector<Result> {
    Result none;
    none.left_out.emplace_back("all: one CPU is not enough for a reader and a writer");
    return {none};
  };
  switch (workload.kind) {
    case Kind::Lookups:
      return {lookups(workload, subject, entries)};
    case Kind::Builds:
      return {measure_builds(entries, routes, effort_)};
    case Kind::Changes:
      return {calmest(effort_, [&] { return measure_changes(entries, routes, effort_); })};
    case Kind::Reader:
      if (places_.reader == places_.writer) return alone();
      return measure_reader(entries, routes, packets(workload, subject), burst, places_, effort_);
    case Kind::HalfUpdates:
      if (places_.reader == places_.writer) return alone();
      return {count_half_updates(entries, routes, places_, effort_)};
    case Kind::Memory:
      return {measure_memory(entries, routes, questions_, burst, effort_)};
  }
  return {};
}

void Session::measure(TableKind kind) {
  std::vector<Workload> wanted;
  for (const Workload& workload : options_.chosen)
    if (workload.table == kind) wanted.push_back(workload);
  if (wanted.empty()) return;
  const Subject what = subject(kind);
  if (what.routes().routes() == 0) {
    progress_.note(fmt::format("left out: {}..., for want of routes", wanted.front().name));
    return;
  }
  std::vector<Entry> entries = build(kind, what.routes());
  check(entries, what.routes());
  for (const Workload& workload : wanted) {
    progress_.now(fmt::format("measuring {}: {}", workload.name, workload.help));
    for (Result& result : measure(workload, what, entries)) {
      result.name = std::string(workload.name) + (result.name.empty() ? "" : "/" + result.name);
      result.table = what.routes().name;
      result.left_out.insert(result.left_out.end(), left_out_.begin(), left_out_.end());
      results_.push_back(std::move(result));
    }
  }
}

}  // namespace

TableText read_tables(const Options& options, Progress& progress) {
  const std::string path = options.table.empty() ? kFullTable : options.table;
  if (options.table.empty() && !std::filesystem::exists(path))
    throw TableFileError("the built-in table is not at " + path + "; name one: --table FILE");
  progress.now("reading " + path);
  return read_table_file(path, options.next_hops);
}

std::vector<Result> run(const Options& options, Progress& progress) {
  return Session(options, progress).run();
}

}  // namespace isthmus::bench
