// Router Discovery (RFC 4861 sections 4.1, 4.2): an IPv6 host asks who routes, and is told.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/net/headers.h"

namespace isthmus::net {

constexpr uint16_t kRouterLifetimeSeconds = 1800;  // RFC 4861 section 6.2.1: the default

struct RouterSolicitation {
  Mac asker_mac;
  IpAddress asker;  // :: where it has no address yet
};

// Nothing for another frame, or one that breaks the rules of RFC 4861 section 6.1.1.
std::optional<RouterSolicitation> parse_router_solicitation(std::span<const uint8_t> frame,
                                                            const Headers& headers);

struct RouterFacts {
  Mac mac;
  IpAddress address;  // of the link: advertisements come from no other
  uint16_t mtu_bytes = 0;
  // On the link, and not to make addresses of: the controller gives those.
  std::vector<Prefix> prefixes;
};

// The frame that tells the asker; who has no address is told with all others.
std::vector<uint8_t> router_advertisement(const RouterSolicitation& question,
                                          const RouterFacts& router);

}  // namespace isthmus::net
