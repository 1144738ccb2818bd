// The one place where a change happens: judged by the rules, programmed, made durable, published,
// answered.
//
// One thread decides. Changes that wait together share one transaction of the store (group commit)
// and one publication in the dataplane; each is judged on the model that the one before it left,
// and gets its own verdict. An answer is given only after the change is durable and programmed.
// Order: rules -> prepare -> commit -> publish -> answer.
//
// Threads: every public function may be called from any thread. Callbacks run on the controller's
// thread and must not block.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "controller/base/clock.h"
#include "controller/base/error.h"
#include "controller/model/model.h"
#include "controller/rules/change.h"
#include "controller/store/store.h"
#include "dataplane/dataplane.h"

namespace isthmus {

using ModelPtr = std::shared_ptr<const Model>;

// How resources become documents of the store, and back. Implemented by the shell, which knows a
// format.
class ResourceEncoding {
 public:
  virtual ~ResourceEncoding() = default;
  virtual std::string encode(const Resource& resource) const = 0;
  virtual Result<Resource> decode(std::string_view document) const = 0;
};

struct Committed {
  ModelPtr model;  // as this very change left it
  std::vector<Outcome> outcomes;
};

// Entries of the journal, oldest first, without what undoes them.
using Entries = std::vector<JournalEntry>;
using EntriesPtr = std::shared_ptr<const Entries>;

struct ControllerStats {
  std::atomic<uint64_t> changes{0};            // acknowledged
  std::atomic<uint64_t> refused{0};            // by the rules
  std::atomic<uint64_t> failed{0};             // by the store or the dataplane
  std::atomic<uint64_t> transactions{0};       // of the store
  std::atomic<uint64_t> recomputed_routes{0};  // (table, prefix) pairs looked at
  std::atomic<uint64_t> commit_time_us{0};     // in the store, in all
};

class Controller {
 public:
  struct Options {
    Limits limits;
    bool bare = false;  // a new controller starts empty, without the resources of a fresh one
  };
  // Decides what becomes of a model at a time of the clock; pure, runs on the controller's thread.
  using Decide = std::function<Result<Applied>(const Model&, int64_t now_ms)>;
  using Done = std::function<void(Result<Committed>)>;

  Controller(Store& store, const ResourceEncoding& encoding, dataplane::Dataplane& dataplane,
             const Clock& clock, Options options);
  ~Controller();  // stops

  // Reads the store, programs the dataplane, seeds a new controller, starts the thread.
  Result<void> start();
  // Answers what waits, then ends the thread. Later submissions are refused.
  void stop();

  void submit(Change change, Done done);
  void submit(Decide decide, std::string who, Done done);
  // Everything of every realm goes; what a fresh controller holds comes.
  void reset(std::string who, Done done);
  // Everything becomes as it was at a revision, as one change. RevisionNotKept where the journal no
  // longer knows.
  void go_back(Revision to, std::string who, Done done);
  // The first `limit` entries after a revision that the journal still has.
  void journal(Revision after, size_t limit, std::function<void(Result<Entries>)> done);

  // Told of what was changed once it is durable and programmed, in the order of revisions; of
  // nothing where the store was read anew and only the journal knows what happened.
  using Listener = std::function<void(const EntriesPtr&)>;
  void listen(Listener listener);

  // What the change would do, judged on the present model; nothing happens.
  Result<Applied> rehearse(const Change& change) const;

  ModelPtr model() const;
  const Limits& limits() const { return options_.limits; }
  const Clock& clock() const { return clock_; }
  const ControllerStats& stats() const { return stats_; }
  dataplane::DataplaneStats dataplane_stats() const;
  // What the dataplane forwards, by resource names: equal before and after a restart.
  std::string digest();

  // Calls `look` with a model and the tables that were programmed from it, on the calling thread,
  // one caller at a time.
  void diagnose(const std::function<void(const Model&, const dataplane::Tables&)>& look);

 private:
  struct Request {
    Decide decide;
    std::string who;
    Done done;
  };
  struct Judged;
  using Look = std::function<void()>;

  void run();
  bool serve_waiting();
  bool enqueue(Look look);
  Result<Applied> undo(Revision to, const Model& model, int64_t now_ms) const;
  void serve(std::vector<Request> requests);
  template <class Step>
  Result<void> with_what_memory_there_is(const Step& step);
  Result<Applied> decide(const Request& request, const Model& model) const;
  std::vector<Judged> judge(std::vector<Request>& requests);
  Result<void> make_durable(const std::vector<Judged>& judged);
  Result<void> settle_unknown_outcome(Revision wanted, dataplane::Prepared& prepared,
                                      const std::string& reason);
  Result<void> adopt_store();
  void publish(ModelPtr model);
  void announce(Entries entries) const;
  Batch batch_of(const std::vector<Judged>& judged, const std::vector<ResourceChange>& net) const;

  Store& store_;
  const ResourceEncoding& encoding_;
  dataplane::Dataplane& dataplane_;
  const Clock& clock_;
  const Options options_;
  ControllerStats stats_;

  // The controller's thread alone.
  bool is_outcome_unknown_ = false;
  std::vector<Listener> listeners_;

  mutable std::mutex model_mutex_;  // guards the three below; held for a copy
  ModelPtr model_;
  uint64_t dataplane_version_ = 0;  // programmed from model_
  dataplane::DataplaneStats dataplane_stats_;

  std::mutex diagnostics_mutex_;  // guards diagnostics_
  dataplane::rcu::Reader diagnostics_;

  std::mutex queue_mutex_;  // guards the three below
  std::deque<Request> queue_;
  std::deque<Look> looks_;  // what else is to be done on the thread, between changes
  bool is_stopping_ = false;
  std::condition_variable queue_changed_;
  std::thread thread_;
};

}  // namespace isthmus
