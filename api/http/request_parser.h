// Beast's parser with our own sinks: what it reads goes straight into a Request's parts. Private to
// the session (it includes Beast).
//
// Beast's own container throws std::length_error on a trailer field over 64 KB, and its header
// limit counts what is in the buffer, not what has passed through it. Here nothing is stored that
// throws, the header is counted as a whole, and trailers are dropped: they come after the guard.
#pragma once

#include <string>

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "api/http/guard.h"

namespace isthmus::api::http {

class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  RequestParser(const Limits& limits, size_t buffer_bytes) : limits_(limits) {
    header_limit(static_cast<uint32_t>(buffer_bytes));
    body_limit(boost::none);  // the guard judges what is declared; the session sets the limit then
  }

  bool has_request_line() const { return !method.empty(); }

  std::string method, target, body;
  Headers headers;
  unsigned protocol_version = 11;

 private:
  using Error = boost::beast::error_code;
  using Text = boost::beast::string_view;
  using HttpError = boost::beast::http::error;

  void on_request_impl(boost::beast::http::verb, Text method_text, Text target_text,
                       int version_number, Error&) override {
    method.assign(method_text.data(), method_text.size());
    target.assign(target_text.data(), target_text.size());
    protocol_version = static_cast<unsigned>(version_number);
    headers.reserve(8);
  }
  void on_response_impl(int, Text, int, Error&) override {}
  void on_field_impl(boost::beast::http::field, Text name, Text value, Error& error) override {
    if (is_header_done()) return;                     // a trailer
    header_bytes_ += name.size() + value.size() + 4;  // ": " and the line end
    if (header_bytes_ > limits_.header_bytes) {
      error = HttpError::header_limit;
      return;
    }
    headers.add({name.data(), name.size()}, {value.data(), value.size()});
  }
  void on_header_impl(Error&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>& length, Error&) override {
    if (length) body.reserve(static_cast<size_t>(*length));  // the guard has passed
  }
  size_t on_body_impl(Text part, Error&) override {
    body.append(part.data(), part.size());
    return part.size();
  }
  void on_chunk_header_impl(uint64_t, Text extension, Error& error) override {
    if (!chunk_extension_allowed({extension.data(), extension.size()}, limits_)) {
      error = HttpError::bad_chunk_extension;
    }
  }
  size_t on_chunk_body_impl(uint64_t, Text part, Error&) override {
    body.append(part.data(), part.size());
    return part.size();
  }
  void on_finish_impl(Error&) override {}

  const Limits& limits_;
  size_t header_bytes_ = 0;
};

}  // namespace isthmus::api::http
