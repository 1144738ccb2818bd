// What a server speaks TLS with: its certificate and key, and who signs the certificates of
// clients. OpenSSL stays in the .cc files.
//
// TLS 1.2 and 1.3, with forward secrecy and authenticated ciphers only; no renegotiation, no
// compression, and no resumption: a key of session tickets would undo the forward secrecy.
#pragma once

#include <memory>
#include <string>

#include <tl/expected.hpp>

namespace isthmus::api::http {

struct TlsMaterial {
  std::string certificate;  // PEM: the server's own first, then those that lead to its CA
  std::string key;          // PEM, without a passphrase
  // PEM: who signs the certificates of clients. Empty: clients are not asked for one. A client may
  // show none; one that is not signed so, or expired, or not for clients, ends the handshake.
  std::string client_ca;
};

// Immutable; connections that have begun with it keep it.
struct TlsContext;

// The error names what of the material is wrong.
tl::expected<std::shared_ptr<TlsContext>, std::string> make_tls_context(
    const TlsMaterial& material);

}  // namespace isthmus::api::http
