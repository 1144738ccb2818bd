// DHCP for IPv4 (RFC 2131, RFC 2132), as a server answers it that knows one address for each client
// and nothing of leases: an address is the interface's for as long as it has it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/net/headers.h"

namespace isthmus::net {

inline constexpr IpAddress kLimitedBroadcast = IpAddress::v4(0xFFFF'FFFF);

// Our choice: what the controller changes has reached a machine after half of it, when it renews.
constexpr uint32_t kDhcpLeaseSeconds = 3600;

enum class DhcpType : uint8_t {  // RFC 2132 section 9.6
  Discover = 1,
  Offer = 2,
  Request = 3,
  Decline = 4,
  Ack = 5,
  Nak = 6,
  Release = 7,
  Inform = 8,
};

struct DhcpQuestion {
  DhcpType type{};
  uint32_t transaction = 0;
  bool wants_broadcast = false;  // it takes no unicast before it has an address
  Mac client_mac;
  IpAddress client;                    // that it has, and may answer at; else 0.0.0.0
  std::optional<IpAddress> requested;  // that it would have
  std::optional<IpAddress> server;     // that it has chosen
  std::vector<uint8_t> client_id;      // goes back unchanged: RFC 6842
  friend bool operator==(const DhcpQuestion&, const DhcpQuestion&) = default;
};

// What the one server tells the one client.
struct DhcpLease {
  Mac server_mac;
  IpAddress server;  // also the default gateway
  IpAddress address;
  int subnet_length = 0;
  uint16_t mtu_bytes = 0;
  std::vector<IpAddress> name_servers;  // those of IPv6 are left out
};

// UDP, from a client to a server.
bool is_dhcp_question(const Headers& headers);
// Nothing for one that ends too early, is of other hardware than Ethernet, or comes from a relay.
std::optional<DhcpQuestion> parse_dhcp(std::span<const uint8_t> frame, const Headers& headers);

// The whole frame that answers: an offer, an acknowledgement, or a refusal of another address than
// the lease's. Empty where nothing is to be said: RFC 2131 section 4.3.
std::vector<uint8_t> dhcp_answer(const DhcpQuestion& question, const DhcpLease& lease);

}  // namespace isthmus::net
