#include "tools/bench/fib/measure.h"

#include <algorithm>

#include "tools/bench/fib/machine.h"

namespace isthmus::bench {
namespace {

double unrest(const Row* row) {
  return row == nullptr || row->ns.min <= 0 ? 1 : row->ns.p90 / row->ns.min;
}

double unrest(const Result& result) {
  return std::max(unrest(result.ours()), unrest(result.best_peer()));
}

double timed_pass(Contender& contender, const PacketView& packets, size_t burst) {
  contender.run(packets, burst);  // untimed: the others' tables were in the caches
  const double start = thread_cpu_seconds();
  contender.run(packets, burst);
  return (thread_cpu_seconds() - start) * 1e9 / static_cast<double>(packets.count);
}

// What is neither the first of ours nor a peer, and so slow that it would take most of the time of
// a run, has every fifth repetition only.
constexpr size_t kSeldom = 5;
bool is_aside_and_slow(const Entries& entries, const std::vector<std::vector<double>>& samples,
                       size_t i) {
  constexpr double kTimesSlower = 8;
  const bool aside = entries[i]->row.role == Role::Naive ||
                     (entries[i]->row.role == Role::Ours && i != 0);  // ours stand first
  double fastest = samples[i].front();
  for (const auto& each : samples) fastest = std::min(fastest, each.front());
  return aside && samples[i].front() > kTimesSlower * fastest;
}

}  // namespace

Effort full_effort() { return {}; }

Effort quick_effort() {
  return {.repetitions = 7,
          .runs_max = 1,
          .packets = size_t{1} << 17,
          .questions = 600'000,
          .every_edge = false,
          .builds = 1,
          .changes_seconds = 0.02,
          .changes_timed = 10'000,
          .reader_seconds = 0.02,
          .half_updates = 5'000,
          .memory_changes = 100'000,
          .memory_seconds = 0.3};
}

Row row_of(const Entry& entry, const RouteSet& routes) {
  Row row;
  row.contender = entry.row.name;
  row.role = entry.row.role;
  row.bytes = entry.contender->bytes();
  row.refused = entry.contender->refused();
  row.routes = routes.routes() - row.refused;
  row.wrong = entry.wrong;
  return row;
}

Result measure_lookups(const Entries& entries, const RouteSet& routes, const Packets& packets,
                       size_t burst, const Effort& effort) {
  std::vector<std::vector<double>> samples(entries.size());
  for (size_t repetition = 0; repetition < effort.repetitions; ++repetition) {
    for (size_t i = 0; i < entries.size(); ++i) {
      if (repetition % kSeldom != 0 && is_aside_and_slow(entries, samples, i)) continue;
      samples[i].push_back(timed_pass(*entries[i]->contender, packets.view(), burst));
    }
  }
  Result result;
  result.what = "lookup";
  for (size_t i = 0; i < entries.size(); ++i) {
    result.rows.push_back(row_of(*entries[i], routes));
    result.rows.back().ns = statistics(std::move(samples[i]));
  }
  return result;
}

Result measure_builds(const Entries& entries, const RouteSet& routes, const Effort& effort) {
  constexpr double kSlowSeconds = 5;  // is not built again
  Result result;
  result.what = "build";
  for (Entry* entry : entries) {
    std::vector<double> samples = {entry->build_seconds * 1e9};
    while (samples.size() < effort.builds && entry->build_seconds < kSlowSeconds) {
      const double start = thread_cpu_seconds();
      const auto built = entry->row.build(routes);
      samples.push_back((thread_cpu_seconds() - start) * 1e9);
    }
    result.rows.push_back(row_of(*entry, routes));
    result.rows.back().ns = statistics(std::move(samples));
    if (entry->row.role == Role::Peer && entry->contender->changes() == Changes::None)
      result.rows.back().apart = "keeps no routes to change";
  }
  return result;
}

Result calmest(const Effort& effort, const std::function<Result()>& once) {
  Result best = once();
  size_t runs = 1;
  for (; runs < effort.runs_max && !best.calm(); ++runs) {
    Result again = once();
    if (unrest(again) < unrest(best)) best = std::move(again);
  }
  best.runs = runs;
  best.noisy = !best.calm();
  return best;
}

}  // namespace isthmus::bench
