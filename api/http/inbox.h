// The bytes that a client has sent, and what of the current request they make up: buffer, parser
// and guard, without socket, clock or thread. Private to the session (it includes Beast).
//
// begin() starts a request; bytes are put in through prepare() and commit(); parse_header() and
// then parse_body() take what they need. Bytes of the next, pipelined request stay in the buffer.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <boost/beast/core/flat_buffer.hpp>

#include "api/http/refusals.h"
#include "api/http/request_parser.h"

namespace isthmus::api::http {

class Inbox {
 public:
  enum class Parsed : uint8_t { Complete, NeedsMore, Refused };

  // Both must outlive the inbox.
  Inbox(const Limits& limits, const std::vector<std::string>& hosts);

  void begin();
  boost::beast::flat_buffer::mutable_buffers_type
  prepare();  // never empty: a full buffer is refused
  void commit(size_t bytes) { buffer_.commit(bytes); }
  bool is_empty() const { return buffer_.size() == 0; }
  void drop_bytes() { buffer_.clear(); }
  bool starts_with(char byte) const { return bytes().starts_with(byte); }
  auto data() const { return buffer_.data(); }

  Parsed parse_header();  // through the empty line, and judged by the guard
  Parsed parse_body();    // only after parse_header() was Complete

  // Moves the request out. nullopt: what it carries, or its target, is refused.
  std::optional<Request> take();

  // Of a complete header.
  bool has_body() const { return !parser_->is_done(); }
  bool expects_continue() const;
  bool keeps_alive() const { return parser_->keep_alive(); }
  size_t body_bytes() const { return parser_->body.size(); }

  // Of whatever has come so far.
  std::string_view method() const;
  std::string_view target() const { return parser_->target; }
  unsigned version() const { return parser_->protocol_version; }
  const Refusal& refusal() const { return refusal_; }  // why the last call refused
  bool refused_by_guard() const { return refused_by_guard_; }

 private:
  using IsDone = bool (*)(const RequestParser&);

  Parsed parse(IsDone is_done);
  Parsed refuse(const Refusal& refusal);
  bool skip_empty_line();
  bool passes_guard(Stage stage);
  Refusal refusal_for(boost::beast::error_code error) const;
  Refusal too_long() const;
  std::string_view bytes() const;

  const Limits& limits_;
  const std::vector<std::string>& hosts_;
  boost::beast::flat_buffer buffer_;
  std::optional<RequestParser> parser_;
  std::vector<FieldView> fields_;
  Refusal refusal_ = kMalformed;
  bool refused_by_guard_ = false;
};

}  // namespace isthmus::api::http
