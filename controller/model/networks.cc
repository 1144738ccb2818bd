#include "controller/model/networks.h"

#include <algorithm>
#include <array>

namespace isthmus {

const Resource* peering_from(const Model& model, const Resource& local, const Resource& remote) {
  for (const Resource* referrer : model.referrers_below(remote, local)) {
    if (referrer->kind() == Kind::Peering) return referrer;
  }
  return nullptr;
}

const Resource* other_side(const Model& model, const Resource& peering) {
  const Resource* local = model.find(peering.id.parent());
  const Resource* remote = model.find(peering.as<Peering>().remote_virtual_network);
  return local == nullptr || remote == nullptr ? nullptr : peering_from(model, *remote, *local);
}

bool connected(const Model& model, const Resource& a, const Resource& b) {
  const Resource* here = peering_from(model, a, b);
  const Resource* there = peering_from(model, b, a);
  return here != nullptr && there != nullptr &&
         here->as<Peering>().state == PeeringState::Connected &&
         there->as<Peering>().state == PeeringState::Connected;
}

std::vector<Peer> connected_peers(const Model& model, const Resource& network) {
  std::vector<Peer> peers;
  model.each_below(network.id, Kind::Peering, [&](const Resource& local) {
    const Resource* remote = other_side(model, local);
    if (local.as<Peering>().state == PeeringState::Connected && remote != nullptr &&
        remote->as<Peering>().state == PeeringState::Connected) {
      peers.push_back({model.find(local.as<Peering>().remote_virtual_network), &local, remote});
    }
    return true;
  });
  return peers;
}

namespace {

// What stands in a subnet by this reference to it, where that is a gateway. In Azure it is an IP
// configuration of one that names the subnet.
const Resource* gateway_standing_by(const Model& model, const Resource& user) {
  if (user.kind() == Kind::VirtualGateway) return &user;
  return user.kind() == Kind::GatewayIpConfiguration ? model.find(user.id.parent()) : nullptr;
}

}  // namespace

std::vector<const Resource*> gateways_of(const Model& model, const Resource& network) {
  std::vector<const Resource*> found;
  model.each_below(network.id, Kind::Subnet, [&](const Resource& subnet) {
    for (const Resource* user : model.referrers(subnet)) {
      const Resource* gateway = gateway_standing_by(model, *user);
      if (gateway != nullptr && std::find(found.begin(), found.end(), gateway) == found.end())
        found.push_back(gateway);
    }
    return true;
  });
  return found;
}

namespace {

// The peer whose gateways the network uses; null where there is none.
const Resource* lender_of_gateways(const Model& model, const Resource& network) {
  const Resource* lender = nullptr;
  model.each_below(network.id, Kind::Peering, [&](const Resource& local) {
    const Peering& body = local.as<Peering>();
    if (!body.use_remote_gateways || body.state != PeeringState::Connected) return true;
    const Resource* remote = other_side(model, local);
    if (remote != nullptr && remote->as<Peering>().allow_gateway_transit)
      lender = model.find(body.remote_virtual_network);
    return lender == nullptr;
  });
  return lender;
}

}  // namespace

std::vector<GatewayRoute> gateway_routes(const Model& model, const Resource& network) {
  std::vector<GatewayRoute> routes;
  if (network.id.realm() != Realm::Azure) return routes;
  auto gateways = gateways_of(model, network);
  if (gateways.empty()) {
    const Resource* lender = lender_of_gateways(model, network);
    if (lender != nullptr) gateways = gateways_of(model, *lender);
  }
  for (const Resource* gateway : gateways) {
    for (const Resource* connection : model.referrers(*gateway, Kind::GatewayConnection)) {
      const ResourceId& id = connection->as<GatewayConnection>().remote_site;
      const Resource* site = id.empty() ? nullptr : model.find(id);
      if (site == nullptr) continue;
      for (const net::Prefix& prefix : site->as<LocalNetworkGateway>().address_space)
        routes.push_back({prefix, gateway, site});
    }
  }
  return routes;
}

const Resource* user_of_gateway(const Model& model, const Resource& network) {
  for (const Resource* peering : model.referrers(network, Kind::Peering)) {
    if (peering->as<Peering>().use_remote_gateways) return peering;
  }
  return nullptr;
}

const Resource& network_of(const Model& model, const Resource& below) {
  return *model.find(below.id.ancestor(Kind::VirtualNetwork));
}

std::string_view name(SyncLevel level) {
  constexpr std::array<std::string_view, 4> kNames = {"FullyInSync", "RemoteNotInSync",
                                                      "LocalNotInSync", "LocalAndRemoteNotInSync"};
  return kNames[static_cast<size_t>(level)];
}

bool same_prefixes(std::vector<net::Prefix> a, std::vector<net::Prefix> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

SyncLevel sync_level(const Model& model, const Resource& peering) {
  const auto knows = [](const Resource& side, const Resource* network) {
    return network != nullptr && same_prefixes(side.as<Peering>().azure.remote_address_space,
                                               network->as<VirtualNetwork>().address_space);
  };
  const Resource* there = other_side(model, peering);
  const bool local = knows(peering, model.find(peering.as<Peering>().remote_virtual_network));
  const bool remote = there != nullptr && knows(*there, model.find(peering.id.parent()));
  if (local) return remote ? SyncLevel::FullyInSync : SyncLevel::RemoteNotInSync;
  return remote ? SyncLevel::LocalNotInSync : SyncLevel::LocalAndRemoteNotInSync;
}

const std::vector<net::Prefix>& peered_prefixes(const Resource& local_peering,
                                                const Resource& remote) {
  return local_peering.id.realm() == Realm::Azure
             ? local_peering.as<Peering>().azure.remote_address_space
             : remote.as<VirtualNetwork>().address_space;
}

AddressRange usable_addresses(net::Prefix subnet, Realm realm) {
  const bool is_azure = realm == Realm::Azure;
  const net::IpAddress first = subnet.address().plus(is_azure ? 4 : 2);
  const net::IpAddress last = subnet.last();
  if (last.is_v4()) return {first, net::IpAddress::v4(last.v4_host_order() - 1)};
  if (!is_azure) return {first, last};
  return {first, net::IpAddress::v6({last.bits().hi, last.bits().lo - 1})};
}

bool is_reserved(net::Prefix subnet, net::IpAddress address, Realm realm) {
  const auto [first, last] = usable_addresses(subnet, realm);
  return subnet.contains(address) && (address < first || last < address);
}

std::optional<Overlap> first_overlap(const std::vector<net::Prefix>& a,
                                     const std::vector<net::Prefix>& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    for (const net::Prefix& other : b) {
      if (a[i].overlaps(other)) return Overlap{a[i], other, i};
    }
  }
  return std::nullopt;
}

std::string join(const std::vector<net::Prefix>& prefixes) {
  std::string text;
  for (const net::Prefix& prefix : prefixes)
    text += (text.empty() ? "" : ", ") + prefix.to_string();
  return text;
}

}  // namespace isthmus
