// The daemon's own CA and certificate, for who brings none: made at the first start, and kept in a
// folder.
//
//   ca.pem      the CA's certificate, for clients to trust; 10 years
//   ca.key      its key; 0600
//   server.pem  the daemon's key and certificate, in one file so that they change together; 0600
//
// The certificate is renewed when it has less than 30 days left, or is to have other names. The CA
// stays, so that clients that trust it go on doing so, until it has less than 30 days left itself.
#pragma once

#include <string>
#include <vector>

#include "api/tls/certificate.h"

namespace isthmus::api::tls {

struct OwnCertificates {
  Identity ca;
  Identity server;
};

class OwnCertificateStore {
 public:
  // An empty folder keeps everything in memory.
  explicit OwnCertificateStore(std::string folder) : folder_(std::move(folder)) {}

  // What is kept, made or renewed as far as needed. The error names the file, and says what to do.
  Expected<OwnCertificates> load(const std::vector<std::string>& names, Time now);

 private:
  Expected<Identity> load_ca(Time now);
  Expected<Identity> load_server(const Identity& ca, const std::vector<std::string>& names,
                                 Time now);
  Expected<Identity> new_ca(Time now);
  std::string path(std::string_view name) const { return folder_ + "/" + std::string(name); }

  const std::string folder_;
  OwnCertificates kept_;  // without a folder
};

}  // namespace isthmus::api::tls
