#include "controller/rules/rule.h"

namespace isthmus {

std::span<const Rule> rules_of(Kind kind) {
  switch (kind) {
    case Kind::VirtualNetwork:
      return virtual_network_rules();
    case Kind::Subnet:
      return subnet_rules();
    case Kind::Peering:
      return peering_rules();
    case Kind::LogicalSubnet:
      return logical_subnet_rules();
    case Kind::IpPool:
      return ip_pool_rules();
    case Kind::MacPool:
      return mac_pool_rules();
    case Kind::VirtualNetworkManager:
      return virtual_network_manager_rules();
    case Kind::AclRule:
      return acl_rule_rules();
    case Kind::Route:
      return route_rules();
    case Kind::NetworkInterface:
      return network_interface_rules();
    case Kind::IpConfiguration:
      return ip_configuration_rules();
    case Kind::None:
    case Kind::LogicalNetwork:
    case Kind::AccessControlList:
    case Kind::RouteTable:
      return {};
  }
  return {};
}

}  // namespace isthmus
