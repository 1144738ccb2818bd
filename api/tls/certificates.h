// The certificates that the daemon speaks TLS with: its own or the user's, and the CA of clients.
// Read at start, and again on SIGHUP; connections that there are go on with what they have.
//
// Threads: ca_pem() from any; load() from one.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/http/tls_context.h"
#include "api/tls/own_certificates.h"

namespace isthmus::api::tls {

struct CertificateOptions {
  std::string folder;              // of our own; empty: in memory
  std::string certificate, key;    // files of the user's; both or none
  std::string client_ca;           // a file; empty: clients are not asked
  std::vector<std::string> hosts;  // names and addresses that our own is for
};

class Certificates {
 public:
  explicit Certificates(CertificateOptions options);

  // Reads everything anew. On an error nothing has changed.
  Expected<std::shared_ptr<http::TlsContext>> load(Time now);

  // The certificate of our own CA; empty: the user's certificate is in use, or nothing was loaded.
  std::string ca_pem() const;

 private:
  Expected<http::TlsMaterial> own_material(Time now, std::string& ca);
  Expected<http::TlsMaterial> users_material(Time now) const;

  const CertificateOptions options_;
  const std::vector<std::string> names_;
  OwnCertificateStore store_;
  mutable std::mutex mutex_;  // guards what follows
  std::string ca_pem_;
};

// What our own certificate is for: loopback, the address that is listened on, the host's name, and
// names that a Host header may have.
std::vector<std::string> certificate_hosts(const std::string& listen_address,
                                           const std::vector<std::string>& allowed_hosts);

}  // namespace isthmus::api::tls
