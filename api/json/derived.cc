#include "api/json/derived.h"

#include <algorithm>
#include <array>

#include "api/json/configuration_state.h"
#include "api/json/timestamp.h"
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
void connection_statistics(JsonText& out, const Model&, const Resource& connection) {
  out.object();
  for (const char* counter :
       {"outboundBytes", "inboundBytes", "rxTotalPacketsDropped", "txTotalPacketsDropped",
        "txRateKbps", "rxRateKbps", "txRateLimitedPacketsDropped", "rxRateLimitedPacketsDropped"})
    out.number(counter, 0);
  out.text("lastUpdated", timestamp(connection.changed.time_ms));
  out.end_object();
}

void no(JsonText& out, const Model&, const Resource&) { out.boolean(false); }

void write_references(JsonText& out, const std::vector<const Resource*>& resources) {
  out.array();
  for (const Resource* resource : resources) write_reference(out, *resource);
  out.end_array();
}

void gateway_connections(JsonText& out, const Model& model, const Resource& gateway) {
  write_references(out, connections_on(model, gateway));
}
// The virtual gateways with a connection here, each once; connections of one stand together.
void gateway_tenants(JsonText& out, const Model& model, const Resource& gateway) {
  std::vector<const Resource*> owners;
  for (const Resource* connection : connections_on(model, gateway)) {
    const Resource* owner = model.find(connection->id.parent());
    if (owners.empty() || owners.back() != owner) owners.push_back(owner);
  }
  write_references(out, owners);
}
void gateway_state(JsonText& out, const Model& model, const Resource& gateway) {
  out.text(is_redundant(model, gateway) ? "Redundant" : "Active");
}
void gateway_health(JsonText& out, const Model& model, const Resource& gateway) {
  out.text(is_healthy(model, gateway) ? "Healthy" : "Unhealthy");
}
uint64_t capacity_of(const Model& model, const Resource& gateway) {
  const Resource* pool = model.find(gateway.as<Gateway>().pool);
  return pool == nullptr ? 0 : pool->as<GatewayPool>().capacity_kbps;
}
void total_capacity(JsonText& out, const Model& model, const Resource& gateway) {
  out.number(capacity_of(model, gateway));
}
void available_capacity(JsonText& out, const Model& model, const Resource& gateway) {
  uint64_t promised = 0;
  for (const Resource* connection : connections_on(model, gateway)) {
    const auto& body = connection->as<NetworkConnection>();
    promised += body.outbound_kbps + body.inbound_kbps;
  }
  const uint64_t total = capacity_of(model, gateway);
  out.number(total - std::min(total, promised));
}

bool has_gateway(const Model& model, const Resource& connection) {
  return gateway_of(model, connection) != nullptr;
}
void connection_gateway(JsonText& out, const Model& model, const Resource& connection) {
  write_reference(out, *gateway_of(model, connection));
}

void peer_as_number(JsonText& out, const Model&, const Resource& peer) {
  out.number(peer.as<BgpPeer>().as_number.value);
}
void empty_object(JsonText& out, const Model&, const Resource&) { out.object().end_object(); }

// An interface that joined the rule by itself, where the rule names none.
const Resource* joined_interface(const Model& model, const Resource& rule) {
  const auto joined = model.referrers(rule, Kind::IpConfiguration);
  return joined.empty() ? nullptr : joined.front();
}
bool was_joined(const Model& model, const Resource& rule) {
  return rule.as<InboundNatRule>().backend_ip_configuration.empty() &&
         joined_interface(model, rule) != nullptr;
}
void nat_backend(JsonText& out, const Model& model, const Resource& rule) {
  write_reference(out, *joined_interface(model, rule));
}

// The logical subnet that the public address of a frontend is from.
const Resource* subnet_of_public_frontend(const Model& model, const Resource& frontend) {
  const ResourceId& id = frontend.as<FrontendIpConfiguration>().public_ip_address;
  const Resource* address = id.empty() ? nullptr : model.find(id);
  if (address == nullptr || !address->as<PublicIpAddress>().address) return nullptr;
  for (const ResourcePtr& subnet : model.collection(Kind::LogicalSubnet)) {
    const auto& prefix = subnet->as<LogicalSubnet>().prefix;
    if (prefix && prefix->contains(*address->as<PublicIpAddress>().address)) return subnet.get();
  }
  return nullptr;
}
bool is_from_a_subnet(const Model& model, const Resource& frontend) {
  return subnet_of_public_frontend(model, frontend) != nullptr;
}
void public_frontend_subnet(JsonText& out, const Model& model, const Resource& frontend) {
  write_reference(out, *subnet_of_public_frontend(model, frontend));
}

// Pools of virtual addresses that a public address or a frontend has taken from.
void vip_pools_in_use(JsonText& out, const Model& model, const Resource& config) {
  out.array();
  for (const ResourceId& id : config.as<LoadBalancerManager>().vip_pools) {
    const Resource* pool = model.find(id);
    if (pool == nullptr) continue;
    const auto& range = pool->as<IpPool>();
    const auto& all = model.collection(Kind::PublicIpAddress);
    bool used = addresses_in_use(model, *pool) > 0;
    for (auto it = all.begin(); it != all.end() && !used; ++it) {
      const auto& address = (*it)->as<PublicIpAddress>().address;
      used = address && range.start <= *address && *address <= range.end;
    }
    if (used) write_reference(out, *pool);
  }
  out.end_array();
}

constexpr char kNoConnection[] = "809";
constexpr char kConnectionFailure[] = "ConnectionFailure";
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
    DerivedMember{Kind::PublicIpAddress, "counters", kEverywhere, &none},
    DerivedMember{Kind::Credential, "networks", kEverywhere, &none},
    DerivedMember{Kind::InboundNatRule, "backendIPConfiguration", kEverywhere, &nat_backend,
                  &was_joined},
    DerivedMember{Kind::FrontendIpConfiguration, "subnet", kEverywhere, &public_frontend_subnet,
                  &is_from_a_subnet},
    DerivedMember{Kind::LoadBalancerManager, "vipPoolsInUse", kEverywhere, &vip_pools_in_use},
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
    DerivedMember{Kind::Gateway, "connections", kEverywhere, &gateway_connections},
    DerivedMember{Kind::Gateway, "virtualGateways", kEverywhere, &gateway_tenants},
    DerivedMember{Kind::Gateway, "state", kEverywhere, &gateway_state},
    DerivedMember{Kind::Gateway, "healthState", kEverywhere, &gateway_health},
    DerivedMember{Kind::Gateway, "totalCapacity", kEverywhere, &total_capacity},
    DerivedMember{Kind::Gateway, "availableCapacity", kEverywhere, &available_capacity},
    DerivedMember{Kind::NetworkConnection, "gateway", kEverywhere, &connection_gateway,
                  &has_gateway},
    DerivedMember{Kind::NetworkConnection, "connectionErrorReason", kEverywhere,
                  &always<kNoConnection>},
    DerivedMember{Kind::NetworkConnection, "unreachabilityReason", kEverywhere,
                  &always<kConnectionFailure>},
    DerivedMember{Kind::NetworkConnection, "connectionStatus", kEverywhere, &always<kEnabled>},
    DerivedMember{Kind::NetworkConnection, "connectionState", kEverywhere, &always<kDisconnected>},
    DerivedMember{Kind::NetworkConnection, "connectionUpTime", kEverywhere, &always<kNoTime>},
    DerivedMember{Kind::NetworkConnection, "statistics", kEverywhere, &connection_statistics},
    DerivedMember{Kind::BgpRouter, "isGenerated", kEverywhere, &no},
    DerivedMember{Kind::BgpPeer, "asNumber", kEverywhere, &peer_as_number},
    DerivedMember{Kind::BgpPeer, "statistics", kEverywhere, &empty_object},
    DerivedMember{Kind::BgpPeer, "connectionState", kEverywhere, &always<kDisconnected>},
    DerivedMember{Kind::BgpPeer, "isGenerated", kEverywhere, &no},
};

}  // namespace

std::span<const DerivedMember> derived_members() { return kDerived; }

}  // namespace isthmus::api::json
