#include "tests/fuzz/fib_world.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include "tests/support/fib_oracle.h"

namespace isthmus::fuzz {

using dataplane::Fib;
using dataplane::kNoRoute;
using dataplane::Rib;
using dataplane::Route;
using dataplane::VrfTable;
using dataplane::Wide4;
using dataplane::Wide6;
using net::Family;
using net::IpAddress;
using net::Prefix;

namespace {

constexpr size_t kWideRoutes = 24;  // of a Fib: so few, that inputs change its layout often
// From here on a layout may refuse a value; below, it may not.
constexpr uint32_t kRefusable = (1u << 24) - 1;
// Up to here no layout has had wider cells than a fresh one.
constexpr uint32_t kNarrow = 0x7FFD;

void require(bool holds, const std::string& otherwise) {
  if (holds) return;
  std::fprintf(stderr, "fuzz_fib: %s\n", otherwise.c_str());
  std::abort();
}

std::vector<Route> routes_of(const std::map<Prefix, uint32_t>& routes, Family family) {
  std::vector<Route> out;
  for (const auto& [prefix, value] : routes)
    if (prefix.family() == family) out.push_back({prefix, value});
  return out;
}

std::vector<Prefix> prefixes_of(const std::map<Prefix, uint32_t>& routes) {
  std::vector<Prefix> out;
  for (const auto& [prefix, value] : routes) out.push_back(prefix);
  return out;
}

std::string text(uint32_t value) { return value == kNoRoute ? "no route" : std::to_string(value); }

}  // namespace

struct FibWorld::Table {
  Routes now;
  Routes staged;
  Rib routes;  // as `now`, whose prefixes `changed` differ in `staged`
  std::vector<Prefix> changed;
  uint32_t largest = 0;  // value that it ever had

  std::unique_ptr<test::RibLayout> rib;
  std::unique_ptr<test::WideLayout<Wide4>> wide4;
  std::unique_ptr<test::WideLayout<Wide6>> wide6;
  std::unique_ptr<test::VrfLayout> vrf;
  std::unique_ptr<test::WholeFib> fib;
  std::vector<FibLayout*> all;        // of those, the ones that there are
  std::vector<size_t> bytes_of_none;  // of each, without routes
};

// A version that a reader looks things up in.
struct FibWorld::Held {
  Routes routes;
  std::optional<Fib> fib;
};

FibWorld::FibWorld(size_t tables, Layouts layouts, Memory memory) : memory_(memory) {
  for (size_t i = 0; i < tables; ++i) {
    auto table = std::make_unique<Table>();
    const auto add = [&](auto& layout, bool wanted, auto make) {
      if (!wanted) return;
      layout = make();
      table->all.push_back(layout.get());
      table->bytes_of_none.push_back(layout->bytes());
    };
    const Rib none;
    add(table->rib, true, [&] { return std::make_unique<test::RibLayout>(none); });
    add(table->wide4, layouts.wide4 && i == 0,
        [&] { return std::make_unique<test::WideLayout<Wide4>>(none, grace_); });
    add(table->wide6, layouts.wide6 && i == 0,
        [&] { return std::make_unique<test::WideLayout<Wide6>>(none, grace_); });
    add(table->vrf, layouts.vrf, [&] { return std::make_unique<test::VrfLayout>(nodes_, none); });
    add(table->fib, layouts.fib,
        [&] { return std::make_unique<test::WholeFib>(fib_nodes_, none, grace_, kWideRoutes); });
    tables_.push_back(std::move(table));
  }
}

FibWorld::~FibWorld() { let_go(); }

size_t FibWorld::routes(size_t table) const { return tables_[table]->staged.size(); }

Prefix FibWorld::known(size_t table, size_t which) const {
  const Routes& routes = tables_[table]->staged;
  if (routes.empty()) return {};
  return std::next(routes.begin(), static_cast<std::ptrdiff_t>(which % routes.size()))->first;
}

// ---- changes

void FibWorld::set(size_t table, const Prefix& prefix, uint32_t value) {
  tables_[table]->staged[prefix] = value;
  tables_[table]->changed.push_back(prefix);
}

void FibWorld::withdraw(size_t table, const Prefix& prefix) {
  tables_[table]->staged.erase(prefix);
  tables_[table]->changed.push_back(prefix);
}

void FibWorld::withdraw_all(size_t table) {
  for (const auto& [prefix, value] : std::exchange(tables_[table]->staged, {}))
    tables_[table]->changed.push_back(prefix);
}

// False where a layout refuses a value: then none has changed.
bool FibWorld::prepare(Table& table, FibLayout::Visible visible) {
  uint32_t largest = 0;  // a layout that is new to the table takes all of it
  for (const auto& [prefix, value] : table.staged) largest = std::max(largest, value);
  Rib after = table.routes;
  for (const Prefix& prefix : table.changed) {
    const auto found = table.staged.find(prefix);
    if (found == table.staged.end()) {
      after.erase(prefix);
    } else {
      after.set(prefix, found->second);
    }
  }
  std::vector<FibLayout*> prepared;
  try {
    for (FibLayout* layout : table.all) {
      const size_t bytes = largest >= kRefusable ? layout->bytes() : 0;
      try {
        layout->prepare(after, table.changed, visible);
      } catch (const std::length_error&) {
        require(largest >= kRefusable, "a value was refused that every layout holds");
        require(layout->bytes() == bytes, std::string(layout->name()) + " kept what it refused");
        throw;
      }
      prepared.push_back(layout);
    }
  } catch (const std::length_error&) {
    for (FibLayout* layout : prepared) layout->abandon();
    return false;
  }
  return true;
}

void FibWorld::publish(size_t which, FibLayout::Visible visible) {
  Table& table = *tables_[which];
  const std::vector<Prefix> changed = table.changed;
  if (prepare(table, visible)) {
    for (FibLayout* layout : table.all) layout->publish();
    for (const Prefix& prefix : changed) {
      const auto found = table.staged.find(prefix);
      if (found == table.staged.end()) {
        table.routes.erase(prefix);
      } else {
        table.routes.set(prefix, found->second);
        table.largest = std::max(table.largest, found->second);
      }
    }
    table.now = table.staged;
  }
  table.staged = table.now;
  table.changed.clear();
  check(table, changed);
  check_held();
}

void FibWorld::abandon(size_t which, FibLayout::Visible visible) {
  Table& table = *tables_[which];
  std::vector<size_t> bytes;
  for (const FibLayout* layout : table.all) bytes.push_back(layout->bytes());
  if (prepare(table, visible)) {
    check(table, table.changed);  // nothing shows yet
    for (FibLayout* layout : table.all) layout->abandon();
  }
  for (size_t i = 0; i < table.all.size(); ++i) {
    require(table.all[i]->bytes() == bytes[i],
            std::string(table.all[i]->name()) + " kept what was abandoned");
  }
  check(table, table.changed);
  check_held();
  table.staged = table.now;
  table.changed.clear();
}

void FibWorld::hold() {
  if (guard_) return;
  guard_.emplace(reader_);
  for (const auto& table : tables_) {
    held_.push_back({table->now, table->fib ? std::optional(table->fib->fib()) : std::nullopt});
  }
}

void FibWorld::let_go() {
  guard_.reset();
  held_.clear();
}

// ---- checks

std::vector<IpAddress> FibWorld::probes(Family family, std::span<const Prefix> prefixes) {
  std::vector<IpAddress> addresses;
  for (const Prefix& prefix : prefixes) {
    if (prefix.family() != family) continue;
    const IpAddress first = prefix.address();
    const IpAddress last = prefix.last();
    const net::Bits128 host =
        net::Bits128{random_(), random_()} & ~net::Bits128::mask(prefix.length());
    for (const IpAddress& edge : {first, last, last.plus(1), test::address_before(first),
                                  IpAddress::from_bits(family, first.bits() | host)})
      addresses.push_back(edge);
  }
  for (int i = 0; i < 3; ++i)
    addresses.push_back(IpAddress::from_bits(family, {random_(), random_()}));
  return addresses;
}

void FibWorld::check(const Table& table, std::span<const Prefix> prefixes) {
  for (const Family family : {Family::V4, Family::V6}) check(table, family, prefixes);
}

void FibWorld::check(const Table& table, Family family, std::span<const Prefix> prefixes) {
  const std::vector<IpAddress> addresses = probes(family, prefixes);
  const test::IntervalFib oracle(routes_of(table.now, family));
  std::vector<uint32_t> values(addresses.size());
  const auto wrong = [&](const FibLayout& layout, size_t i, uint32_t value, std::string_view how) {
    return std::string(layout.name()) + ", " + std::string(how) + ": " + addresses[i].to_string() +
           " has " + text(value) + " and should have " + text(oracle.lookup(addresses[i]));
  };
  for (const FibLayout* layout : table.all) {
    if (!layout->holds(family)) continue;
    for (const dataplane::CpuPath path : dataplane::cpu_paths()) {
      layout->look_up(path, addresses, values);
      for (size_t i = 0; i < values.size(); ++i) {
        if (values[i] != oracle.lookup(addresses[i]))
          require(false, wrong(*layout, i, values[i], to_string(path)));
      }
    }
    for (size_t i = 0; i < addresses.size(); ++i) {
      const uint32_t value = layout->look_up(addresses[i]);
      if (value != oracle.lookup(addresses[i])) require(false, wrong(*layout, i, value, "one"));
    }
  }
}

void FibWorld::check_held() const {
  for (const Held& held : held_) {
    if (!held.fib) continue;
    for (const Family family : {Family::V4, Family::V6}) {
      const test::IntervalFib oracle(routes_of(held.routes, family));
      for (const auto& [prefix, value] : held.routes) {
        if (prefix.family() != family) continue;
        for (const IpAddress& edge : {prefix.address(), prefix.last(), prefix.last().plus(1)}) {
          require(held.fib->lookup(edge) == oracle.lookup(edge),
                  "a version that is held has changed at " + edge.to_string());
        }
      }
    }
  }
}

void FibWorld::check_memory(const Table& table) {
  // Fibs count nodes that they share.
  const bool alone = std::all_of(tables_.begin(), tables_.end(), [&](const auto& other) {
    return other.get() == &table || other->now.empty();
  });
  if (table.now.empty() && table.largest <= kNarrow) {
    for (size_t i = 0; i < table.all.size(); ++i) {
      if (table.all[i] == table.vrf.get() || (table.all[i] == table.fib.get() && !alone)) continue;
      const std::string name(table.all[i]->name());
      const size_t bytes = table.all[i]->bytes();
      // Once it has met more values than it has codes for, wide4 has no codes any more.
      const bool lost_codes = name == "wide4" && bytes < table.bytes_of_none[i];
      require(bytes == table.bytes_of_none[i] || lost_codes, name + " is not empty without routes");
    }
    return;
  }
  for (const FibLayout* layout : table.all) {
    if (memory_ == Memory::AsEver) break;
    if (layout == table.vrf.get()) {  // its nodes are of all tables: the same ones once more
      const VrfTable fresh(nodes_, table.routes);
      require(fresh.roots().v4 == table.vrf->table().roots().v4 &&
                  fresh.roots().v6 == table.vrf->table().roots().v6,
              "vrf differs from a fresh build");
      continue;
    }
    if (layout == table.fib.get() && (table.largest > kNarrow || !alone)) continue;
    const std::optional<size_t> fresh = layout->fresh_bytes(table.routes);
    require(!fresh || layout->bytes() == *fresh,
            std::string(layout->name()) + " takes " + std::to_string(layout->bytes()) +
                " bytes, and a fresh build " + std::to_string(fresh.value_or(0)));
  }
}

// Packets of all tables, shuffled.
struct FibWorld::MixedBurst {
  std::vector<uint32_t> tables;
  std::vector<IpAddress> addresses;
  std::vector<uint32_t> answers;
};

FibWorld::MixedBurst FibWorld::mixed_burst(Family family) {
  struct Packet {
    uint32_t table;
    IpAddress address;
    uint32_t answer;
  };
  std::vector<Packet> packets;
  for (uint32_t id = 0; id < tables_.size(); ++id) {
    const test::IntervalFib oracle(routes_of(tables_[id]->now, family));
    for (const IpAddress& address : probes(family, prefixes_of(tables_[id]->now)))
      packets.push_back({id, address, oracle.lookup(address)});
  }
  std::shuffle(packets.begin(), packets.end(), random_);
  MixedBurst burst;
  for (const Packet& packet : packets) {
    burst.tables.push_back(packet.table);
    burst.addresses.push_back(packet.address);
    burst.answers.push_back(packet.answer);
  }
  return burst;
}

void FibWorld::check_mixed_bursts(Family family) {
  const MixedBurst burst = mixed_burst(family);
  const size_t n = burst.answers.size();
  const std::vector<uint32_t> v4 = test::host_order(burst.addresses);
  const test::NetworkOrder v6(burst.addresses);
  std::vector<uint32_t> values(n);
  if (tables_.front()->vrf) {
    std::vector<dataplane::vrf::Entry> directory;
    for (const auto& table : tables_) {
      const dataplane::VrfRoots roots = table->vrf->table().roots();
      directory.push_back(family == Family::V4 ? roots.v4 : roots.v6);
    }
    const dataplane::VrfView view(nodes_);
    for (const dataplane::CpuPath path : dataplane::cpu_paths()) {
      if (family == Family::V4) {
        dataplane::lookup4(view, directory.data(), burst.tables.data(), v4.data(), values.data(), n,
                           path);
      } else {
        dataplane::lookup6(view, directory.data(), burst.tables.data(), v6.data(), values.data(), n,
                           path);
      }
      require(values == burst.answers, "a mixed burst is wrong on " + std::string(to_string(path)));
    }
  }
  if (tables_.front()->fib) {
    std::vector<const Fib*> fibs;
    for (const uint32_t table : burst.tables) fibs.push_back(&tables_[table]->fib->fib());
    if (family == Family::V4) {
      Fib::lookup4(fibs.data(), v4.data(), values.data(), n);
    } else {
      Fib::lookup6(fibs.data(), v6.data(), values.data(), n);
    }
    require(values == burst.answers, "a mixed burst of Fibs is wrong");
  }
}

void FibWorld::check_everything() {
  for (const auto& table : tables_) check(*table, prefixes_of(table->now));
  check_mixed_bursts(Family::V4);
  check_mixed_bursts(Family::V6);
}

void FibWorld::check_memory() {
  grace_.reclaim();
  require(grace_.pending() == 0, "something waits for a reader, and there is none");
  for (const auto& table : tables_) check_memory(*table);
}

void FibWorld::wind_up() {
  let_go();
  check_everything();
  check_memory();
  for (size_t i = 0; i < tables_.size(); ++i) {
    tables_[i]->staged = tables_[i]->now;
    tables_[i]->changed.clear();
    withdraw_all(i);
    publish(i, FibLayout::Visible::InPlace);
  }
  check_everything();
  check_memory();
  for (const dataplane::VrfNodes* nodes : {&nodes_, &fib_nodes_})
    require(nodes->bytes_used() == 0 && nodes->nodes() == 0, "empty tables hold nodes");
}

}  // namespace isthmus::fuzz
