#include "api/http/tls_context.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "api/http/openssl.h"

namespace isthmus::api::http {
namespace {

// Of TLS 1.2; all that 1.3 has is of this kind already.
constexpr const char* kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kGroups = "X25519:P-256:P-384";
constexpr int kSecurityLevel = 2;  // at least 112 bits: RSA of 2048, no SHA-1
constexpr uint64_t kOptions = SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                              SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA;
constexpr std::string_view kProtocol = "http/1.1";  // of ALPN, RFC 7301

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;
struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;

std::string reason() {
  const char* why = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return why == nullptr ? "unknown" : why;
}

Bio reader(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// OpenSSL would ask for it on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

// A client that names its protocols must know ours: what is meant for another protocol's server is
// not for this one.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  for (unsigned at = 0; at < offered_size; at += 1U + offered[at]) {
    const std::string_view name(reinterpret_cast<const char*>(offered + at + 1), offered[at]);
    if (name != kProtocol) continue;
    *chosen = offered + at + 1;
    *chosen_size = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void set_rules(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_security_level(context, kSecurityLevel);
  SSL_CTX_set_cipher_list(context, kCiphers);
  SSL_CTX_set1_groups_list(context, kGroups);
  SSL_CTX_set_options(context, kOptions);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);  // an idle connection gives its 34 KB back
  SSL_CTX_set_default_passwd_cb(context, &no_passphrase);
  SSL_CTX_set_alpn_select_cb(context, &choose_protocol, nullptr);
}

std::string use_client_ca(SSL_CTX* context, const std::string& pem) {
  const Bio in = reader(pem);
  int count = 0;
  for (;; ++count) {
    const Certificate ca(PEM_read_bio_X509(in.get(), nullptr, &no_passphrase, nullptr));
    if (!ca) break;
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.get()) != 1 ||
        SSL_CTX_add_client_CA(context, ca.get()) != 1)
      return "a client CA cannot be used: " + reason();
  }
  ERR_clear_error();  // the end of the text
  if (count == 0) return "there is no certificate of a client CA";
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  return {};
}

}  // namespace

tl::expected<std::shared_ptr<TlsContext>, std::string> make_tls_context(
    const TlsMaterial& material) {
  auto made = std::make_shared<TlsContext>();
  SSL_CTX* context = made->context.native_handle();
  set_rules(context);
  boost::system::error_code error;
  const auto pem = [](const std::string& text) { return boost::asio::buffer(text); };
  made->context.use_certificate_chain(pem(material.certificate), error);
  if (error) return tl::unexpected("the certificate cannot be used: " + error.message());
  made->context.use_private_key(pem(material.key), boost::asio::ssl::context::pem, error);
  if (error) return tl::unexpected("the key cannot be used: " + error.message());
  if (SSL_CTX_check_private_key(context) != 1)
    return tl::unexpected("the key is not that of the certificate: " + reason());
  if (!material.client_ca.empty()) {
    if (auto trouble = use_client_ca(context, material.client_ca); !trouble.empty())
      return tl::unexpected(std::move(trouble));
  }
  return made;
}

std::optional<ClientCertificate> client_certificate(const SSL* connection) {
  const Certificate shown(SSL_get1_peer_certificate(connection));
  if (!shown || SSL_get_verify_result(connection) != X509_V_OK) return std::nullopt;
  ClientCertificate certificate;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_digest(shown.get(), EVP_sha256(), digest.data(), &size) != 1) return std::nullopt;
  certificate.thumbprint =
      fmt::format("{:02x}", fmt::join(digest.begin(), digest.begin() + size, ""));
  const X509_NAME* subject = X509_get_subject_name(shown.get());
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  unsigned char* text = nullptr;
  const int length =
      at < 0
          ? -1
          : ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (length >= 0) certificate.subject.assign(text, text + length);
  OPENSSL_free(text);
  return certificate;
}

std::string certificate_trouble(const SSL* connection) {
  const long result = SSL_get_verify_result(connection);
  if (result == X509_V_OK) return {};
  return fmt::format("the client's certificate: {}", X509_verify_cert_error_string(result));
}

}  // namespace isthmus::api::http
