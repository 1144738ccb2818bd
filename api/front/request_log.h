// The last calls that the daemon was asked, for who debugs a client: no bodies, no credentials.
//
// A ring of so many calls, each of bounded size. Any thread; the one lock is held for a pointer to
// go in, or for the pointers to be copied.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/message.h"
#include "controller/base/clock.h"

namespace isthmus::api::front {

struct CallRecord {
  uint64_t sequence = 0;  // 1, 2, 3, ... in the order of the answers
  int64_t time_ms = 0;    // when the call came, by the controller's clock
  std::chrono::microseconds duration{0};
  std::string method;             // "-" where the request could not be read so far
  std::string target;             // path and query as received
  int status = 0;                 // 0: the connection was cut instead
  std::string code;               // of a refusal, the stable identifier of the error
  std::string who;                // the principal, or else the address
  std::string request_id;         // as in the answer's x-ms-request-id
  std::string client_request_id;  // as in the request's x-ms-client-request-id; may be empty
  std::string fault;              // names of the faults that were injected; mostly empty
  size_t request_bytes = 0;       // of the bodies
  size_t response_bytes = 0;

  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
};
using CallPtr = std::shared_ptr<const CallRecord>;

class RequestLog {
 public:
  // `capacity` may be 0: nothing is kept.
  RequestLog(size_t capacity, const Clock& clock) : capacity_(capacity), clock_(clock) {}

  // Gives it its sequence, and cuts texts that are too long.
  void add(CallRecord call);
  // A call that never reached a handler, as the server tells of it.
  void add(const http::ServerError& refusal);
  // Sequences go on where they were.
  void clear();

  struct Kept {
    std::vector<CallPtr> calls;  // oldest first
    uint64_t last = 0;           // the sequence of the last call ever; 0 before the first
  };
  Kept kept() const;

  size_t capacity() const { return capacity_; }
  const Clock& clock() const { return clock_; }

 private:
  const size_t capacity_;
  const Clock& clock_;
  mutable std::mutex mutex_;    // guards the two below
  std::vector<CallPtr> calls_;  // the call of a sequence is at (sequence - 1) % capacity_, or null
  uint64_t last_ = 0;
};

// Stands before every other handler, and writes down what became of each call. What asks for the
// list is not in it: who follows it would see nothing but themselves.
class RequestRecorder final : public http::Handler {
 public:
  RequestRecorder(RequestLog& log, http::Handler& next) : log_(log), next_(next) {}
  void handle(http::Request request, http::Done done) override;

 private:
  RequestLog& log_;
  http::Handler& next_;
};

// The stable identifier in the body of an error, in any dialect; empty where there is none.
std::string_view code_in(std::string_view body);

}  // namespace isthmus::api::front
