// One transaction may change every table there is. Readers see it whole or not at all.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <utility>

#include "dataplane/dataplane.h"
#include "tests/support/sanitizers.h"

namespace isthmus::dataplane {
namespace {

constexpr uint32_t kTables = test::kSanitized ? 200 : 1000;
constexpr uint32_t kTransactions = test::kSanitized ? 40 : 200;

net::Prefix prefix(const char* text) { return net::Prefix::parse(text).value(); }
net::Prefix own_prefix(uint32_t table) {
  return net::Prefix::containing(net::IpAddress::v4(0x0A000000 | table << 8), 24);
}
TableKey key(uint32_t table) { return {DomainId{table + 1}, 0}; }
Action deliver(uint32_t domain) { return {Action::Kind::Deliver, DomainId{domain}, {}}; }

// What 172.16.0.0/12 leads to in every table.
ProgramDelta flip(uint32_t number) {
  ProgramDelta delta;
  for (uint32_t table = 0; table < kTables; ++table)
    delta.routes.push_back({key(table), prefix("172.16.0.0/12"), deliver(1'000'000 + number)});
  return delta;
}

// Tables of different content, which share nodes all the same.
ProgramDelta everything() {
  ProgramDelta delta = flip(0);
  for (uint32_t table = 0; table < kTables; ++table) {
    delta.tables.emplace_back(key(table), true);
    for (uint32_t peer = 0; peer < 4; ++peer) {
      const uint32_t other = (table + peer * 3) % kTables;
      delta.routes.push_back({key(table), own_prefix(other), deliver(other + 1)});
    }
  }
  return delta;
}

void publish(Dataplane& dataplane, const ProgramDelta& delta) {
  auto prepared = dataplane.prepare(delta);
  // A reader that is not scheduled must not fail the test.
  for (; !prepared; prepared = dataplane.prepare(delta)) std::this_thread::yield();
  dataplane.publish(std::move(*prepared));
}

// What a reader has seen.
struct Seen {
  std::atomic<uint64_t> bursts{0};
  std::atomic<uint64_t> mixed{0};      // bursts with two versions in them
  std::atomic<uint64_t> backwards{0};  // of two bursts, the later one said what was before
};

uint32_t number_in(const Tables& tables, uint32_t table, uint32_t address) {
  const uint32_t id = tables.table(key(table))->lookup(net::IpAddress::v4(address));
  const Action* action = tables.action(id);
  return action == nullptr ? 0 : static_cast<uint32_t>(action->domain);
}

// Bursts of two packets of two tables, in either order in turn.
void read(Dataplane& dataplane, const std::atomic<bool>& is_over, Seen& seen) {
  std::mt19937_64 random(1);
  rcu::Reader reader(dataplane.grace_periods());
  uint32_t last = 0;
  while (!is_over.load(std::memory_order_relaxed)) {
    uint32_t pair[2] = {static_cast<uint32_t>(random() % kTables),
                        static_cast<uint32_t>(random() % kTables)};
    for (int turn = 0; turn < 2; ++turn, std::swap(pair[0], pair[1])) {
      const rcu::Guard guard(reader);
      const Tables& tables = dataplane.view(guard);
      const uint32_t first = number_in(tables, pair[0], 0xAC100001);
      const uint32_t second = number_in(tables, pair[1], 0xAC1FFFFF);
      if (first != second || first < 1'000'000) ++seen.mixed;
      if (std::min(first, second) < last) ++seen.backwards;
      last = std::max(first, second);
      ++seen.bursts;
    }
  }
}

TEST(ManyTables, AReaderSeesATransactionOverAllOfThemWhole) {
  Dataplane dataplane;
  publish(dataplane, everything());
  ASSERT_EQ(dataplane.stats().tables, kTables);
  std::atomic<bool> is_over{false};
  Seen seen;
  std::thread reader([&] { read(dataplane, is_over, seen); });
  for (uint32_t number = 1; number <= kTransactions; ++number) {
    const uint64_t before = seen.bursts;
    publish(dataplane, flip(number));
    while (seen.bursts == before) std::this_thread::yield();
  }
  is_over = true;
  reader.join();
  EXPECT_EQ(seen.mixed, 0u);
  EXPECT_EQ(seen.backwards, 0u);
  EXPECT_EQ(dataplane.stats().version, kTransactions + 1);
  for (uint32_t table = 0; table < kTables; ++table)
    ASSERT_EQ(number_in(dataplane.current(), table, 0xAC100001), 1'000'000 + kTransactions);
}

}  // namespace
}  // namespace isthmus::dataplane
