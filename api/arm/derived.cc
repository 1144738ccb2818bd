#include "api/arm/derived.h"

#include <algorithm>
#include <array>

#include "api/arm/default_rules.h"
#include "controller/model/networks.h"
#include "controller/model/text.h"

namespace isthmus::api::arm {
namespace {

using json::JsonText;

void resource_guid(JsonText& out, const Model&, const Resource& resource) {
  out.text(resource.instance_id.to_string());
}

// Both sides of a peering have the same one.
void guid_of_the_pair(JsonText& out, const Model& model, const Resource& peering) {
  const Resource* local = model.find(peering.id.parent());
  const Resource* remote = model.find(peering.as<Peering>().remote_virtual_network);
  if (local == nullptr || remote == nullptr) return resource_guid(out, model, peering);
  const auto [low, high] = std::minmax(local->serial, remote->serial);
  out.text(Uuid::derive(model.identity(), uint64_t{low} << 32 | high, "peering").to_string());
}

void sync_level_of(JsonText& out, const Model& model, const Resource& peering) {
  out.text(name(sync_level(model, peering)));
}

void write_space(JsonText& out, const std::vector<net::Prefix>& prefixes) {
  out.object().key("addressPrefixes").array();
  for (const net::Prefix& prefix : prefixes) out.text(prefix.to_string());
  out.end_array().end_object();
}

// What the remote network has now to peer; what it had, when it is gone.
void remote_space_now(JsonText& out, const Model& model, const Resource& peering) {
  const bool is_gone = network_at(model, peering, PeeringEnd::Remote) == nullptr;
  write_space(out, is_gone ? peering.as<Peering>().azure.remote_address_space
                           : prefixes_at(model, peering, PeeringEnd::Remote));
}

void local_space_now(JsonText& out, const Model& model, const Resource& peering) {
  write_space(out, prefixes_at(model, peering, PeeringEnd::Local));
}

// What the other side has synchronised of this network.
void local_space_peered(JsonText& out, const Model& model, const Resource& peering) {
  const Resource* there = other_side(model, peering);
  if (there == nullptr) return local_space_now(out, model, peering);
  write_space(out, there->as<Peering>().azure.remote_address_space);
}

void no_members(JsonText& out, const Model&, const Resource&) { out.object().end_object(); }
void no(JsonText& out, const Model&, const Resource&) { out.boolean(false); }

const AzureNetworkSettings* remote_settings(const Model& model, const Resource& peering) {
  const Resource* remote = model.find(peering.as<Peering>().remote_virtual_network);
  return remote == nullptr ? nullptr : &remote->as<VirtualNetwork>().azure;
}

bool remote_is_encrypted(const Model& model, const Resource& peering) {
  const auto* settings = remote_settings(model, peering);
  return settings != nullptr && settings->encryption;
}
void remote_encryption(JsonText& out, const Model& model, const Resource& peering) {
  const NetworkEncryption& encryption = *remote_settings(model, peering)->encryption;
  out.object().key("enabled").boolean(encryption.enabled);
  if (encryption.enforcement)
    out.text("enforcement", Text<EncryptionEnforcement>::print(*encryption.enforcement));
  out.end_object();
}

bool remote_has_communities(const Model& model, const Resource& peering) {
  const auto* settings = remote_settings(model, peering);
  return settings != nullptr && settings->bgp_communities;
}
void remote_communities(JsonText& out, const Model& model, const Resource& peering) {
  out.object();
  out.text("virtualNetworkCommunity",
           remote_settings(model, peering)->bgp_communities->virtual_network);
  out.end_object();
}

// Who refers to it, as a list of ids; no member where nobody does.
template <Kind kKind>
bool is_used_by(const Model& model, const Resource& used) {
  return !model.referrers(used, kKind).empty();
}
template <Kind kKind>
void users_of(JsonText& out, const Model& model, const Resource& used) {
  out.array();
  for (const Resource* user : model.referrers(used, kKind))
    out.object().text("id", user->id.path()).end_object();
  out.end_array();
}

void nothing(JsonText& out, const Model&, const Resource&) { out.array().end_array(); }
template <const auto& kText>
void always(JsonText& out, const Model&, const Resource&) {
  out.text(kText);
}
constexpr std::string_view kStandard = "Standard";
constexpr std::string_view kNone = "None";

constexpr std::array kMembers = {
    DerivedMember{Kind::VirtualNetwork, "resourceGuid", &resource_guid},
    DerivedMember{Kind::Peering, "resourceGuid", &guid_of_the_pair},
    DerivedMember{Kind::Peering, "peeringSyncLevel", &sync_level_of},
    DerivedMember{Kind::Peering, "remoteVirtualNetworkAddressSpace", &remote_space_now},
    DerivedMember{Kind::Peering, "localAddressSpace", &local_space_peered},
    DerivedMember{Kind::Peering, "localVirtualNetworkAddressSpace", &local_space_now},
    DerivedMember{Kind::Peering, "routeServiceVips", &no_members},
    DerivedMember{Kind::Peering, "remoteVirtualNetworkEncryption", &remote_encryption,
                  &remote_is_encrypted},
    DerivedMember{Kind::Peering, "remoteBgpCommunities", &remote_communities,
                  &remote_has_communities},
    DerivedMember{Kind::RouteTable, "resourceGuid", &resource_guid},
    DerivedMember{Kind::RouteTable, "subnets", &users_of<Kind::Subnet>, &is_used_by<Kind::Subnet>},
    DerivedMember{Kind::Route, "hasBgpOverride", &no},
    DerivedMember{Kind::AccessControlList, "resourceGuid", &resource_guid},
    DerivedMember{Kind::AccessControlList, "defaultSecurityRules", &write_default_rules},
    DerivedMember{Kind::AccessControlList, "networkInterfaces", &users_of<Kind::NetworkInterface>,
                  &is_used_by<Kind::NetworkInterface>},
    DerivedMember{Kind::AccessControlList, "subnets", &users_of<Kind::Subnet>,
                  &is_used_by<Kind::Subnet>},
    DerivedMember{Kind::NetworkInterface, "resourceGuid", &resource_guid},
    DerivedMember{Kind::NetworkInterface, "hostedWorkloads", &nothing},
    DerivedMember{Kind::NetworkInterface, "tapConfigurations", &nothing},
    DerivedMember{Kind::NetworkInterface, "nicType", &always<kStandard>},
    DerivedMember{Kind::NetworkInterface, "auxiliaryMode", &always<kNone>},
    DerivedMember{Kind::NetworkInterface, "vnetEncryptionSupported", &no},
};

}  // namespace

std::span<const DerivedMember> derived_members() { return kMembers; }

}  // namespace isthmus::api::arm
