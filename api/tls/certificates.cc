#include "api/tls/certificates.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "api/tls/file.h"

namespace isthmus::api::tls {
namespace {

// Sorted, each once.
std::vector<std::string> subject_names(const std::vector<std::string>& hosts) {
  std::vector<std::string> names;
  for (const std::string& host : hosts) {
    std::string name = subject_name(host);
    if (!name.empty()) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace

std::vector<std::string> certificate_hosts(const std::string& listen_address,
                                           const std::vector<std::string>& allowed_hosts) {
  std::vector<std::string> hosts = {"localhost", "127.0.0.1", "::1", listen_address};
  hosts.insert(hosts.end(), allowed_hosts.begin(), allowed_hosts.end());
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) == 0) hosts.emplace_back(host.data());
  return hosts;
}

Certificates::Certificates(CertificateOptions options)
    : options_(std::move(options)),
      names_(subject_names(options_.hosts)),
      store_(options_.folder) {}

Expected<http::TlsMaterial> Certificates::own_material(Time now, std::string& ca) {
  auto own = store_.load(names_, now);
  if (!own) return tl::unexpected(own.error());
  ca = own->ca.certificate;
  return http::TlsMaterial{own->server.certificate, own->server.key, {}};
}

Expected<http::TlsMaterial> Certificates::users_material(Time now) const {
  auto certificate = read_file(options_.certificate);
  if (!certificate) return tl::unexpected(certificate.error());
  auto key = read_private_file(options_.key);
  if (!key) return tl::unexpected(key.error());
  const auto info = read_certificate(*certificate);
  if (!info) return tl::unexpected(fmt::format("{}: {}", options_.certificate, info.error()));
  if (info->not_after <= now || info->not_before > now)
    spdlog::warn("the certificate {} is not valid now: clients will refuse it",
                 options_.certificate);
  return http::TlsMaterial{std::move(*certificate), std::move(*key), {}};
}

Expected<std::shared_ptr<http::TlsContext>> Certificates::load(Time now) {
  std::string ca;
  const bool own = options_.certificate.empty();
  auto material = own ? own_material(now, ca) : users_material(now);
  if (!material) return tl::unexpected(material.error());
  if (!options_.client_ca.empty()) {
    auto client_ca = read_file(options_.client_ca);
    if (!client_ca) return tl::unexpected(client_ca.error());
    if (client_ca->empty()) return tl::unexpected(options_.client_ca + " is empty");
    material->client_ca = std::move(*client_ca);
  }
  auto context = http::make_tls_context(*material);
  if (!context)
    return tl::unexpected(fmt::format("TLS cannot be set up: {}; see {} {}", context.error(),
                                      own ? options_.folder : options_.certificate,
                                      options_.client_ca));
  const std::lock_guard lock(mutex_);
  ca_pem_ = std::move(ca);
  return std::move(*context);
}

std::string Certificates::ca_pem() const {
  const std::lock_guard lock(mutex_);
  return ca_pem_;
}

}  // namespace isthmus::api::tls
