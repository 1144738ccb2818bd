#include "api/http/response.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iterator>
#include <random>

namespace isthmus::api::http {
namespace {

struct Reason {
  int status;
  std::string_view phrase;
};
constexpr Reason kReasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

// No value may end its line: that would let a resource's name write headers.
void append_value(std::string& out, std::string_view value) {
  const size_t start = out.size();
  out.append(value);
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(start), out.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  append_value(out, value);
  out.append("\r\n");
}

void append_number(std::string& out, size_t number) {
  char digits[20];
  const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), number);
  out.append(digits, static_cast<size_t>(end - digits));
}

// Where the body ends. HTTP/1.0 has no chunks: a stream ends there with its connection.
void append_framing(std::string& out, const Response& response, unsigned version) {
  if (!response.stream) {
    out.append("Content-Length: ");
    append_number(out, response.body.size());
    out.append("\r\n");
  } else if (version != 10) {
    out.append("Transfer-Encoding: chunked\r\n");
  }
}

void append_status_line(std::string& out, int status) {
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<size_t>(status));
  out.append(" ").append(reason_phrase(status)).append("\r\n");
}

}  // namespace

std::string_view reason_phrase(int status) {
  const auto found = std::find_if(std::begin(kReasons), std::end(kReasons),
                                  [&](const Reason& r) { return r.status == status; });
  return found == std::end(kReasons) ? std::string_view("Other") : found->phrase;
}

void append_head(std::string& out, const Response& response, const ResponseContext& context) {
  const bool legal = response.status >= 200 && response.status <= 599;
  const int status = legal ? response.status : 500;
  append_status_line(out, status);
  out.append("Date: ").append(context.date).append("\r\nServer: isthmus\r\n");
  out.append("x-ms-request-id: ").append(context.request_id).append("\r\n");
  if (status_has_body(status)) {
    if (!response.body.empty() || response.stream)
      append_field(out, "Content-Type", response.content_type);
    append_framing(out, response, context.version);
  }
  if (!context.client_request_id.empty()) {
    append_field(out, "x-ms-client-request-id", context.client_request_id);
  }
  for (const Header& field : response.headers) append_field(out, field.name, field.value);
  if (context.connection == Connection::Close) {
    out.append("Connection: close\r\n");
  } else if (context.version == 10) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
}

std::string http_date(std::time_t seconds) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm tm{};
  gmtime_r(&seconds, &tm);
  char text[64];
  const int length = std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                   kDays[tm.tm_wday], tm.tm_mday, kMonths[tm.tm_mon],
                                   tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
  return {text, static_cast<size_t>(length)};
}

std::string random_request_id() {
  thread_local std::mt19937_64 random = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(),
                       device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  constexpr uint64_t kVersion4 = 0x4000, kVariant = 0x8000'0000'0000'0000;
  const uint64_t high = (random() & ~uint64_t{0xf000}) | kVersion4;
  const uint64_t low = (random() & ~uint64_t{0xc000'0000'0000'0000}) | kVariant;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text(36, '-');
  size_t at = 0;
  for (int nibble = 0; nibble < 32; ++nibble) {
    if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) ++at;
    const uint64_t half = nibble < 16 ? high : low;
    text[at++] = kHex[(half >> (60 - 4 * (nibble % 16))) & 15];
  }
  return text;
}

}  // namespace isthmus::api::http
