// SHA-256, by which tokens and certificates are known: who reads the access file learns neither.
//
// A token is 256 random bits, so its plain digest cannot be guessed back; a slow hash, as passwords
// need, would only slow every request.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::api::access {

using Digest = std::array<uint8_t, 32>;

Digest sha256(std::string_view text);

std::string to_hex(const Digest& digest);                       // 64 lower-case digits
std::optional<Digest> digest_from_hex(std::string_view text);   // of either case
bool equal_in_constant_time(const Digest& a, const Digest& b);  // the time tells nothing

// "isthmus_" and 43 characters: 256 bits of the system's random source, in the letters of base64url
// (RFC 4648 section 5). The beginning lets a person, and a scanner of repositories, see what it is.
std::string make_token();

// Whether the text may stand in "Authorization: Bearer" (b64token of RFC 6750 section 2.1).
bool is_token_text(std::string_view text);

}  // namespace isthmus::api::access
