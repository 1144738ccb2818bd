#include "api/arm/unsigned_token.h"

#include "api/json/json_reader.h"
#include "api/json/json_text.h"
#include "api/json/parse.h"
#include "controller/base/uuid.h"

namespace isthmus::api::arm {

namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

std::string base64url(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  uint32_t bits = 0;
  int count = 0;  // of bits that are not written yet
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(byte);
    for (count += 8; count >= 6; count -= 6) text += kAlphabet[bits >> (count - 6) & 63];
  }
  if (count > 0) text += kAlphabet[bits << (6 - count) & 63];
  return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;  // of bits that are no whole byte yet
  for (const char c : text) {
    const size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xFF);
  }
  return bytes;
}

std::optional<std::string> name_in_token(std::string_view token) {
  const size_t first = token.find('.');
  const size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto claims = from_base64url(token.substr(first + 1, second - first - 1));
  if (!claims) return std::nullopt;
  const auto json = json::parse_json(*claims);
  if (!json) return std::nullopt;
  for (const char* claim : {"upn", "appid"}) {
    const json::Value* name = json::find_member(*json, claim);
    if (name != nullptr && name->IsString()) return std::string(json::text_of(*name));
  }
  return std::nullopt;
}

std::string object_id(std::string_view name) { return Uuid::derive({}, 0, name).to_string(); }

std::string unsigned_token(const Claims& claims) {
  const std::string object = object_id(claims.user.empty() ? claims.client : claims.user);
  json::JsonText out;
  out.object()
      .text("aud", claims.audience)
      .text("iss", claims.issuer)
      .number("iat", static_cast<uint64_t>(claims.issued_s))
      .number("nbf", static_cast<uint64_t>(claims.issued_s))
      .number("exp", static_cast<uint64_t>(claims.expires_s))
      .text("appid", claims.client)
      .text("idtyp", claims.user.empty() ? "app" : "user")
      .text("oid", object)
      .text("sub", object)
      .text("tid", claims.tenant)
      .text_unless_empty("preferred_username", claims.user)
      .text_unless_empty("upn", claims.user)
      .text("ver", "1.0")
      .end_object();
  return base64url(R"({"alg":"none","typ":"JWT"})") + "." + base64url(out.take()) + ".";
}

}  // namespace isthmus::api::arm
