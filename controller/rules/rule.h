// Rules are tables of named checks: the first that is broken is the answer, so that table order is
// error precedence.
//
// New behaviour is a new row and a new golden case with the row's name, never an `if` elsewhere.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "controller/base/error.h"
#include "controller/model/model.h"
#include "controller/rules/change.h"

namespace isthmus {

// A resource about to be stored, in the model that would hold it.
struct Proposal {
  const Model& before;
  const Model& after;
  const Resource* old;  // null when it is created
  const Resource& now;
  const Limits& limits;

  template <class T>
  const T& body() const {
    return now.as<T>();
  }
  template <class T>
  const T* old_body() const {
    return old == nullptr ? nullptr : &old->as<T>();
  }
  const Resource& parent() const { return *after.find(now.id.parent()); }
};

std::string sentence_start(std::string_view noun);  // "load balancer" -> "Load balancer"

struct Violation {
  std::string pointer;  // within the resource
  std::string message;
  std::string remedy;
};

struct Rule {
  std::string_view name;  // reads as a sentence; also names its golden case
  ErrorCode error;
  std::optional<Violation> (*broken)(const Proposal&);
};

// Those of a kind and its own, in one table.
template <size_t A, size_t B>
constexpr std::array<Rule, A + B> joined(const std::array<Rule, A>& first,
                                         const std::array<Rule, B>& second) {
  std::array<Rule, A + B> all{};
  for (size_t i = 0; i < A; ++i) all[i] = first[i];
  for (size_t i = 0; i < B; ++i) all[A + i] = second[i];
  return all;
}

std::span<const Rule> rules_of(Kind kind, Realm realm = Realm::Onprem);
// What stands against deleting a resource that nothing refers to; `now` is the resource, `after`
// the model without it and all that goes with it.
std::span<const Rule> deletion_rules_of(Kind kind);

// The tables, one per type and realm, some types per file.
#define ISTHMUS_RULE_TABLES(X)                            \
  X(VirtualNetwork, virtual_network_rules)                \
  X(Subnet, subnet_rules)                                 \
  X(Peering, peering_rules)                               \
  X(LogicalSubnet, logical_subnet_rules)                  \
  X(LogicalRoute, logical_route_rules)                    \
  X(IpPool, ip_pool_rules)                                \
  X(IpReservation, ip_reservation_rules)                  \
  X(MacPool, mac_pool_rules)                              \
  X(VirtualNetworkManager, virtual_network_manager_rules) \
  X(AclRule, acl_rule_rules)                              \
  X(Route, route_rules)                                   \
  X(ServiceInsertionRule, service_insertion_rule_rules)   \
  X(NetworkInterface, network_interface_rules)            \
  X(IpConfiguration, ip_configuration_rules)              \
  X(Credential, credential_rules)                         \
  X(Server, server_rules)                                 \
  X(VirtualServer, virtual_server_rules)                  \
  X(PublicIpAddress, public_ip_address_rules)             \
  X(FrontendIpConfiguration, frontend_rules)              \
  X(LoadBalancingRule, load_balancing_rule_rules)         \
  X(InboundNatRule, inbound_nat_rule_rules)               \
  X(OutboundNatRule, outbound_nat_rule_rules)             \
  X(Probe, probe_rules)                                   \
  X(VirtualGateway, virtual_gateway_rules)                \
  X(NetworkConnection, network_connection_rules)          \
  X(BgpPeer, bgp_peer_rules)

#define ISTHMUS_AZURE_RULE_TABLES(X)                              \
  X(VirtualNetwork, azure_virtual_network_rules)                  \
  X(Subnet, azure_subnet_rules)                                   \
  X(Peering, azure_peering_rules)                                 \
  X(AccessControlList, azure_security_group_rules)                \
  X(AclRule, azure_security_rule_rules)                           \
  X(RouteTable, azure_route_table_rules)                          \
  X(Route, azure_route_rules)                                     \
  X(NetworkInterface, azure_interface_rules)                      \
  X(IpConfiguration, azure_ip_configuration_rules)                \
  X(PublicIpAddress, azure_public_ip_address_rules)               \
  X(LoadBalancer, azure_load_balancer_rules)                      \
  X(FrontendIpConfiguration, azure_frontend_rules)                \
  X(BackendAddressPool, azure_backend_pool_rules)                 \
  X(LoadBalancingRule, load_balancing_rule_rules)                 \
  X(InboundNatRule, inbound_nat_rule_rules)                       \
  X(OutboundNatRule, outbound_nat_rule_rules)                     \
  X(Probe, probe_rules)                                           \
  X(VirtualNetworkGateway, azure_gateway_rules)                   \
  X(GatewayIpConfiguration, azure_gateway_ip_configuration_rules) \
  X(LocalNetworkGateway, azure_local_gateway_rules)               \
  X(GatewayConnection, azure_connection_rules)                    \
  X(NetworkWatcher, network_watcher_rules)                        \
  X(VirtualMachine, virtual_machine_rules)

#define X(kind, table) std::span<const Rule> table();
ISTHMUS_RULE_TABLES(X)
ISTHMUS_AZURE_RULE_TABLES(X)
#undef X

std::span<const Rule> virtual_gateway_deletion_rules();
std::span<const Rule> azure_gateway_deletion_rules();

}  // namespace isthmus
