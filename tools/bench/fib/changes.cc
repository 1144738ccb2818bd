#include "tools/bench/fib/changes.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "tools/bench/fib/machine.h"

namespace isthmus::bench {
namespace {

constexpr uint64_t kSeed = 7;

// Withdraws a random route, then announces it again.
class Churn {
 public:
  Churn(Contender& contender, const std::vector<Route>& routes, uint64_t seed)
      : contender_(contender), routes_(routes), random_(seed) {}
  ~Churn() { settle(); }
  Churn(const Churn&) = delete;
  Churn& operator=(const Churn&) = delete;

  void step() {
    if (out_ != nullptr) {
      settle();
      return;
    }
    out_ = &routes_[random_() % routes_.size()];
    contender_.withdraw(out_->prefix);
  }
  // What is withdrawn comes back.
  void settle() {
    if (out_ != nullptr) contender_.announce(out_->prefix, out_->value);
    out_ = nullptr;
  }

 private:
  Contender& contender_;
  const std::vector<Route>& routes_;
  std::mt19937_64 random_;
  const Route* out_ = nullptr;
};

// CPU time of one change.
double change_ns(Churn& churn, double seconds_max) {
  constexpr size_t kBetweenLooks = 64;
  constexpr size_t kChangesMax = 40'000;
  size_t done = 0;
  const double start = thread_cpu_seconds();
  double spent = 0;
  while (done < kChangesMax && spent < seconds_max) {
    for (size_t i = 0; i < kBetweenLooks; ++i) churn.step();
    done += kBetweenLooks;
    spent = thread_cpu_seconds() - start;
  }
  return spent * 1e9 / static_cast<double>(done);
}

// Wall time of each of many changes.
std::vector<double> latencies_ns(Churn& churn, size_t count, double seconds_max) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> samples;
  const Clock::time_point first = Clock::now();
  const auto budget = std::chrono::duration<double>(seconds_max);
  for (Clock::time_point start = first; samples.size() < count && start - first < budget;) {
    churn.step();
    const Clock::time_point end = Clock::now();
    samples.push_back(std::chrono::duration<double, std::nano>(end - start).count());
    start = end;
  }
  return samples;
}

enum class Pace { Still, TenThousand, FlatOut, Over };

// The writer of the reader's workload: a thread that changes routes at the pace it is told.
class Writer {
 public:
  Writer(Contender& contender, const std::vector<Route>& routes, int cpu)
      : thread_([this, &contender, &routes, cpu] { write(contender, routes, cpu); }) {}
  ~Writer() {
    pace_ = Pace::Over;
    thread_.join();
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Returns when the writer goes at that pace.
  void set(Pace pace) {
    pace_ = pace;
    while (seen_ != pace) std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  size_t done() const { return done_; }

 private:
  void write(Contender& contender, const std::vector<Route>& routes, int cpu) {
    pin_to(cpu);
    Churn churn(contender, routes, kSeed);
    constexpr auto kTick = std::chrono::milliseconds(1);
    auto next = std::chrono::steady_clock::now();
    for (Pace pace = pace_; pace != Pace::Over; pace = pace_) {
      seen_ = pace;
      if (pace != Pace::Still) change(churn, pace == Pace::FlatOut ? 256 : 10);
      if (pace == Pace::FlatOut) continue;
      next = std::max(next + kTick, std::chrono::steady_clock::now() - 20 * kTick);
      std::this_thread::sleep_until(next);
    }
  }
  void change(Churn& churn, size_t count) {
    for (size_t i = 0; i < count; ++i) churn.step();
    done_ += count;
  }

  std::atomic<Pace> pace_{Pace::Still};
  std::atomic<Pace> seen_{Pace::Over};
  std::atomic<size_t> done_{0};
  std::thread thread_;
};

// CPU time of one lookup, measured for a while.
double reader_ns(Contender& contender, Seat& seat, const PacketView& packets, size_t burst,
                 double seconds) {
  const size_t step = burst * 4;
  const size_t look = std::max<size_t>(packets.count / 8, step);
  size_t done = 0, at = 0, since_look = 0;
  const double start = thread_cpu_seconds();
  for (double spent = 0; spent < seconds;) {
    contender.run(packets.slice(at, std::min(step, packets.count - at)), burst);
    seat.between_bursts();
    const size_t looked_up = std::min(step, packets.count - at);
    done += looked_up;
    since_look += looked_up;
    at = at + looked_up == packets.count ? 0 : at + looked_up;
    if (since_look < look) continue;
    since_look = 0;
    spent = thread_cpu_seconds() - start;
  }
  return (thread_cpu_seconds() - start) * 1e9 / static_cast<double>(done);
}

struct Phase {
  const char* name;
  Pace pace;
};
constexpr Phase kPhases[] = {
    {"alone", Pace::Still}, {"10k", Pace::TenThousand}, {"flat-out", Pace::FlatOut}};
constexpr size_t kPhaseCount = std::size(kPhases);

struct PhaseSamples {
  std::vector<double> ns;
  double changes = 0;
  double seconds = 0;
};

std::array<PhaseSamples, kPhaseCount> read_in_phases(Contender& contender, const RouteSet& routes,
                                                     const PacketView& packets, size_t burst,
                                                     const Places& places, const Effort& effort) {
  std::array<PhaseSamples, kPhaseCount> phases;
  Writer writer(contender, routes.tables.front(), places.writer);
  const std::unique_ptr<Seat> seat = contender.sit();
  for (size_t repetition = 0; repetition < effort.repetitions; ++repetition) {
    for (size_t i = 0; i < kPhaseCount; ++i) {
      writer.set(kPhases[i].pace);
      reader_ns(contender, *seat, packets, burst, effort.reader_seconds / 5);  // settles
      const double start = wall_seconds();
      const size_t before = writer.done();
      phases[i].ns.push_back(reader_ns(contender, *seat, packets, burst, effort.reader_seconds));
      phases[i].changes += static_cast<double>(writer.done() - before);
      phases[i].seconds += wall_seconds() - start;
    }
  }
  return phases;
}

}  // namespace

Result measure_changes(const Entries& entries, const RouteSet& routes, const Effort& effort) {
  std::vector<Entry*> able;
  for (Entry* entry : entries)
    if (entry->contender->changes() != Changes::None) able.push_back(entry);
  std::vector<std::vector<double>> samples(able.size());
  for (size_t repetition = 0; repetition < effort.repetitions; ++repetition) {
    for (size_t i = 0; i < able.size(); ++i) {
      Churn churn(*able[i]->contender, routes.tables.front(), kSeed + repetition);
      samples[i].push_back(change_ns(churn, effort.changes_seconds));
    }
  }
  Result result;
  result.what = "change";
  for (size_t i = 0; i < able.size(); ++i) {
    Churn churn(*able[i]->contender, routes.tables.front(), kSeed);
    std::vector<double> each =
        latencies_ns(churn, effort.changes_timed, effort.changes_seconds * 25);
    churn.settle();
    Row row = row_of(*able[i], routes);
    row.ns = statistics(std::move(samples[i]));
    row.more = {{"changes_per_second", 1e9 / row.ns.median},
                {"p50_ns", quantile(each, 0.5)},
                {"p99_ns", quantile(each, 0.99)},
                {"max_ns", quantile(each, 1)}};
    result.rows.push_back(std::move(row));
  }
  return result;
}

std::vector<Result> measure_reader(const Entries& entries, const RouteSet& routes,
                                   const Packets& packets, size_t burst, const Places& places,
                                   const Effort& effort) {
  std::vector<Result> results(kPhaseCount);
  for (Entry* entry : entries) {
    if (entry->contender->changes() != Changes::WhileRead) continue;
    const auto phases =
        read_in_phases(*entry->contender, routes, packets.view(), burst, places, effort);
    const Statistics alone = statistics(phases[0].ns);
    for (size_t i = 0; i < kPhaseCount; ++i) {
      Row row = row_of(*entry, routes);
      row.ns = statistics(phases[i].ns);
      row.more = {{"changes_per_second", phases[i].changes / phases[i].seconds},
                  {"speed_of_alone", alone.median / row.ns.median}};
      results[i].rows.push_back(std::move(row));
    }
  }
  for (size_t i = 0; i < kPhaseCount; ++i) {
    results[i].name = kPhases[i].name;
    results[i].what = "lookup";
    results[i].noisy = !results[i].calm();
  }
  return results;
}

Result measure_memory(const Entries& entries, const RouteSet& routes, const Questions& questions,
                      size_t burst, const Effort& effort) {
  Result result;
  result.what = "change";
  result.compares = false;  // sizes are the point
  for (Entry* entry : entries) {
    if (entry->contender->changes() == Changes::None) continue;
    constexpr size_t kStep = 1000;
    size_t done = 0;
    const double start = thread_cpu_seconds();
    double spent = 0;
    Churn churn(*entry->contender, routes.tables.front(), kSeed);
    while (done < effort.memory_changes && spent < effort.memory_seconds) {
      for (size_t i = 0; i < kStep; ++i) churn.step();
      done += kStep;
      spent = thread_cpu_seconds() - start;
    }
    churn.settle();
    const size_t fresh = entry->fresh_bytes;
    const size_t wrong = judge(*entry->contender, questions, burst).wrong;
    Row row = row_of(*entry, routes);
    row.wrong = std::max(row.wrong, wrong);
    row.ns = statistics({spent * 1e9 / static_cast<double>(done)});
    row.more = {{"changes", static_cast<double>(done)},
                {"bytes_of_a_fresh_build", static_cast<double>(fresh)},
                {"of_a_fresh_build", static_cast<double>(row.bytes) / static_cast<double>(fresh)}};
    result.rows.push_back(std::move(row));
  }
  return result;
}

}  // namespace isthmus::bench
