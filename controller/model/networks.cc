#include "controller/model/networks.h"

#include <algorithm>
#include <array>
#include <span>

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

bool is_gateway_subnet(const ResourceId& subnet) {
  return equal_ignoring_case(subnet.name(), kGatewaySubnet);
}

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

// The network's peering with the peer whose gateways it uses; null where there is none.
const Resource* peering_with_lender(const Model& model, const Resource& network) {
  const Resource* lender = nullptr;
  model.each_below(network.id, Kind::Peering, [&](const Resource& local) {
    const Peering& body = local.as<Peering>();
    if (!body.use_remote_gateways || body.state != PeeringState::Connected) return true;
    const Resource* remote = other_side(model, local);
    if (remote != nullptr && remote->as<Peering>().allow_gateway_transit) lender = &local;
    return lender == nullptr;
  });
  return lender;
}

}  // namespace

std::vector<GatewayRoute> gateway_routes(const Model& model, const Resource& network) {
  std::vector<GatewayRoute> routes;
  if (network.id.realm() != Realm::Azure) return routes;
  auto gateways = gateways_of(model, network);
  const Resource* lender = nullptr;
  if (gateways.empty()) {
    lender = peering_with_lender(model, network);
    if (lender != nullptr)
      gateways = gateways_of(model, *network_at(model, *lender, PeeringEnd::Remote));
  }
  for (const Resource* gateway : gateways) {
    for (const Resource* connection : model.referrers(*gateway, Kind::GatewayConnection)) {
      const ResourceId& id = connection->as<GatewayConnection>().remote_site;
      const Resource* site = id.empty() ? nullptr : model.find(id);
      if (site == nullptr) continue;
      for (const net::Prefix& prefix : site->as<LocalNetworkGateway>().address_space)
        routes.push_back({prefix, gateway, site, lender});
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
  const auto knows = [&model](const Resource& side) {
    return network_at(model, side, PeeringEnd::Remote) != nullptr &&
           same_prefixes(side.as<Peering>().azure.remote_address_space,
                         prefixes_at(model, side, PeeringEnd::Remote));
  };
  const Resource* there = other_side(model, peering);
  const bool local = knows(peering);
  const bool remote = there != nullptr && knows(*there);
  if (local) return remote ? SyncLevel::FullyInSync : SyncLevel::RemoteNotInSync;
  return remote ? SyncLevel::LocalNotInSync : SyncLevel::LocalAndRemoteNotInSync;
}

std::vector<net::Prefix> peered_prefixes(const Model& model, const Resource& local_peering,
                                         const Resource& remote) {
  if (local_peering.id.realm() != Realm::Azure) return remote.as<VirtualNetwork>().address_space;
  std::vector<net::Prefix> prefixes = local_peering.as<Peering>().azure.remote_address_space;
  if (!is_subnet_peering(local_peering)) return prefixes;
  const Resource* there = other_side(model, local_peering);
  model.each_below(remote.id, Kind::Subnet, [&](const Resource& subnet) {
    if (there != nullptr && names_subnet(*there, PeeringEnd::Local, subnet)) return true;
    std::erase_if(prefixes, [&](net::Prefix prefix) {
      return first_overlap({prefix}, prefixes_of(subnet.as<Subnet>())).has_value();
    });
    return true;
  });
  return prefixes;
}

bool is_subnet_peering(const Resource& peering) {
  return peering.id.realm() == Realm::Azure && !peering.as<Peering>().azure.peer_complete_networks;
}

const Resource* network_at(const Model& model, const Resource& peering, PeeringEnd end) {
  return model.find(end == PeeringEnd::Local ? peering.id.parent()
                                             : peering.as<Peering>().remote_virtual_network);
}

namespace {

std::span<const std::string> names_at(const Resource& peering, PeeringEnd end) {
  const AzurePeeringSettings& azure = peering.as<Peering>().azure;
  const auto& names =
      end == PeeringEnd::Local ? azure.local_subnet_names : azure.remote_subnet_names;
  return names ? std::span<const std::string>(*names) : std::span<const std::string>();
}

}  // namespace

bool names_subnet(const Resource& peering, PeeringEnd end, const Resource& subnet) {
  const auto names = names_at(peering, end);
  return std::any_of(names.begin(), names.end(), [&subnet](const std::string& name) {
    return equal_ignoring_case(name, subnet.id.name());
  });
}

std::vector<net::Prefix> prefixes_at(const Model& model, const Resource& peering, PeeringEnd end) {
  const Resource* network = network_at(model, peering, end);
  if (network == nullptr) return {};
  if (!is_subnet_peering(peering)) return network->as<VirtualNetwork>().address_space;
  std::vector<net::Prefix> prefixes;
  for (const std::string& name : names_at(peering, end)) {
    const auto id = network->id.child(Kind::Subnet, name);
    const Resource* subnet = id ? model.find(*id) : nullptr;
    if (subnet == nullptr) continue;
    for (const net::Prefix& prefix : prefixes_of(subnet->as<Subnet>())) {
      const bool counts = !peering.as<Peering>().azure.only_ipv6.value_or(false) ||
                          prefix.family() == net::Family::V6;
      const bool is_new = std::find(prefixes.begin(), prefixes.end(), prefix) == prefixes.end();
      if (counts && is_new) prefixes.push_back(prefix);
    }
  }
  return prefixes;
}

std::vector<net::Prefix> spaces_at(const Model& model, const Resource& peering, PeeringEnd end) {
  const Resource* network = network_at(model, peering, end);
  if (network == nullptr) return {};
  std::vector<net::Prefix> spaces = network->as<VirtualNetwork>().address_space;
  if (!is_subnet_peering(peering)) return spaces;
  const std::vector<net::Prefix> peered = prefixes_at(model, peering, end);
  std::erase_if(spaces, [&](net::Prefix space) { return !first_overlap({space}, peered); });
  return spaces;
}

bool leads_into(const Model& model, const Resource& peering, net::Prefix prefix) {
  return first_overlap({prefix}, peering.as<Peering>().azure.remote_address_space) ||
         first_overlap({prefix}, prefixes_at(model, peering, PeeringEnd::Remote));
}

std::optional<Overlap> overlap_of_ends(const Model& model, const Resource& peering) {
  const Resource* local = network_at(model, peering, PeeringEnd::Local);
  const Resource* remote = network_at(model, peering, PeeringEnd::Remote);
  if (local == nullptr || remote == nullptr) return std::nullopt;
  if (auto found = first_overlap(spaces_at(model, peering, PeeringEnd::Local),
                                 remote->as<VirtualNetwork>().address_space))
    return found;
  return first_overlap(local->as<VirtualNetwork>().address_space,
                       spaces_at(model, peering, PeeringEnd::Remote));
}

bool takes_part(const Model& model, const Resource& peering, const Resource* subnet) {
  if (!is_subnet_peering(peering)) return true;
  if (subnet == nullptr || !names_subnet(peering, PeeringEnd::Local, *subnet)) return false;
  const Resource* there = other_side(model, peering);
  return there != nullptr && first_overlap(prefixes_of(subnet->as<Subnet>()),
                                           there->as<Peering>().azure.remote_address_space);
}

std::vector<const Resource*> peerings_naming(const Model& model, const Resource& subnet) {
  std::vector<const Resource*> found;
  if (subnet.kind() != Kind::Subnet || subnet.id.realm() != Realm::Azure) return found;
  model.each_below(subnet.id.parent(), Kind::Peering, [&](const Resource& peering) {
    if (is_subnet_peering(peering) && names_subnet(peering, PeeringEnd::Local, subnet))
      found.push_back(&peering);
    return true;
  });
  return found;
}

Viewpoint viewpoint_of(const Model& model, const Resource& subnet) {
  const ResourceId& table = subnet.as<Subnet>().route_table;
  return {network_of(model, subnet), table.empty() ? nullptr : model.find(table), &subnet};
}

net::IpAddress router_of(net::Prefix subnet) { return subnet.address().plus(1); }

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

std::optional<std::pair<size_t, size_t>> overlap_within(const std::vector<net::Prefix>& prefixes) {
  std::vector<size_t> order(prefixes.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&prefixes](size_t a, size_t b) { return prefixes[a] < prefixes[b]; });
  // Sorted, a prefix is directly followed by something that it contains.
  for (size_t i = 1; i < order.size(); ++i) {
    const auto [first, second] = std::minmax(order[i - 1], order[i]);
    if (prefixes[first].overlaps(prefixes[second])) return std::pair(first, second);
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
