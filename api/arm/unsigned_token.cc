#include "api/arm/unsigned_token.h"

#include "api/json/json_text.h"
#include "controller/base/uuid.h"

namespace isthmus::api::arm {

std::string base64url(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
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
