#include "api/control/lab/prune.h"

#include <algorithm>
#include <map>
#include <set>

#include "api/control/lab/expand.h"
#include "controller/model/networks.h"

namespace isthmus::api::lab {
namespace {

class Pruning {
 public:
  Pruning(const LabDocument& document, const Model& model, const std::vector<Draft>& peerings)
      : document_(document), model_(model), home_(lab_home(document)) {
    for (const LabNetwork& network : document_.networks) {
      const ResourceId id = top(Kind::VirtualNetwork, network.name);
      for (const LabSubnet& subnet : network.subnets)
        subnets_.insert(below(id, Kind::Subnet, subnet.name));
    }
    for (const LabVm& vm : document_.vms) claim(vm);
    for (const Draft& side : peerings) sides_.emplace(side.id, side.body.get<Peering>());
  }

  Pruned run() {
    Pruned pruned;
    const auto erase_unless = [&](Kind kind, bool (Pruning::*stays)(const Resource&) const) {
      for (const Resource* resource : all_of(kind)) {
        if (!(this->*stays)(*resource)) pruned.before.push_back(resource->id);
      }
    };
    erase_unless(Kind::VirtualMachine, &Pruning::machine_stays);
    erase_unless(Kind::NetworkInterface, &Pruning::interface_stays);
    erase_unless(Kind::Peering, &Pruning::peering_stays);
    const auto erase_unnamed = [&](Kind kind, const auto& items) {
      std::set<ResourceId> named;
      for (const auto& item : items) named.insert(top(kind, item.name));
      for (const Resource* resource : all_of(kind)) {
        if (!named.contains(resource->id)) pruned.after.push_back(resource->id);
      }
    };
    erase_unnamed(Kind::VirtualNetwork, document_.networks);
    erase_unnamed(Kind::RouteTable, document_.route_tables);
    erase_unnamed(Kind::AccessControlList, document_.access_lists);
    return pruned;
  }

 private:
  ResourceId top(Kind kind, std::string_view name) const { return below(home_, kind, name); }

  std::vector<const Resource*> all_of(Kind kind) const {
    if (document_.realm == Realm::Azure) return model_.below(home_, kind);
    std::vector<const Resource*> all;
    for (const ResourcePtr& resource : model_.collection(kind, Realm::Onprem))
      all.push_back(resource.get());
    return all;
  }

  // Addresses that the document gives to a machine; who has one now must let go of it first.
  void claim(const LabVm& vm) {
    const ResourceId id = interface_id(home_, vm);
    const ResourceId subnet = below(top(Kind::VirtualNetwork, vm.network), Kind::Subnet, vm.subnet);
    machines_.emplace(id, top(Kind::VirtualMachine, vm.name));
    if (vm.address) addresses_.emplace(std::pair(subnet, *vm.address), id);
    if (vm.mac) macs_.emplace(*vm.mac, id);
  }
  bool holds_claimed(const Resource& nic) const {
    const auto& mac = nic.as<NetworkInterface>().mac;
    const auto mac_claim = mac ? macs_.find(*mac) : macs_.end();
    bool held = mac_claim != macs_.end() && mac_claim->second != nic.id;
    for (const Resource* ip : model_.below(nic.id, Kind::IpConfiguration)) {
      const IpConfiguration& body = ip->as<IpConfiguration>();
      if (!body.address) continue;
      const auto claim = addresses_.find(std::pair(body.subnet, *body.address));
      held = held || (claim != addresses_.end() && claim->second != nic.id);
    }
    return held;
  }

  bool subnets_stay(const Resource& nic) const {
    const auto addresses = model_.below(nic.id, Kind::IpConfiguration);
    return std::all_of(addresses.begin(), addresses.end(), [this](const Resource* ip) {
      const ResourceId& subnet = ip->as<IpConfiguration>().subnet;
      return subnet.kind() != Kind::Subnet || subnets_.contains(subnet);
    });
  }

  bool interface_stays(const Resource& nic) const {
    return machines_.contains(nic.id) && !holds_claimed(nic) && subnets_stay(nic);
  }

  bool machine_stays(const Resource& machine) const {
    const auto& attached = machine.as<VirtualMachine>().interfaces;
    return std::all_of(attached.begin(), attached.end(), [&](const AttachedInterface& one) {
      const Resource* nic = model_.find(one.interface);
      return nic != nullptr && interface_stays(*nic) && machines_.at(nic->id) == machine.id;
    });
  }

  // A side that leads to another network or becomes one of another type is deleted, too: neither
  // ever changes. So is one that names a subnet that goes.
  bool side_stays(const Resource& side) const {
    const auto found = sides_.find(side.id);
    if (found == sides_.end()) return false;
    const Peering& is = side.as<Peering>();
    const Peering& becomes = found->second;
    const bool same_type =
        is.azure.peer_complete_networks == becomes.azure.peer_complete_networks &&
        is.azure.only_ipv6.value_or(false) == becomes.azure.only_ipv6.value_or(false);
    return is.remote_virtual_network == becomes.remote_virtual_network && same_type &&
           !names_what_goes(side);
  }
  bool names_what_goes(const Resource& side) const {
    if (!is_subnet_peering(side)) return false;
    const auto subnets = model_.below(side.id.parent(), Kind::Subnet);
    return std::any_of(subnets.begin(), subnets.end(), [&](const Resource* subnet) {
      return !subnets_.contains(subnet->id) && names_subnet(side, PeeringEnd::Local, *subnet);
    });
  }
  // In Azure a side is not created beside one that its deletion has left Disconnected.
  bool peering_stays(const Resource& side) const {
    const Resource* other = document_.realm == Realm::Azure ? other_side(model_, side) : nullptr;
    return side_stays(side) &&
           (other == nullptr || !home_.contains(other->id) || side_stays(*other));
  }

  const LabDocument& document_;
  const Model& model_;
  const ResourceId home_;
  std::set<ResourceId> subnets_;               // that the document has
  std::map<ResourceId, ResourceId> machines_;  // by the interfaces that the document has
  std::map<std::pair<ResourceId, net::IpAddress>, ResourceId> addresses_;
  std::map<net::Mac, ResourceId> macs_;
  std::map<ResourceId, Peering> sides_;  // as the document makes them
};

}  // namespace

Pruned prune(const LabDocument& document, const Model& model, const std::vector<Draft>& peerings) {
  return Pruning(document, model, peerings).run();
}

}  // namespace isthmus::api::lab
