#include "api/tls/certificate.h"

#include <algorithm>
#include <array>
#include <memory>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace isthmus::api::tls {
namespace {

template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
void free_names(GENERAL_NAMES* names) { GENERAL_NAMES_free(names); }
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Free<free_names>>;

constexpr int kSerialBits = 159;         // random; at most 20 octets, RFC 5280 section 4.1.2.2
constexpr size_t kCommonNameBytes = 64;  // RFC 5280 appendix A, ub-common-name
constexpr size_t kHostNameBytes = 253;
constexpr std::chrono::hours kClockDifference{1};  // clients whose clock is behind ours

tl::unexpected<std::string> failed(std::string_view what) {
  const char* why = ERR_reason_error_string(ERR_get_error());
  ERR_clear_error();
  return tl::unexpected(fmt::format("{}: {}", what, why == nullptr ? "unknown" : why));
}

// OpenSSL would ask for it on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

Bio reader(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Certificate parse_certificate(const std::string& pem) {
  return Certificate(PEM_read_bio_X509(reader(pem).get(), nullptr, nullptr, nullptr));
}

Key parse_key(const std::string& pem) {
  return Key(PEM_read_bio_PrivateKey(reader(pem).get(), nullptr, &no_passphrase, nullptr));
}

std::string text_of(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

Expected<Identity> print(const Certificate& certificate, const Key& key) {
  const Bio key_text(BIO_new(BIO_s_mem())), certificate_text(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                    nullptr) != 1 ||
      PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1) {
    return failed("the certificate cannot be written");
  }
  return Identity{text_of(key_text), text_of(certificate_text)};
}

// ---- making

struct ExtensionText {
  int id;
  std::string text;  // as in openssl's x509v3_config(5)
};

bool add_extensions(X509* certificate, X509* issuer, const std::vector<ExtensionText>& texts) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  return std::all_of(texts.begin(), texts.end(), [&](const ExtensionText& item) {
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, item.id, item.text.c_str()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
  });
}

bool set_common_name(X509* certificate, std::string_view name) {
  name = name.substr(0, kCommonNameBytes);
  const std::string text(name);
  return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

bool set_serial(X509* certificate) {
  const Number serial(BN_new());
  return serial && BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_times(X509* certificate, Time not_before, Time not_after) {
  return ASN1_TIME_set(X509_getm_notBefore(certificate), not_before.time_since_epoch().count()) !=
             nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), not_after.time_since_epoch().count()) !=
             nullptr;
}

struct Wanted {
  std::string common_name;
  Time not_before, not_after;
  std::vector<ExtensionText> extensions;
};

// Without an issuer it signs itself.
Expected<Identity> make(const Wanted& wanted, X509* issuer, EVP_PKEY* issuer_key) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  if (!key || !certificate) return failed("a key cannot be made");
  X509* signer = issuer == nullptr ? certificate.get() : issuer;
  const bool made =
      X509_set_version(certificate.get(), X509_VERSION_3) == 1 && set_serial(certificate.get()) &&
      set_times(certificate.get(), wanted.not_before, wanted.not_after) &&
      set_common_name(certificate.get(), wanted.common_name) &&
      X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer)) == 1 &&
      X509_set_pubkey(certificate.get(), key.get()) == 1 &&
      add_extensions(certificate.get(), signer, wanted.extensions) &&
      X509_sign(certificate.get(), issuer == nullptr ? key.get() : issuer_key, EVP_sha256()) > 0;
  if (!made) return failed("a certificate cannot be made");
  return print(certificate, key);
}

// ---- reading

Time time_of(const ASN1_TIME* time) {
  std::tm parts{};
  ASN1_TIME_to_tm(time, &parts);
  return Time(std::chrono::seconds(timegm(&parts)));
}

std::string text_of(const GENERAL_NAME* name) {
  int type = 0;
  const auto* value = static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(name, &type));
  if (type != GEN_DNS && type != GEN_IPADD) return {};
  const unsigned char* bytes = ASN1_STRING_get0_data(value);
  const auto size = static_cast<size_t>(ASN1_STRING_length(value));
  if (type == GEN_DNS) return "DNS:" + std::string(bytes, bytes + size);
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = size == sizeof(in_addr) ? AF_INET : AF_INET6;
  if (size != sizeof(in_addr) && size != sizeof(in6_addr)) return {};
  inet_ntop(family, bytes, text.data(), text.size());
  return "IP:" + std::string(text.data());
}

}  // namespace

Expected<Identity> make_ca(std::string_view common_name, Time now) {
  return make({std::string(common_name),
               now - kClockDifference,
               now + kCaLifetime,
               {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                {NID_key_usage, "critical,keyCertSign,cRLSign"},
                {NID_subject_key_identifier, "hash"}}},
              nullptr, nullptr);
}

Expected<Identity> make_leaf(const Identity& ca, const std::vector<std::string>& names, Time now,
                             Purpose purpose) {
  const Certificate issuer = parse_certificate(ca.certificate);
  const Key issuer_key = parse_key(ca.key);
  if (!issuer || !issuer_key) return failed("the CA cannot be read");
  const Time not_before = now - kClockDifference;
  const Time not_after =
      std::min<Time>(not_before + kLeafLifetime, time_of(X509_get0_notAfter(issuer.get())));
  return make({names.front().substr(names.front().find(':') + 1),
               not_before,
               not_after,
               {{NID_basic_constraints, "critical,CA:FALSE"},
                {NID_key_usage, "critical,digitalSignature"},
                {NID_ext_key_usage, purpose == Purpose::Server ? "serverAuth" : "clientAuth"},
                {NID_subject_alt_name, fmt::format("{}", fmt::join(names, ","))},
                {NID_subject_key_identifier, "hash"},
                {NID_authority_key_identifier, "keyid:always"}}},
              issuer.get(), issuer_key.get());
}

Expected<CertificateInfo> read_certificate(const std::string& pem) {
  const Certificate certificate = parse_certificate(pem);
  if (!certificate) return failed("there is no certificate in it");
  CertificateInfo info{time_of(X509_get0_notBefore(certificate.get())),
                       time_of(X509_get0_notAfter(certificate.get())),
                       {}};
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i)
    info.names.push_back(text_of(sk_GENERAL_NAME_value(names.get(), i)));
  std::sort(info.names.begin(), info.names.end());
  return info;
}

bool key_fits(const Identity& identity) {
  const Certificate certificate = parse_certificate(identity.certificate);
  const Key key = parse_key(identity.key);
  const bool fits = certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  return fits;
}

bool is_signed_by(const std::string& certificate_pem, const std::string& ca_pem) {
  const Certificate certificate = parse_certificate(certificate_pem);
  const Certificate ca = parse_certificate(ca_pem);
  const bool is_signed =
      certificate && ca && X509_verify(certificate.get(), X509_get0_pubkey(ca.get())) == 1;
  ERR_clear_error();
  return is_signed;
}

std::string subject_name(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string text(host);
  std::array<unsigned char, sizeof(in6_addr)> address{};
  for (const int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, text.c_str(), address.data()) != 1) continue;
    const bool is_any =
        std::all_of(address.begin(), address.end(), [](unsigned char b) { return b == 0; });
    if (is_any) return {};
    std::array<char, INET6_ADDRSTRLEN> canonical{};
    inet_ntop(family, address.data(), canonical.data(), canonical.size());
    return "IP:" + std::string(canonical.data());
  }
  constexpr std::string_view kLegal =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  if (text.empty() || text.size() > kHostNameBytes ||
      text.find_first_not_of(kLegal) != std::string::npos)
    return {};
  return "DNS:" + text;
}

}  // namespace isthmus::api::tls
