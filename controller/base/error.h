// The one list of errors that a client can cause, and the value that carries one.
//
// A row gives the C++ name, which is also the wire code, the HTTP status and the sentence that
// docs/errors.md shows. A test fails when a row has no golden case, and when docs/errors.md differs
// from this list. What no client can cause is an assertion, not a row.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace isthmus {

// clang-format off
#define ISTHMUS_ERRORS(X) \
  /* the request itself */ \
  X(InvalidRequestContent, 400, "The body is not the JSON that the call expects: malformed, too deep, too large, or with a repeated member.") \
  X(UnsupportedApiVersion, 400, "The version in the path is not one that this controller serves; the message lists them.") \
  X(InvalidResourceId, 400, "A resource id is 1 to 128 letters, digits, '.', '_' or '-', and starts with a letter or a digit.") \
  X(InvalidParameterValue, 400, "A member has a value that is wrong in itself; the message names the value and, where there is one, the right form.") \
  X(InvalidLabDocument, 400, "A lab document does not follow its schema; the message names the line.") \
  X(AuthenticationFailed, 401, "The call needs credentials, and those that it has are missing, unknown or no longer valid.") \
  X(AuthorizationFailed, 403, "The caller is known, but its role does not allow this call.") \
  X(MethodNotAllowed, 405, "The resource exists, but not for this method; the Allow header lists the methods.") \
  X(PreconditionFailed, 412, "The resource is not as If-Match or If-None-Match says: read it again and decide anew.") \
  /* what it refers to */ \
  X(ResourceNotFound, 404, "Nothing is stored at this path.") \
  X(ReferenceNotFound, 400, "A resourceRef names a resource that does not exist or is of another type.") \
  X(ResourceInUse, 409, "Other resources refer to this one; the details list them. Change or delete those first.") \
  X(SnapshotExists, 409, "There is a snapshot of this name already.") \
  X(RevisionNotKept, 410, "The journal no longer reaches back to this revision; the message says how far it does.") \
  /* networks, subnets, addresses */ \
  X(SubnetOutsideAddressSpace, 400, "A subnet's prefix does not lie inside the address space of its virtual network.") \
  X(SubnetOverlap, 400, "Two subnets of one network overlap.") \
  X(AddressOutsideSubnet, 400, "An address or a pool does not lie inside the subnet it belongs to.") \
  X(AddressReserved, 400, "The address is the subnet's network, broadcast or gateway address.") \
  X(AddressInUse, 409, "Another resource already has this address.") \
  X(PoolExhausted, 409, "The pool that values are allocated from has no free value left.") \
  X(LimitReached, 400, "A configurable limit of this controller is reached; the message names it.") \
  /* peerings */ \
  X(PeeringToSelf, 400, "A virtual network does not peer with itself.") \
  X(RemoteVirtualNetworkNotManagedByThisController, 400, "The remote network belongs to another controller or realm; a peering never crosses one.") \
  X(RemoteVirtualNetworkNotFound, 400, "The remote virtual network does not exist.") \
  X(RemoteVirtualNetworkImmutable, 400, "The remote network of a peering never changes: delete the peering and create another.") \
  X(PeeringAlreadyExists, 409, "The network already has a peering with this remote network.") \
  X(AddressSpaceOverlap, 400, "The address spaces of the two networks, or of one and a network already peered with the other, overlap.") \
  X(GatewayConflict, 409, "A virtual network has one gateway, its own or that of one peer; the message names the one that is in the way.") \
  X(GatewayTransitNotAllowed, 400, "The remote network does not lend its gateway: its peering with this one lacks allowGatewayTransit.") \
  X(PeerHasNoGateway, 400, "A peering uses the gateway of the remote network, which has none.") \
  X(AddressSpaceLockedByPeering, 409, "The address space of a peered network does not change: delete the peerings, change it, peer again.") \
  /* what only Azure Resource Manager says */ \
  X(InvalidResourceName, 400, "The name of a resource is not one that Azure allows; the message says what it allows.") \
  X(SubscriptionNotFound, 404, "The subscription is not one that this controller serves.") \
  X(ResourceGroupNotFound, 404, "The resource group does not exist.") \
  X(InvalidResourceLocation, 409, "The resource exists in another location, and a location never changes.") \
  X(LocationNotAvailableForResourceType, 400, "The location is no region of this cloud; the message lists those that are.") \
  X(LocationNotAvailableForResourceGroup, 400, "The location of a resource group is no region of this cloud; the message lists those that are.") \
  X(LocationRequired, 400, "A resource at the top of a group needs a location.") \
  X(LinkedInvalidPropertyId, 400, "A property that holds the id of a resource holds something else.") \
  X(InvalidResourceReference, 400, "A property names a resource that does not exist.") \
  X(VnetAddressSpacesOverlap, 400, "The address spaces of the two virtual networks of a peering overlap, or two prefixes of one network.") \
  X(VnetAddressSpaceOverlapsWithAlreadyPeeredVnet, 400, "The address space of a virtual network overlaps that of a network already peered with the other one.") \
  X(RemotePeeringIsDisconnected, 400, "The peering of the remote network is Disconnected: update or re-create that one first.") \
  X(AnotherPeeringAlreadyReferencesRemoteVnet, 400, "The virtual network has another peering with this remote network.") \
  X(ChangingRemoteVirtualNetworkNotAllowed, 400, "The remote network of a peering never changes.") \
  X(ChangingPeeringTypeNotAllowed, 400, "A peering stays one of complete networks, of subnets, or of the IPv6 prefixes of subnets.") \
  X(RemotePeeringIsOfAnotherType, 400, "One side of a peering is of complete networks, the other of subnets; or one is of IPv6 alone.") \
  X(CannotPeerVnetWithItself, 400, "A virtual network does not peer with itself.") \
  X(VirtualNetworkPeeringLimitReached, 400, "The virtual network has as many peerings as it may have.") \
  X(PeeringChangedThroughVirtualNetwork, 400, "A PUT of a virtual network does not change its peerings: PUT the peering itself.") \
  X(InvalidAddressPrefixFormat, 400, "A prefix is not written as CIDR: an address, '/' and a length.") \
  X(InvalidCIDRNotation, 400, "A prefix has bits behind its length; the message says what it should be.") \
  X(NetcfgSubnetRangesOverlap, 400, "Two subnets of a virtual network overlap.") \
  X(NetcfgSubnetRangeOutsideVnet, 400, "A subnet lies outside the address space of its virtual network.") \
  X(NetcfgInvalidSubnet, 400, "A subnet's prefix is not one that a subnet can have.") \
  X(NetworkSecurityGroupCannotBeAttachedToGatewaySubnet, 400, "The subnet GatewaySubnet has no network security group.") \
  X(DdosProtectionPlanMustBeSet, 400, "DDoS protection of a virtual network needs a plan.") \
  X(MustSpecifyBothEncryptionIntentAndEnforcementPolicy, 400, "Encryption of a virtual network needs both enabled and enforcement.") \
  X(InUseRouteTableCannotBeDeleted, 400, "Subnets use the route table.") \
  X(InUseNetworkSecurityGroupCannotBeDeleted, 400, "Subnets or network interfaces use the network security group.") \
  X(InUseSubnetCannotBeDeleted, 400, "Something has an address in the subnet; the message names it.") \
  X(NicInUse, 400, "A virtual machine has the network interface.") \
  X(PublicIPAddressCannotBeDeleted, 400, "Something has the public IP address; the message names it.") \
  X(InUseLoadBalancerCannotBeDeleted, 400, "Network interfaces stand behind the load balancer.") \
  X(InUseVirtualNetworkGatewayCannotBeDeleted, 400, "Connections or the peerings of other networks use the gateway.") \
  X(InUseLocalNetworkGatewayCannotBeDeleted, 400, "Connections lead to the local network gateway.") \
  X(ResourceGroupDeletionBlocked, 409, "Something outside of the group uses what is in it; the details say what.") \
  X(PrivateIPAddressNotInSubnet, 400, "A private address lies outside of its subnet.") \
  X(PrivateIPAddressInReservedRange, 400, "A private address is one of those that Azure keeps in each subnet.") \
  X(PrivateIPAddressIsAllocated, 400, "Something else in the subnet has the private address.") \
  X(PublicIPAddressInUse, 400, "Something else has the public IP address.") \
  X(InvalidResourceSku, 400, "The sku is not one of the type; the message lists those that are.") \
  X(StandardSkuPublicIPAddressesMustBeStatic, 400, "A public IP address of the Standard sku is allocated statically.") \
  X(ZonesNotAllowedInBasicSkuResource, 400, "Only the Standard sku has zones.") \
  X(DnsRecordInUse, 400, "Another public IP address of the region has the domain name label.") \
  X(PublicIPAndLBSkuDoNotMatch, 400, "A load balancer and its public IP address are of different skus.") \
  X(SubnetNameMustBeGatewaySubnet, 400, "A virtual network gateway stands in a subnet of another name.") \
  X(VirtualNetworkGatewayAlreadyExists, 400, "The virtual network has a gateway of that type.") \
  X(VnetHasOwnGateway, 400, "A virtual network has a gateway of its own, or uses that of a peer, not both.") \
  X(RemoteVnetHasNoGateways, 400, "A peering uses the gateways of its remote network, which has none.") \
  X(PeeringAllowGatewayTransitDisabled, 400, "A peering uses the gateways of its remote network, whose own peering does not lend them.") \
  X(PeeringMultipleUseRemoteGateways, 400, "Another peering of the virtual network uses remote gateways, and only one may.") \
  X(VnetCountLimitReached, 400, "The region of the subscription has as many virtual networks as it may have.") \
  X(RouteTableCountLimitReached, 400, "The region of the subscription has as many route tables as it may have.") \
  X(NetworkSecurityGroupCountLimitReached, 400, "The region of the subscription has as many network security groups as it may have.") \
  X(NetworkInterfaceCountLimitReached, 400, "The region of the subscription has as many network interfaces as it may have.") \
  X(PublicIPCountLimitReached, 400, "The region of the subscription has as many public IP addresses as it may have.") \
  X(LoadBalancerCountLimitReached, 400, "The region of the subscription has as many load balancers as it may have.") \
  X(NetworkWatcherCountLimitReached, 400, "The region of the subscription has its network watcher.") \
  X(VirtualMachineMustHaveOneNetworkInterfaceAsPrimary, 400, "A virtual machine has network interfaces, one of which is primary.") \
  X(InUsePrefixCannotBeDeleted, 400, "Something has an address of the prefix that the subnet loses; the message names it.") \
  X(SubnetIsFull, 400, "The subnet has no private address left.") \
  X(SecurityRuleConflict, 400, "Two security rules of a group have the same priority and direction.") \
  X(SecurityRuleInvalidPriority, 400, "The priority of a security rule is 100 to 4096.") \
  X(SecurityRuleInvalidAddressPrefix, 400, "The addresses of a security rule are not of one family.") \
  /* the controller's own condition */ \
  X(TooManyRequests, 429, "More calls are being answered, or have come lately, than the controller takes; Retry-After says when to try again.") \
  X(AuditUnavailable, 503, "The audit log is required and cannot be written; nothing happened. Try again when it can be.") \
  X(StorageUnavailable, 503, "The change could not be made durable; nothing happened. Try again when the storage is back.") \
  X(OutcomeUnknown, 503, "The storage failed while it committed: read the resource to see whether the change happened.")
// clang-format on

enum class ErrorCode {
#define X(name, status, meaning) name,
  ISTHMUS_ERRORS(X)
#undef X
};

struct ErrorInfo {
  ErrorCode code;
  std::string_view name;  // the wire code in every dialect of ours
  int status;
  std::string_view meaning;
};
const ErrorInfo& info(ErrorCode code);
std::vector<ErrorInfo> all_errors();

struct ErrorDetail {
  std::string code;
  std::string message;
};

struct Error {
  ErrorCode code;
  std::string
      target;  // JSON pointer into the request, e.g. "/properties/addressSpace/addressPrefixes/0"
  std::string message;  // one sentence that names the offending value
  std::string remedy;   // what to do about it; may be empty
  std::vector<ErrorDetail> details;

  // The sentence that a client sees: the message and, where there is one, the remedy.
  std::string text() const { return remedy.empty() ? message : message + " " + remedy; }
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string target, std::string message,
                                  std::string remedy = {}) {
  return tl::unexpected(Error{code, std::move(target), std::move(message), std::move(remedy), {}});
}

}  // namespace isthmus
