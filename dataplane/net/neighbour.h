// Who has this address? ARP (RFC 826) for IPv4, and Neighbor Discovery (RFC 4861 sections 4.3, 4.4)
// for IPv6, as one question and one answer.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/net/headers.h"

namespace isthmus::net {

struct NeighbourQuestion {
  Mac asker_mac;    // as the frame's Ethernet header has it
  Mac claimed_mac;  // as the question itself says; of IPv6 the frame's
  IpAddress asker;  // 0.0.0.0 or :: in a probe (RFC 5227, RFC 4862 section 5.4)
  IpAddress asked;
  // Somebody looks whether the address is free, before he takes it.
  bool is_probe() const { return asker.bits() == Bits128{}; }
  // Somebody tells that he has it (RFC 5227 section 1.1): nothing to answer.
  bool is_announcement() const { return asker == asked; }
  friend bool operator==(const NeighbourQuestion&, const NeighbourQuestion&) = default;
};

// What the frame asks; nothing where it is another frame, or one that ends too early, has another
// hardware type, or breaks the rules of RFC 4861 section 7.1.1.
std::optional<NeighbourQuestion> parse_neighbour_question(std::span<const uint8_t> frame);

// Questions, answers and all else of the two protocols: nothing that is routed.
bool is_arp(std::span<const uint8_t> frame);
bool is_neighbour_discovery(const Headers& headers);

// The frame that tells the asker that `owner` has the address.
std::vector<uint8_t> neighbour_answer(const NeighbourQuestion& question, Mac owner, bool is_router);

}  // namespace isthmus::net
