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

enum class IcmpError : uint8_t { TimeExceeded, PacketTooBig, PortUnreachable };

// Tells the sender of `frame` what became of it. It is quoted as far as RFC 1812 section 4.3.2.3
// and RFC 4443 section 2.4 c allow. `mtu_bytes` is what would have passed, of PacketTooBig only.
std::vector<uint8_t> icmp_error(IcmpError error, std::span<const uint8_t> frame,
                                const Headers& headers, const RouterId& router,
                                uint16_t mtu_bytes = 0);

// One that is whole: what is cut in pieces nobody puts together here.
bool is_echo_request(const Headers& headers);
// The answer to an echo request, from the address that it was sent to; its TTL is a new one.
std::vector<uint8_t> echo_reply(std::span<const uint8_t> frame, const Headers& headers, Mac from);

}  // namespace isthmus::net
