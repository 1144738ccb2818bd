#include "tools/isthmus/client_tls.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <iterator>

namespace isthmus::cli {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

// OpenSSL would ask for it on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

constexpr long kUnknownCa[] = {
    X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
    X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
    X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN};

}  // namespace

tl::expected<std::shared_ptr<ClientTls>, std::string> ClientTls::make(const TlsSettings& settings) {
  if (settings.certificate.empty() != settings.key.empty())
    return tl::unexpected(std::string("--cert and --key go together: give both"));
  auto tls = std::make_shared<ClientTls>();
  ssl::context& context = tls->context_;
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_default_passwd_cb(context.native_handle(), &no_passphrase);
  context.set_verify_mode(settings.trusts_anybody ? ssl::verify_none : ssl::verify_peer);
  error_code error;
  const auto refuse = [&](const std::string& file) {
    return tl::unexpected(fmt::format("cannot use {}: {}", file, error.message()));
  };
  if (settings.ca_file.empty())
    context.set_default_verify_paths(error);
  else
    context.load_verify_file(settings.ca_file, error);
  if (error) return refuse(settings.ca_file);
  if (settings.certificate.empty()) return tls;
  context.use_certificate_chain_file(settings.certificate, error);
  if (error) return refuse(settings.certificate);
  context.use_private_key_file(settings.key, ssl::context::pem, error);
  if (error) return refuse(settings.key);
  return tls;
}

void expect_name(TlsStream& stream, const std::string& host) {
  SSL* connection = stream.native_handle();
  X509_VERIFY_PARAM* wanted = SSL_get0_param(connection);
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1) return;
  X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size());
  SSL_set_tlsext_host_name(connection, host.c_str());
}

NoAnswer handshake_failure(TlsStream& stream, const error_code& error,
                           const ServerAddress& server) {
  const long verdict = SSL_get_verify_result(stream.native_handle());
  if (std::find(std::begin(kUnknownCa), std::end(kUnknownCa), verdict) != std::end(kUnknownCa))
    return {"its certificate is signed by a CA that is not trusted here",
            fmt::format("curl -s http://{}/_isthmus/ca.pem > ca.pem, and then --ca-file ca.pem or "
                        "ISTHMUS_CA_FILE",
                        server.authority)};
  if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH)
    return {fmt::format("its certificate is not for '{}'", server.host),
            "use a name that it is for, or start isthmusd with --host-allow NAME"};
  if (verdict != X509_V_OK)
    return {fmt::format("its certificate: {}", X509_verify_cert_error_string(verdict)), ""};
  if (ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_WRONG_VERSION_NUMBER)
    return {"it does not speak TLS there",
            fmt::format("--server http://{} speaks without", server.authority)};
  return {fmt::format("the TLS handshake failed: {}", error.message()), ""};
}

}  // namespace isthmus::cli
