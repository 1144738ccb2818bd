#include "tools/bench/control_plane/measure.h"

#include <fmt/format.h>

#include <stdexcept>
#include <vector>

#include "tools/bench/control_plane/client.h"
#include "tools/bench/control_plane/daemon.h"
#include "tools/bench/control_plane/seconds.h"
#include "tools/bench/control_plane/state.h"
#include "tools/bench/control_plane/topology.h"

namespace isthmus::bench::control_plane {
namespace {

constexpr size_t kSyncs = 50;
constexpr size_t kReads = 10;
constexpr size_t kRestarts = 3;

template <class Work>
double milliseconds(const Work& work) {
  const Stopwatch watch;
  work();
  return watch.seconds() * 1e3;
}

// One build of one topology and what is measured on it, from an empty state on.
class Build {
 public:
  Build(const Options& options, Sized& into, const Tell& tell)
      : into_(into), tell_(tell), daemon_(options.daemon, options.directory) {
    daemon_.start();
    for (size_t i = 0; i < kSyncs; ++i)
      into_.add("4 KiB written and synced here", "ms", daemon_.sync_ms());
  }

  // Times `make`, which sends what is asked for; afterwards all of `expected` is there.
  void create(const std::function<void()>& make, const Inventory& expected) {
    Client reader(daemon_.port());
    const Counters before = read_counters(reader);
    const double processor_before = daemon_.processor_seconds();
    const Stopwatch watch;
    make();
    const double seconds = watch.seconds();
    const double processor = daemon_.processor_seconds() - processor_before;
    const Counters after = read_counters(reader);
    const double changes = after.changes - before.changes;
    into_.add("everything created and Connected", "s", seconds);
    into_.add("the daemon's processor time in that", "s", processor);
    into_.add("changes in that", "", changes);
    into_.add("changes a second", "/s", changes / seconds);
    into_.add("changes a transaction", "", changes / (after.transactions - before.transactions));
    into_.add("of it in commits of the store", "s", after.commit_seconds - before.commit_seconds);
    const double read_back = milliseconds([&] { expect(reader, expected); });
    into_.add("all of it read back", "s", read_back / 1e3);
    into_.add("peering objects, all Connected", "", static_cast<double>(expected.connected));
    into_.add("resident memory", "MB", daemon_.resident_mb());
    into_.add("state file and log", "MB", daemon_.state_mb());
  }

  void read() {
    Client client(daemon_.port());
    for (size_t i = 0; i < kReads; ++i) {
      into_.add("list of networks", "ms",
                milliseconds([&] { read_collection(client, kNetworks); }));
      into_.add("GET of the hub", "ms", milliseconds([&] { client.get(network_target(kHub)); }));
    }
  }

  // Kills the daemon and starts it on what it has left. It forwards what it forwarded.
  void restart(const Inventory& expected) {
    for (size_t i = 0; i < kRestarts; ++i) {
      Client before(daemon_.port());
      const std::string digest = read_digest(before);
      daemon_.kill();
      into_.add("start after kill -9, until ready", "s", daemon_.start());
      into_.add("the daemon's processor time in that start", "s", daemon_.processor_seconds());
      Client after(daemon_.port());
      expect(after, expected);
      if (read_digest(after) != digest)
        throw std::runtime_error("the digest of what is forwarded is another after kill -9");
    }
    into_.add("resident memory after the start", "MB", daemon_.resident_mb());
  }

  // One client changes one thing after the other.
  void change(const std::string& what, const std::vector<Put>& puts) {
    Client client(daemon_.port());
    const double before = read_counters(client).recomputed_routes;
    for (const Put& put : puts) into_.add(what, "ms", milliseconds([&] { client.put(put); }));
    const double recomputed = read_counters(client).recomputed_routes - before;
    into_.add(what + ": routes recomputed", "", recomputed / static_cast<double>(puts.size()));
  }

  void expect(Client& client, const Inventory& expected) {
    const Inventory found = read_inventory(client);
    if (found == expected) return;
    throw std::runtime_error(
        fmt::format("there should be {}, but there are {}", to_string(expected), to_string(found)));
  }

  void tell(const std::string& what) const {
    tell_(fmt::format("{} of {}: {}", into_.topology, into_.size, what));
  }
  uint16_t port() const { return daemon_.port(); }

 private:
  Sized& into_;
  const Tell& tell_;
  Daemon daemon_;
};

// `count` puts, made by put(i).
template <class MakePut>
std::vector<Put> puts(size_t count, const MakePut& make_put) {
  std::vector<Put> made;
  made.reserve(count);
  for (size_t i = 0; i < count; ++i) made.push_back(make_put(i));
  return made;
}

// Spokes are peered with their neighbours; new spokes come at the hub. What was changed is counted
// at the end.
void change_hub(Build& build, size_t spokes, size_t count) {
  const size_t pairs = std::min(count, spokes - 1);
  build.change("peering of two spokes, first side",
               puts(pairs, [](size_t i) { return put_peering(i + 1, i + 2); }));
  build.change("peering of two spokes, second side",
               puts(pairs, [](size_t i) { return put_peering(i + 2, i + 1); }));
  const size_t first = spokes + 1;
  build.change("one spoke more: its network",
               puts(count, [&](size_t i) { return put_network(first + i); }));
  build.change("one spoke more: its side",
               puts(count, [&](size_t i) { return put_peering(first + i, kHub); }));
  build.change("one spoke more: the hub's side",
               puts(count, [&](size_t i) { return put_peering(kHub, first + i); }));
  Client client(build.port());
  const size_t peerings = 2 * (spokes + pairs + count);
  build.expect(client, {.networks = 1 + spokes + count,
                        .interfaces = kInterfacesPerNetwork * (1 + spokes),
                        .peerings = peerings,
                        .connected = peerings});
}

}  // namespace

Sized measure_hub(size_t spokes, const Options& options, const Tell& tell) {
  Sized result{"hub", spokes, {}};
  const Inventory expected{.networks = spokes + 1,
                           .interfaces = kInterfacesPerNetwork * (spokes + 1),
                           .peerings = 2 * spokes,
                           .connected = 2 * spokes};
  for (size_t round = 0; round < options.builds; ++round) {
    Build build(options, result, tell);
    build.tell("creating");
    const auto make = [&] {
      Client first(build.port());
      for (const Put& put : whole_network(kHub)) first.put(put);
      in_parallel(build.port(), spokes, [](Client& client, size_t i) {
        for (const Put& put : whole_spoke(i + 1)) client.put(put);
      });
    };
    build.create(make, expected);
    build.tell("reading");
    build.read();
    build.tell("starting after kill -9");
    build.restart(expected);
    build.tell("changing");
    change_hub(build, spokes, options.changes);
  }
  return result;
}

Sized measure_mesh(size_t networks, const Options& options, const Tell& tell) {
  Sized result{"mesh", networks, {}};
  const size_t peerings = networks * (networks - 1);
  const Inventory expected{.networks = networks,
                           .interfaces = kInterfacesPerNetwork * networks,
                           .peerings = peerings,
                           .connected = peerings};
  for (size_t round = 0; round < options.builds; ++round) {
    Build build(options, result, tell);
    build.tell("creating");
    const auto make = [&] {
      in_parallel(build.port(), networks, [](Client& client, size_t i) {
        for (const Put& put : whole_network(i)) client.put(put);
      });
      in_parallel(build.port(), networks, [](Client& client, size_t i) {
        for (size_t peer = 0; peer < i; ++peer) {
          client.put(put_peering(i, peer));
          client.put(put_peering(peer, i));
        }
      });
    };
    build.create(make, expected);
    build.tell("starting after kill -9");
    build.restart(expected);
  }
  return result;
}

}  // namespace isthmus::bench::control_plane
