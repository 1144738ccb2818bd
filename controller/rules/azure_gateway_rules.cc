// Azure's gateways of virtual networks, and the connections that lead out of them. Codes and texts
// are ours where Azure's are not known.
//
// A virtual network has gateways of its own or uses those of a peer: these rules and those of
// peerings guard the same from both sides.
#include <fmt/format.h>

#include <array>

#include "controller/model/networks.h"
#include "controller/model/text.h"
#include "controller/rules/azure_private_address.h"

namespace isthmus {
namespace {

constexpr std::string_view kConfigurations = "/properties/ipConfigurations";

const Resource* network_of_gateway(const Model& model, const Resource& gateway) {
  const auto configurations = model.below(gateway.id, Kind::GatewayIpConfiguration);
  if (configurations.empty()) return nullptr;
  const auto& first = configurations.front()->as<GatewayIpConfiguration>();
  return model.find(first.subnet.ancestor(Kind::VirtualNetwork));
}

std::optional<Violation> has_too_few_configurations(const Proposal& p) {
  const size_t count = p.after.count_below(p.now.id, Kind::GatewayIpConfiguration);
  const size_t needed = p.body<VirtualNetworkGateway>().active_active ? 2 : 1;
  if (count >= needed) return std::nullopt;
  return Violation{std::string(kConfigurations),
                   fmt::format("Virtual network gateway {} has {} IP configurations and needs {}.",
                               p.now.id.path(), count, needed),
                   needed == 2 ? "One that is activeActive has two." : ""};
}

std::optional<Violation> stands_in_two_networks(const Proposal& p) {
  const Resource* network = network_of_gateway(p.after, p.now);
  for (const Resource* configuration : p.after.below(p.now.id, Kind::GatewayIpConfiguration)) {
    const ResourceId& subnet = configuration->as<GatewayIpConfiguration>().subnet;
    if (network->id.contains(subnet)) continue;
    return Violation{std::string(kConfigurations),
                     fmt::format("Virtual network gateway {} stands in {} and in {}.",
                                 p.now.id.path(), network->id.path(), subnet.parent().path()),
                     "A gateway serves one network; its peers may use it."};
  }
  return std::nullopt;
}

std::optional<Violation> changes_its_gateway_type(const Proposal& p) {
  const auto* was = p.old_body<VirtualNetworkGateway>();
  const auto& now = p.body<VirtualNetworkGateway>();
  if (was == nullptr || (was->type == now.type && was->vpn_type == now.vpn_type))
    return std::nullopt;
  const bool by_type = was->type != now.type;
  return Violation{by_type ? "/properties/gatewayType" : "/properties/vpnType",
                   fmt::format("The {} of virtual network gateway {} cannot change.",
                               by_type ? "gatewayType" : "vpnType", p.now.id.path()),
                   "Delete the gateway and create it again."};
}

// The skus of each type, and those that can do no more than the least.
bool is_sku_of(AzureGatewayType type, GatewaySku sku) {
  if (type == AzureGatewayType::ExpressRoute)
    return sku >= GatewaySku::ErGw1Az ||
           (sku >= GatewaySku::Standard && sku <= GatewaySku::UltraPerformance);
  return sku < GatewaySku::ErGw1Az && sku != GatewaySku::UltraPerformance;
}

std::optional<Violation> has_the_sku_of_another_type(const Proposal& p) {
  const auto& b = p.body<VirtualNetworkGateway>();
  if (is_sku_of(b.type, b.sku)) return std::nullopt;
  return Violation{
      "/properties/sku/name",
      fmt::format("{} is not a sku of a gateway of type {}.", Text<GatewaySku>::print(b.sku),
                  Text<AzureGatewayType>::print(b.type)),
      b.type == AzureGatewayType::ExpressRoute
          ? "Use Standard, HighPerformance, UltraPerformance, ErGw1AZ to ErGw3AZ or "
            "ErGwScale."
          : "Use Basic, VpnGw1 to VpnGw5, or VpnGw1AZ to VpnGw5AZ."};
}

std::optional<Violation> asks_too_much_of_its_sku(const Proposal& p) {
  const auto& b = p.body<VirtualNetworkGateway>();
  const bool is_basic = b.sku == GatewaySku::Basic;
  const bool by_policy = b.vpn_type == VpnType::PolicyBased;
  const std::string_view member = is_basic && b.enable_bgp                     ? "enableBgp"
                                  : (is_basic || by_policy) && b.active_active ? "activeActive"
                                  : !is_basic && by_policy                     ? "vpnType"
                                                                               : "";
  if (member.empty()) return std::nullopt;
  return Violation{
      fmt::format("/properties/{}", member),
      fmt::format("Virtual network gateway {} of sku {} cannot have this {}.", p.now.id.path(),
                  Text<GatewaySku>::print(b.sku), member),
      "Basic has neither BGP nor two active instances; PolicyBased is of Basic alone."};
}

std::optional<Violation> network_has_one_of_the_type(const Proposal& p) {
  const Resource* network = network_of_gateway(p.after, p.now);
  const auto type = p.body<VirtualNetworkGateway>().type;
  for (const Resource* other : gateways_of(p.after, *network)) {
    if (other->serial == p.now.serial || other->as<VirtualNetworkGateway>().type != type) continue;
    return Violation{
        std::string(kConfigurations),
        fmt::format("Virtual network {} already has the virtual network gateway {} of type {}.",
                    network->id.path(), other->id.path(), Text<AzureGatewayType>::print(type)),
        "A network has one gateway of each type."};
  }
  return std::nullopt;
}

std::optional<Violation> network_uses_a_remote_gateway(const Proposal& p) {
  const Resource* network = network_of_gateway(p.after, p.now);
  for (const Resource* peering : p.after.below(network->id, Kind::Peering)) {
    if (!peering->as<Peering>().use_remote_gateways) continue;
    return Violation{
        std::string(kConfigurations),
        fmt::format("Virtual network gateway {} cannot stand in virtual network {}, because "
                    "peering {} has UseRemoteGateways flag set to true.",
                    p.now.id.path(), network->id.path(), peering->id.path()),
        "Set the flag to false first."};
  }
  return std::nullopt;
}

std::optional<Violation> leaves_its_users(const Model& after, const Resource& gateway,
                                          const Resource* network) {
  if (network == nullptr || !gateways_of(after, *network).empty()) return std::nullopt;
  const Resource* user = user_of_gateway(after, *network);
  if (user == nullptr) return std::nullopt;
  return Violation{"",
                   fmt::format("Virtual network gateway {} cannot be deleted because it is in use "
                               "by {}, which has UseRemoteGateways flag set to true.",
                               gateway.id.path(), user->id.path()),
                   "Set the flag to false first."};
}

std::optional<Violation> moves_away_from_its_users(const Proposal& p) {
  if (p.old == nullptr) return std::nullopt;
  const Resource* was = network_of_gateway(p.before, *p.old);
  return leaves_its_users(p.after, p.now, was == nullptr ? nullptr : p.after.find(was->id));
}

std::optional<Violation> goes_from_its_users(const Proposal& p) {
  const Resource* was = network_of_gateway(p.before, p.now);
  return leaves_its_users(p.after, p.now, was == nullptr ? nullptr : p.after.find(was->id));
}

constexpr std::array kGatewayRules = {
    Rule{"Azure: a gateway has its IP configurations", ErrorCode::InvalidParameterValue,
         &has_too_few_configurations},
    Rule{"Azure: a gateway stands in one network", ErrorCode::InvalidParameterValue,
         &stands_in_two_networks},
    Rule{"Azure: a gateway keeps its type", ErrorCode::InvalidParameterValue,
         &changes_its_gateway_type},
    Rule{"Azure: a gateway has a sku of its type", ErrorCode::InvalidResourceSku,
         &has_the_sku_of_another_type},
    Rule{"Azure: a gateway asks no more than its sku gives", ErrorCode::InvalidParameterValue,
         &asks_too_much_of_its_sku},
    Rule{"Azure: a network has one gateway of a type",
         ErrorCode::VirtualNetworkGatewayAlreadyExists, &network_has_one_of_the_type},
    Rule{"Azure: a network that uses remote gateways gets none of its own",
         ErrorCode::VnetHasOwnGateway, &network_uses_a_remote_gateway},
    Rule{"Azure: a gateway that peers use stays in its network",
         ErrorCode::InUseVirtualNetworkGatewayCannotBeDeleted, &moves_away_from_its_users},
};
constexpr std::array kGatewayDeletionRules = {
    Rule{"Azure: a gateway that peers use is not deleted",
         ErrorCode::InUseVirtualNetworkGatewayCannotBeDeleted, &goes_from_its_users},
};

std::optional<Violation> stands_in_another_subnet(const Proposal& p) {
  const ResourceId& subnet = p.body<GatewayIpConfiguration>().subnet;
  if (is_gateway_subnet(subnet)) return std::nullopt;
  return Violation{
      "/properties/subnet/id",
      fmt::format("Subnet name {} is invalid for a virtual network gateway. A virtual network "
                  "gateway can only be created in subnet with name '{}'.",
                  subnet.path(), kGatewaySubnet),
      ""};
}

std::optional<Violation> has_no_public_address(const Proposal& p) {
  const auto& gateway = p.parent().as<VirtualNetworkGateway>();
  const bool needs_one = gateway.type == AzureGatewayType::Vpn;
  if (!needs_one || !p.body<GatewayIpConfiguration>().public_ip_address.empty())
    return std::nullopt;
  return Violation{"/properties/publicIPAddress",
                   fmt::format("IP configuration {} of a Vpn gateway has no public IP address.",
                               p.now.id.path()),
                   "Give publicIPAddress."};
}

constexpr std::array kGatewayIpConfigurationRules = {
    Rule{"Azure: a gateway stands in the GatewaySubnet", ErrorCode::SubnetNameMustBeGatewaySubnet,
         &stands_in_another_subnet},
    Rule{"Azure: a Vpn gateway has a public address", ErrorCode::InvalidParameterValue,
         &has_no_public_address},
    Rule{"Azure: a public address is used once", ErrorCode::PublicIPAddressInUse,
         &azure_private_address::shares_its_public_address<GatewayIpConfiguration>},
};

std::optional<Violation> site_is_nowhere(const Proposal& p) {
  const auto& b = p.body<LocalNetworkGateway>();
  if (b.address.has_value() != !b.fqdn.empty()) return std::nullopt;
  return Violation{
      "/properties/gatewayIpAddress",
      fmt::format("Local network gateway {} has {} gatewayIpAddress {} fqdn.", p.now.id.path(),
                  b.address ? "both" : "neither", b.address ? "and" : "nor"),
      "Give one of them."};
}

std::optional<Violation> nothing_is_behind_it(const Proposal& p) {
  const auto& b = p.body<LocalNetworkGateway>();
  if (!b.address_space.empty() || b.bgp) return std::nullopt;
  return Violation{
      "/properties/localNetworkAddressSpace/addressPrefixes",
      fmt::format("Local network gateway {} has neither address prefixes nor BGP settings.",
                  p.now.id.path()),
      "Say what lies behind it."};
}

constexpr std::array kLocalGatewayRules = {
    Rule{"Azure: a local gateway is somewhere", ErrorCode::InvalidParameterValue, &site_is_nowhere},
    Rule{"Azure: a network lies behind a local gateway", ErrorCode::InvalidParameterValue,
         &nothing_is_behind_it},
};

std::optional<Violation> lacks_its_other_end(const Proposal& p) {
  const auto& b = p.body<GatewayConnection>();
  const std::string_view member =
      b.type == GatewayConnectionType::IpSec && b.remote_site.empty() ? "localNetworkGateway2"
      : b.type == GatewayConnectionType::VnetToVnet && b.remote_gateway.empty()
          ? "virtualNetworkGateway2"
          : "";
  if (member.empty()) return std::nullopt;
  return Violation{fmt::format("/properties/{}", member),
                   fmt::format("Connection {} of type {} needs {}.", p.now.id.path(),
                               Text<GatewayConnectionType>::print(b.type), member),
                   ""};
}

std::optional<Violation> leads_to_where_it_begins(const Proposal& p) {
  const auto& b = p.body<GatewayConnection>();
  if (b.gateway != b.remote_gateway) return std::nullopt;
  return Violation{
      "/properties/virtualNetworkGateway2/id",
      fmt::format("Connection {} leads from {} to itself.", p.now.id.path(), b.gateway.path()), ""};
}

std::optional<Violation> is_of_another_type_than_its_gateway(const Proposal& p) {
  const auto& b = p.body<GatewayConnection>();
  const auto type = p.after.find(b.gateway)->as<VirtualNetworkGateway>().type;
  const bool by_circuit = b.type == GatewayConnectionType::ExpressRoute;
  if ((type == AzureGatewayType::ExpressRoute) == by_circuit) return std::nullopt;
  return Violation{"/properties/connectionType",
                   fmt::format("Connection {} of type {} cannot begin at {}, a gateway of type {}.",
                               p.now.id.path(), Text<GatewayConnectionType>::print(b.type),
                               b.gateway.path(), Text<AzureGatewayType>::print(type)),
                   ""};
}

constexpr std::array kConnectionRules = {
    Rule{"Azure: a connection has two ends", ErrorCode::InvalidParameterValue,
         &lacks_its_other_end},
    Rule{"Azure: a connection leads elsewhere", ErrorCode::InvalidParameterValue,
         &leads_to_where_it_begins},
    Rule{"Azure: a connection is of the type of its gateway", ErrorCode::InvalidParameterValue,
         &is_of_another_type_than_its_gateway},
};

}  // namespace

std::span<const Rule> azure_gateway_rules() { return kGatewayRules; }
std::span<const Rule> azure_gateway_deletion_rules() { return kGatewayDeletionRules; }
std::span<const Rule> azure_gateway_ip_configuration_rules() {
  return kGatewayIpConfigurationRules;
}
std::span<const Rule> azure_local_gateway_rules() { return kLocalGatewayRules; }
std::span<const Rule> azure_connection_rules() { return kConnectionRules; }

}  // namespace isthmus
