// Who asks, and whether he may: from a request alone, before any resource is looked at. So a call
// that is refused says nothing about what there is. Pure; any thread.
#pragma once

#include <string>

#include <tl/expected.hpp>

#include "api/access/principals.h"
#include "api/http/message.h"
#include "controller/base/error.h"

namespace isthmus::api::access {

// What a caller may show. Nothing: nobody is asked, and everybody may do everything.
struct Accepts {
  bool token = false;
  bool certificate = false;
  bool anything() const { return token || certificate; }
  friend bool operator==(const Accepts&, const Accepts&) = default;
};

struct Caller {
  std::string name;  // empty: a stranger, or nobody is asked
  Role role = Role::Anyone;
};

struct Refusal {
  ErrorCode code;  // AuthenticationFailed (401) or AuthorizationFailed (403)
  std::string message;
  std::string challenge;       // of the WWW-Authenticate header (RFC 9110 section 11.6.1)
  std::string principal = {};  // who it is, where that is known
};

// Whoever shows a token is judged by it, also where he has a certificate: one that is wrong is
// never made good by the other.
tl::expected<Caller, Refusal> authenticate(const http::Request& request, Accepts accepts,
                                           const Principals& principals, int64_t now_ms);

// Whether the caller may, where the call needs this role. A call for anyone takes strangers, and
// those whose token is no longer good.
tl::expected<Caller, Refusal> admit(const http::Request& request, Role needed, Accepts accepts,
                                    const Principals& principals, int64_t now_ms);

// "127.0.0.1", "::1": nobody listens in between.
bool is_loopback_peer(std::string_view address);

}  // namespace isthmus::api::access
