// JSON Web Tokens (RFC 7519) that nobody signs ("alg":"none", section 6). Clients read them to
// learn when they end and whose they are. This server reads back only whose they are, where nobody
// is asked who he is: a name that anybody may give himself. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::api::arm {

struct Claims {
  std::string_view issuer;
  std::string_view audience;
  std::string_view tenant;
  std::string_view client;  // who asked for the token
  int64_t issued_s = 0;     // since the Unix epoch
  int64_t expires_s = 0;
  std::string_view user = {};  // on whose behalf it asked; empty: on its own
};

std::string unsigned_token(const Claims& claims);

// The "oid" of a client or a user: always the same for the same name.
std::string object_id(std::string_view name);

// The user or client of such a token; nothing where it is none.
std::optional<std::string> name_in_token(std::string_view token);

// RFC 4648 section 5, without padding.
std::string base64url(std::string_view bytes);
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace isthmus::api::arm
