#include "api/json/derived.h"

#include <array>

#include "api/json/configuration_state.h"
#include "controller/model/placement.h"
#include "controller/rules/allocation.h"

namespace isthmus::api::json {
namespace {

constexpr int kEverywhere = 99;
constexpr int kNotInGrandparent = 1;  // a pool in a subnet in a network has no usage

void write_reference(JsonText& out, const Resource& resource) {
  out.object();
  out.text("resourceRef", resource.id.reference());
  out.end_object();
}

// Who of these types refers to the resource.
template <Kind... kinds>
void users(JsonText& out, const Model& model, const Resource& resource) {
  out.array();
  for (const Resource* user : model.referrers(resource)) {
    if (((user->kind() == kinds) || ...)) write_reference(out, *user);
  }
  out.end_array();
}

// Lists of types that this controller does not have yet, and counters that nothing counts yet.
void none(JsonText& out, const Model&, const Resource&) {
  out.array();
  out.end_array();
}
void zero(JsonText& out, const Model&, const Resource&) { out.number(0); }

void interfaces_of_server(JsonText& out, const Model& model, const Resource& server) {
  out.array();
  for (const Resource* nic : interfaces_on(model, server)) write_reference(out, *nic);
  out.end_array();
}

bool has_server(const Model& model, const Resource& nic) {
  return server_of(model, nic) != nullptr;
}
void server_of_interface(JsonText& out, const Model& model, const Resource& nic) {
  write_reference(out, *server_of(model, nic));
}

uint64_t size_of(const IpPool& pool) {
  const uint64_t distance = pool.end.distance_from(pool.start);
  return distance == ~uint64_t{0} ? distance : distance + 1;
}

void ip_pool_usage(JsonText& out, const Model& model, const Resource& resource) {
  out.object();
  out.number("numberOfIPAddresses", size_of(resource.as<IpPool>()));
  out.number("numberofIPAddressesAllocated", addresses_in_use(model, resource));
  out.number("numberOfIPAddressesInTransition", 0);
  out.end_object();
}

void mac_pool_usage(JsonText& out, const Model& model, const Resource& resource) {
  const MacPool& pool = resource.as<MacPool>();
  out.object();
  out.number("numberOfMacAddresses", pool.end.value() - pool.start.value() + 1);
  out.number("numberofMacAddressesAllocated", macs_in_use(model, resource));
  out.end_object();
}

const Resource* user_of_address(const Model& model, const Resource& address) {
  for (const Resource* user : model.referrers(address)) {
    if (user->kind() == Kind::IpConfiguration || user->kind() == Kind::FrontendIpConfiguration)
      return user;
  }
  return nullptr;
}
bool has_user(const Model& model, const Resource& address) {
  return user_of_address(model, address) != nullptr;
}
void address_user(JsonText& out, const Model& model, const Resource& address) {
  write_reference(out, *user_of_address(model, address));
}

// What a connection has counted: nothing flows through gateways yet.
void connection_statistics(JsonText& out, const Model&, const Resource&) {
  out.object();
  for (const char* counter :
       {"outboundBytes", "inboundBytes", "rxTotalPacketsDropped", "txTotalPacketsDropped",
        "txRateKbps", "rxRateKbps", "txRateLimitedPacketsDropped", "rxRateLimitedPacketsDropped"})
    out.number(counter, 0);
  out.end_object();
}

void no(JsonText& out, const Model&, const Resource&) { out.boolean(false); }

constexpr char kActive[] = "Active";
constexpr char kHealthy[] = "Healthy";
constexpr char kEnabled[] = "Enabled";
constexpr char kDisconnected[] = "Disconnected";
constexpr char kNoTime[] = "00:00:00";
template <const auto& kText>
void always(JsonText& out, const Model&, const Resource&) {
  out.text(kText);
}

constexpr std::array kDerived = {
    DerivedMember{Kind::Server, "configurationState", kEverywhere, &write_configuration_state},
    DerivedMember{Kind::VirtualServer, "configurationState", kEverywhere,
                  &write_configuration_state},
    DerivedMember{Kind::NetworkInterface, "configurationState", kEverywhere,
                  &write_configuration_state},
    DerivedMember{Kind::VirtualNetwork, "configurationState", kEverywhere,
                  &write_configuration_state},
    DerivedMember{Kind::AccessControlList, "configurationState", kEverywhere,
                  &write_configuration_state},
    DerivedMember{Kind::LoadBalancerMux, "configurationState", kEverywhere,
                  &write_configuration_state},
    DerivedMember{Kind::Gateway, "configurationState", kEverywhere, &write_configuration_state},
    DerivedMember{Kind::VirtualGateway, "configurationState", kEverywhere,
                  &write_configuration_state},
    DerivedMember{Kind::NetworkConnection, "configurationState", kEverywhere,
                  &write_configuration_state},
    DerivedMember{Kind::LogicalNetwork, "virtualNetworks", kEverywhere,
                  &users<Kind::VirtualNetwork>},
    DerivedMember{Kind::LogicalSubnet, "ipConfigurations", kEverywhere,
                  &users<Kind::IpConfiguration, Kind::FrontendIpConfiguration>},
    DerivedMember{Kind::LogicalSubnet, "networkInterfaces", kEverywhere,
                  &users<Kind::ServerInterface>},
    DerivedMember{Kind::LogicalSubnet, "gatewayPools", kEverywhere, &users<Kind::GatewayPool>},
    DerivedMember{Kind::IpPool, "usage", kNotInGrandparent, &ip_pool_usage},
    DerivedMember{Kind::MacPool, "usage", kEverywhere, &mac_pool_usage},
    DerivedMember{Kind::Server, "virtualNetworkInterfaces", kEverywhere, &interfaces_of_server},
    DerivedMember{Kind::NetworkInterface, "server", kEverywhere, &server_of_interface, &has_server},
    DerivedMember{Kind::AccessControlList, "ipConfigurations", kEverywhere,
                  &users<Kind::IpConfiguration>},
    DerivedMember{Kind::AccessControlList, "subnets", kEverywhere,
                  &users<Kind::Subnet, Kind::LogicalSubnet>},
    DerivedMember{Kind::SecurityTag, "networkInterfaces", kEverywhere,
                  &users<Kind::NetworkInterface>},
    DerivedMember{Kind::RouteTable, "subnets", kEverywhere, &users<Kind::Subnet>},
    DerivedMember{Kind::Subnet, "unbilledEgressBytes", kEverywhere, &zero},
    DerivedMember{Kind::Subnet, "billedEgressBytes", kEverywhere, &zero},
    DerivedMember{Kind::Subnet, "ipConfigurations", kEverywhere,
                  &users<Kind::IpConfiguration, Kind::FrontendIpConfiguration>},
    DerivedMember{Kind::PublicIpAddress, "ipConfiguration", kEverywhere, &address_user, &has_user},
    DerivedMember{Kind::FrontendIpConfiguration, "loadBalancingRules", kEverywhere,
                  &users<Kind::LoadBalancingRule>},
    DerivedMember{Kind::FrontendIpConfiguration, "inboundNatRules", kEverywhere,
                  &users<Kind::InboundNatRule>},
    DerivedMember{Kind::FrontendIpConfiguration, "outboundNatRules", kEverywhere,
                  &users<Kind::OutboundNatRule>},
    DerivedMember{Kind::BackendAddressPool, "backendIPConfigurations", kEverywhere,
                  &users<Kind::IpConfiguration>},
    DerivedMember{Kind::BackendAddressPool, "loadBalancingRules", kEverywhere,
                  &users<Kind::LoadBalancingRule>},
    DerivedMember{Kind::BackendAddressPool, "outboundNatRules", kEverywhere,
                  &users<Kind::OutboundNatRule>},
    DerivedMember{Kind::Probe, "loadBalancingRules", kEverywhere, &users<Kind::LoadBalancingRule>},
    DerivedMember{Kind::NetworkInterface, "serviceInsertionElements", kEverywhere,
                  &users<Kind::ServiceInsertionElement>},
    DerivedMember{Kind::GatewayPool, "gateways", kEverywhere, &users<Kind::Gateway>},
    DerivedMember{Kind::GatewayPool, "virtualGateways", kEverywhere, &users<Kind::VirtualGateway>},
    DerivedMember{Kind::Gateway, "connections", kEverywhere, &none},
    DerivedMember{Kind::Gateway, "virtualGateways", kEverywhere, &none},
    DerivedMember{Kind::Gateway, "state", kEverywhere, &always<kActive>},
    DerivedMember{Kind::Gateway, "healthState", kEverywhere, &always<kHealthy>},
    DerivedMember{Kind::NetworkConnection, "connectionStatus", kEverywhere, &always<kEnabled>},
    DerivedMember{Kind::NetworkConnection, "connectionState", kEverywhere, &always<kDisconnected>},
    DerivedMember{Kind::NetworkConnection, "connectionUpTime", kEverywhere, &always<kNoTime>},
    DerivedMember{Kind::NetworkConnection, "statistics", kEverywhere, &connection_statistics},
    DerivedMember{Kind::BgpRouter, "isGenerated", kEverywhere, &no},
    DerivedMember{Kind::BgpPeer, "connectionState", kEverywhere, &always<kDisconnected>},
    DerivedMember{Kind::BgpPeer, "isGenerated", kEverywhere, &no},
};

}  // namespace

std::span<const DerivedMember> derived_members() { return kDerived; }

}  // namespace isthmus::api::json
