#include "controller/rules/azure_references.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace isthmus {
namespace {

// {0} is the id of what is used, {1} the ids of what uses it, {2} the name of what is used.
struct InUse {
  Kind kind;
  ErrorCode code;
  std::string_view message;
};
constexpr InUse kInUse[] = {
    {Kind::RouteTable, ErrorCode::InUseRouteTableCannotBeDeleted,
     "Route table {2} is in use and cannot be deleted."},
    {Kind::Subnet, ErrorCode::InUseSubnetCannotBeDeleted,
     "Subnet {2} is in use by {1} and cannot be deleted. In order to delete the subnet, delete all "
     "the resources within the subnet. See aka.ms/deletesubnet."},
    {Kind::AccessControlList, ErrorCode::InUseNetworkSecurityGroupCannotBeDeleted,
     "Network security group {0} cannot be deleted because it is in use by the following "
     "resources: {1}. In order to delete the Network security group, remove the association with "
     "the resource(s). To learn how to do this, see aka.ms/deletensg."},
    {Kind::NetworkInterface, ErrorCode::NicInUse,
     "Network Interface {0} is used by existing resource {1}. In order to delete the network "
     "interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic."},
    {Kind::PublicIpAddress, ErrorCode::PublicIPAddressCannotBeDeleted,
     "Public IP address {0} can not be deleted since it is still allocated to resource {1}. In "
     "order to delete the public IP, disassociate/detach the Public IP address from the resource.  "
     "To learn how to do this, see aka.ms/deletepublicip."},
    {Kind::BackendAddressPool, ErrorCode::InUseLoadBalancerCannotBeDeleted,
     "Backend address pool {0} cannot be deleted because it is in use by {1}."},
    {Kind::InboundNatRule, ErrorCode::InUseLoadBalancerCannotBeDeleted,
     "Inbound NAT rule {0} cannot be deleted because it is in use by {1}."},
    {Kind::VirtualNetworkGateway, ErrorCode::InUseVirtualNetworkGatewayCannotBeDeleted,
     "Virtual network gateway {0} cannot be deleted because it is in use by {1}."},
    {Kind::LocalNetworkGateway, ErrorCode::InUseLocalNetworkGatewayCannotBeDeleted,
     "Local network gateway {0} cannot be deleted because it is in use by {1}."},
};

// What stands at the top of the group, which has the location.
ResourceId top_of(ResourceId id) {
  while (!id.empty() && id.parent().kind() != Kind::ResourceGroup) id = id.parent();
  return id;
}

std::string_view region_of(const Model& model, const Resource& root, const ResourceId& id) {
  const ResourceId top = top_of(id);
  const Resource* found = root.id == top ? &root : model.find(top);
  return found == nullptr ? std::string_view() : location_of(*found);
}

// Peerings and connections between networks cross regions and subscriptions, too.
bool may_cross_regions(Kind owner) {
  return owner == Kind::Peering || owner == Kind::GatewayConnection;
}

}  // namespace

bool is_out_of_reach(const Model& model, const Resource& root, const ResourceId& owner,
                     const ResourceId& target) {
  if (owner.realm() != Realm::Azure || may_cross_regions(owner.kind())) return false;
  if (owner.ancestor(Kind::Subscription) != target.ancestor(Kind::Subscription)) return true;
  return region_of(model, root, owner) != region_of(model, root, target);
}

Error missing_in_azure(const ResourceId& owner, const ResourceId& target, std::string pointer) {
  return {ErrorCode::InvalidResourceReference,
          std::move(pointer),
          fmt::format("Resource {} referenced by resource {} was not found. Please make sure that "
                      "the referenced resource exists, and that both resources are in the same "
                      "region.",
                      target.path(), owner.path()),
          "",
          {}};
}

Error in_use_in_azure(const Resource& used, const std::vector<const Resource*>& users,
                      std::string pointer) {
  std::vector<std::string_view> ids;
  for (const Resource* user : users) ids.push_back(user->id.path());
  ErrorCode code = ErrorCode::ResourceInUse;
  std::string_view message = "Resource {0} cannot be deleted because it is in use by {1}.";
  for (const InUse& row : kInUse) {
    if (row.kind != used.kind()) continue;
    code = row.code;
    message = row.message;
  }
  return {code,
          std::move(pointer),
          fmt::format(fmt::runtime(message), used.id.path(), fmt::join(ids, ", "), used.id.name()),
          "",
          {}};
}

Error group_in_use(const ResourceId& group, const Resource& used, Error why) {
  const ResourceId top = top_of(used.id);
  return {
      ErrorCode::ResourceGroupDeletionBlocked,
      "",
      fmt::format("Deletion of resource group '{}' failed as resources with identifiers '{}/{}' "
                  "could not be deleted. The provisioning state of the resource group will be "
                  "rolled back.",
                  group.name(), azure_type(top.kind()), top.name()),
      "",
      {{std::string(info(why.code).name), why.text()}}};
}

}  // namespace isthmus
