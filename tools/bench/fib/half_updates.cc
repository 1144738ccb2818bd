#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "tools/bench/fib/changes.h"
#include "tools/bench/fib/machine.h"

namespace isthmus::bench {
namespace {

// A prefix whose first and last address it decides itself; or one that all tables have.
struct Watched {
  Route route;
  Packets ends;  // the first address, the last one, the first one again; of any number of pairs
  bool everywhere = false;
};

// Several /24s wide, so that a table of /24s takes several stores to change it.
std::vector<Watched> watched_routes(const std::vector<Route>& routes) {
  constexpr size_t kWatchedMax = 512;
  constexpr int kLengthMin = 12, kLengthMax = 22;
  const dataplane::Rib rib = dataplane::Rib::build(routes);
  std::vector<Watched> watched;
  std::mt19937_64 random(11);
  for (size_t tried = 0; tried < 20 * kWatchedMax && watched.size() < kWatchedMax; ++tried) {
    const Route& route = routes[random() % routes.size()];
    const net::Prefix& prefix = route.prefix;
    if (prefix.length() < kLengthMin || prefix.length() > kLengthMax) continue;
    const auto decides = [&](const net::IpAddress& address) {
      return rib.match(address)->prefix == prefix;
    };
    if (!decides(prefix.address()) || !decides(prefix.last())) continue;
    Watched one{route, {}};
    for (const net::IpAddress& end : {prefix.address(), prefix.last(), prefix.address()})
      one.ends.add(0, end);
    watched.push_back(std::move(one));
  }
  return watched;
}

// The default route, which every table has, and pairs of tables with an address each that it
// decides there.
std::vector<Watched> watched_everywhere(const RouteSet& routes) {
  constexpr size_t kPairs = 256;
  const net::Prefix everything;
  std::mt19937_64 random(11);
  Watched watched{{everything, kNoRoute}, {}, true};
  for (size_t tried = 0; tried < 20 * kPairs && watched.ends.size() < 3 * kPairs; ++tried) {
    uint32_t tables[2];
    net::IpAddress addresses[2];
    bool is_decided = true;
    for (int i = 0; i < 2; ++i) {
      tables[i] = static_cast<uint32_t>(random() % routes.tables.size());
      addresses[i] = net::IpAddress::v4(static_cast<uint32_t>(random()));
      const std::vector<Route>& all = routes.tables[tables[i]];
      is_decided = is_decided && !all.empty() && all.front().prefix == everything &&
                   std::none_of(all.begin() + 1, all.end(), [&](const Route& route) {
                     return route.prefix.contains(addresses[i]);
                   });
      if (is_decided) watched.route.value = all.front().value;
    }
    if (!is_decided) continue;
    for (const int i : {0, 1, 0}) watched.ends.add(tables[i], addresses[i]);
  }
  if (watched.ends.size() == 0) return {};
  return {watched};
}

// Waits without burning the other side's CPU for long.
class Patience {
 public:
  // False when it took far too long.
  bool wait() {
    constexpr size_t kSpins = 2'000;
    if (++turns_ < kSpins) return true;
    if (turns_ == kSpins) start_ = wall_seconds();
    std::this_thread::yield();
    return wall_seconds() - start_ < 5;
  }

 private:
  size_t turns_ = 0;
  double start_ = 0;
};

// One change at a time: the writer says which, the reader begins to look, the writer changes it,
// the reader looks until both ends are new.
struct Meeting {
  std::atomic<size_t> said{0};     // changes that the writer has named
  std::atomic<size_t> looking{0};  // of them, those that the reader has begun to look at
  std::atomic<size_t> seen{0};     // of them, those that it has seen whole
  std::atomic<bool> over{false};
  // Of the change that was named last.
  const Watched* watched = nullptr;
  uint32_t before = 0;
  uint32_t after = 0;
};

bool reached(const std::atomic<size_t>& counter, size_t goal, const std::atomic<bool>& over) {
  for (Patience patience; counter.load(std::memory_order_acquire) < goal;)
    if (over.load(std::memory_order_relaxed) || !patience.wait()) return false;
  return true;
}

// Both orders in turn: a change that goes from low to high addresses is caught by one of them.
bool saw_half(Contender& contender, Seat& seat, const Meeting& meeting) {
  bool half = false;
  Patience patience;
  for (size_t turn = 0; patience.wait(); ++turn) {
    uint32_t values[2];
    const Packets& ends = meeting.watched->ends;
    const size_t at = turn / 2 * 3 % ends.size() + turn % 2;
    contender.answer(ends.view().slice(at, 1), 1, &values[0]);
    contender.answer(ends.view().slice(at + 1, 1), 1, &values[1]);
    seat.between_bursts();
    half = half || (values[0] == meeting.after && values[1] == meeting.before);
    if (values[0] == meeting.after && values[1] == meeting.after) break;
  }
  return half;
}

void write(Contender& contender, std::vector<Watched>& watched, size_t updates, Meeting& meeting) {
  for (size_t i = 0; i < updates; ++i) {
    Watched& one = watched[i % watched.size()];
    // Every other round puts back what was there, so that the table ends as it began.
    const uint32_t other = one.route.value == 0 ? 1 : 0;
    const bool forth = i / watched.size() % 2 == 0;
    meeting.watched = &one;
    meeting.before = forth ? one.route.value : other;
    meeting.after = forth ? other : one.route.value;
    meeting.said.store(i + 1, std::memory_order_release);
    if (!reached(meeting.looking, i + 1, meeting.over)) break;
    if (one.everywhere) {
      contender.announce_everywhere(one.route.prefix, meeting.after);
    } else {
      contender.announce(one.route.prefix, meeting.after);
    }
    if (!reached(meeting.seen, i + 1, meeting.over)) break;
  }
  meeting.over = true;
}

// How many updates of `updates` the reader saw in part.
size_t half_updates(Contender& contender, std::vector<Watched>& watched, size_t updates,
                    const Places& places) {
  Meeting meeting;
  std::thread writer([&] {
    pin_to(places.writer);
    write(contender, watched, updates, meeting);
  });
  const std::unique_ptr<Seat> seat = contender.sit();
  size_t half = 0;
  for (size_t i = 1; reached(meeting.said, i, meeting.over); ++i) {
    meeting.looking.store(i, std::memory_order_release);
    half += saw_half(contender, *seat, meeting) ? 1 : 0;
    meeting.seen.store(i, std::memory_order_release);
  }
  writer.join();
  return half;
}

}  // namespace

Result count_half_updates(const Entries& entries, const RouteSet& routes, const Places& places,
                          const Effort& effort) {
  Result result;
  result.what = "change";
  result.compares = false;  // the count is the point
  const size_t tables = routes.tables.size();
  std::vector<Watched> watched =
      tables == 1 ? watched_routes(routes.tables.front()) : watched_everywhere(routes);
  if (watched.empty()) {
    result.left_out.emplace_back(tables == 1 ? "all: no prefix of the table is several /24s wide"
                                             : "all: no route decides addresses in all tables");
    return result;
  }
  // Forth and back: an even number of rounds. Changes of many tables are as many changes.
  const size_t rounds = std::max<size_t>(effort.half_updates / tables / watched.size() / 2 * 2, 2);
  const size_t updates = rounds * watched.size();
  for (Entry* entry : entries) {
    if (entry->contender->changes() != Changes::WhileRead) continue;
    const double start = thread_cpu_seconds();
    const size_t half = half_updates(*entry->contender, watched, updates, places);
    Row row = row_of(*entry, routes);
    row.ns = statistics({(thread_cpu_seconds() - start) * 1e9 / static_cast<double>(updates)});
    row.more = {{"changes", static_cast<double>(updates)},
                {"half_updated_routes", static_cast<double>(half)}};
    result.rows.push_back(std::move(row));
  }
  return result;
}

}  // namespace isthmus::bench
