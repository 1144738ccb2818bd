// How the command line speaks TLS: whom it trusts, and who it is itself. OpenSSL's side of
// http_client.h.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "tools/isthmus/http_client.h"

namespace isthmus::cli {

struct TlsSettings {
  std::string ca_file = {};  // who signs servers' certificates; empty: whom the machine trusts
  bool trusts_anybody = false;
  std::string certificate = {}, key = {};  // files; empty: this client shows none
};

using TlsStream = boost::asio::ssl::stream<boost::beast::tcp_stream&>;

class ClientTls {
 public:
  // The error names the file that cannot be used.
  static tl::expected<std::shared_ptr<ClientTls>, std::string> make(const TlsSettings& settings);
  boost::asio::ssl::context& context() { return context_; }

 private:
  boost::asio::ssl::context context_{boost::asio::ssl::context::tls_client};
};

// Before the handshake: the certificate must be for this name or address.
void expect_name(TlsStream& stream, const std::string& host);
// After one that has failed: why, and what helps.
NoAnswer handshake_failure(TlsStream& stream, const boost::system::error_code& error,
                           const ServerAddress& server);

}  // namespace isthmus::cli
