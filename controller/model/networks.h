// Questions about virtual networks that rules, routes and the API all ask.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/model/model.h"

namespace isthmus {

// The peering object of `local` whose remote network is `remote`; null where there is none.
const Resource* peering_from(const Model& model, const Resource& local, const Resource& remote);

// The other side of a peering; null where there is none.
const Resource* other_side(const Model& model, const Resource& peering);

// Both objects exist and are Connected.
bool connected(const Model& model, const Resource& a, const Resource& b);

// One Connected peering as a network sees it.
struct Peer {
  const Resource* network;  // the other network
  const Resource* local;    // this network's peering object
  const Resource* remote;   // the other network's
};
std::vector<Peer> connected_peers(const Model& model, const Resource& network);

// The gateways that stand in a network: one, or in the middle of a change two.
std::vector<const Resource*> gateways_of(const Model& model, const Resource& network);
// The peering of another network that uses the gateway of this one; null where there is none.
const Resource* user_of_gateway(const Model& model, const Resource& network);

const Resource& network_of(const Model& model, const Resource& below);

// Addresses of a subnet that no interface may have (decisions: N23): the network address, the first
// usable one, which is the gateway, and in IPv4 the broadcast address.
bool is_reserved(net::Prefix subnet, net::IpAddress address);
struct AddressRange {
  net::IpAddress first;
  net::IpAddress last;
};
AddressRange usable_addresses(net::Prefix subnet);

// The first pair of prefixes that overlap.
struct Overlap {
  net::Prefix a;
  net::Prefix b;
  size_t index_of_a;
};
std::optional<Overlap> first_overlap(const std::vector<net::Prefix>& a,
                                     const std::vector<net::Prefix>& b);

std::string join(const std::vector<net::Prefix>& prefixes);  // "10.0.0.0/16, 10.1.0.0/16"

}  // namespace isthmus
