#include "api/http/inbox.h"

#include <algorithm>
#include <new>
#include <utility>

#include <spdlog/spdlog.h>

namespace isthmus::api::http {
namespace {

using HttpError = boost::beast::http::error;
using boost::beast::error_code;

constexpr size_t kReadBytes = 4 * 1024;
constexpr size_t kMethodAndVersionBytes = 64;

}  // namespace

Inbox::Inbox(const Limits& limits, const std::vector<std::string>& hosts)
    : limits_(limits),
      hosts_(hosts),
      buffer_(limits.target_bytes + limits.header_bytes + kMethodAndVersionBytes) {
  buffer_.reserve(std::min(kReadBytes, buffer_.max_size()));
}

void Inbox::begin() {
  parser_.emplace(limits_, buffer_.max_size());
  refused_by_guard_ = false;
}

// Body bytes leave the buffer at once, so a long body is read in full buffers.
boost::beast::flat_buffer::mutable_buffers_type Inbox::prepare() {
  const size_t room = buffer_.max_size() - buffer_.size();
  return buffer_.prepare(parser_->is_header_done() ? room : std::min(room, kReadBytes));
}

std::string_view Inbox::bytes() const {
  return {static_cast<const char*>(buffer_.data().data()), buffer_.size()};
}

Inbox::Parsed Inbox::refuse(const Refusal& refusal) {
  refusal_ = refusal;
  return Parsed::Refused;
}

// RFC 9112 section 2.2: an empty line before a request is skipped.
bool Inbox::skip_empty_line() {
  if (parser_->got_some() || !bytes().starts_with("\r\n")) return false;
  buffer_.consume(2);
  return true;
}

Inbox::Parsed Inbox::parse(IsDone is_done) {
  while (!is_done(*parser_)) {
    if (skip_empty_line()) continue;
    if (is_empty() || (!parser_->got_some() && bytes() == "\r")) return Parsed::NeedsMore;
    if (!parser_->is_header_done() && has_folded_line(bytes())) return refuse(kMalformed);
    error_code error;
    try {
      buffer_.consume(parser_->put(buffer_.data(), error));
    } catch (const std::bad_alloc&) {
      spdlog::error("no memory is left for a request");
      return refuse(kNoMemory);
    } catch (const std::exception& thrown) {  // no other is known; Beast 1.81 has surprised before
      spdlog::error("the HTTP parser threw: {}", thrown.what());
      return refuse(kMalformed);
    }
    if (error == HttpError::need_more) {
      return buffer_.size() < buffer_.max_size() ? Parsed::NeedsMore : refuse(too_long());
    }
    if (error) return refuse(refusal_for(error));
  }
  return Parsed::Complete;
}

Inbox::Parsed Inbox::parse_header() {
  const Parsed parsed = parse([](const RequestParser& parser) { return parser.is_header_done(); });
  if (parsed != Parsed::Complete) return parsed;
  if (!passes_guard(Stage::BeforeBody)) return Parsed::Refused;
  parser_->body_limit(limits_.body_bytes);
  parser_->eager(true);
  return Parsed::Complete;
}

Inbox::Parsed Inbox::parse_body() {
  return parse([](const RequestParser& parser) { return parser.is_done(); });
}

Refusal Inbox::too_long() const {
  if (parser_->is_header_done()) return kMalformedBody;
  if (parser_->has_request_line()) return kHeaderTooLarge;
  // Once Beast has waited for the end of a line, it waits for the end of the header before it gives
  // the request line: the bytes tell which of the two is the long one.
  const bool line_fits = bytes().find("\r\n") <= limits_.target_bytes + kMethodAndVersionBytes;
  return line_fits ? kHeaderTooLarge : kTargetTooLong;
}

Refusal Inbox::refusal_for(error_code error) const {
  if (error == HttpError::header_limit) return too_long();
  if (error == HttpError::body_limit) return kBodyTooLarge;
  return parser_->is_header_done() ? kMalformedBody : kMalformed;
}

bool Inbox::passes_guard(Stage stage) {
  fields_.clear();
  for (const Header& field : parser_->headers) fields_.push_back({field.name, field.value});
  const Head head{parser_->method, parser_->target, parser_->protocol_version, fields_};
  const GuardRule* broken = broken_rule(head, {limits_, hosts_}, stage);
  if (broken == nullptr) return true;
  refused_by_guard_ = true;
  refusal_ = {broken->status, broken->code, broken->message};
  return false;
}

bool Inbox::expects_continue() const {
  return parser_->protocol_version == 11 && parser_->headers.get("Expect").has_value();
}

// Also of a request line that was refused: an answer to HEAD has no body, whatever else is wrong.
std::string_view Inbox::method() const {
  if (parser_->has_request_line()) return parser_->method;
  return bytes().substr(0, bytes().find(' '));
}

std::optional<Request> Inbox::take() {
  if (!passes_guard(Stage::AfterBody)) return std::nullopt;
  const std::optional<TargetParts> parts = split_target(parser_->target);
  auto path = decode_path(parts->path);
  auto query = decode_query(parts->query);
  if (!path || !query) {
    refusal_ = kMalformedTarget;
    return std::nullopt;
  }
  Request request;
  request.method = *method_named(parser_->method);
  request.segments = std::move(path->segments);
  request.trailing_slash = path->trailing_slash;
  request.query = std::move(*query);
  request.target = std::move(parser_->target);
  request.headers = std::move(parser_->headers);
  request.body = std::move(parser_->body);
  return request;
}

}  // namespace isthmus::api::http
