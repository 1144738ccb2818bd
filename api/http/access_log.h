// One line per answered request, through the spdlog logger "access" when there is one, else the
// default logger, at level info.
//   text: PUT /networking/v1/virtualNetworks/red 201 412us id=... peer=127.0.0.1 principal=ci
//   JSON: the members of an object without its braces; the formatter of config/logging.h adds them.
// Text from clients is escaped as in JSON: no request can write a second line.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace isthmus::api::http {

enum class AccessLogFormat { Text, Json };

struct AccessRecord {
  std::string_view method;  // "-" when it was not understood
  std::string_view target;
  std::string_view request_id;
  std::string_view peer;
  int status = 0;
  std::chrono::microseconds duration{0};
  std::string_view principal = {};  // empty where nobody is asked who he is
};

std::string access_line(const AccessRecord& record, AccessLogFormat format);

class AccessLog {
 public:
  explicit AccessLog(AccessLogFormat format);
  ~AccessLog();
  void write(const AccessRecord& record) const;  // any thread

 private:
  struct Sink;  // spdlog stays out of headers
  std::unique_ptr<Sink> sink_;
  AccessLogFormat format_;
};

}  // namespace isthmus::api::http
