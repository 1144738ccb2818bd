// Memory runs out at every single allocation of a prepare: nothing may have happened then. And
// publish may not allocate at all.
//
// The test program's operator new fails when it is told to; it is replaced here for all of it.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <new>
#include <optional>
#include <utility>

#include "dataplane/dataplane.h"
#include "tests/support/allocations_left.h"
#include "tests/support/random_program.h"

namespace {

void* allocate(std::size_t size) {
  isthmus::test::take_allocation();
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

// Not inlined: g++ takes an inlined free for a mismatch of new and free.
[[gnu::noinline]] void* operator new(std::size_t size) { return allocate(size); }
[[gnu::noinline]] void* operator new[](std::size_t size) { return allocate(size); }
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace isthmus::dataplane {
namespace {

using test::AllocationsLeft;

std::optional<Prepared> try_prepare(Dataplane& dataplane, const ProgramDelta& delta, long count) {
  const AllocationsLeft left(count);
  try {
    auto prepared = dataplane.prepare(delta);
    if (prepared) return std::move(*prepared);
  } catch (const std::bad_alloc&) {
  }
  return std::nullopt;
}

TEST(AllocationFailure, PrepareThatRunsOutOfMemoryChangesNothing) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    test::RandomProgram random(seed);
    const ForwardingProgram before = random.program();
    ForwardingProgram after = before;
    random.change(after, 20);
    Dataplane dataplane;
    dataplane.publish(std::move(*dataplane.prepare(diff({}, before))));
    const DataplaneStats stats = dataplane.stats();
    const ProgramDelta delta = diff(before, after);
    long count = 0;
    std::optional<Prepared> prepared;
    for (; !prepared; ++count) {
      prepared = try_prepare(dataplane, delta, count);
      ASSERT_EQ(dataplane.stats(), stats) << "allocation " << count;
      ASSERT_EQ(dataplane.contents(), before) << "allocation " << count;
    }
    EXPECT_GT(count, 20);
    {
      const AllocationsLeft none(0);
      dataplane.publish(std::move(*prepared));
    }
    EXPECT_EQ(dataplane.contents(), after);
  }
}

// A structure that was changed up to the failure still answers as before, and takes the change
// later.
TEST(AllocationFailure, RibThatRunsOutOfMemoryKeepsItsRoutes) {
  const auto prefix = [](const char* text) { return net::Prefix::parse(text).value(); };
  const Route first{prefix("10.1.2.0/24"), 1};
  for (const char* text : {"10.1.2.3/32", "10.0.0.0/8", "10.1.2.128/25", "2001:db8::1/128"}) {
    Rib rib = Rib().with(first.prefix, first.value);
    const Rib shared = rib;  // so that the path must be copied
    const Route second{prefix(text), 2};
    bool is_set = false;
    for (long count = 0; !is_set; ++count) {
      try {
        const AllocationsLeft left(count);
        rib.set(second.prefix, second.value);
        is_set = true;
      } catch (const std::bad_alloc&) {
      }
      ASSERT_EQ(rib.size(), is_set ? 2u : 1u) << text;
      ASSERT_EQ(rib.find(first.prefix), 1u) << text;
      ASSERT_EQ(rib.find(second.prefix).has_value(), is_set) << text;
    }
    bool is_erased = false;
    const Rib again = rib;
    for (long count = 0; !is_erased; ++count) {
      try {
        const AllocationsLeft left(count);
        is_erased = rib.erase(first.prefix);
      } catch (const std::bad_alloc&) {
      }
      ASSERT_EQ(rib.lookup(first.prefix.address()) == 1, !is_erased) << text << " " << count;
    }
    EXPECT_EQ(again.find(first.prefix), 1u);
    EXPECT_EQ(shared.size(), 1u);
  }
}

TEST(AllocationFailure, MapThatRunsOutOfMemoryKeepsItsEntries) {
  PersistentMap<uint32_t, uint32_t, KeyHash> map;
  for (uint32_t key = 0; key < 200; ++key) map.set(key, key);
  for (uint32_t key = 0; key < 400; ++key) {
    const auto shared = map;  // so that the path must be copied
    const bool is_present = key < 200;
    bool is_changed = false;
    for (long count = 0; !is_changed; ++count) {
      try {
        const AllocationsLeft left(count);
        if (is_present) {
          is_changed = map.erase(key);
        } else {
          map.set(key, key);
          is_changed = true;
        }
      } catch (const std::bad_alloc&) {
      }
      ASSERT_EQ(map.find(key) != nullptr, is_present != is_changed) << key << " " << count;
      ASSERT_EQ(map.size(), shared.size() + (is_changed ? (is_present ? -1 : 1) : 0)) << key;
    }
    ASSERT_EQ(shared.find(key) != nullptr, is_present);
  }
}

}  // namespace
}  // namespace isthmus::dataplane
