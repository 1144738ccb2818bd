#include "api/tls/own_certificates.h"

#include <array>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "api/tls/file.h"

namespace isthmus::api::tls {
namespace {

constexpr std::string_view kCaFile = "ca.pem", kCaKeyFile = "ca.key", kServerFile = "server.pem";

std::string ca_name() {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) return "Isthmus CA";
  return fmt::format("Isthmus CA of {}", host.data());
}

bool has_time_left(const CertificateInfo& info, Time now) {
  return info.not_before <= now && info.not_after - now >= kRenewBefore;
}

}  // namespace

Expected<Identity> OwnCertificateStore::new_ca(Time now) {
  auto ca = make_ca(ca_name(), now);
  if (!ca || folder_.empty()) return ca;
  // The certificate last: without it, the next start begins anew.
  if (auto done = write_file(folder_, std::string(kCaKeyFile), ca->key, Access::Owner); !done)
    return tl::unexpected(done.error());
  if (auto done = write_file(folder_, std::string(kCaFile), ca->certificate, Access::Everybody);
      !done)
    return tl::unexpected(done.error());
  spdlog::info("a CA was made: {}", path(kCaFile));
  return ca;
}

Expected<Identity> OwnCertificateStore::load_ca(Time now) {
  if (folder_.empty() ? kept_.ca.certificate.empty() : !file_exists(path(kCaFile)))
    return new_ca(now);
  Identity ca = kept_.ca;
  if (!folder_.empty()) {
    auto certificate = read_file(path(kCaFile));
    if (!certificate) return tl::unexpected(certificate.error());
    auto key = read_private_file(path(kCaKeyFile));
    if (!key) return tl::unexpected(key.error());
    ca = {std::move(*key), std::move(*certificate)};
  }
  const auto info = read_certificate(ca.certificate);
  if (!info || !key_fits(ca))
    return tl::unexpected(fmt::format(
        "{} and {} are not a certificate and its key; delete both to have a new CA made, which "
        "clients then have to trust",
        path(kCaFile), path(kCaKeyFile)));
  if (has_time_left(*info, now)) return ca;
  spdlog::warn(
      "the CA {} ends soon, or has not begun: a new one is made, which clients have to "
      "trust anew",
      path(kCaFile));
  return new_ca(now);
}

Expected<Identity> OwnCertificateStore::load_server(const Identity& ca,
                                                    const std::vector<std::string>& names,
                                                    Time now) {
  Identity server = kept_.server;
  if (!folder_.empty() && file_exists(path(kServerFile))) {
    const auto text = read_private_file(path(kServerFile));
    if (!text) return tl::unexpected(text.error());
    server = {*text, *text};
  }
  const auto info = read_certificate(server.certificate);
  if (info && info->names == names && has_time_left(*info, now) && key_fits(server) &&
      is_signed_by(server.certificate, ca.certificate))
    return server;
  auto made = make_leaf(ca, names, now);
  if (!made || folder_.empty()) return made;
  spdlog::info("a certificate was made for {}", fmt::join(names, ", "));
  // A full disk is no reason not to serve: the next start makes another one, of the same CA.
  if (auto done = write_file(folder_, std::string(kServerFile), made->key + made->certificate,
                             Access::Owner);
      !done)
    spdlog::error("{}; the certificate is used all the same", done.error());
  return made;
}

Expected<OwnCertificates> OwnCertificateStore::load(const std::vector<std::string>& names,
                                                    Time now) {
  auto ca = load_ca(now);
  if (!ca) return tl::unexpected(ca.error());
  auto server = load_server(*ca, names, now);
  if (!server) return tl::unexpected(server.error());
  OwnCertificates own{std::move(*ca), std::move(*server)};
  if (folder_.empty()) kept_ = own;
  return own;
}

}  // namespace isthmus::api::tls
