#include "api/http/access_log.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "api/http/message.h"

namespace isthmus::api::http {

struct AccessLog::Sink {
  std::shared_ptr<spdlog::logger> logger;
};

std::string access_line(const AccessRecord& record, AccessLogFormat format) {
  const std::string method = json_escaped(record.method);
  const std::string target = json_escaped(record.target);
  const std::string principal = json_escaped(record.principal);
  if (format == AccessLogFormat::Text) {
    return fmt::format("{} {} {} {}us id={} peer={}{}{}", method, target, record.status,
                       record.duration.count(), record.request_id, record.peer,
                       principal.empty() ? "" : " principal=", principal);
  }
  return fmt::format(
      R"("method":"{}","path":"{}","status":{},"duration_us":{},"request_id":"{}","peer":"{}"{})",
      method, target, record.status, record.duration.count(), record.request_id, record.peer,
      principal.empty() ? "" : fmt::format(R"(,"principal":"{}")", principal));
}

AccessLog::AccessLog(AccessLogFormat format) : sink_(std::make_unique<Sink>()), format_(format) {
  sink_->logger = spdlog::get("access");
  if (!sink_->logger) sink_->logger = spdlog::default_logger();
}

AccessLog::~AccessLog() = default;

void AccessLog::write(const AccessRecord& record) const {
  if (!sink_->logger->should_log(spdlog::level::info)) return;
  sink_->logger->log(spdlog::level::info, spdlog::string_view_t(access_line(record, format_)));
}

}  // namespace isthmus::api::http
