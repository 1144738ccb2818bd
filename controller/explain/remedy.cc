#include "controller/explain/remedy.h"

#include <fmt/format.h>

#include "controller/model/networks.h"
#include "controller/model/text.h"
#include "controller/program/values.h"
#include "controller/routes/routes.h"

namespace isthmus {
namespace {

std::string flags_of(const Resource& peering) {
  const Peering& body = peering.as<Peering>();
  std::string flags;
  if (body.allow_forwarded_traffic) flags += " --allow-forwarded-traffic true";
  if (!body.allow_virtual_network_access) flags += " --allow-vnet-access false";
  return flags;
}

// " -g lab" in Azure
std::string group_option(const ResourceId& id) {
  const ResourceId group = id.ancestor(Kind::ResourceGroup);
  return group.empty() ? "" : fmt::format(" -g {}", group.name());
}

// By name, or by id where that is of another group.
std::string named_from(const ResourceId& remote, const ResourceId& local) {
  const bool together = remote.parent() == local.parent();
  return together ? std::string(remote.name()) : remote.path();
}

std::string create_command(const Resource& local, const Resource& remote,
                           const Resource* model_side) {
  return fmt::format(
      "isthmus vnet peering create{3} -n {0}-to-{4} --vnet-name {0} --remote-vnet {1}{2}",
      local.id.name(), named_from(remote.id, local.id),
      model_side == nullptr ? "" : flags_of(*model_side), group_option(local.id), remote.id.name());
}

// "isthmus vnet peering update -n to-hub --vnet-name spoke"
std::string peering_command(std::string_view verb, const Resource& peering) {
  return fmt::format("isthmus vnet peering {}{} -n {} --vnet-name {}", verb,
                     group_option(peering.id), peering.id.name(), peering.id.parent().name());
}

std::string update_command(const Resource& peering, std::string_view option, bool value) {
  return fmt::format("{} {} {}", peering_command("update", peering), option, value);
}

// What takes an address out of the tag VirtualNetwork is the side of the one who judges.
std::string allow_access(const Model& model, const Resource& sender,
                         const dataplane::Verdict& verdict, net::IpAddress destination) {
  const Resource* side = nullptr;
  if (verdict.stage == dataplane::StageId::AclIn) {
    const Resource* receiver = program::resource_of(model, verdict.destination_domain);
    if (receiver != nullptr) side = peering_from(model, *receiver, sender);
  } else {
    for (const Peer& peer : connected_peers(model, sender)) {
      for (const net::Prefix& prefix : peered_prefixes(model, *peer.local, *peer.network)) {
        if (prefix.contains(destination)) side = peer.local;
      }
    }
  }
  if (side == nullptr || side->as<Peering>().allow_virtual_network_access)
    return "Add a security rule that allows the address by its prefix.";
  return fmt::format("Allow virtual network access: {}",
                     update_command(*side, "--allow-vnet-access", true));
}

// Putting a Disconnected peering again, as it is, creates it anew.
std::string put_again_command(const Resource& peering) {
  return update_command(peering, "--allow-vnet-access",
                        peering.as<Peering>().allow_virtual_network_access);
}

std::string state_text(const Resource& peering) {
  return Text<PeeringState>::print(peering.as<Peering>().state);
}

// One end of a peering of which both sides are Connected.
struct PeeredEnd {
  const Resource& side;    // the peering of the network whose subnet it is
  const Resource& other;   // the other network's
  const Resource* subnet;  // null: what the networks peer does not depend on it
};

// What keeps a subnet, or a prefix, out of the peering, where something does.
std::optional<Unreachable> left_out(const Model& model, const PeeredEnd& end) {
  const auto& synced = end.other.as<Peering>().azure.remote_address_space;
  if (!is_subnet_peering(end.side)) {
    const bool knows_all = end.side.id.realm() != Realm::Azure || end.subnet == nullptr;
    if (knows_all || first_overlap(prefixes_of(end.subnet->as<Subnet>()), synced))
      return std::nullopt;
  } else {
    const std::string name = end.subnet == nullptr ? "?" : std::string(end.subnet->id.name());
    const auto unnamed = [&](const Resource& side, std::string_view member) {
      return Unreachable{
          fmt::format("subnet {} does not take part in the peering: {} of {} does not name it",
                      name, member, side.id.name()),
          fmt::format("Name {0} in localSubnetNames of {1} and in remoteSubnetNames of {2}, then "
                      "synchronise: {3} && {4}",
                      name, end.side.id.name(), end.other.id.name(),
                      peering_command("sync", end.side), peering_command("sync", end.other))};
    };
    if (end.subnet == nullptr || !names_subnet(end.side, PeeringEnd::Local, *end.subnet))
      return unnamed(end.side, "localSubnetNames");
    if (!names_subnet(end.other, PeeringEnd::Remote, *end.subnet))
      return unnamed(end.other, "remoteSubnetNames");
    if (takes_part(model, end.side, end.subnet)) return std::nullopt;
  }
  return Unreachable{
      fmt::format("peering {} has not synchronised subnet {}", end.other.id.name(),
                  end.subnet->id.name()),
      fmt::format("Synchronise the peering: {}", peering_command("sync", end.other))};
}

std::optional<Unreachable> left_out(const Model& model, const Viewpoint& from,
                                    const Resource& subnet) {
  const Resource& home = network_of(model, subnet);
  const Resource* ours = peering_from(model, from.network, home);
  const Resource* theirs = peering_from(model, home, from.network);
  if (ours == nullptr || theirs == nullptr || !connected(model, from.network, home)) return {};
  if (is_subnet_peering(*ours)) {
    if (auto found = left_out(model, {*ours, *theirs, from.subnet})) return found;
  }
  return left_out(model, {*theirs, *ours, &subnet});
}

// Two networks that are not Connected, with what there is of their peering.
Unreachable unconnected(const Model& model, const Resource& here, const Resource& there) {
  const Resource* ours = peering_from(model, here, there);
  const Resource* theirs = peering_from(model, there, here);
  if (ours == nullptr && theirs == nullptr) {
    return {
        fmt::format("{} is not peered with {}", here.id.name(), there.id.name()),
        fmt::format("Create a peering from both sides: {} && {}",
                    create_command(here, there, nullptr), create_command(there, here, nullptr))};
  }
  const Resource& present = ours != nullptr ? *ours : *theirs;
  if (ours != nullptr && theirs != nullptr) {
    const Resource& broken =
        ours->as<Peering>().state == PeeringState::Disconnected ? *ours : *theirs;
    return {fmt::format("peering {} is {}", broken.id.name(), state_text(broken)),
            fmt::format("Put it again: {}", put_again_command(broken))};
  }
  const Resource& from = ours != nullptr ? there : here;
  const Resource& to = ours != nullptr ? here : there;
  const bool disconnected = present.as<Peering>().state == PeeringState::Disconnected;
  return {fmt::format("peering {} is {}, and the peering from {} to {} is missing",
                      present.id.name(), state_text(present), from.id.name(), to.id.name()),
          disconnected ? fmt::format("Put {} again and create the peering from {} to {}: {} && {}",
                                     present.id.name(), from.id.name(), to.id.name(),
                                     put_again_command(present), create_command(from, to, &present))
                       : fmt::format("Create the peering from {} to {}: {}", from.id.name(),
                                     to.id.name(), create_command(from, to, &present))};
}

// Nobody wrote the route: what Azure gives every subnet.
bool is_default_route(const Model& model, const Viewpoint& from, net::IpAddress destination) {
  const auto routes = candidates_for(model, from, destination);
  return !routes.empty() && routes.front().source == RouteSource::System;
}

// A network with which `network` shares a Connected peer.
const Resource* common_peer(const Model& model, const Resource& network, const Resource& other) {
  for (const Peer& peer : connected_peers(model, network)) {
    if (connected(model, *peer.network, other)) return peer.network;
  }
  return nullptr;
}

}  // namespace

std::optional<Unreachable> why_network_unreachable(const Model& model, const Viewpoint& from,
                                                   net::IpAddress address) {
  const Resource& network = from.network;
  const Resource* holder = nullptr;
  for (const Resource* subnet : model.subnets_containing(address)) {
    const Resource& home = network_of(model, *subnet);
    if (home.id.realm() != network.id.realm() || home.serial == network.serial) continue;
    if (auto found = left_out(model, from, *subnet)) return found;
    const bool has_peering =
        peering_from(model, network, home) || peering_from(model, home, network);
    if (has_peering) return unconnected(model, network, home);
    if (holder == nullptr || common_peer(model, network, home) != nullptr) holder = &home;
  }
  if (holder == nullptr) return std::nullopt;
  const Resource* between = common_peer(model, network, *holder);
  if (between == nullptr) return unconnected(model, network, *holder);
  const Unreachable direct = unconnected(model, network, *holder);
  return Unreachable{
      fmt::format(
          "peering is not transitive: {} and {} are both peered with {}, but not with each other",
          network.id.name(), holder->id.name(), between->id.name()),
      fmt::format("{} (or route through an appliance in {})", direct.remedy, between->id.name())};
}

Unreachable why_unreachable(const Model& model, const Viewpoint& from, net::IpAddress address) {
  if (auto found = why_network_unreachable(model, from, address)) return *found;
  return {
      fmt::format("no subnet of any virtual network contains {}", address.to_string()),
      fmt::format("Create a subnet that contains {}, or add a route to it.", address.to_string())};
}

std::string remedy(const Model& model, const Viewpoint& from, const dataplane::Verdict& verdict,
                   net::IpAddress destination) {
  const Resource& sender = from.network;
  using dataplane::DropReason;
  const Resource* decided = program::resource_of(model, verdict.tag);
  const std::string path = decided == nullptr ? "" : decided->id.path();
  switch (verdict.reason) {
    case DropReason::NoRoute:
      return why_unreachable(model, from, destination).remedy;
    case DropReason::ApplianceUnreachable: {
      const net::IpAddress next_hop = verdict.action ? verdict.action->address : destination;
      const Resource* holds = program::resource_of(
          model, verdict.action ? verdict.action->domain : dataplane::DomainId{});
      const bool reachable = holds != nullptr && !model.subnets_containing(next_hop).empty() &&
                             (holds->serial != sender.serial);
      if (reachable)
        return fmt::format("Give an interface of {} the address {}.", holds->id.name(),
                           next_hop.to_string());
      const Unreachable why = why_unreachable(model, from, next_hop);
      return fmt::format("The next hop {} is not reachable: {}. {}", next_hop.to_string(), why.why,
                         why.remedy);
    }
    case DropReason::ApplianceDoesNotForward:
    case DropReason::SpoofedSource:
      if (decided != nullptr && decided->id.realm() == Realm::Azure)
        return "Let the interface forward: set enableIPForwarding to true.";
      return "Let the interface forward: set portSettings.macSpoofingEnabled to Enabled.";
    case DropReason::AclDeny:
      return fmt::format(
          "Change {}, or add a rule with a lower priority number that allows this traffic.", path);
    case DropReason::Blackhole:
      if (is_default_route(model, from, destination)) {
        if (const auto found = why_network_unreachable(model, from, destination))
          return found->remedy;
      }
      return "The route's next hop is None: change or delete that user route.";
    case DropReason::NoEndpoint:
      return fmt::format("No interface has the address {}: create one, or ask for another address.",
                         destination.to_string());
    case DropReason::NotPeered:
      return "Peer the two networks on both sides.";
    case DropReason::AccessNotAllowed:
      return decided == nullptr
                 ? ""
                 : fmt::format("Allow virtual network access: {}",
                               update_command(*decided, "--allow-vnet-access", true));
    case DropReason::ForwardedTrafficNotAllowed:
      return decided == nullptr
                 ? ""
                 : fmt::format("Allow forwarded traffic: {}",
                               update_command(*decided, "--allow-forwarded-traffic", true));
    case DropReason::NotInVirtualNetworkTag:
      return allow_access(model, sender, verdict, destination);
    case DropReason::PeeringNotInSync:
      return decided == nullptr
                 ? ""
                 : fmt::format("Synchronise the peering: {}", peering_command("sync", *decided));
    case DropReason::NoGateway:
      return "The route leads to a virtual network gateway, and there is none: change the route.";
    case DropReason::NoInternet:
      return "The Internet is not reachable from here: change the route.";
    case DropReason::PacketTooBig:
      return "Send smaller packets: set the MTU of the sender's interface to 1500.";
    case DropReason::RouterRefuses:
      return "The address is the subnet's gateway: ask an interface in the subnet.";
    case DropReason::NotCarried:
      return "Azure's virtual networks carry no broadcast and no multicast: send to one address.";
    case DropReason::None:
    case DropReason::Malformed:
    case DropReason::VlanTagged:
    case DropReason::NotAnswered:
    case DropReason::UnknownPort:
    case DropReason::TtlExceeded:
    case DropReason::FlowTableFull:
    case DropReason::LinkLoss:
    case DropReason::LinkFull:
    case DropReason::NoWire:
    case DropReason::WireFull:
      return "";
  }
  return "";
}

}  // namespace isthmus
