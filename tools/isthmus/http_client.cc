#include "tools/isthmus/http_client.h"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <optional>

#include "api/config/version.h"
#include "tools/isthmus/client_tls.h"

namespace isthmus::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using Request = http::request<http::string_body>;
using Parser = http::response_parser<http::string_body>;

constexpr uint64_t kResponseBytesMax = uint64_t{1} << 30;  // ours: 100x a list of 10,000 networks
constexpr uint32_t kHeaderBytesMax = 64 * 1024;

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Request to_beast(const HttpRequest& request, const std::string& authority) {
  Request out;
  out.method_string(request.method);
  out.target(request.target);
  out.version(11);
  out.set(http::field::host, authority);
  out.set(http::field::user_agent, "isthmus/" + std::string(api::config::kVersion));
  out.set(http::field::accept, "application/json");
  for (const auto& [name, value] : request.headers) out.set(name, value);
  out.body() = request.body;
  out.prepare_payload();
  return out;
}

HttpResponse from_beast(http::response<http::string_body>&& response) {
  HttpResponse out;
  out.status = response.result_int();
  for (const auto& field : response)
    out.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  out.body = std::move(response.body());
  return out;
}

}  // namespace

std::string_view HttpResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (beast::iequals(key, name)) return value;
  return {};
}

tl::expected<ServerAddress, std::string> ServerAddress::parse(std::string_view url) {
  const auto refuse = [&](std::string_view why) {
    return tl::unexpected("'" + std::string(url) + "' is not a server: " + std::string(why));
  };
  constexpr std::string_view kPlain = "http://", kTls = "https://";
  const bool is_tls = url.starts_with(kTls);
  if (!is_tls && !url.starts_with(kPlain))
    return refuse("expected http://ADDRESS:PORT, such as http://127.0.0.1:8181");
  std::string_view authority = url.substr(is_tls ? kTls.size() : kPlain.size());
  if (authority.ends_with('/')) authority.remove_suffix(1);
  if (authority.empty() || authority.find_first_of("/?#@") != std::string_view::npos)
    return refuse("expected an address and a port, and nothing after them");

  const size_t bracket = authority.rfind(']');
  const size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  std::string_view host = authority.substr(0, has_port ? colon : authority.size());
  const std::string_view port = has_port ? authority.substr(colon + 1) : is_tls ? "443" : "80";
  if (!is_port(port)) return refuse("the port is not a number");
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return refuse("the address is empty");
  return ServerAddress{is_tls, std::string(host), std::string(port), std::string(authority)};
}

// The asynchronous operations are run to their end one by one: only they obey a timeout.
struct HttpClient::Connection {
  asio::io_context context;
  beast::tcp_stream tcp{context};
  std::optional<TlsStream> tls;  // over tcp
  beast::flat_buffer buffer;

  template <class Start>
  beast::error_code wait(Start start) {
    beast::error_code result;
    start([&](beast::error_code error, auto&&...) { result = error; });
    context.restart();
    context.run();
    return result;
  }

  beast::error_code connect(const ServerAddress& server, std::chrono::milliseconds timeout) {
    beast::error_code error;
    const auto endpoints =
        asio::ip::tcp::resolver(context).resolve(server.host, server.port, error);
    if (error) return error;
    tcp.expires_after(timeout);
    return wait([&](auto done) { tcp.async_connect(endpoints, done); });
  }

  beast::error_code shake_hands() {
    return wait([&](auto done) { tls->async_handshake(asio::ssl::stream_base::client, done); });
  }

  template <class Stream>
  beast::error_code exchange_over(Stream& stream, const Request& request, Parser& parser) {
    if (auto error = wait([&](auto done) { http::async_write(stream, request, done); }))
      return error;
    return wait([&](auto done) { http::async_read(stream, buffer, parser, done); });
  }

  beast::error_code exchange(const Request& request, Parser& parser,
                             std::chrono::milliseconds timeout) {
    tcp.expires_after(timeout);
    return tls ? exchange_over(*tls, request, parser) : exchange_over(tcp, request, parser);
  }
};

HttpClient::HttpClient(ServerAddress server, std::shared_ptr<ClientTls> tls)
    : server_(std::move(server)), tls_(std::move(tls)) {}
HttpClient::~HttpClient() = default;

tl::expected<void, NoAnswer> HttpClient::connect(std::chrono::milliseconds timeout) {
  connection_ = std::make_unique<Connection>();
  if (auto error = connection_->connect(server_, timeout)) return no_answer(error, timeout);
  if (!server_.is_tls) return {};
  if (!tls_) {
    auto made = ClientTls::make({});
    if (!made) return tl::unexpected(NoAnswer{made.error()});
    tls_ = *made;
  }
  connection_->tls.emplace(connection_->tcp, tls_->context());
  expect_name(*connection_->tls, server_.host);
  const auto error = connection_->shake_hands();
  if (!error) return {};
  if (error == beast::error::timeout) return no_answer(error, timeout);
  NoAnswer failure = handshake_failure(*connection_->tls, error, server_);
  connection_.reset();
  return tl::unexpected(std::move(failure));
}

tl::unexpected<NoAnswer> HttpClient::no_answer(const boost::system::error_code& error,
                                               std::chrono::milliseconds timeout) {
  connection_.reset();
  return tl::unexpected(NoAnswer{error == beast::error::timeout
                                     ? "no answer within " + std::to_string(timeout.count()) + " ms"
                                     : error.message()});
}

tl::expected<HttpResponse, NoAnswer> HttpClient::send(const HttpRequest& request,
                                                      std::chrono::milliseconds timeout) {
  const bool reused = connection_ != nullptr;
  if (!reused) {
    if (auto connected = connect(timeout); !connected) return tl::unexpected(connected.error());
  }
  Parser parser;
  parser.body_limit(kResponseBytesMax);
  parser.header_limit(kHeaderBytesMax);
  if (auto error = connection_->exchange(to_beast(request, server_.authority), parser, timeout)) {
    // A server may have closed an idle connection. What only reads may be asked again.
    const bool again = reused && request.method == "GET" && error != beast::error::timeout;
    auto failure = no_answer(error, timeout);
    if (again) return send(request, timeout);
    return failure;
  }
  if (!parser.keep_alive()) connection_.reset();
  return from_beast(parser.release());
}

}  // namespace isthmus::cli
