// One HTTP/1.1 connection to a server, kept open between requests.
//
// Transport is the seam: commands talk to it, tests answer for it. Blocking; one thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace isthmus::cli {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  std::string target;  // path and query, percent-encoded
  Headers headers;
  std::string body;
};

struct HttpResponse {
  int status = 0;
  Headers headers;
  std::string body;

  std::string_view header(std::string_view name) const;  // without case; empty when absent
};

class Transport {
 public:
  virtual ~Transport() = default;
  // The answer, whatever its status, or one sentence on why there is none.
  virtual tl::expected<HttpResponse, std::string> send(const HttpRequest& request,
                                                       std::chrono::milliseconds timeout) = 0;
};

// Where a server is: "http://127.0.0.1:8181", "http://[::1]:8181", "http://localhost".
struct ServerAddress {
  std::string host;  // without brackets
  std::string port;
  std::string authority;  // as the Host header has it

  static tl::expected<ServerAddress, std::string> parse(std::string_view url);
};

class HttpClient final : public Transport {
 public:
  explicit HttpClient(ServerAddress server);
  ~HttpClient() override;
  tl::expected<HttpResponse, std::string> send(const HttpRequest& request,
                                               std::chrono::milliseconds timeout) override;

 private:
  struct Connection;  // Beast stays in the .cc
  ServerAddress server_;
  std::unique_ptr<Connection> connection_;  // null until the first request, and after a failure
};

}  // namespace isthmus::cli
