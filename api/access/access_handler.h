// Stands in front of the dialects: who asks, may he, and a line of the audit log about it.
//
// A call is in the audit log when it may change something (it needs more than a reader, and its
// method is not a safe one), or when it was refused here. Reads and dry runs that are allowed are
// not: the access log has those.
//
// Threads: handle() from any. Where the audit log is required, what follows a durable intent runs
// on threads of this handler's own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include <boost/asio/thread_pool.hpp>

#include "api/access/audit_log.h"
#include "api/access/audit_record.h"
#include "api/access/authenticate.h"
#include "api/access/roster.h"
#include "api/http/message.h"

namespace isthmus::api::access {

struct AccessOptions {
  Accepts accepts;                                   // nothing: everybody may do everything
  const Roster* roster = nullptr;                    // needed where something is accepted
  std::function<Role(const http::Request&)> needed;  // of a call, by method and path alone
  http::ErrorBody error_body = http::default_error_body;
  std::shared_ptr<AuditLog> audit;  // may be null
  bool audit_required = false;      // nothing changes without its line
  std::function<int64_t()> now_ms;  // real time, since the Unix epoch
};

class AccessHandler final : public http::Handler {
 public:
  // Both outlive it.
  AccessHandler(AccessOptions options, http::Handler& next);
  ~AccessHandler() override;  // waits for what waits for the audit log
  void handle(http::Request request, http::Done done) override;

 private:
  void refuse(const http::Request& request, const Refusal& refusal, const http::Done& done);
  void pass_on_audited(http::Request request, const AuditRecord& record, http::Done done);
  void refuse_unaudited(const http::Request& request, AuditRecord record, const http::Done& done);
  void pass_on_after_intent(http::Request request, AuditRecord record, http::Done done);
  http::Response error_answer(const http::Request& request, ErrorCode code,
                              std::string_view message) const;

  const AccessOptions options_;
  http::Handler& next_;
  boost::asio::thread_pool after_intent_{2};
};

}  // namespace isthmus::api::access
