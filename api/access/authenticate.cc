#include "api/access/authenticate.h"

#include <fmt/format.h>

#include <optional>

#include "controller/model/text.h"

namespace isthmus::api::access {
namespace {

constexpr std::string_view kRealm = R"(realm="isthmus")";
constexpr std::string_view kScheme = "Bearer";

// The parameters of RFC 6750 section 3. The description is text of ours: nothing of the client.
std::string bearer_challenge(std::string_view error, std::string_view description) {
  std::string challenge = fmt::format("{} {}", kScheme, kRealm);
  if (!error.empty()) challenge += fmt::format(R"(, error="{}")", error);
  if (!description.empty()) challenge += fmt::format(R"(, error_description="{}")", description);
  return challenge;
}

tl::unexpected<Refusal> bad_token(std::string_view why, std::string_view remedy) {
  return tl::unexpected(Refusal{ErrorCode::AuthenticationFailed, fmt::format("{} {}", why, remedy),
                                bearer_challenge("invalid_token", why)});
}

tl::unexpected<Refusal> nothing_shown(Accepts accepts) {
  if (!accepts.token)
    return tl::unexpected(Refusal{ErrorCode::AuthenticationFailed,
                                  "This controller asks for a client certificate, over https.",
                                  fmt::format("Certificate {}", kRealm)});
  return tl::unexpected(Refusal{
      ErrorCode::AuthenticationFailed,
      fmt::format("This controller asks for a token{}: send -H 'Authorization: Bearer TOKEN'.",
                  accepts.certificate ? ", or a client certificate over https" : ""),
      bearer_challenge("", "")});
}

// What stands behind "Bearer", or nothing where the header is of another form.
std::optional<std::string_view> bearer_token(std::string_view header) {
  if (!http::starts_without_case(header, kScheme)) return std::nullopt;
  header.remove_prefix(kScheme.size());
  const size_t start = std::min(header.find_first_not_of(' '), header.size());
  const std::string_view token = header.substr(start);
  if (start == 0 || !is_token_text(token)) return std::nullopt;
  return token;
}

size_t count_of(const http::Headers& headers, std::string_view name) {
  size_t count = 0;
  for (const http::Header& field : headers) count += http::equal_without_case(field.name, name);
  return count;
}

bool has_expired(const Principal& principal, int64_t now_ms) {
  return principal.expires_ms && *principal.expires_ms <= now_ms;
}

tl::expected<Caller, Refusal> by_token(const http::Request& request, const Principals& principals,
                                       int64_t now_ms) {
  // Judged first: what went over a wire in the clear is no secret any more, whether it was good
  // or not.
  if (!request.is_tls && !is_loopback_peer(request.peer))
    return bad_token("The token came over plain HTTP, where others can read it.",
                     "Use https, and have the token replaced.");
  const std::string_view header = *request.headers.get("Authorization");
  const auto token = bearer_token(header);
  if (!token || count_of(request.headers, "Authorization") != 1)
    return bad_token("The Authorization header is not one 'Bearer TOKEN'.",
                     "isthmus token create makes a token.");
  const Principal* principal = with_token(principals, sha256(*token));
  if (principal == nullptr)
    return bad_token("This token is not known here.", "isthmus token create makes one.");
  if (has_expired(*principal, now_ms))
    return bad_token(fmt::format("This token is good until {} and no longer.",
                                 time_text(*principal->expires_ms)),
                     "isthmus token create makes another.");
  return Caller{principal->name, principal->role};
}

tl::expected<Caller, Refusal> by_certificate(const http::ClientCertificate& certificate,
                                             Accepts accepts, const Principals& principals,
                                             int64_t now_ms) {
  const auto thumbprint = digest_from_hex(certificate.thumbprint);
  const Principal* principal = thumbprint ? with_certificate(principals, *thumbprint) : nullptr;
  const auto refused = [&](std::string message) {
    Refusal refusal = nothing_shown(accepts).value();
    refusal.message = std::move(message);
    return tl::unexpected(std::move(refusal));
  };
  if (principal == nullptr)
    return refused(
        fmt::format("The access file does not list the certificate of {}: its "
                    "thumbprint is {}.",
                    in_quotes(certificate.subject), certificate.thumbprint));
  if (has_expired(*principal, now_ms))
    return refused(fmt::format("The access of {} ended at {}.", in_quotes(principal->name),
                               time_text(*principal->expires_ms)));
  return Caller{principal->name, principal->role};
}

Refusal not_allowed(const Caller& caller, Role needed) {
  const std::string_view role = to_string(needed);
  std::string challenge =
      bearer_challenge("insufficient_scope", fmt::format("The call needs the role {}.", role));
  challenge += fmt::format(R"(, scope="{}")", role);
  return {ErrorCode::AuthorizationFailed,
          fmt::format(
              "'{}' is {}, and this call needs the role {}.", caller.name,
              caller.role == Role::Owner ? "an owner" : fmt::format("a {}", to_string(caller.role)),
              role),
          std::move(challenge), caller.name};
}

}  // namespace

bool is_loopback_peer(std::string_view address) {
  constexpr std::string_view kMapped = "::ffff:";
  if (http::starts_without_case(address, kMapped)) address.remove_prefix(kMapped.size());
  return address.starts_with("127.") || address == "::1";
}

tl::expected<Caller, Refusal> authenticate(const http::Request& request, Accepts accepts,
                                           const Principals& principals, int64_t now_ms) {
  if (!accepts.anything()) return Caller{"", Role::Owner};
  if (accepts.token && request.headers.get("Authorization"))
    return by_token(request, principals, now_ms);
  if (accepts.certificate && request.certificate)
    return by_certificate(*request.certificate, accepts, principals, now_ms);
  return nothing_shown(accepts);
}

tl::expected<Caller, Refusal> admit(const http::Request& request, Role needed, Accepts accepts,
                                    const Principals& principals, int64_t now_ms) {
  auto caller = authenticate(request, accepts, principals, now_ms);
  if (!caller && needed == Role::Anyone) return Caller{};
  if (!caller) return caller;
  if (caller->role < needed) return tl::unexpected(not_allowed(*caller, needed));
  return caller;
}

}  // namespace isthmus::api::access
