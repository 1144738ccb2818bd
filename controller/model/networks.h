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

// Azure: the subnet that gateways stand in is known by its name.
inline constexpr std::string_view kGatewaySubnet = "GatewaySubnet";
bool is_gateway_subnet(const ResourceId& subnet);
// The gateways that stand in a network: one, or in the middle of a change two; in Azure one of each
// type.
std::vector<const Resource*> gateways_of(const Model& model, const Resource& network);
// Azure: a prefix behind a gateway of the network, or behind one of a peer that lends it.
struct GatewayRoute {
  net::Prefix prefix;
  const Resource* gateway;  // that leads there
  const Resource* site;     // the local network gateway that has the prefix
  const Resource* peering;  // the network's own, with the peer that lends it; null: its own gateway
};
// Of every connection between them, in path order. Where a route is for one subnet, a peer's count
// as far as the subnet takes part in `peering`.
std::vector<GatewayRoute> gateway_routes(const Model& model, const Resource& network);

// The peering of another network that uses the gateway of this one; null where there is none.
const Resource* user_of_gateway(const Model& model, const Resource& network);

const Resource& network_of(const Model& model, const Resource& below);

// How far the two sides of an Azure peering know each other's present address space: this side is
// stale when the remote network has changed since, the remote side when it does not exist or does
// not know what this network has now.
enum class SyncLevel : uint8_t {
  FullyInSync,
  RemoteNotInSync,
  LocalNotInSync,
  LocalAndRemoteNotInSync,
};
std::string_view name(SyncLevel level);
SyncLevel sync_level(const Model& model, const Resource& peering);
bool same_prefixes(std::vector<net::Prefix> a, std::vector<net::Prefix> b);  // in any order

// The first pair of prefixes that overlap.
struct Overlap {
  net::Prefix a;
  net::Prefix b;
  size_t index_of_a;
};
std::optional<Overlap> first_overlap(const std::vector<net::Prefix>& a,
                                     const std::vector<net::Prefix>& b);

// Places of two prefixes of one list that overlap, the smaller place first.
std::optional<std::pair<size_t, size_t>> overlap_within(const std::vector<net::Prefix>& prefixes);

// The prefixes of `remote` that packets from `local` may reach over their peering, which is
// Connected: on-prem all of its address space, in Azure what was synchronised last, of a subnet
// peering without what the other side does not name.
std::vector<net::Prefix> peered_prefixes(const Model& model, const Resource& local_peering,
                                         const Resource& remote);

// Subnet peering, Azure's peerCompleteVnets=false: both sides name the subnets that take part, and
// the prefixes of those are peered in place of the address spaces. Source: "Configure subnet
// peering", learn.microsoft.com/azure/virtual-network/how-to-configure-subnet-peering.
bool is_subnet_peering(const Resource& peering);
enum class PeeringEnd : uint8_t { Local, Remote };
const Resource* network_at(const Model& model, const Resource& peering, PeeringEnd end);
// A subnet peering names this subnet, which is of the network at that end.
bool names_subnet(const Resource& peering, PeeringEnd end, const Resource& subnet);
// What the network at that end peers by now, as this side says it: its address space, or the
// prefixes of the subnets that are named. Nothing where there is no network.
std::vector<net::Prefix> prefixes_at(const Model& model, const Resource& peering, PeeringEnd end);
// The prefixes of its address space that hold those.
std::vector<net::Prefix> spaces_at(const Model& model, const Resource& peering, PeeringEnd end);
// Something of the prefix is what the peering reaches, or will when it is synchronised.
bool leads_into(const Model& model, const Resource& peering, net::Prefix prefix);
// The first prefix of the local network and of the remote one that overlap, where one of them holds
// what is peered.
std::optional<Overlap> overlap_of_ends(const Model& model, const Resource& peering);
// The peering is for all subnets of its network, or both sides name this one. Null: any subnet.
bool takes_part(const Model& model, const Resource& peering, const Resource* subnet);
// The subnet peerings of its own network that name the subnet, so that it does not go.
std::vector<const Resource*> peerings_naming(const Model& model, const Resource& subnet);

// From where routes are looked at: any subnet of the network that uses the route table, or the one.
struct Viewpoint {
  const Resource& network;
  const Resource* route_table = nullptr;
  const Resource* subnet = nullptr;
};
Viewpoint viewpoint_of(const Model& model, const Resource& subnet);

// Addresses of a subnet that no interface may have. On-prem (decisions: N23): the network address,
// the first usable one, which is the gateway, and in IPv4 the broadcast address. In Azure the first
// four (network, gateway, two for DNS) and the last, in both families: 10.0.0.0/24 leaves 10.0.0.4
// to 10.0.0.254 (learn.microsoft.com, virtual-networks-faq).
bool is_reserved(net::Prefix subnet, net::IpAddress address, Realm realm = Realm::Onprem);
// The default gateway of a subnet: the first address after the network's, in both realms.
net::IpAddress router_of(net::Prefix subnet);
struct AddressRange {
  net::IpAddress first;
  net::IpAddress last;
};
AddressRange usable_addresses(net::Prefix subnet, Realm realm = Realm::Onprem);

std::string join(const std::vector<net::Prefix>& prefixes);  // "10.0.0.0/16, 10.1.0.0/16"

}  // namespace isthmus
