// What the daemon's handlers see of HTTP: a decoded request, a response, and the interface between
// the server and whoever answers. No Beast, no Asio: a handler is testable without a socket.
//
// Requests are plain values that own their text. The target has passed the guard (guard.h), and its
// path was percent-decoded exactly once (target.h): no segment holds '/', '\', NUL or a control
// character, and none is "." or "..".
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::api::http {

enum class Method : uint8_t { Get, Head, Put, Post, Delete, Patch, Options };
constexpr int kMethodCount = 7;

std::string_view to_string(Method method);
std::optional<Method> method_named(std::string_view name);  // method names are case-sensitive
// Safe methods change nothing on the server (RFC 9110 section 9.2.1).
constexpr bool is_safe(Method method) {
  return method == Method::Get || method == Method::Head || method == Method::Options;
}

// ASCII only, as header names, host names and media types compare.
bool equal_without_case(std::string_view a, std::string_view b);
bool starts_without_case(std::string_view text, std::string_view prefix);

struct Header {
  std::string name;
  std::string value;
  friend bool operator==(const Header&, const Header&) = default;
};

// Header fields in the order in which they came; names compare without case.
class Headers {
 public:
  void add(std::string_view name, std::string_view value) {
    fields_.push_back({std::string(name), std::string(value)});
  }
  void reserve(size_t count) { fields_.reserve(count); }
  // The value of the first field of this name. The view lives as long as this object is unchanged.
  std::optional<std::string_view> get(std::string_view name) const;

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  size_t size() const { return fields_.size(); }

 private:
  std::vector<Header> fields_;
};

struct QueryParameter {
  std::string name;   // decoded; '+' is a space
  std::string value;  // decoded; empty when there was no '='
  friend bool operator==(const QueryParameter&, const QueryParameter&) = default;
};

// A certificate that the client has shown, and that the server's client CA has signed.
struct ClientCertificate {
  std::string subject;     // its common name
  std::string thumbprint;  // SHA-256 of its DER form, 64 lower-case hexadecimal digits
  friend bool operator==(const ClientCertificate&, const ClientCertificate&) = default;
};

// What an operation that a call begins comes to, where a fault says so.
struct OperationFailure {
  std::string code;
  std::string message;
  friend bool operator==(const OperationFailure&, const OperationFailure&) = default;
};

struct Request {
  Method method = Method::Get;
  std::string target;                 // as received
  std::vector<std::string> segments;  // the decoded path: /a/b%20c gives {"a", "b c"}, / gives {}
  bool trailing_slash = false;        // "/a/" and "/", but not "/a"
  std::vector<QueryParameter> query;  // in order, duplicates kept
  Headers headers;  // without trailers: those come after the guard and are dropped
  std::string body;
  std::string peer;        // address of the client, "127.0.0.1" or "::1"
  std::string request_id;  // a random UUID, also in the answer and the log
  bool is_tls = false;
  std::optional<ClientCertificate> certificate;  // over TLS alone
  std::string principal;  // who it is, once that was checked; empty where nobody checks
  std::optional<OperationFailure> operation_failure;  // injected; no client can say it

  // Who asks, for the journal: the principal, or else the address.
  const std::string& who() const { return principal.empty() ? peer : principal; }
  // The decoded path in one string, for messages: "/a/b c".
  std::string path() const;
  // The value of the first query parameter of this name; names compare without case.
  std::optional<std::string_view> parameter(std::string_view name) const;
};

constexpr std::string_view kJsonContentType = "application/json; charset=utf-8";

// A body that comes piece by piece, as events do. The server asks for a piece when the one before
// is written, so a slow client slows down nobody but itself.
class BodyStream {
 public:
  virtual ~BodyStream() = default;  // the client has gone, the body has ended, or the server stops
  // Takes the next piece; nothing ends the body. Called once for each call of next(), by any
  // thread.
  using Piece = std::function<void(std::optional<std::string>)>;
  virtual void next(Piece piece) = 0;
};

// The server adds Date, Server, Content-Length, x-ms-request-id and, when the connection ends,
// Connection. A control character in a header value becomes a space: no value can add a line.
struct Response {
  int status = 200;
  std::vector<Header> headers;
  std::string body;
  std::string content_type{kJsonContentType};  // not sent when there is no body
  std::shared_ptr<BodyStream> stream{};        // the body instead of `body`
  bool abort = false;                          // the connection is cut instead of an answer
  std::string who{};  // not sent: who asked, where a handler has found that out; for logs
};

// A random UUID (version 4, RFC 9562): a name for logs and operations, not a secret. Any thread.
std::string random_request_id();

// Called exactly once, from any thread, before or after handle() returns. A second call is ignored
// and logged. A call after the client has gone, or after the server has stopped, is harmless.
using Done = std::function<void(Response)>;

// Several io threads call handle() at the same time. It must not block: work that waits belongs on
// another thread, which then calls `done`. An exception becomes one 500.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual void handle(Request request, Done done) = 0;
};

// An error that the server itself answers: a broken guard rule, a limit, a handler that threw.
struct ServerError {
  int status = 400;
  std::string_view code;     // a stable identifier: "HostNotAllowed"
  std::string_view message;  // one sentence, with the remedy where there is one
  std::string_view path;     // the target as far as it was understood; empty when it was not
  std::string_view request_id;
  std::string_view method = "-";  // "-" when it was not understood
  std::string_view peer = {};     // address of the client
};

// Gives the body and content type of such an answer in the dialect of the path; the server sets the
// status. Must not throw; called from any io thread.
using ErrorBody = std::function<Response(const ServerError&)>;

// {"error":{"code":...,"message":...}} everywhere; used when no other shape is configured.
Response default_error_body(const ServerError& error);

// `text` as the inside of a JSON string, without the quotes. Bytes that are not UTF-8 become
// \u00xx.
std::string json_escaped(std::string_view text);

}  // namespace isthmus::api::http
