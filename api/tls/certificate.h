// X.509 certificates: making our own, and reading what a PEM file says. OpenSSL stays in the .cc.
// Pure functions of their arguments, but for the random keys and serial numbers.
//
// Ours are of EC P-256 keys (RFC 5480). A CA signs nothing but leaves.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace isthmus::api::tls {

using Time = std::chrono::sys_seconds;
using std::chrono::days;

constexpr days kCaLifetime{3650};
constexpr days kLeafLifetime{397};  // the most that browsers take
constexpr days kRenewBefore{30};

// A certificate and its key, both PEM.
struct Identity {
  std::string key;
  std::string certificate;
};

struct CertificateInfo {
  Time not_before, not_after;
  // "DNS:localhost", "IP:127.0.0.1"; sorted.
  std::vector<std::string> names;
};

// The error says what cannot be done.
template <class T>
using Expected = tl::expected<T, std::string>;

enum class Purpose : uint8_t { Server, Client };

Expected<Identity> make_ca(std::string_view common_name, Time now);
// `names` as CertificateInfo has them, not empty. It does not outlive its CA.
Expected<Identity> make_leaf(const Identity& ca, const std::vector<std::string>& names, Time now,
                             Purpose purpose = Purpose::Server);

// Of the first certificate in the text.
Expected<CertificateInfo> read_certificate(const std::string& pem);
bool key_fits(const Identity& identity);
bool is_signed_by(const std::string& certificate_pem, const std::string& ca_pem);

// "DNS:..." or "IP:..."; empty for what can be neither, and for addresses that nobody can connect
// to (0.0.0.0, ::). An IPv6 address may have brackets.
std::string subject_name(std::string_view host);

}  // namespace isthmus::api::tls
