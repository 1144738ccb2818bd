#include "api/front/fault_injector.h"

#include <fmt/format.h>

#include "api/front/delay_line.h"
#include "api/front/injected.h"
#include "api/http/response.h"

namespace isthmus::api::front {
namespace {

constexpr uint32_t kFaultRetryAfterS = 1;

// "503 Service Unavailable" is ServiceUnavailable.
std::string code_of(int status) {
  std::string code;
  for (const char c : http::reason_phrase(status))
    if (c != ' ' && c != '-') code += c;
  return code;
}

// What Azure says where no more is known.
constexpr std::string_view kRetryable = "RetryableError";
constexpr std::string_view kRetryableText = "A retryable error occurred.";

http::OperationFailure failure_of(const Fault& fault) {
  http::OperationFailure failure{fault.code, fault.message};
  if (failure.code.empty()) failure.code = kRetryable;
  if (failure.message.empty())
    failure.message = failure.code == kRetryable
                          ? std::string(kRetryableText)
                          : fmt::format("The fault '{}' was injected.", fault.name);
  return failure;
}

void mark(const Injection& injection, http::Response& response) {
  for (const FaultPtr& fault : injection.faults)
    response.headers.push_back({std::string(kFaultHeader), fault->name});
  for (const http::Header& field : injection.headers) response.headers.push_back(field);
}

}  // namespace

// One call that a fault has hit. What is left of the request once it went on is what errors need.
struct FaultInjector::Call {
  http::Request request;
  http::Done done;
  Injection injection;
  http::Request asked{};  // target, method, ids and address of `request`
};

// The way back: from what happened to what the client is told, and when.
struct FaultInjector::Answers {
  const http::ErrorBody error_body;
  DelayLine delays{};

  http::Response injected(const Call& call) const;
  void finish(const std::shared_ptr<Call>& call, http::Response response);
};

FaultInjector::FaultInjector(FaultTable& table, http::ErrorBody error_body, http::Handler& next)
    : table_(table), next_(next), answers_(new Answers{std::move(error_body)}) {}

void FaultInjector::stop() { answers_->delays.stop(); }

http::Response FaultInjector::Answers::injected(const Call& call) const {
  const Fault& fault = *call.injection.answer;
  http::Response response;
  if (fault.close) {
    response.abort = true;
    return response;
  }
  if (fault.throttle) {
    const ErrorInfo& row = info(ErrorCode::TooManyRequests);
    return refuse(error_body, call.asked,
                  {row.status, row.name,
                   fmt::format("The fault '{}' lets {} calls pass at once and {} a second; try "
                               "again in {} s.",
                               fault.name, fault.throttle->burst, fault.throttle->per_second,
                               call.injection.retry_after_s),
                   call.injection.retry_after_s});
  }
  const std::string code = fault.code.empty() ? code_of(fault.status) : fault.code;
  std::string message = fault.message;
  if (message.empty()) message = fmt::format("The fault '{}' was injected.", fault.name);
  response = refuse(error_body, call.asked,
                    {fault.status, code, std::move(message), fault.retry_after_s.value_or(0)});
  for (const http::Header& field : fault.headers) response.headers.push_back(field);
  return response;
}

void FaultInjector::Answers::finish(const std::shared_ptr<Call>& call, http::Response response) {
  mark(call->injection, response);
  if (call->injection.after.count() == 0) return call->done(std::move(response));
  const auto kept = std::make_shared<http::Response>(std::move(response));
  DelayLine::Work work = [call, kept] { call->done(std::move(*kept)); };
  if (!delays.add(call->injection.after, kept->body.size(), work)) work();
}

void FaultInjector::begin(const std::shared_ptr<Call>& call) {
  const FaultPtr& answer = call->injection.answer;
  if (answer && answer->when == Fault::When::Before) {
    return answers_->finish(call, answers_->injected(*call));
  }
  if (call->injection.operation)
    call->request.operation_failure = failure_of(*call->injection.operation);
  next_.handle(std::move(call->request), [answers = answers_, call](http::Response response) {
    if (call->injection.answer) response = answers->injected(*call);
    answers->finish(call, std::move(response));
  });
}

void FaultInjector::handle(http::Request request, http::Done done) {
  Injection injection = table_.meet(request);
  if (injection.is_nothing()) return next_.handle(std::move(request), std::move(done));
  const auto call =
      std::make_shared<Call>(Call{std::move(request), std::move(done), std::move(injection)});
  call->asked.method = call->request.method;
  call->asked.target = call->request.target;
  call->asked.request_id = call->request.request_id;
  call->asked.peer = call->request.peer;
  if (call->injection.before.count() == 0) return begin(call);
  DelayLine::Work work = [this, call] { begin(call); };
  if (answers_->delays.add(call->injection.before, call->request.body.size(), work)) return;
  const ErrorInfo& row = info(ErrorCode::TooManyRequests);
  answers_->finish(call,
                   refuse(answers_->error_body, call->asked,
                          {row.status, row.name,
                           fmt::format("Faults hold up {} calls already.", DelayLine::kWaitingMax),
                           kFaultRetryAfterS}));
}

}  // namespace isthmus::api::front
