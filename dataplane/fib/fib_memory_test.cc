// Memory runs out at every single allocation of a layout's change, in its pools and as address
// space: nothing has changed then, and the change that succeeds later gives what it always gives.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <random>
#include <vector>

#include "tests/support/allocations_left.h"
#include "tests/support/fib_layouts.h"
#include "tests/support/sanitizers.h"

namespace isthmus::dataplane {
namespace {

using net::Family;
using net::IpAddress;
using net::Prefix;
using test::AllocationsLeft;
using test::fail_each_allocation;
using test::FibLayout;
using Random = std::mt19937_64;

constexpr Family kFamilies[] = {Family::V4, Family::V6};
constexpr size_t kWideRoutes = 40;  // of a Fib of these tests: it changes its layout on the way

// Within a few /16s and /32s, of lengths that reach every kind of node.
Prefix random_prefix(Random& random) {
  const Family family = kFamilies[random() % 2];
  const bool v4 = family == Family::V4;
  const uint64_t near = v4 ? 0x0A01000000000000 : 0x20010DB800000000;
  const uint64_t spread = (random() & 0x3FFFF) << (v4 ? 32 : 16);
  constexpr int kLengths4[] = {0, 8, 12, 16, 18, 22, 24, 24, 26, 32};
  constexpr int kLengths6[] = {0, 16, 28, 32, 40, 48, 48, 56, 64, 128};
  const int length = (v4 ? kLengths4 : kLengths6)[random() % 10];  // drawn in an order of its own
  return Prefix::containing(IpAddress::from_bits(family, {near ^ spread, random()}), length);
}

struct Step {
  Rib after;
  std::vector<Prefix> changed;
};

// The table grows at first and shrinks later; values need wider cells from some step on.
std::vector<Step> random_steps(uint64_t seed, size_t count) {
  Random random(seed);
  std::vector<Step> steps(count);
  std::vector<Prefix> known;
  Rib routes;
  for (size_t i = 0; i < count; ++i) {
    for (uint64_t n = 1 + random() % 8; n > 0; --n) {
      const bool grows = random() % 8 < (i < count * 2 / 3 ? 7 : 1) || known.empty();
      const Prefix prefix = grows ? random_prefix(random) : known[random() % known.size()];
      if (grows) {
        routes.set(prefix, static_cast<uint32_t>(random() % 50) + (i == count / 2 ? 40'000 : 0));
        known.push_back(prefix);
      } else {
        routes.erase(prefix);
        std::erase(known, prefix);
      }
      steps[i].changed.push_back(prefix);
    }
    steps[i].after = routes;
  }
  return steps;
}

void expect_equal(const FibLayout& layout, const Rib& routes) {
  for (const Family family : kFamilies) {
    if (!layout.holds(family)) continue;
    std::vector<IpAddress> addresses = {IpAddress::from_bits(family, {})};
    routes.for_each([&](const Route& route) {
      if (route.prefix.family() != family) return;
      const IpAddress last = route.prefix.last();
      addresses.insert(addresses.end(), {route.prefix.address(), last, last.plus(1)});
    });
    std::vector<uint32_t> values(addresses.size());
    layout.look_up(cpu_path(), addresses, values);
    for (size_t i = 0; i < values.size(); ++i)
      ASSERT_EQ(values[i], routes.lookup(addresses[i])) << addresses[i].to_string();
  }
}

// What layouts stand on, each on its own.
struct Ground {
  VrfNodes nodes;
  rcu::GracePeriods grace;
};

struct LayoutCase {
  const char* name;
  std::unique_ptr<FibLayout> (*make)(const Rib&, Ground&);
};
template <class Wide>
std::unique_ptr<FibLayout> make_wide(const Rib& routes, Ground& ground) {
  return std::make_unique<test::WideLayout<Wide>>(routes, ground.grace);
}
const LayoutCase kLayouts[] = {
    {"Wide4", &make_wide<Wide4>},
    {"Wide6", &make_wide<Wide6>},
    {"VrfTable",
     [](const Rib& routes, Ground& ground) -> std::unique_ptr<FibLayout> {
       return std::make_unique<test::VrfLayout>(ground.nodes, routes);
     }},
    {"Fib",
     [](const Rib& routes, Ground& ground) -> std::unique_ptr<FibLayout> {
       return std::make_unique<test::WholeFib>(ground.nodes, routes, ground.grace, kWideRoutes);
     }},
};

class FibMemory : public testing::TestWithParam<LayoutCase> {};

// A twin lives the same life, and never runs out of memory.
TEST_P(FibMemory, AChangeThatRunsOutOfMemoryChangesNothing) {
  for (uint64_t seed = 1; seed <= (test::kSanitized ? 1 : 3); ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Ground ground, twin_ground;
    const auto layout = GetParam().make({}, ground);
    const auto twin = GetParam().make({}, twin_ground);
    Random random(seed);
    Rib before;
    long failures = 0;
    for (const Step& step : random_steps(seed, test::kSanitized ? 15 : 30)) {
      const auto visible =
          random() % 2 == 0 ? FibLayout::Visible::InPlace : FibLayout::Visible::InNewView;
      const size_t bytes = layout->bytes();
      failures += fail_each_allocation([&] { layout->prepare(step.after, step.changed, visible); },
                                       [&] {
                                         ASSERT_EQ(layout->bytes(), bytes);
                                         if (random() % 16 == 0) expect_equal(*layout, before);
                                       });
      expect_equal(*layout, before);
      {
        const AllocationsLeft none(0);
        layout->publish();
      }
      twin->prepare(step.after, step.changed, visible);
      twin->publish();
      ground.grace.reclaim();
      twin_ground.grace.reclaim();
      ASSERT_EQ(layout->bytes(), twin->bytes());
      expect_equal(*layout, step.after);
      if (HasFatalFailure()) return;
      before = step.after;
    }
    EXPECT_GT(failures, 0);
  }
}

TEST_P(FibMemory, ATableThatCannotBeBuiltLeavesNothing) {
  const std::vector<Step> steps = random_steps(7, 30);
  for (const size_t at : {size_t{0}, size_t{10}, size_t{19}, size_t{29}}) {
    Ground ground;
    std::unique_ptr<FibLayout> layout;
    fail_each_allocation([&] { layout = GetParam().make(steps[at].after, ground); },
                         [&] {
                           ASSERT_EQ(ground.nodes.bytes_used(), 0u);
                           ASSERT_EQ(ground.nodes.nodes(), 0u);
                           ASSERT_EQ(ground.grace.pending(), 0u);
                         });
    expect_equal(*layout, steps[at].after);
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, FibMemory, testing::ValuesIn(kLayouts),
                         [](const auto& test) { return test.param.name; });

// The pool that all tables share is full at every single node of a build or a change.
TEST(FibMemory, NodesThatRunOutLeaveTheTablesAsTheyWere) {
  const std::vector<Step> steps = random_steps(3, 30);
  const Rib& first = steps[12].after;
  const Rib& later = steps[25].after;
  std::vector<Prefix> changed;
  for (size_t i = 13; i <= 25; ++i)
    changed.insert(changed.end(), steps[i].changed.begin(), steps[i].changed.end());
  size_t builds = 0, changes = 0;
  for (uint32_t lines = vrf::kReservedLines;; ++lines) {
    VrfNodes nodes(lines);
    std::unique_ptr<test::VrfLayout> table;
    try {
      table = std::make_unique<test::VrfLayout>(nodes, first);
    } catch (const std::bad_alloc&) {
      ASSERT_EQ(nodes.bytes_used(), 0u);
      ++builds;
      continue;
    }
    const size_t bytes = nodes.bytes_used();
    try {
      table->prepare(later, changed, FibLayout::Visible::InNewView);
    } catch (const std::bad_alloc&) {
      ASSERT_EQ(nodes.bytes_used(), bytes);
      expect_equal(*table, first);
      ++changes;
      continue;
    }
    table->publish();
    expect_equal(*table, later);
    break;
  }
  EXPECT_GT(builds, 1u);
  EXPECT_GT(changes, 0u);
}

// A reader that stands still keeps every version there was, until there is no room for another.
TEST_P(FibMemory, AReaderThatStandsStillStopsChangesOnly) {
  if (test::kSanitized) GTEST_SKIP() << "takes a quarter of a gigabyte";
  Ground ground;
  const auto layout = GetParam().make({}, ground);
  rcu::Reader reader(ground.grace);
  reader.online();
  const Prefix prefixes[] = {Prefix::parse("10.0.0.0/8").value(),
                             Prefix::parse("2001::/20").value()};
  Rib routes;
  const auto change = [&](uint32_t value) {
    Rib after = routes;
    for (const Prefix& prefix : prefixes) after.set(prefix, value);
    layout->prepare(after, prefixes, FibLayout::Visible::InNewView);
    layout->publish();
    routes = after;
  };
  bool is_full = false;
  for (uint32_t value = 0; value < 1100 && !is_full; ++value) {
    try {
      change(value % 1000);
    } catch (const std::bad_alloc&) {
      is_full = true;
    }
  }
  expect_equal(*layout, routes);
  reader.quiescent();
  ground.grace.reclaim();
  change(5);
  expect_equal(*layout, routes);
  reader.offline();
}

size_t address_space_used() {
  size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

// How much more address space the process may have while this lives.
class AddressSpaceLeft {
 public:
  explicit AddressSpaceLeft(size_t bytes) {
    ::getrlimit(RLIMIT_AS, &before_);
    rlimit now = before_;
    now.rlim_cur = std::min<rlim_t>(address_space_used() + bytes, before_.rlim_max);
    ::setrlimit(RLIMIT_AS, &now);
  }
  ~AddressSpaceLeft() { ::setrlimit(RLIMIT_AS, &before_); }
  AddressSpaceLeft(const AddressSpaceLeft&) = delete;
  AddressSpaceLeft& operator=(const AddressSpaceLeft&) = delete;

 private:
  rlimit before_{};
};

TEST(FibMemory, ATableForWhichThereIsNoAddressSpaceIsNotBuilt) {
  if (test::kSanitized) GTEST_SKIP() << "sanitizers need address space of their own";
  Rib wide_values;
  wide_values.set(Prefix::parse("10.0.0.0/8").value(), 100'000);
  wide_values.set(Prefix::parse("2001:db8::/32").value(), 100'000);
  const auto failures = [](auto build) {
    constexpr size_t kStep = size_t{200} << 20;
    const size_t before = address_space_used();
    for (size_t count = 0;; ++count) {
      try {
        const AddressSpaceLeft left(count * kStep);
        build();
        return count;
      } catch (const std::bad_alloc&) {
      }
      EXPECT_LT(address_space_used(), before + (size_t{16} << 20));
    }
  };
  EXPECT_GT(failures([&] { const Wide4 table(wide_values); }), 1u);
  EXPECT_GT(failures([&] { const Wide6 table(wide_values); }), 10u);
  EXPECT_GT(failures([&] { const VrfNodes nodes; }), 2u);
}

}  // namespace
}  // namespace isthmus::dataplane
