// A few tables in every layout at once, beside what they should say: what fuzz_fib changes.
//
// Routes that a transaction changes are staged; publish() shows them in all layouts of the table,
// abandon() prepares them everywhere and drops them again. After both, every layout is held against
// the oracle at the edges of the prefixes in question, on each path that this processor runs, and
// so are the versions that a reader still holds. Whatever is wrong ends the process.
//
// Threads: one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "dataplane/rcu.h"
#include "tests/support/fib_layouts.h"

namespace isthmus::fuzz {

using test::FibLayout;

class FibWorld {
 public:
  // Which layouts there are besides the Rib. The Fib goes over to wide tables after a few routes; a
  // Wide4 and a Wide6 of its own has the first table only: to make them takes a while.
  struct Layouts {
    bool wide4 = true;
    bool wide6 = true;
    bool vrf = true;
    bool fib = true;
  };

  enum class Memory { AsEver, AsFresh };  // whether it is held against fresh builds, which is slow

  FibWorld(size_t tables, Layouts layouts, Memory memory);
  ~FibWorld();
  FibWorld(const FibWorld&) = delete;
  FibWorld& operator=(const FibWorld&) = delete;

  size_t tables() const { return tables_.size(); }
  size_t routes(size_t table) const;
  // Of the routes as they are staged; any prefix where there is none.
  net::Prefix known(size_t table, size_t which) const;

  void set(size_t table, const net::Prefix& prefix, uint32_t value);
  void withdraw(size_t table, const net::Prefix& prefix);
  void withdraw_all(size_t table);
  void publish(size_t table, FibLayout::Visible visible);
  void abandon(size_t table, FibLayout::Visible visible);
  void reclaim() { grace_.reclaim(); }

  // From here on a reader has the tables as they are now; until let_go().
  void hold();
  void let_go();

  // Every edge of every route, and in bursts of all tables.
  void check_everything();
  // The same once more, and the memory; then withdraws everything: nothing may be left.
  void wind_up();

 private:
  using Routes = std::map<net::Prefix, uint32_t>;
  struct Table;
  struct Held;

  bool prepare(Table& table, FibLayout::Visible visible);
  void check(const Table& table, std::span<const net::Prefix> prefixes);
  void check(const Table& table, net::Family family, std::span<const net::Prefix> prefixes);
  void check_memory();
  void check_memory(const Table& table);
  struct MixedBurst;
  MixedBurst mixed_burst(net::Family family);
  void check_mixed_bursts(net::Family family);
  void check_held() const;
  std::vector<net::IpAddress> probes(net::Family family, std::span<const net::Prefix> prefixes);

  Memory memory_;
  dataplane::VrfNodes nodes_;      // of all tables
  dataplane::VrfNodes fib_nodes_;  // of their Fibs
  dataplane::rcu::GracePeriods grace_;
  dataplane::rcu::Reader reader_{grace_};
  std::vector<std::unique_ptr<Table>> tables_;
  std::vector<Held> held_;
  std::optional<dataplane::rcu::Guard> guard_;
  std::mt19937_64 random_{1};  // of addresses that no prefix names
};

}  // namespace isthmus::fuzz
