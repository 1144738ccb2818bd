// The types of resources, as one table: a row gives a type its place in the tree of resources and
// its names.
//
// To add a type: a row here, a struct in resources.h, its members in describe.h, its rules in
// controller/rules.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace isthmus {

enum class Realm : uint8_t { Onprem, Azure };  // one controller's domain of management

enum class Kind : uint8_t {
  None,
  LogicalNetwork,
  LogicalSubnet,
  IpPool,
  MacPool,
  VirtualNetworkManager,
  AccessControlList,
  AclRule,
  RouteTable,
  Route,
  VirtualNetwork,
  Subnet,
  Peering,
  NetworkInterface,
  IpConfiguration,
};

// How the children of a type are changed by a PUT of their parent that lists them.
enum class InParent : uint8_t {
  Top,       // has no parent
  Replaced,  // the list replaces the children; an absent list keeps them
  Echoed,    // the list may only repeat what is stored: such children have a life of their own
};

struct KindInfo {
  Kind kind;
  Kind parent;
  std::string_view segment;  // in URIs, and as the member of the parent that lists them
  std::string_view
      reference_segment;  // in resourceRef, where real controllers spell it differently
  std::string_view noun;  // in messages
  InParent in_parent;
  bool singleton;  // exactly one, always there, never deleted; its id is "configuration"
};

// Parents stand before their children; the order is also the order in which a whole model is
// written and read.
inline constexpr std::array kKinds = {
    KindInfo{Kind::LogicalNetwork, Kind::None, "logicalNetworks", "logicalnetworks",
             "logical network", InParent::Top, false},
    KindInfo{Kind::LogicalSubnet, Kind::LogicalNetwork, "subnets", "subnets", "logical subnet",
             InParent::Replaced, false},
    KindInfo{Kind::IpPool, Kind::LogicalSubnet, "ipPools", "ipPools", "IP pool", InParent::Replaced,
             false},
    KindInfo{Kind::MacPool, Kind::None, "macPools", "macPools", "MAC pool", InParent::Top, false},
    KindInfo{Kind::VirtualNetworkManager, Kind::None, "virtualNetworkManager",
             "virtualNetworkManager", "virtual network manager", InParent::Top, true},
    KindInfo{Kind::AccessControlList, Kind::None, "accessControlLists", "accessControlLists",
             "access control list", InParent::Top, false},
    KindInfo{Kind::AclRule, Kind::AccessControlList, "aclRules", "aclRules", "access control rule",
             InParent::Replaced, false},
    KindInfo{Kind::RouteTable, Kind::None, "routeTables", "routeTables", "route table",
             InParent::Top, false},
    KindInfo{Kind::Route, Kind::RouteTable, "routes", "routes", "route", InParent::Replaced, false},
    KindInfo{Kind::VirtualNetwork, Kind::None, "virtualNetworks", "virtualNetworks",
             "virtual network", InParent::Top, false},
    KindInfo{Kind::Subnet, Kind::VirtualNetwork, "subnets", "subnets", "subnet", InParent::Replaced,
             false},
    KindInfo{Kind::Peering, Kind::VirtualNetwork, "virtualNetworkPeerings",
             "virtualNetworkPeerings", "virtual network peering", InParent::Echoed, false},
    KindInfo{Kind::NetworkInterface, Kind::None, "networkInterfaces", "networkInterfaces",
             "network interface", InParent::Top, false},
    KindInfo{Kind::IpConfiguration, Kind::NetworkInterface, "ipConfigurations", "ipConfigurations",
             "IP configuration", InParent::Replaced, false},
};

inline constexpr size_t kKindCount = kKinds.size() + 1;  // with None
inline constexpr std::string_view kSingletonName = "configuration";

constexpr bool kinds_are_in_enum_order() {
  for (size_t i = 0; i < kKinds.size(); ++i) {
    if (static_cast<size_t>(kKinds[i].kind) != i + 1 || kKinds[i].parent >= kKinds[i].kind)
      return false;
  }
  return true;
}
static_assert(kinds_are_in_enum_order());

constexpr const KindInfo& info(Kind kind) { return kKinds[static_cast<size_t>(kind) - 1]; }

}  // namespace isthmus
