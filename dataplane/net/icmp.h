// What a router says to a sender: ICMP (RFC 792, RFC 1812 section 4.3) and ICMPv6 (RFC 4443).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/net/headers.h"

namespace isthmus::net {

// Who says it: the virtual router, as the sender's subnet knows it.
struct RouterId {
  Mac mac;
  IpAddress address;
};

// Whether a frame may be answered with an error at all: not one that is an ICMP error itself, a
// later fragment, or to or from many (RFC 1122 section 3.2.2, RFC 4443 section 2.4 e).
bool may_be_answered_with_error(const Headers& headers);

// Tells the sender of `frame` that its time to live has ended. It is quoted as far as RFC 1812
// section 4.3.2.3 and RFC 4443 section 2.4 c allow.
std::vector<uint8_t> time_exceeded(std::span<const uint8_t> frame, const Headers& headers,
                                   const RouterId& router);

bool is_echo_request(const Headers& headers);
// The answer to an echo request, from whom it was sent to; its TTL is a new one.
std::vector<uint8_t> echo_reply(std::span<const uint8_t> frame, const Headers& headers);

}  // namespace isthmus::net
