#include "controller/model/networks.h"

#include <algorithm>

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

std::vector<const Resource*> gateways_of(const Model& model, const Resource& network) {
  std::vector<const Resource*> found;
  model.each_below(network.id, Kind::Subnet, [&](const Resource& subnet) {
    for (const Resource* gateway : model.referrers(subnet, Kind::VirtualGateway)) {
      if (std::find(found.begin(), found.end(), gateway) == found.end()) found.push_back(gateway);
    }
    return true;
  });
  return found;
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

AddressRange usable_addresses(net::Prefix subnet) {
  const net::IpAddress first = subnet.address().plus(2);
  if (subnet.family() == net::Family::V6) return {first, subnet.last()};
  return {first, net::IpAddress::v4(subnet.last().v4_host_order() - 1)};
}

bool is_reserved(net::Prefix subnet, net::IpAddress address) {
  const auto [first, last] = usable_addresses(subnet);
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
