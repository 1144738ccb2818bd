#include "api/front/admission.h"

#include <fmt/format.h>

#include <memory>

#include "controller/base/error.h"

namespace isthmus::api::front {
namespace {

constexpr uint32_t kRetryAfterS = 1;  // most calls take less than a millisecond

// One place among those in flight; given back when its last owner goes, answered or not.
class Place {
 public:
  explicit Place(std::atomic<int64_t>& taken) : taken_(taken) {}
  ~Place() { taken_.fetch_sub(1); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  std::atomic<int64_t>& taken_;
};

std::shared_ptr<Place> take_place(std::atomic<int64_t>& taken, size_t places) {
  if (taken.fetch_add(1) < static_cast<int64_t>(places)) return std::make_shared<Place>(taken);
  taken.fetch_sub(1);
  return nullptr;
}

Refusal too_many(std::string message, uint32_t retry_after_s) {
  const ErrorInfo& row = info(ErrorCode::TooManyRequests);
  return {row.status, row.name, std::move(message), retry_after_s};
}

}  // namespace

void Admission::handle(http::Request request, http::Done done) {
  if (is_probe(request)) return next_.handle(std::move(request), std::move(done));
  const bool reads = http::is_safe(request.method);
  const size_t places = reads ? options_.reads_in_flight : options_.writes_in_flight;
  auto place = take_place(reads ? metrics_.reads_in_flight : metrics_.writes_in_flight, places);
  if (!place) {
    (reads ? metrics_.reads_refused : metrics_.writes_refused).fetch_add(1);
    return done(refuse(
        error_body_, request,
        too_many(fmt::format("The controller is answering {} {} already; try again in a second.",
                             places, reads ? "reads" : "writes"),
                 kRetryAfterS)));
  }
  next_.handle(std::move(request),
               [place = std::move(place), done = std::move(done)](http::Response response) mutable {
                 place.reset();  // before the client can send its next call
                 done(std::move(response));
               });
}

std::optional<Rate> ClientThrottle::rate_of(CallKind kind) const {
  return kind == CallKind::Read ? options_.reads : options_.writes;
}

// Full buckets are as good as none. When everybody is busy, everybody starts anew.
void ClientThrottle::forget_idle(Clients& clients, int64_t now_ms) {
  std::erase_if(clients, [now_ms](auto& client) { return client.second.is_full(now_ms); });
  if (clients.size() >= kClientsMax) clients.clear();
}

TokenBucket::Verdict ClientThrottle::take(CallKind kind, Rate rate, const std::string& client) {
  const int64_t now_ms = clock_.now_ms();
  const std::lock_guard lock(mutex_);
  Clients& clients = clients_[static_cast<size_t>(kind)];
  auto found = clients.find(client);
  if (found == clients.end()) {
    if (clients.size() >= kClientsMax) forget_idle(clients, now_ms);
    found = clients.emplace(client, TokenBucket(rate, now_ms)).first;
  }
  return found->second.take(now_ms);
}

void ClientThrottle::handle(http::Request request, http::Done done) {
  const CallKind kind = kind_of(request.method);
  const std::optional<Rate> rate = rate_of(kind);
  if (!rate || is_probe(request)) return next_.handle(std::move(request), std::move(done));
  const TokenBucket::Verdict verdict = take(kind, *rate, request.who());
  http::Header remaining{std::string(remaining_header(kind)), std::to_string(verdict.remaining)};
  if (!verdict.is_taken) {
    metrics_.throttled.fetch_add(1);
    http::Response response = refuse(
        error_body_, request,
        too_many(fmt::format("You have sent more calls than {} at once and {} a second; try again "
                             "in {} s.",
                             rate->burst, rate->per_second, verdict.retry_after_s),
                 verdict.retry_after_s));
    response.headers.push_back(std::move(remaining));
    return done(std::move(response));
  }
  next_.handle(std::move(request),
               [remaining = std::move(remaining), done = std::move(done)](http::Response response) {
                 response.headers.push_back(remaining);
                 done(std::move(response));
               });
}

}  // namespace isthmus::api::front
