// Logs go to stderr, one line per event, through two spdlog loggers: the default one and "access",
// which has one line per request (api/http/access_log.h). No message can start a second line:
// control characters are escaped here, whatever they came from.
#pragma once

#include <memory>
#include <string>

#include "api/config/config.h"

namespace spdlog {
class formatter;
}

namespace isthmus::api::config {

// Once, before other threads start.
void set_up_logging(LogFormat format, const std::string& level);

//   Text: 2026-11-21T05:23:22.123Z info message
//   Json: {"time":"2026-11-21T05:23:22.123Z","level":"info","logger":"isthmus","message":"message"}
// In Json the payload of the logger "access" is members, not a message.
std::unique_ptr<spdlog::formatter> make_log_formatter(LogFormat format);

}  // namespace isthmus::api::config
