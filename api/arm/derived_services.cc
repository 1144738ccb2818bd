#include <algorithm>
#include <array>

#include "api/arm/derived.h"
#include "controller/model/networks.h"

namespace isthmus::api::arm {
namespace {

using json::JsonText;

void resource_guid(JsonText& out, const Model&, const Resource& resource) {
  out.text(resource.instance_id.to_string());
}
void no_elements(JsonText& out, const Model&, const Resource&) { out.array().end_array(); }
void zero(JsonText& out, const Model&, const Resource&) { out.number(0); }

void write_id(JsonText& out, const Resource& resource) {
  out.object().text("id", resource.id.path()).end_object();
}

// Who refers to a resource, of these types.
template <Kind... kinds>
std::vector<const Resource*> users_of(const Model& model, const Resource& used) {
  auto users = model.referrers(used);
  std::erase_if(users, [](const Resource* user) { return ((user->kind() != kinds) && ...); });
  return users;
}
template <Kind... kinds>
bool has_users(const Model& model, const Resource& used) {
  return !users_of<kinds...>(model, used).empty();
}
template <Kind... kinds>
void users(JsonText& out, const Model& model, const Resource& used) {
  out.array();
  for (const Resource* user : users_of<kinds...>(model, used)) write_id(out, *user);
  out.end_array();
}
template <Kind... kinds>
void first_user(JsonText& out, const Model& model, const Resource& used) {
  write_id(out, *users_of<kinds...>(model, used).front());
}

template <Kind... kinds>
constexpr DerivedMember back_references(Kind kind, std::string_view name) {
  return {kind, name, &users<kinds...>, &has_users<kinds...>};
}
template <Kind... kinds>
constexpr DerivedMember back_reference(Kind kind, std::string_view name) {
  return {kind, name, &first_user<kinds...>, &has_users<kinds...>};
}

// Connected where the other network's gateway has a connection that leads back: nothing stands
// behind a local network gateway yet.
void connection_status(JsonText& out, const Model& model, const Resource& connection) {
  const auto& b = connection.as<GatewayConnection>();
  const Resource* here = model.find(b.gateway);
  bool leads_back = false;
  if (here != nullptr && !b.remote_gateway.empty()) {
    for (const Resource* other : model.referrers(*here, Kind::GatewayConnection)) {
      const auto& theirs = other->as<GatewayConnection>();
      leads_back |= theirs.gateway == b.remote_gateway && theirs.remote_gateway == b.gateway;
    }
  }
  out.text(leads_back ? "Connected" : "NotConnected");
}

bool uses_remote_gateways(const Model&, const Resource& peering) {
  return peering.as<Peering>().use_remote_gateways;
}
void remote_gateways(JsonText& out, const Model& model, const Resource& peering) {
  const Resource* remote = model.find(peering.as<Peering>().remote_virtual_network);
  out.array();
  if (remote != nullptr) {
    for (const Resource* gateway : gateways_of(model, *remote)) write_id(out, *gateway);
  }
  out.end_array();
}

constexpr std::array kMembers = {
    DerivedMember{Kind::Peering, "remoteGateways", &remote_gateways, &uses_remote_gateways},
    back_references<Kind::IpConfiguration, Kind::FrontendIpConfiguration,
                    Kind::GatewayIpConfiguration>(Kind::Subnet, "ipConfigurations"),
    back_reference<Kind::VirtualMachine>(Kind::NetworkInterface, "virtualMachine"),
    DerivedMember{Kind::PublicIpAddress, "resourceGuid", &resource_guid},
    back_reference<Kind::IpConfiguration, Kind::FrontendIpConfiguration,
                   Kind::GatewayIpConfiguration>(Kind::PublicIpAddress, "ipConfiguration"),
    DerivedMember{Kind::LoadBalancer, "resourceGuid", &resource_guid},
    DerivedMember{Kind::LoadBalancer, "inboundNatPools", &no_elements},
    back_references<Kind::LoadBalancingRule>(Kind::FrontendIpConfiguration, "loadBalancingRules"),
    back_references<Kind::InboundNatRule>(Kind::FrontendIpConfiguration, "inboundNatRules"),
    back_references<Kind::OutboundNatRule>(Kind::FrontendIpConfiguration, "outboundRules"),
    back_references<Kind::IpConfiguration>(Kind::BackendAddressPool, "backendIPConfigurations"),
    back_references<Kind::LoadBalancingRule>(Kind::BackendAddressPool, "loadBalancingRules"),
    back_references<Kind::InboundNatRule>(Kind::BackendAddressPool, "inboundNatRules"),
    back_reference<Kind::OutboundNatRule>(Kind::BackendAddressPool, "outboundRule"),
    back_references<Kind::OutboundNatRule>(Kind::BackendAddressPool, "outboundRules"),
    back_reference<Kind::IpConfiguration>(Kind::InboundNatRule, "backendIPConfiguration"),
    back_references<Kind::LoadBalancingRule>(Kind::Probe, "loadBalancingRules"),
    DerivedMember{Kind::VirtualNetworkGateway, "resourceGuid", &resource_guid},
    DerivedMember{Kind::LocalNetworkGateway, "resourceGuid", &resource_guid},
    DerivedMember{Kind::GatewayConnection, "resourceGuid", &resource_guid},
    DerivedMember{Kind::GatewayConnection, "connectionStatus", &connection_status},
    DerivedMember{Kind::GatewayConnection, "ingressBytesTransferred", &zero},
    DerivedMember{Kind::GatewayConnection, "egressBytesTransferred", &zero},
    DerivedMember{Kind::NetworkWatcher, "runningOperationIds", &no_elements},
    DerivedMember{Kind::VirtualMachine, "vmId", &resource_guid},
};

}  // namespace

std::span<const DerivedMember> derived_service_members() { return kMembers; }

}  // namespace isthmus::api::arm
