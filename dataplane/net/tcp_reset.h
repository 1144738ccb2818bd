// What a host says to a TCP segment that comes to a port at which nobody listens.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/net/headers.h"

namespace isthmus::net {

// The reset that answers the segment, from the address that it was sent to: RFC 9293 section
// 3.10.7.1. Nothing for a reset, a fragment, or a segment that ends before its header does.
std::vector<uint8_t> tcp_reset(std::span<const uint8_t> frame, const Headers& headers, Mac from);

}  // namespace isthmus::net
