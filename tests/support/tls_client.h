// The blocking client of http_server.h, over TLS.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "api/tls/certificate.h"
#include "tests/support/http_server.h"

namespace isthmus::test {

struct TlsSettings {
  std::string trusted = {};        // a CA's PEM; empty: anybody
  std::string name = "127.0.0.1";  // an address that the server's certificate must have
  api::tls::Identity own = {};     // empty: none is shown
  int version_max = TLS1_3_VERSION;
  std::string ciphers = {};  // of TLS 1.2
};

class TlsClient final : public HttpClient {
 public:
  TlsClient(uint16_t port, const TlsSettings& settings)
      : HttpClient(port),
        context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free),
        connection_(nullptr, &SSL_free) {
    SSL_CTX_set_max_proto_version(context_.get(), settings.version_max);
    SSL_CTX_set_security_level(context_.get(), 0);  // the server is to be the strict one
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    if (!settings.ciphers.empty()) {
      EXPECT_EQ(SSL_CTX_set_cipher_list(context_.get(), settings.ciphers.c_str()), 1);
    }
    trust(settings.trusted);
    show(settings.own);
    connection_.reset(SSL_new(context_.get()));
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection_.get()), settings.name.c_str());
    SSL_set_fd(connection_.get(), socket());
    is_connected = SSL_connect(connection_.get()) == 1;
  }

  // The server has said that it sends nothing more.
  bool was_told_the_end() const {
    return (SSL_get_shutdown(connection_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  }
  // The server's certificate, as PEM.
  std::string servers_certificate() const {
    const std::unique_ptr<X509, decltype(&X509_free)> shown(
        SSL_get1_peer_certificate(connection_.get()), &X509_free);
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
    PEM_write_bio_X509(out.get(), shown.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<size_t>(size)};
  }
  SSL* connection() { return connection_.get(); }

  bool is_connected = false;

 private:
  static std::unique_ptr<BIO, decltype(&BIO_free)> reader(const std::string& text) {
    return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free};
  }
  void trust(const std::string& pem) {
    if (pem.empty()) return;
    X509* ca = PEM_read_bio_X509(reader(pem).get(), nullptr, nullptr, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), ca);
    X509_free(ca);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  }
  void show(const api::tls::Identity& own) {
    if (own.key.empty()) return;
    X509* certificate = PEM_read_bio_X509(reader(own.certificate).get(), nullptr, nullptr, nullptr);
    EVP_PKEY* key = PEM_read_bio_PrivateKey(reader(own.key).get(), nullptr, nullptr, nullptr);
    EXPECT_EQ(SSL_CTX_use_certificate(context_.get(), certificate), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context_.get(), key), 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ssize_t write_bytes(std::string_view bytes) override {
    return SSL_write(connection_.get(), bytes.data(), static_cast<int>(bytes.size()));
  }
  ssize_t read_bytes(char* bytes, size_t size) override {
    return SSL_read(connection_.get(), bytes, static_cast<int>(size));
  }

  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> connection_;
};

}  // namespace isthmus::test
