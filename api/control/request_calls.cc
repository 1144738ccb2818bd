// GET and DELETE of requests: the last calls, and what became of them.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "api/control/calls.h"
#include "api/front/path_glob.h"
#include "api/http/target.h"
#include "api/json/json_text.h"
#include "api/json/timestamp.h"
#include "controller/model/text.h"

namespace isthmus::api::control {
namespace {

using front::CallPtr;
using front::CallRecord;

constexpr uint64_t kNumberMax = 1'000'000'000'000;

// What a client wants to see. Lists are words with commas between them; empty: everything.
struct Filter {
  std::string path;
  std::string methods;
  std::string statuses;
  std::optional<uint64_t> limit;
  std::optional<uint64_t> after;
};

// Calls `holds` for each word of "a,b" until it does.
template <class Predicate>
bool any_word(std::string_view words, Predicate holds) {
  for (;;) {
    const size_t comma = words.find(',');
    if (holds(words.substr(0, comma))) return true;
    if (comma == std::string_view::npos) return false;
    words.remove_prefix(comma + 1);
  }
}

// "404", or a class of them: "4xx".
bool is_status(std::string_view word) {
  if (word.size() != 3 || word[0] < '0' || word[0] > '5') return false;
  if (http::equal_without_case(word.substr(1), "xx")) return true;
  return std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}
bool is_of_status(std::string_view word, int status) {
  const std::string text = fmt::format("{:03}", status);
  return word == text || (word[0] == text[0] && (word[1] == 'x' || word[1] == 'X'));
}

bool is_method(std::string_view word) {
  for (int i = 0; i < http::kMethodCount; ++i)
    if (http::equal_without_case(http::to_string(static_cast<http::Method>(i)), word)) return true;
  return word == "-";  // of a request that could not be read
}

// JSON is UTF-8; what a client sends need not be.
std::string as_utf8(std::string text) {
  if (http::is_utf8(text)) return text;
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7e; }, '?');
  return text;
}

bool passes(const Filter& filter, const CallRecord& call) {
  if (filter.after && call.sequence <= *filter.after) return false;
  if (!filter.path.empty() && !front::matches_path(filter.path, call.path())) return false;
  if (!filter.methods.empty() && !any_word(filter.methods, [&](std::string_view word) {
        return http::equal_without_case(word, call.method);
      }))
    return false;
  return filter.statuses.empty() || any_word(filter.statuses, [&](std::string_view word) {
           return is_of_status(word, call.status);
         });
}

Error wrong(std::string_view name, std::string_view value, std::string_view wanted) {
  return {ErrorCode::InvalidParameterValue,
          "",
          fmt::format("{} is not a value of {}: use {}.", in_quotes(value), name, wanted),
          "",
          {}};
}

Result<std::optional<uint64_t>> number(const http::Request& request, std::string_view name) {
  const auto text = request.parameter(name);
  if (!text) return std::optional<uint64_t>();
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value > kNumberMax)
    return tl::unexpected(wrong(name, *text, "a whole number"));
  return std::optional(value);
}

Result<Filter> read_filter(const http::Request& request) {
  Filter filter;
  filter.path = request.parameter("path").value_or("");
  filter.methods = request.parameter("method").value_or("");
  filter.statuses = request.parameter("status").value_or("");
  if (filter.path.size() > front::kPatternBytesMax)
    return tl::unexpected(wrong("path", filter.path, "at most 256 bytes"));
  if (!filter.methods.empty() &&
      any_word(filter.methods, [](std::string_view word) { return !is_method(word); }))
    return tl::unexpected(wrong("method", filter.methods, "methods such as PUT or PUT,DELETE"));
  if (!filter.statuses.empty() &&
      any_word(filter.statuses, [](std::string_view word) { return !is_status(word); }))
    return tl::unexpected(wrong("status", filter.statuses, "such as 404, 4xx or 409,5xx"));
  auto limit = number(request, "limit");
  if (!limit) return tl::unexpected(limit.error());
  filter.limit = *limit;
  auto after = number(request, "after");
  if (!after) return tl::unexpected(after.error());
  filter.after = *after;
  return filter;
}

void write(json::JsonText& out, const CallRecord& call) {
  out.object().number("sequence", call.sequence).text("time", json::timestamp(call.time_ms));
  out.text("method", call.method).text("target", as_utf8(call.target));
  out.number("status", static_cast<uint64_t>(call.status)).text_unless_empty("code", call.code);
  out.number("durationUs", static_cast<uint64_t>(call.duration.count()));
  out.text("who", as_utf8(call.who)).text("requestId", call.request_id);
  out.text_unless_empty("clientRequestId", as_utf8(call.client_request_id));
  out.text_unless_empty("fault", call.fault);
  out.number("requestBytes", call.request_bytes).number("responseBytes", call.response_bytes);
  out.end_object();
}

// Who polls wants what comes next; who looks, what came last. Both oldest first.
void keep(std::vector<CallPtr>& calls, const Filter& filter) {
  if (!filter.limit || calls.size() <= *filter.limit) return;
  const auto count = static_cast<std::ptrdiff_t>(*filter.limit);
  if (filter.after) {
    calls.erase(calls.begin() + count, calls.end());
  } else {
    calls.erase(calls.begin(), calls.end() - count);
  }
}

}  // namespace

http::Response show_requests(const Service& service, const http::Request& request) {
  auto filter = read_filter(request);
  if (!filter) return answer(problem_of(filter.error()));
  auto [calls, last] = service.requests.kept();
  // Behind the end: the poll before was of a daemon that has been restarted since.
  if (filter->after && *filter->after > last) filter->after = 0;
  const uint64_t oldest = calls.empty() ? last + 1 : calls.front()->sequence;
  const uint64_t missed =
      filter->after && *filter->after + 1 < oldest ? oldest - *filter->after - 1 : 0;
  std::erase_if(calls, [&](const CallPtr& call) { return !passes(*filter, *call); });
  const size_t found = calls.size();
  keep(calls, *filter);
  json::JsonText out;
  out.object().key("requests").array();
  for (const CallPtr& call : calls) write(out, *call);
  out.end_array();
  // Where the next poll goes on: behind what was shown, when there is more, else behind everything.
  const bool has_more = filter->after && found > calls.size();
  out.number("next", has_more && !calls.empty() ? calls.back()->sequence
                     : has_more                 ? *filter->after
                                                : last);
  if (missed > 0) out.number("missed", missed);
  return json_answer(out.end_object().take());
}

http::Response clear_requests(const Service& service, const http::Request&) {
  service.requests.clear();
  http::Response response;
  response.status = 204;
  return response;
}

}  // namespace isthmus::api::control
