// A response to the bytes of its header, and the small generated values in it. Pure but for the
// random request id.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "api/http/message.h"

namespace isthmus::api::http {

enum class Connection : uint8_t { KeepAlive, Close };

struct ResponseContext {
  std::string_view date;  // RFC 1123
  std::string_view request_id;
  std::string_view client_request_id;  // echoed when not empty
  unsigned version = 11;               // of the request: 1.0 must be told of keep-alive
  Connection connection = Connection::KeepAlive;
};

// Appends status line and fields, through the empty line. A status outside 200..599 becomes 500.
void append_head(std::string& out, const Response& response, const ResponseContext& context);

// 204 and 304 have none, whatever the handler put there (RFC 9110 section 6.4.1).
constexpr bool status_has_body(int status) { return status != 204 && status != 304; }

std::string_view reason_phrase(int status);

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::time_t seconds);

// The date of now, formatted once a second. One instance per thread.
class DateCache {
 public:
  std::string_view at(std::time_t now) {
    if (now != second_) {
      second_ = now;
      text_ = http_date(now);
    }
    return text_;
  }

 private:
  std::time_t second_ = -1;
  std::string text_;
};

}  // namespace isthmus::api::http
