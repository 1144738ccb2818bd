// Injects the faults of a table: answers in the place of the dialects, connections that are cut,
// answers that are lost after the call has happened, delays.
//
// Every answer that a fault has made or held up has `x-isthmus-fault: NAME`. A call that is held up
// when as many wait as DelayLine takes is answered 429. Any thread.
#pragma once

#include <memory>

#include "api/front/fault_table.h"
#include "api/http/message.h"

namespace isthmus::api::front {

class FaultInjector final : public http::Handler {
 public:
  FaultInjector(FaultTable& table, http::ErrorBody error_body, http::Handler& next);
  ~FaultInjector() override { stop(); }
  FaultInjector(const FaultInjector&) = delete;
  FaultInjector& operator=(const FaultInjector&) = delete;

  void handle(http::Request request, http::Done done) override;
  // What is held up goes on now, and nothing is held up any more. By the owning thread.
  void stop();

 private:
  struct Call;
  struct Answers;
  void begin(const std::shared_ptr<Call>& call);

  FaultTable& table_;
  http::Handler& next_;
  const std::shared_ptr<Answers> answers_;  // a handler may answer when the injector is gone
};

}  // namespace isthmus::api::front
