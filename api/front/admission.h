// Overload: so many calls are in work at the same time, and who comes above that is told to come
// again. Reads and writes are counted apart, so that a flood of one does not starve the other; the
// defaults are those of Kubernetes' API server. There is no queue: a call that cannot be begun
// would wait on top of those that wait for the controller, and a client that is told so at once
// can do something about it.
//
// A call counts from handle() until it is answered, even when its client has gone: it is work until
// then. Every change is submitted by one call, so this bounds the controller's queue as well.
// Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "api/front/refusal.h"
#include "api/front/token_bucket.h"
#include "controller/base/clock.h"

namespace isthmus::api::front {

struct LoadOptions {
  size_t reads_in_flight = 400;   // GET, HEAD, OPTIONS
  size_t writes_in_flight = 200;  // everything else
  // Of one client, as Azure Resource Manager limits them; writes and deletes each have their own
  // bucket of this rate. Nothing: no limit.
  std::optional<Rate> reads = {};
  std::optional<Rate> writes = {};
};

// Independent counters; values read together need not belong to the same instant.
struct LoadMetrics {
  std::atomic<int64_t> reads_in_flight{0};
  std::atomic<int64_t> writes_in_flight{0};
  std::atomic<uint64_t> reads_refused{0};  // too many in flight
  std::atomic<uint64_t> writes_refused{0};
  std::atomic<uint64_t> throttled{0};  // a client's bucket was empty
};

class Admission final : public http::Handler {
 public:
  Admission(const LoadOptions& options, http::ErrorBody error_body, LoadMetrics& metrics,
            http::Handler& next)
      : options_(options), error_body_(std::move(error_body)), metrics_(metrics), next_(next) {}
  void handle(http::Request request, http::Done done) override;

 private:
  const LoadOptions options_;
  const http::ErrorBody error_body_;
  LoadMetrics& metrics_;
  http::Handler& next_;
};

// Stands behind whoever checks who asks: a client is a principal, or else an address.
class ClientThrottle final : public http::Handler {
 public:
  ClientThrottle(const LoadOptions& options, const Clock& clock, http::ErrorBody error_body,
                 LoadMetrics& metrics, http::Handler& next)
      : options_(options),
        clock_(clock),
        error_body_(std::move(error_body)),
        metrics_(metrics),
        next_(next) {}
  void handle(http::Request request, http::Done done) override;

 private:
  // More clients than this share what is forgotten of the others; bounds the memory.
  static constexpr size_t kClientsMax = 4096;
  using Clients = std::unordered_map<std::string, TokenBucket>;

  std::optional<Rate> rate_of(CallKind kind) const;
  TokenBucket::Verdict take(CallKind kind, Rate rate, const std::string& client);
  static void forget_idle(Clients& clients, int64_t now_ms);

  const LoadOptions options_;
  const Clock& clock_;
  const http::ErrorBody error_body_;
  LoadMetrics& metrics_;
  http::Handler& next_;
  std::mutex mutex_;                             // guards clients_
  std::array<Clients, kCallKindCount> clients_;  // by kind of call
};

}  // namespace isthmus::api::front
