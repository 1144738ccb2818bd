#include "api/access/principals.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <set>

#include "api/access/record_list.h"

namespace isthmus::api::access {
namespace {

constexpr size_t kNameLengthMax = 64;
constexpr std::string_view kDigestForm = "64 hexadecimal digits, the SHA-256 of it";

constexpr RecordMember<Principal> kMembers[] = {
    {"name", "a name: letters, digits and . _ - @, at most 64 of them",
     [](Principal& p, std::string_view text) {
       p.name = text;
       return is_principal_name(text);
     }},
    {"role", "reader, contributor or owner",
     [](Principal& p, std::string_view text) {
       const auto role = role_named(text);
       p.role = role.value_or(Role::Reader);
       return role.has_value();
     }},
    {"token-sha256", kDigestForm,
     [](Principal& p, std::string_view text) {
       p.token = digest_from_hex(text);
       return p.token.has_value();
     }},
    {"certificate", kDigestForm,
     [](Principal& p, std::string_view text) {
       p.certificate = digest_from_hex(text);
       return p.certificate.has_value();
     }},
    {"expires", "a time such as 2027-01-01T00:00:00Z",
     [](Principal& p, std::string_view text) {
       p.expires_ms = time_from_text(text);
       return p.expires_ms.has_value();
     }},
};

// Two of one name could not be told apart in the journal, and two of one token not at all.
void check_principal(const Principals& others, const Principal& added,
                     const std::set<std::string>& given, const YAML::Mark& mark) {
  for (const char* needed : {"name", "role"})
    if (!given.contains(needed)) throw WrongRecord{mark, fmt::format("the {} is missing", needed)};
  if (!added.token && !added.certificate)
    throw WrongRecord{mark,
                      fmt::format("'{}' has neither token-sha256 nor certificate", added.name)};
  for (const Principal& other : others) {
    if (other.name == added.name)
      throw WrongRecord{mark, fmt::format("there is a principal '{}' already", added.name)};
    if ((added.token && other.token == added.token) ||
        (added.certificate && other.certificate == added.certificate))
      throw WrongRecord{
          mark, fmt::format("'{}' has the token or certificate of '{}'", added.name, other.name)};
  }
}

constexpr RecordForm<Principal> kPrincipalForm{"a principal", "principals",
                                               "{name: ci, role: reader, token-sha256: ...}",
                                               kMembers, &check_principal};

const Principal* with_digest(const Principals& principals, std::optional<Digest> Principal::*member,
                             const Digest& digest) {
  const Principal* found = nullptr;
  for (const Principal& principal : principals) {
    const std::optional<Digest>& own = principal.*member;
    if (equal_in_constant_time(own.value_or(Digest{}), digest) && own) found = &principal;
  }
  return found;
}

}  // namespace

tl::expected<Principals, std::string> parse_principals(const std::string& text) {
  return read_records(kPrincipalForm, text);  // an empty file lets nobody in
}

std::string to_line(const Principal& principal) {
  std::string line =
      fmt::format("- {{name: {}, role: {}", principal.name, to_string(principal.role));
  if (principal.token) line += ", token-sha256: " + to_hex(*principal.token);
  if (principal.certificate) line += ", certificate: " + to_hex(*principal.certificate);
  if (principal.expires_ms) line += ", expires: " + time_text(*principal.expires_ms);
  return line + "}";
}

bool is_principal_name(std::string_view name) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-@";
  return !name.empty() && name.size() <= kNameLengthMax &&
         name.find_first_not_of(kLetters) == std::string_view::npos &&
         kLetters.find(name.front()) < kLetters.size() - 4;
}

const Principal* with_token(const Principals& principals, const Digest& token) {
  return with_digest(principals, &Principal::token, token);
}

const Principal* with_certificate(const Principals& principals, const Digest& certificate) {
  return with_digest(principals, &Principal::certificate, certificate);
}

std::optional<int64_t> time_from_text(std::string_view text) {
  const std::string whole = std::string(text) + (text.size() == 10 ? "T00:00:00Z" : "");
  std::tm tm{};
  const char* end = strptime(whole.c_str(), "%Y-%m-%dT%H:%M:%SZ", &tm);
  if (end == nullptr || *end != '\0') return std::nullopt;
  const std::time_t seconds = timegm(&tm);
  // Also what strptime forgives: "2027-2-1", and the 31st of a month that has 30 days.
  if (time_text(seconds * 1000) != whole) return std::nullopt;
  return int64_t{seconds} * 1000;
}

std::string time_text(int64_t time_ms) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(static_cast<std::time_t>(time_ms / 1000)));
}

}  // namespace isthmus::api::access
