// Operations that take time, as Azure tells of them (--lro async; decisions: A1, A5, N22).
//
// Only what is told takes time: a change has happened, durably, when it is answered first. A PUT
// says Updating and names an operation to ask, a DELETE and an action answer 202, and the operation
// is done when a time has passed. There are no timers: the present time is compared with the one at
// which it was answered. With Lro::Sync nothing here does anything.
//
// A fault can make an operation fail (Request::operation_failure). A PUT has happened even then,
// and what it touched says Failed until it is put again; a DELETE has not.
//
// Operations are kept in memory, the newest ones only. Any thread.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "api/arm/resource_path.h"
#include "api/config/config.h"
#include "api/dialect/recent.h"
#include "api/http/message.h"
#include "api/json/render.h"
#include "controller/controller.h"

namespace isthmus::api::arm {

// Whether Azure answers a call at once, or makes an operation of it.
enum class Pace : uint8_t { AtOnce, Operation };

struct OperationOptions {
  config::Lro lro = config::Lro::Sync;
  // That an operation takes: short, but longer than a client needs to ask for the first time.
  std::chrono::milliseconds time{500};
  size_t kept = 10'000;
  size_t body_bytes = 64 << 20;  // of the results of actions, together; older ones are forgotten
};

// What an operation came to: what a synchronous answer would have been. Of a PUT the body is not
// kept, since the resource can be read.
struct FinishedOperation {
  http::Method method;
  ResourceId resource;
  http::Response answer;
};

class Operations {
 public:
  Operations(const Controller& controller, OperationOptions options)
      : controller_(controller), options_(options), finished_(options.kept) {}

  // The one way in for every call, before it is looked at. Afterwards `done` takes the answer that
  // the call has when all is done - 200 and the body, of an action - and tells it in either mode.
  // The answer where another operation is in the way of a write; `done` is as it was then.
  std::optional<http::Response> begin(const http::Request& request, const ResourceId& id, Pace pace,
                                      http::Done& done);

  // Why nothing may refer yet to what this draft refers to: an operation still works on it.
  std::optional<http::Response> unprovisioned(const Draft& draft) const;

  // An operation that is running from now on, and came to this: `operation` is what it is called.
  void remember(const std::string& operation, FinishedOperation finished);

  // GET of .../operations/ID and .../operationResults/ID.
  http::Response status(const Place& place) const;
  http::Response result(const http::Request& request, const Place& place) const;

  // What has not been told as done at this moment.
  json::Phase phase() const;

  // The model that still has a resource whose deletion is told as running; null where there is
  // none.
  ModelPtr model_with_leaving(const ResourceId& id) const;

 private:
  using Finished = dialect::Recent<FinishedOperation>;
  // While an operation runs, nothing else changes what it works on.
  struct Claim {
    std::string operation;
    std::string uri;   // where to ask for it
    int64_t until_ms;  // kUndecided: the call has no answer yet
    ResourceId resource;
    ModelPtr before;  // of a deletion
    http::Method method;
  };
  struct Started;

  int64_t now_ms() const { return controller_.clock().now_ms(); }
  bool is_async() const { return options_.lro == config::Lro::Async; }
  std::optional<std::string> uri_in_the_way(const ResourceId& id) const;
  const Claim* running_on(const ResourceId& id) const;
  void note_failure(const ResourceId& id);
  http::Response told(Started& started, http::Response answer);
  void release(const ResourceId& id, const std::string& operation);
  std::optional<Finished::Entry> find(const Place& place) const;
  bool is_running(const Finished::Entry& entry) const;

  const Controller& controller_;
  const OperationOptions options_;
  Finished finished_;

  mutable std::mutex mutex_;                             // guards what follows
  std::map<ResourceId, Claim> claims_;                   // by scope_of() the resource
  std::deque<std::pair<int64_t, ResourceId>> expiring_;  // when a claim may go, oldest first
  std::shared_ptr<const std::set<Revision>> failed_;     // of PUTs; null: none
  std::deque<std::pair<std::string, size_t>> bodies_;    // of finished operations, oldest first
  size_t body_bytes_ = 0;                                // their sum
};

}  // namespace isthmus::api::arm
