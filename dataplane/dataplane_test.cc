#include "dataplane/dataplane.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/random_program.h"

namespace isthmus::dataplane {
namespace {

constexpr DomainId kRed{1};
constexpr TableKey kRedTable{kRed, 0};

net::Prefix prefix(const char* text) { return net::Prefix::parse(text).value(); }
net::IpAddress address(const char* text) { return net::IpAddress::parse(text).value(); }
Action deliver(DomainId domain) { return {Action::Kind::Deliver, domain, {}}; }

void publish(Dataplane& dataplane, const ProgramDelta& delta) {
  auto prepared = dataplane.prepare(delta);
  ASSERT_TRUE(prepared.has_value());
  dataplane.publish(std::move(*prepared));
}

ProgramDelta red_table(const std::vector<std::pair<const char*, Action>>& routes) {
  ProgramDelta delta;
  delta.tables = {{kRedTable, true}};
  for (const auto& [text, action] : routes) {
    delta.routes.push_back({kRedTable, prefix(text), action});
  }
  return delta;
}

class DataplaneLaw : public testing::TestWithParam<uint64_t> {};

TEST_P(DataplaneLaw, PublishedDifferencesGiveTheTargetAndAbandonedOnesNothing) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam());
  test::RandomProgram random(GetParam());
  Dataplane dataplane;
  ForwardingProgram now;
  for (int step = 0; step < 12; ++step) {
    ForwardingProgram next = random.one_in(4) ? random.program() : now;
    random.change(next, 6);
    const ProgramDelta delta = diff(now, next);

    const DataplaneStats before = dataplane.stats();
    auto abandoned = dataplane.prepare(delta);
    ASSERT_TRUE(abandoned.has_value());
    EXPECT_EQ(dataplane.contents(), now);
    dataplane.abandon(std::move(*abandoned));
    EXPECT_EQ(dataplane.contents(), now);
    EXPECT_EQ(dataplane.stats(), before);

    publish(dataplane, delta);
    EXPECT_EQ(dataplane.contents(), next);
    now = next;
  }
  publish(dataplane, diff(now, {}));
  DataplaneStats empty;
  empty.version = dataplane.stats().version;
  empty.bytes = dataplane.stats().bytes;  // ids that wait for use
  EXPECT_EQ(dataplane.stats(), empty);
}

// Whatever the way to a state, it costs the same: nothing is left behind by the way.
TEST_P(DataplaneLaw, BytesDependOnContentAndFreeActionIdsOnly) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam());
  test::RandomProgram random(GetParam());
  const ForwardingProgram start = random.program();
  ForwardingProgram other = start;
  random.change(other, 10);
  Dataplane dataplane;
  publish(dataplane, diff({}, start));
  publish(dataplane, diff(start, other));
  publish(dataplane, diff(other, start));
  const DataplaneStats once = dataplane.stats();
  for (int i = 0; i < 20; ++i) {
    publish(dataplane, diff(start, other));
    publish(dataplane, diff(other, start));
  }
  DataplaneStats often = dataplane.stats();
  EXPECT_EQ(often.version, once.version + 40);
  often.version = once.version;
  EXPECT_EQ(often.routes, once.routes);
  EXPECT_EQ(often, once);
}

INSTANTIATE_TEST_SUITE_P(Seeds, DataplaneLaw, testing::Range<uint64_t>(1, 61));

TEST(Dataplane, StatsCountEveryKind) {
  Dataplane dataplane;
  ProgramDelta delta = red_table({{"10.0.0.0/24", deliver(kRed)}, {"10.0.1.0/24", deliver(kRed)}});
  delta.policies = {{{kRed, DomainId{2}}, PeerPolicy{}}};
  delta.endpoints = {{{kRed, address("10.0.0.4")}, PortId{1}}};
  delta.ports = {{PortId{1}, Port{}}};
  delta.access_lists = {{AclId{1}, AccessList{}}};
  publish(dataplane, delta);
  const DataplaneStats stats = dataplane.stats();
  EXPECT_EQ(stats.version, 1u);
  EXPECT_EQ(stats.tables, 1u);
  EXPECT_EQ(stats.routes, 2u);
  EXPECT_EQ(stats.actions, 1u);  // equal actions share an id
  EXPECT_EQ(stats.policies, 1u);
  EXPECT_EQ(stats.endpoints, 1u);
  EXPECT_EQ(stats.ports, 1u);
  EXPECT_EQ(stats.access_lists, 1u);
  EXPECT_GT(stats.bytes, 0u);
  EXPECT_EQ(stats.versions_pending, 0u);
}

TEST(Dataplane, RefusesInconsistentDeltasAndStaysAsItWas) {
  const ProgramDelta::RouteChange route{kRedTable, prefix("10.0.0.0/24"), deliver(kRed)};
  ProgramDelta unknown_table;
  unknown_table.routes = {route};
  ProgramDelta removed_table = red_table({{"10.0.0.0/24", deliver(kRed)}});
  removed_table.tables[0].second = false;
  ProgramDelta twice = red_table({});
  twice.routes = {route, route};
  ProgramDelta port_twice;
  port_twice.ports = {{PortId{1}, Port{}}, {PortId{1}, std::nullopt}};
  struct Case {
    const char* what;
    const ProgramDelta& delta;
    Refusal refusal;
  };
  const Case cases[] = {{"unknown table", unknown_table, Refusal::UnknownTable},
                        {"removed table", removed_table, Refusal::UnknownTable},
                        {"route twice", twice, Refusal::DuplicateKey},
                        {"port twice", port_twice, Refusal::DuplicateKey}};
  Dataplane dataplane;
  const DataplaneStats before = dataplane.stats();
  for (const Case& c : cases) {
    const auto prepared = dataplane.prepare(c.delta);
    ASSERT_FALSE(prepared.has_value()) << c.what;
    EXPECT_EQ(prepared.error(), c.refusal) << c.what;
    EXPECT_EQ(dataplane.stats(), before) << c.what;
    EXPECT_FALSE(to_string(c.refusal).empty());
  }
}

TEST(Dataplane, DroppedPreparedIsAbandoned) {
  Dataplane dataplane;
  { const auto dropped = dataplane.prepare(red_table({{"10.0.0.0/24", deliver(kRed)}})); }
  EXPECT_EQ(dataplane.contents(), ForwardingProgram{});
  publish(dataplane, red_table({}));  // another one may be prepared
  EXPECT_EQ(dataplane.stats().tables, 1u);
}

TEST(Dataplane, ReaderKeepsItsVersionWhileTheGuardLives) {
  Dataplane dataplane;
  publish(dataplane, red_table({{"10.0.0.0/24", deliver(kRed)}}));
  rcu::Reader reader(dataplane.grace_periods());
  {
    const rcu::Guard guard(reader);
    const Tables& tables = dataplane.view(guard);
    ProgramDelta removal;
    removal.tables = {{kRedTable, false}};
    publish(dataplane, removal);
    EXPECT_NE(tables.table(kRedTable)->lookup(address("10.0.0.1")), kNoRoute);
    EXPECT_EQ(dataplane.view(guard).table(kRedTable), nullptr);
    EXPECT_EQ(dataplane.stats().versions_pending, 1u);
  }
  dataplane.reclaim();
  EXPECT_EQ(dataplane.stats().versions_pending, 0u);
}

TEST(Dataplane, StalledReaderStopsChangesInsteadOfFillingMemory) {
  Dataplane dataplane;
  rcu::Reader reader(dataplane.grace_periods());
  reader.online();
  const ProgramDelta nothing;
  for (size_t i = 0; i < kVersionsPendingMax; ++i) publish(dataplane, nothing);
  EXPECT_EQ(dataplane.prepare(nothing).error(), Refusal::ReadersStalled);
  reader.quiescent();
  publish(dataplane, nothing);
  EXPECT_EQ(dataplane.stats().versions_pending, 1u);
  reader.offline();
}

// Two endpoints and a route always change together: no reader ever sees them apart.
TEST(Dataplane, ConcurrentReadersSeeWholeVersions) {
  constexpr uint32_t kVersions = 3000;
  const EndpointKey first{kRed, address("10.0.0.4")};
  const EndpointKey second{kRed, address("10.200.0.4")};
  const auto version = [&](uint32_t n) {
    ProgramDelta delta = red_table({{"10.0.0.0/8", deliver(DomainId{n})}});
    delta.endpoints = {{first, PortId{n}}, {second, PortId{n}}};
    delta.ports = {{PortId{n}, Port{}}, {PortId{n - 1}, std::nullopt}};
    return delta;
  };
  Dataplane dataplane;
  publish(dataplane, version(1));
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> inconsistent{0};
  std::atomic<uint64_t> looks{0};
  const auto read = [&] {
    rcu::Reader reader(dataplane.grace_periods());
    uint64_t last = 0;
    while (!stop) {
      const rcu::Guard guard(reader);
      const Tables& tables = dataplane.view(guard);
      const PortId* a = tables.endpoint(first.domain, first.address);
      const PortId* b = tables.endpoint(second.domain, second.address);
      const uint32_t id = tables.table(kRedTable)->lookup(first.address);
      const Action* action = tables.action(id);
      const bool agrees = a != nullptr && b != nullptr && *a == *b && tables.port(*a) != nullptr &&
                          action != nullptr &&
                          static_cast<uint32_t>(action->domain) == static_cast<uint32_t>(*a) &&
                          tables.version >= last;
      last = tables.version;
      if (!agrees) ++inconsistent;
      ++looks;
    }
  };
  std::thread one(read);
  std::thread two(read);
  while (looks < 2) std::this_thread::yield();
  for (uint32_t n = 2; n <= kVersions; ++n) {
    auto prepared = dataplane.prepare(version(n));
    // A reader that is not scheduled must not fail the test.
    for (; !prepared; prepared = dataplane.prepare(version(n))) std::this_thread::yield();
    dataplane.publish(std::move(*prepared));
  }
  stop = true;
  one.join();
  two.join();
  EXPECT_EQ(inconsistent, 0u);
  EXPECT_EQ(dataplane.stats().ports, 1u);
  EXPECT_EQ(dataplane.stats().actions, 1u);
}

}  // namespace
}  // namespace isthmus::dataplane
