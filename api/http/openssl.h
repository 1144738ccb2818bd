// TlsContext as the server's own files see it. Private to the server (it includes Asio and
// OpenSSL).
#pragma once

#include <optional>

#include <boost/asio/ssl/context.hpp>

#include "api/http/message.h"
#include "api/http/tls_context.h"

namespace isthmus::api::http {

struct TlsContext {
  boost::asio::ssl::context context{boost::asio::ssl::context::tls_server};
};

// Of a handshake that has succeeded: the certificate that the client has shown.
std::optional<ClientCertificate> client_certificate(const SSL* connection);
// Of a handshake that has failed: what is wrong with the client's certificate; empty: nothing.
std::string certificate_trouble(const SSL* connection);

}  // namespace isthmus::api::http
