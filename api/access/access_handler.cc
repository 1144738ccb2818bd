#include "api/access/access_handler.h"

#include <spdlog/spdlog.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "api/http/refusals.h"

namespace isthmus::api::access {
namespace {

// The answer on its way back, with the name of who asked, for the access log.
http::Done named(http::Done done, std::string principal) {
  if (principal.empty()) return done;
  return [done = std::move(done), principal = std::move(principal)](http::Response response) {
    response.who = principal;
    done(std::move(response));
  };
}

}  // namespace

AccessHandler::AccessHandler(AccessOptions options, http::Handler& next)
    : options_(std::move(options)), next_(next) {}

AccessHandler::~AccessHandler() {
  if (options_.audit) options_.audit->drain();
  after_intent_.join();
}

void AccessHandler::handle(http::Request request, http::Done done) {
  if (!options_.accepts.anything() && !options_.audit)
    return next_.handle(std::move(request), std::move(done));
  const Role needed = options_.needed(request);
  const auto principals = options_.roster == nullptr ? std::make_shared<const Principals>()
                                                     : options_.roster->principals();
  const auto caller = admit(request, needed, options_.accepts, *principals, options_.now_ms());
  if (!caller) return refuse(request, caller.error(), done);
  request.principal = caller->name;
  const bool may_change = needed > Role::Reader && !http::is_safe(request.method);
  http::Done answer = named(std::move(done), caller->name);
  if (!options_.audit || !may_change) {
    return next_.handle(std::move(request), std::move(answer));
  }
  AuditRecord record = audit_record(request);
  record.principal = caller->name;
  if (!caller->name.empty()) record.role = to_string(caller->role);
  if (options_.audit_required)
    pass_on_after_intent(std::move(request), std::move(record), std::move(answer));
  else
    pass_on_audited(std::move(request), record, std::move(answer));
}

http::Response AccessHandler::error_answer(const http::Request& request, ErrorCode code,
                                           std::string_view message) const {
  const ErrorInfo& row = info(code);
  http::Response response =
      options_.error_body({row.status, row.name, message, request.target, request.request_id});
  response.status = row.status;
  return response;
}

void AccessHandler::refuse(const http::Request& request, const Refusal& refusal,
                           const http::Done& done) {
  http::Response response = error_answer(request, refusal.code, refusal.message);
  response.headers.push_back({"WWW-Authenticate", refusal.challenge});
  if (options_.audit) {
    AuditRecord record = audit_record(request);
    record.principal = refusal.principal;
    record.allowed = false;
    record.code = info(refusal.code).name;
    note_answer(record, response);
    options_.audit->write(to_line(record, options_.now_ms()));
  }
  named(done, refusal.principal)(std::move(response));
}

// What a handler throws is one 500, in the log too, on whichever thread it runs.
void AccessHandler::pass_on_audited(http::Request request, const AuditRecord& record,
                                    http::Done done) {
  const std::string target = request.target;
  const http::Done audited = [log = options_.audit, now_ms = options_.now_ms, record,
                              done = std::move(done)](http::Response response) {
    AuditRecord told = record;
    note_answer(told, response);
    log->write(to_line(told, now_ms()));
    done(std::move(response));
  };
  try {
    next_.handle(std::move(request), audited);
  } catch (const std::exception& error) {
    spdlog::error("request {}: the handler threw: {}", record.request_id, error.what());
    const auto& [status, code, message] = http::kInternalError;
    http::Response failed = options_.error_body({status, code, message, target, record.request_id});
    failed.status = status;
    audited(std::move(failed));
  }
}

// Nothing happened: the log could not say that it would.
void AccessHandler::refuse_unaudited(const http::Request& request, AuditRecord record,
                                     const http::Done& done) {
  const ErrorInfo& row = info(ErrorCode::AuditUnavailable);
  http::Response response = error_answer(request, row.code, row.meaning);
  response.headers.push_back({"Retry-After", "5"});
  record.allowed = false;
  record.code = row.name;
  note_answer(record, response);
  options_.audit->write(to_line(record, options_.now_ms()));
  done(std::move(response));
}

void AccessHandler::pass_on_after_intent(http::Request request, AuditRecord record,
                                         http::Done done) {
  record.event = AuditEvent::Intent;
  std::string intent = to_line(record, options_.now_ms());
  record.event = AuditEvent::Outcome;
  // In one box: a std::function has to be copyable, and a request should not be copied.
  struct Held {
    http::Request request;
    AuditRecord record;
    http::Done done;
  };
  const auto held =
      std::make_shared<Held>(Held{std::move(request), std::move(record), std::move(done)});
  options_.audit->write(std::move(intent), [this, held](bool durable) {
    boost::asio::post(after_intent_, [this, held, durable] {
      if (durable)
        pass_on_audited(std::move(held->request), held->record, std::move(held->done));
      else
        refuse_unaudited(held->request, std::move(held->record), held->done);
    });
  });
}

}  // namespace isthmus::api::access
