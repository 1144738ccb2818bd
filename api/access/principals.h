// Who may come in, with what, and what he may do then: the lines of the access file.
//
//   # isthmusd --auth token --access access.yaml
//   - {name: ci, role: contributor, token-sha256: 5e88..., expires: 2027-01-01T00:00:00Z}
//   - {name: alice, role: owner, certificate: 9f86...}
//
// A list at the top, one principal an item, so that adding somebody is adding a line. The file has
// the digests of tokens and no token. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "api/access/digest.h"
#include "api/access/role.h"

namespace isthmus::api::access {

struct Principal {
  std::string name;
  Role role = Role::Reader;
  std::optional<Digest> token;        // SHA-256 of the token
  std::optional<Digest> certificate;  // SHA-256 of the certificate's DER form
  std::optional<int64_t> expires_ms;  // since the Unix epoch; from then on he is a stranger
  friend bool operator==(const Principal&, const Principal&) = default;
};
using Principals = std::vector<Principal>;

// The error is one sentence with its line: "line 3: ...".
tl::expected<Principals, std::string> parse_principals(const std::string& text);

// The principal's line in such a file, without the line's end.
std::string to_line(const Principal& principal);

// Letters, digits and ". _ - @", at most 64, the first a letter or a digit: harmless in a log.
bool is_principal_name(std::string_view name);

// Every principal is compared, whichever it is: the time does not tell who came near.
const Principal* with_token(const Principals& principals, const Digest& token);
const Principal* with_certificate(const Principals& principals, const Digest& certificate);

// "2027-01-01T00:00:00Z" (RFC 3339, in UTC), or a date alone: its first moment.
std::optional<int64_t> time_from_text(std::string_view text);
std::string time_text(int64_t time_ms);

}  // namespace isthmus::api::access
