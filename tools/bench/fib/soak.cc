#include "tools/bench/fib/soak.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <span>

#include "tests/support/fib_layouts.h"
#include "tests/support/fib_oracle.h"
#include "tools/bench/fib/machine.h"
#include "tools/bench/fib/result.h"
#include "tools/bench/fib/route_life.h"

namespace isthmus::bench {
namespace {

using dataplane::Rib;
using net::Family;
using net::IpAddress;
using net::Prefix;
using test::FibLayout;

constexpr Family kFamilies[] = {Family::V4, Family::V6};
constexpr size_t kPendingMax = 64;  // replaced versions, before what nobody reads is freed
constexpr size_t kChunk = 4096;     // updates that are timed at once
constexpr size_t kBurst = 1000;     // no multiple of what the loops take at once

// What layouts stand on.
struct Ground {
  dataplane::VrfNodes nodes;
  dataplane::rcu::GracePeriods grace;
};

using Make = std::unique_ptr<FibLayout> (*)(const Rib&, Ground&);
template <class Wide>
std::unique_ptr<FibLayout> make_wide(const Rib& routes, Ground& ground) {
  return std::make_unique<test::WideLayout<Wide>>(routes, ground.grace);
}
std::unique_ptr<FibLayout> make_rib(const Rib& routes, Ground&) {
  return std::make_unique<test::RibLayout>(routes);
}
std::unique_ptr<FibLayout> make_vrf(const Rib& routes, Ground& ground) {
  return std::make_unique<test::VrfLayout>(ground.nodes, routes);
}
std::unique_ptr<FibLayout> make_fib(const Rib& routes, Ground& ground) {
  return std::make_unique<test::WholeFib>(ground.nodes, routes, ground.grace);
}
struct LayoutRow {
  std::string_view name;
  std::span<const Family> families;
  size_t divisor;  // of the updates: a VrfTable of a million routes is far beyond its purpose
  Make make;
};
constexpr LayoutRow kLayouts[] = {
    {"rib", kFamilies, 1, &make_rib},
    {"wide4", {kFamilies, 1}, 1, &make_wide<dataplane::Wide4>},
    {"wide6", {kFamilies + 1, 1}, 1, &make_wide<dataplane::Wide6>},
    {"vrf", kFamilies, 10, &make_vrf},
    {"fib", kFamilies, 1, &make_fib},
};

// ---- changes

// A layout, and the routes that it follows: those of its families.
class Follower {
 public:
  Follower(const LayoutRow& row, const TableText& tables) {
    std::vector<Route> routes;
    for (const Family family : row.families) {
      const std::vector<Route>& own = family == Family::V4 ? tables.v4 : tables.v6;
      routes.insert(routes.end(), own.begin(), own.end());
    }
    rib_ = Rib::build(routes);
    layout_ = row.make(rib_, ground_);
  }

  FibLayout& layout() { return *layout_; }
  const Rib& routes() const { return rib_; }
  size_t updates() const { return updates_; }

  void follow(const std::vector<RouteChange>& transaction) {
    changed_.clear();
    for (const RouteChange& change : transaction) {
      if (!layout_->holds(change.prefix.family())) continue;
      changed_.push_back(change.prefix);
      if (change.value) {
        rib_.set(change.prefix, *change.value);
      } else {
        rib_.erase(change.prefix);
      }
    }
    if (changed_.empty()) return;
    layout_->prepare(rib_, changed_, FibLayout::Visible::InPlace);
    layout_->publish();
    updates_ += changed_.size();
    if (ground_.grace.pending() >= kPendingMax) ground_.grace.reclaim();
  }
  void settle() { ground_.grace.reclaim(); }

 private:
  Ground ground_;
  Rib rib_;
  std::unique_ptr<FibLayout> layout_;
  std::vector<Prefix> changed_;
  size_t updates_ = 0;
};

// The same life for every layout. CPU seconds of the follower alone.
double live(RouteLife& life, Follower& follower, size_t updates, const std::string& what,
            Progress& progress) {
  std::vector<std::vector<RouteChange>> transactions;
  double seconds = 0;
  size_t told = 0;
  for (size_t done = 0; done < updates;) {
    if (done >= told) {
      progress.now(fmt::format("{}: {} of {} updates", what, grouped(done), grouped(updates)));
      told += std::max<size_t>(updates / 20, kChunk);
    }
    transactions.clear();
    const size_t goal = std::min(done + kChunk, updates);
    while (done < goal) {
      transactions.emplace_back();
      life.next(transactions.back(), goal - done);
      done += transactions.back().size();
    }
    const double start = thread_cpu_seconds();
    for (const auto& transaction : transactions) follower.follow(transaction);
    seconds += thread_cpu_seconds() - start;
  }
  return seconds;
}

// ---- questions

struct Questions {  // of one family
  std::vector<IpAddress> addresses;
  std::vector<uint32_t> answers;
};

// Every boundary of the routes that there are, and of those that there were at first, and the
// address before each.
Questions questions_of(const RouteLife& life, Family family) {
  const std::vector<Route> routes = life.routes(family);
  Questions questions;
  for (const std::vector<Route>* some : {&routes, &life.own(family)}) {
    for (const Route& route : *some) {
      const IpAddress first = route.prefix.address();
      const IpAddress last = route.prefix.last();
      questions.addresses.insert(questions.addresses.end(),
                                 {first, test::address_before(first), last, last.plus(1)});
    }
  }
  std::vector<IpAddress>& all = questions.addresses;
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  const test::IntervalFib oracle(routes);
  for (const IpAddress& address : all) questions.answers.push_back(oracle.lookup(address));
  return questions;
}

void judge(const FibLayout& layout, const Questions& questions, SoakRow& row) {
  std::vector<uint32_t> values(questions.addresses.size());
  const auto compare = [&](std::string_view how) {
    for (size_t i = 0; i < values.size(); ++i) {
      if (values[i] == questions.answers[i]) continue;
      if (row.wrong++ == 0) {
        row.example = fmt::format("{} ({}): {:#x}, not {:#x}", questions.addresses[i].to_string(),
                                  how, values[i], questions.answers[i]);
      }
    }
  };
  const std::span<const IpAddress> addresses = questions.addresses;
  for (const dataplane::CpuPath path : dataplane::cpu_paths()) {
    for (size_t at = 0; at < values.size(); at += kBurst) {
      const size_t n = std::min(kBurst, values.size() - at);
      layout.look_up(path, addresses.subspan(at, n), std::span(values).subspan(at, n));
    }
    compare(to_string(path));
  }
  for (size_t i = 0; i < values.size(); ++i) values[i] = layout.look_up(addresses[i]);
  compare("one");
  row.asked += values.size();
}

SoakRow run(const LayoutRow& layout, const SoakPlan& plan, const TableText& tables,
            Progress& progress) {
  const std::string what = fmt::format("soak: {}", layout.name);
  progress.now(what + ": building");
  Follower follower(layout, tables);
  RouteLife life(tables.v4, tables.v6, plan.share6, plan.seed);
  SoakRow row;
  row.layout = layout.name;
  row.seconds = live(life, follower, plan.updates / layout.divisor, what, progress);
  row.updates = follower.updates();
  progress.now(what + ": asking at every boundary");
  for (const Family family : layout.families)
    judge(follower.layout(), questions_of(life, family), row);
  progress.now(what + ": building anew");
  follower.settle();
  row.bytes = follower.layout().bytes();
  row.fresh_bytes = follower.layout().fresh_bytes(follower.routes()).value_or(0);
  return row;
}

}  // namespace

bool soak(const SoakPlan& plan, const TableText& tables, Progress& progress,
          const std::function<void(const SoakRow&)>& tell) {
  bool passed = true;
  for (const LayoutRow& layout : kLayouts) {
    const SoakRow row = run(layout, plan, tables, progress);
    passed = row.passed() && passed;
    tell(row);
  }
  return passed;
}

std::string soak_heading(const SoakPlan& plan) {
  return fmt::format("{} updates, {:.0f} % of them of IPv6; seed {}\n", grouped(plan.updates),
                     plan.share6 * 100, plan.seed) +
         fmt::format("{:<8}{:>12}{:>12}{:>12}{:>8}{:>14}{:>12}\n", "layout", "updates", "updates/s",
                     "boundaries", "wrong", "bytes", "of a fresh");
}

std::string soak_line(const SoakRow& row) {
  const double rate = row.seconds > 0 ? static_cast<double>(row.updates) / row.seconds : 0;
  const double growth =
      static_cast<double>(row.bytes) / static_cast<double>(std::max<size_t>(row.fresh_bytes, 1));
  return fmt::format("{:<8}{:>12}{:>12}{:>12}{:>8}{:>14}{:>12.4f}  {}\n", row.layout,
                     grouped(row.updates), grouped(static_cast<size_t>(rate)), grouped(row.asked),
                     grouped(row.wrong), grouped(row.bytes), growth,
                     row.passed() ? "passed" : "FAILED " + row.example);
}

}  // namespace isthmus::bench
