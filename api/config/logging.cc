#include "api/config/logging.h"

#include <ctime>

#include <fmt/format.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "api/http/message.h"

namespace isthmus::api::config {
namespace {

// "2026-11-21T05:23:22.123Z"
std::string timestamp(spdlog::log_clock::time_point time) {
  const auto since_epoch =
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch());
  const std::time_t seconds = static_cast<std::time_t>(since_epoch.count() / 1000);
  std::tm tm{};
  gmtime_r(&seconds, &tm);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", tm.tm_year + 1900, tm.tm_mon + 1,
                     tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, since_epoch.count() % 1000);
}

// Escapes control characters, and nothing else: a quote in a text log stays a quote.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
    } else {
      out += fmt::format("\\u{:04x}", byte);
    }
  }
  return out;
}

std::string_view view(spdlog::string_view_t text) { return {text.data(), text.size()}; }

class Formatter final : public spdlog::formatter {
 public:
  explicit Formatter(LogFormat format) : format_(format) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const std::string time = timestamp(message.time);
    const std::string_view level = view(spdlog::level::to_string_view(message.level));
    const auto to = std::back_inserter(out);
    if (format_ == LogFormat::Text) {
      fmt::format_to(to, "{} {} {}\n", time, level, one_line(view(message.payload)));
    } else if (view(message.logger_name) == "access") {
      fmt::format_to(to,
                     R"({{"time":"{}","level":"{}","logger":"access",{}}})"
                     "\n",
                     time, level, view(message.payload));
    } else {
      fmt::format_to(to,
                     R"({{"time":"{}","level":"{}","logger":"{}","message":"{}"}})"
                     "\n",
                     time, level, view(message.logger_name),
                     http::json_escaped(view(message.payload)));
    }
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<Formatter>(format_);
  }

 private:
  LogFormat format_;
};

}  // namespace

std::unique_ptr<spdlog::formatter> make_log_formatter(LogFormat format) {
  return std::make_unique<Formatter>(format);
}

void set_up_logging(LogFormat format, const std::string& level) {
  const auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  const auto logger = std::make_shared<spdlog::logger>("isthmus", sink);
  const auto access = std::make_shared<spdlog::logger>("access", sink);
  for (const auto& each : {logger, access}) {
    each->set_formatter(make_log_formatter(format));
    each->set_level(spdlog::level::from_str(level));
  }
  spdlog::drop("access");
  spdlog::register_logger(access);
  spdlog::set_default_logger(logger);
}

}  // namespace isthmus::api::config
