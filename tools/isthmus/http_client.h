// One HTTP/1.1 connection to a server, kept open between requests.
//
// Transport is the seam: commands talk to it, tests answer for it. Blocking; one thread.
#pragma once

#include <boost/system/error_code.hpp>
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

// Why there is no answer.
struct NoAnswer {
  std::string why;
  std::string remedy = {};  // empty: whatever helps against a server that is not there
};

class Transport {
 public:
  virtual ~Transport() = default;
  // The answer, whatever its status.
  virtual tl::expected<HttpResponse, NoAnswer> send(const HttpRequest& request,
                                                    std::chrono::milliseconds timeout) = 0;
};

// Where a server is: "http://127.0.0.1:8181", "https://[::1]:8181", "http://localhost".
struct ServerAddress {
  bool is_tls = false;
  std::string host;  // without brackets
  std::string port;
  std::string authority;  // as the Host header has it

  static tl::expected<ServerAddress, std::string> parse(std::string_view url);
};

class ClientTls;  // client_tls.h

class HttpClient final : public Transport {
 public:
  // `tls` is for an address of https.
  explicit HttpClient(ServerAddress server, std::shared_ptr<ClientTls> tls = nullptr);
  ~HttpClient() override;
  tl::expected<HttpResponse, NoAnswer> send(const HttpRequest& request,
                                            std::chrono::milliseconds timeout) override;

 private:
  struct Connection;  // Beast stays in the .cc
  tl::expected<void, NoAnswer> connect(std::chrono::milliseconds timeout);
  tl::unexpected<NoAnswer> no_answer(const boost::system::error_code& error,
                                     std::chrono::milliseconds timeout);

  ServerAddress server_;
  std::shared_ptr<ClientTls> tls_;
  std::unique_ptr<Connection> connection_;  // null until the first request, and after a failure
};

}  // namespace isthmus::cli
