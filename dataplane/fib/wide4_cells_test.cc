// The cells of a Wide4 are as small as its values allow: when they become wider, when a palette is
// made anew, and what deep blocks take in either.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "dataplane/fib/wide4.h"
#include "dataplane/fib/wide4_palette.h"
#include "dataplane/fib/wide4_test.h"
#include "tests/support/sanitizers.h"

namespace isthmus::dataplane {
namespace {

using net::IpAddress;
using net::Prefix;
using test::add_edges;
using test::expect_equal;
using test::look_up;
using test::prefix;
using wide4::Palette;
using Visible = Wide4::Visible;

Prefix own_prefix(uint32_t i, int length = 16) {
  return Prefix::containing(IpAddress::v4(0x0A000000 + (i << (32 - length))), length);
}

// A table, its routes, and addresses whose answers matter.
class Wide4Cells : public testing::Test {
 protected:
  void set(const Prefix& one, uint32_t value, Visible visible = Visible::InPlace) {
    routes_.set(one, value);
    follow(one, visible);
  }
  void erase(const Prefix& one) {
    routes_.erase(one);
    follow(one, Visible::InPlace);
  }
  void follow(const Prefix& one, Visible visible) {
    table_->publish(table_->prepare(routes_, {&one, 1}, visible), grace_);
    add_edges(addresses_, one, random_);
  }
  void set_up_deep() {
    routes_.set(prefix("10.0.1.0/24"), 3);
    routes_.set(prefix("10.0.2.64/26"), 4);
    routes_.set(prefix("10.0.9.0/27"), 5);
    build();
    for (const char* text : {"10.0.0.0/16", "10.0.1.0/24", "10.0.2.64/26", "10.0.9.0/27"})
      add_edges(addresses_, prefix(text), random_);
  }
  void build() { table_ = std::make_unique<Wide4>(routes_); }
  unsigned cell_bits() const { return table_->view().cell_bits; }
  void expect_right() const { expect_equal(table_->view(), routes_, addresses_); }
  void expect_size_of_fresh_build() {
    grace_.reclaim();
    EXPECT_EQ(table_->bytes(), Wide4(routes_).bytes());
  }

  std::mt19937_64 random_{20260724};
  Rib routes_;
  std::unique_ptr<Wide4> table_;
  rcu::GracePeriods grace_;
  std::vector<uint32_t> addresses_;
};

TEST_F(Wide4Cells, ABuildLeavesCodesForChanges) {
  for (uint32_t i = 0; i < Palette::kValuesAtBuildMax; ++i) routes_.set(own_prefix(i), i * 100);
  build();
  EXPECT_EQ(cell_bits(), 8u);
  routes_.set(own_prefix(250), 7);
  build();
  EXPECT_EQ(cell_bits(), 16u);
}

TEST_F(Wide4Cells, TakeValuesUntilTheCodesRunOut) {
  build();
  for (uint32_t i = 0; i < Palette::kValuesMax; ++i) {
    set(own_prefix(i), i * 1000, i % 2 == 0 ? Visible::InPlace : Visible::InNewView);
    ASSERT_EQ(cell_bits(), 8u) << i;
  }
  expect_right();
  set(own_prefix(0), 1'000);  // a value that has a code
  EXPECT_EQ(cell_bits(), 8u);
  set(own_prefix(1), 16'000'001);
  EXPECT_EQ(cell_bits(), 32u);
  expect_right();
}

TEST_F(Wide4Cells, AreBuiltAnewWhereFewValuesAreStillInUse) {
  for (uint32_t i = 0; i < 20; ++i) routes_.set(own_prefix(i, 24), i);
  build();
  for (uint32_t value = 100; value < 1500; ++value) set(own_prefix(value % 20, 24), value);
  EXPECT_EQ(cell_bits(), 8u);
  expect_right();
  expect_size_of_fresh_build();
}

TEST_F(Wide4Cells, AbandonedChangesTakeNoCodes) {
  build();
  const Prefix one = own_prefix(3, 20);
  for (uint32_t value = 0; value < 1000; ++value) {
    Rib after = routes_;
    after.set(one, value);
    const auto visible = value % 2 == 0 ? Visible::InPlace : Visible::InNewView;
    table_->abandon(table_->prepare(after, {&one, 1}, visible));
  }
  for (uint32_t i = 0; i < Palette::kValuesMax; ++i) set(own_prefix(i, 24), i);
  EXPECT_EQ(cell_bits(), 8u);
  expect_right();
}

TEST_F(Wide4Cells, DeepBlocksFollowThoseOfTheir16) {
  routes_.set(prefix("10.0.0.0/8"), 1);
  build();
  const size_t bytes = table_->bytes();
  // From the last /24 of a /16 to its first, so that each comes before those that are there.
  const uint32_t kMax = wide4::kDeepCodes;
  for (uint32_t i = kMax; i-- > 0;) {
    set(own_prefix(7 * i, 24), 2);
    set(Prefix::containing(own_prefix(7 * i, 24).address(), 26), 3 + i);
    ASSERT_EQ(cell_bits(), 8u);
  }
  expect_right();
  set(Prefix::containing(own_prefix(14, 24).address(), 32), 2);  // one cell of one of them
  expect_right();
  expect_size_of_fresh_build();
  for (uint32_t i = 0; i < kMax; ++i) {
    erase(Prefix::containing(own_prefix(7 * i, 24).address(), 26));
    erase(own_prefix(7 * i, 24));
    if (i % 8 == 0) expect_right();
  }
  erase(Prefix::containing(own_prefix(14, 24).address(), 32));
  expect_right();
  grace_.reclaim();
  EXPECT_EQ(table_->bytes(), bytes);
}

TEST_F(Wide4Cells, MoreDeepBlocksInA16NeedWiderCells) {
  for (uint32_t i = 0; i < wide4::kDeepCodes; ++i) routes_.set(own_prefix(2 * i, 25), i);
  build();
  EXPECT_EQ(cell_bits(), 8u);
  set(own_prefix(301, 25), 5);
  EXPECT_EQ(cell_bits(), 16u);
  expect_right();
}

TEST_F(Wide4Cells, AnAbandonedDeepBlockLeavesNoTrace) {
  set_up_deep();
  const size_t bytes = table_->bytes();
  const Prefix one = prefix("10.0.9.128/25");
  Rib after = routes_;
  after.set(one, 9);
  for (const auto visible : {Visible::InPlace, Visible::InNewView}) {
    table_->abandon(table_->prepare(after, {&one, 1}, visible));
    EXPECT_EQ(table_->bytes(), bytes);
    expect_right();
  }
}

TEST_F(Wide4Cells, TheDefaultRouteDecidesInDeepBlocksToo) {
  set_up_deep();
  set(prefix("0.0.0.0/0"), 77);
  expect_right();
  EXPECT_EQ(look_up(table_->view(), {0x01010101}), std::vector<uint32_t>{77});
  const Wide4::View before = table_->view();
  set(prefix("0.0.0.0/0"), 78, Visible::InNewView);
  EXPECT_EQ(look_up(before, {0x01010101}), std::vector<uint32_t>{77});
  expect_right();
  erase(prefix("0.0.0.0/0"));
  expect_right();
}

// A change in place shows in views that are older than its value's code.
TEST_F(Wide4Cells, OlderViewsKnowNewCodes) {
  set_up_deep();
  const Wide4::View before = table_->view();
  set(prefix("11.0.0.0/8"), 20, Visible::InNewView);
  set(prefix("10.0.1.0/24"), 21);
  EXPECT_EQ(look_up(before, {0x0A000101}), std::vector<uint32_t>{21});
  EXPECT_EQ(look_up(before, {0x0B000001}), std::vector<uint32_t>{kNoRoute});
}

// Values come and go, so that palettes do, while one reader looks at an address whose value only
// grows.
TEST_F(Wide4Cells, AReaderMeetsNoForeignValue) {
  routes_.set(prefix("10.0.1.0/24"), 0);
  routes_.set(prefix("10.0.1.64/26"), 0);
  build();
  std::atomic<bool> done{false};
  std::atomic<uint64_t> seen{0};
  std::atomic<uint64_t> wrong{0};
  std::thread reader([&] {
    rcu::Reader member(grace_);
    uint32_t last = 0;
    for (uint64_t i = 0; !done.load(std::memory_order_relaxed); ++i) {
      const rcu::Guard guard(member);
      const uint32_t value = lookup_one(table_->view(), 0x0A000140 + static_cast<uint32_t>(i % 64));
      if (value < last || value == kNoRoute) wrong.fetch_add(1, std::memory_order_relaxed);
      last = value;
      seen.fetch_add(1, std::memory_order_relaxed);
    }
  });
  const uint32_t changes = test::kSanitized ? 1'000 : 5'000;
  for (uint32_t value = 1; value <= changes; ++value)
    set(prefix("10.0.1.64/26"), value, value % 3 == 0 ? Visible::InNewView : Visible::InPlace);
  while (seen.load() < 1000) std::this_thread::yield();
  done = true;
  reader.join();
  EXPECT_EQ(wrong.load(), 0u);
}

TEST(Wide4Palette, ForgetsWhatCameLast) {
  Palette palette;
  for (uint32_t value = 0; value < 150; ++value) EXPECT_TRUE(palette.admit(value * value));
  palette.forget_after(40);
  EXPECT_EQ(palette.values(), 40u);
  for (uint32_t value = 0; value < 40; ++value) {
    EXPECT_TRUE(palette.admit(value * value));
    EXPECT_EQ(palette.words()[palette.code_of(value * value)], value * value);
  }
  EXPECT_EQ(palette.values(), 40u);
  for (uint32_t value = 1'000; palette.admit(value);) ++value;
  EXPECT_EQ(palette.values(), Palette::kValuesAtBuildMax);
  EXPECT_TRUE(palette.admit(4));
  EXPECT_EQ(palette.code_of(kNoRoute), 0u);
}

}  // namespace
}  // namespace isthmus::dataplane
