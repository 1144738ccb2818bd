// The dataplane as one object: takes changes from one writer, shows whole versions to many readers.
//
//   Dataplane dataplane;
//   auto prepared = dataplane.prepare(delta);          // allocates; may refuse or throw bad_alloc
//   if (prepared) dataplane.publish(std::move(*prepared));   // cannot fail
//
//   rcu::Reader reader(dataplane.grace_periods());     // on the thread that reads
//   rcu::Guard guard(reader);
//   const Tables& tables = dataplane.view(guard);      // one version, while the guard lives
//
// A reader sees all of a delta or nothing of it. Between prepare and publish nobody sees anything;
// after abandon everything is as it was, the numbering of actions included.
//
// References inside a program may dangle (an endpoint of a port that does not exist, an access list
// that is not there yet): a packet that meets one drops.
//
// Threads: view() from any thread that holds a Guard of grace_periods(). Everything else from the
// writer's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <tl/expected.hpp>

#include "dataplane/program.h"
#include "dataplane/rcu.h"
#include "dataplane/tables.h"

namespace isthmus::dataplane {

enum class Refusal : uint8_t {
  UnknownTable,    // a route of a table that does not exist after the delta
  DuplicateKey,    // a key stands twice
  ReadersStalled,  // kVersionsPendingMax versions wait for a reader that makes no progress
};
std::string_view to_string(Refusal refusal);

// Our choice: what a stalled reader may pin before changes are refused instead of memory growing.
constexpr size_t kVersionsPendingMax = 4096;

struct DataplaneStats {
  uint64_t version = 0;  // published deltas
  size_t tables = 0;
  size_t routes = 0;
  size_t actions = 0;  // distinct ones
  size_t policies = 0;
  size_t endpoints = 0;
  size_t ports = 0;
  size_t access_lists = 0;
  size_t bytes = 0;             // of the current version's nodes and values
  size_t versions_pending = 0;  // replaced, and not yet freed
  friend bool operator==(const DataplaneStats&, const DataplaneStats&) = default;
};

// What a version forwards, in the form of the boundary.
ForwardingProgram contents(const Tables& tables);

class Dataplane;

// A change that is ready: everything is allocated. Dropping it abandons it.
class Prepared {
 public:
  Prepared(Prepared&& other) noexcept;
  Prepared& operator=(Prepared&& other) noexcept;
  ~Prepared();

 private:
  friend class Dataplane;
  struct Version;
  Prepared(Dataplane& owner, std::unique_ptr<Version> version) noexcept;
  void drop() noexcept;

  Dataplane* owner_;
  std::unique_ptr<Version> version_;
};

class Dataplane {
 public:
  Dataplane();
  ~Dataplane();  // every Reader is gone by then
  Dataplane(const Dataplane&) = delete;
  Dataplane& operator=(const Dataplane&) = delete;

  // The state with the delta applied. One Prepared at a time: it is published, abandoned or
  // destroyed before the next prepare.
  tl::expected<Prepared, Refusal> prepare(const ProgramDelta& delta);
  void publish(Prepared&& prepared) noexcept;
  void abandon(Prepared&& prepared) noexcept;
  // Frees replaced versions that no reader holds; publish and prepare do it too.
  void reclaim() noexcept { grace_.reclaim(); }

  ForwardingProgram contents() const;  // what is published, in the form of the boundary
  DataplaneStats stats() const;

  rcu::GracePeriods& grace_periods() { return grace_; }
  const Tables& view(const rcu::Guard& guard) const noexcept;
  // The writer's own view: valid until its next publish.
  const Tables& current() const noexcept;

 private:
  friend class Prepared;
  using Version = Prepared::Version;

  VrfNodes nodes_;  // outlives every version
  rcu::GracePeriods grace_;
  std::unique_ptr<Version> current_;         // owned; the writer's
  std::atomic<const Version*> published_{};  // the same object, as readers find it
  bool is_prepared_ = false;                 // a Prepared is outstanding
};

}  // namespace isthmus::dataplane
