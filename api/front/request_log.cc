#include "api/front/request_log.h"

#include <algorithm>
#include <utility>

#include "api/front/injected.h"

namespace isthmus::api::front {
namespace {

using std::chrono::steady_clock;

// Every text of a call, in all at most 2 KiB.
constexpr size_t kTargetBytesMax = 1024;
constexpr size_t kTextBytesMax = 128;

// Never in the middle of a UTF-8 sequence; the target passed the guard, but other texts are a
// client's. Bytes that are no UTF-8 at all are for who writes them out.
void cut(std::string& text, size_t bytes_max) {
  constexpr std::string_view kMore = "...";
  if (text.size() <= bytes_max) return;
  size_t end = bytes_max - kMore.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  text.append(kMore);
  text.shrink_to_fit();
}

bool reads_the_log(const http::Request& request) {
  constexpr std::string_view kPath[] = {"_isthmus", "v1", "requests"};
  return http::is_safe(request.method) &&
         std::equal(request.segments.begin(), request.segments.end(), std::begin(kPath),
                    std::end(kPath), http::equal_without_case);
}

CallRecord begin(const http::Request& request, const Clock& clock) {
  CallRecord call;
  call.time_ms = clock.now_ms();
  call.method = http::to_string(request.method);
  call.target = request.target;
  call.who = request.who();
  call.request_id = request.request_id;
  call.client_request_id = request.headers.get("x-ms-client-request-id").value_or("");
  call.request_bytes = request.body.size();
  return call;
}

void finish(CallRecord& call, const http::Response& response) {
  constexpr int kFirstError = 400;
  call.status = response.abort ? 0 : response.status;
  if (!response.who.empty()) call.who = response.who;
  call.fault = injected_into(response);
  call.response_bytes = response.body.size();
  if (response.status >= kFirstError && !response.abort) call.code = code_in(response.body);
}

}  // namespace

std::string_view code_in(std::string_view body) {
  constexpr std::string_view kMember = R"("code":")";  // inside a text its quotes are escaped
  const size_t at = body.find(kMember);
  if (at == std::string_view::npos) return {};
  body.remove_prefix(at + kMember.size());
  return body.substr(0, std::min(body.find('"'), kTextBytesMax));
}

void RequestLog::add(CallRecord call) {
  cut(call.target, kTargetBytesMax);
  for (std::string* text :
       {&call.code, &call.who, &call.request_id, &call.client_request_id, &call.fault})
    cut(*text, kTextBytesMax);
  const auto added = std::make_shared<CallRecord>(std::move(call));
  CallPtr forgotten;  // freed after the lock
  const std::lock_guard lock(mutex_);
  added->sequence = ++last_;
  if (capacity_ == 0) return;
  const size_t place = (added->sequence - 1) % capacity_;
  if (place >= calls_.size()) calls_.resize(place + 1);
  forgotten = std::exchange(calls_[place], added);
}

void RequestLog::add(const http::ServerError& refusal) {
  CallRecord call;
  call.time_ms = clock_.now_ms();
  call.method = refusal.method;
  call.target = refusal.path;
  call.status = refusal.status;
  call.code = refusal.code;
  call.who = refusal.peer;
  call.request_id = refusal.request_id;
  add(std::move(call));
}

void RequestLog::clear() {
  std::vector<CallPtr> forgotten;
  const std::lock_guard lock(mutex_);
  forgotten.swap(calls_);
}

RequestLog::Kept RequestLog::kept() const {
  Kept kept;
  {
    const std::lock_guard lock(mutex_);
    kept.calls = calls_;
    kept.last = last_;
  }
  std::erase(kept.calls, nullptr);
  const auto older = [](const CallPtr& a, const CallPtr& b) { return a->sequence < b->sequence; };
  const auto oldest = std::min_element(kept.calls.begin(), kept.calls.end(), older);
  std::rotate(kept.calls.begin(), oldest, kept.calls.end());
  return kept;
}

void RequestRecorder::handle(http::Request request, http::Done done) {
  if (log_.capacity() == 0 || reads_the_log(request))
    return next_.handle(std::move(request), std::move(done));
  CallRecord begun = begin(request, log_.clock());
  next_.handle(
      std::move(request), [&log = log_, begun = std::move(begun), start = steady_clock::now(),
                           done = std::move(done)](http::Response response) {
        CallRecord call = begun;
        call.duration =
            std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - start);
        finish(call, response);
        log.add(std::move(call));
        done(std::move(response));
      });
}

}  // namespace isthmus::api::front
