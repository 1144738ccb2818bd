#include "api/json/derived.h"

#include <array>

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

constexpr std::array kDerived = {
    DerivedMember{Kind::LogicalNetwork, "virtualNetworks", kEverywhere,
                  &users<Kind::VirtualNetwork>},
    DerivedMember{Kind::LogicalSubnet, "ipConfigurations", kEverywhere,
                  &users<Kind::IpConfiguration>},
    DerivedMember{Kind::LogicalSubnet, "networkInterfaces", kEverywhere, &none},
    DerivedMember{Kind::LogicalSubnet, "gatewayPools", kEverywhere, &none},
    DerivedMember{Kind::IpPool, "usage", kNotInGrandparent, &ip_pool_usage},
    DerivedMember{Kind::MacPool, "usage", kEverywhere, &mac_pool_usage},
    DerivedMember{Kind::AccessControlList, "ipConfigurations", kEverywhere,
                  &users<Kind::IpConfiguration>},
    DerivedMember{Kind::AccessControlList, "subnets", kEverywhere,
                  &users<Kind::Subnet, Kind::LogicalSubnet>},
    DerivedMember{Kind::RouteTable, "subnets", kEverywhere, &users<Kind::Subnet>},
    DerivedMember{Kind::Subnet, "unbilledEgressBytes", kEverywhere, &zero},
    DerivedMember{Kind::Subnet, "billedEgressBytes", kEverywhere, &zero},
    DerivedMember{Kind::Subnet, "ipConfigurations", kEverywhere, &users<Kind::IpConfiguration>},
    DerivedMember{Kind::IpConfiguration, "loadBalancerBackendAddressPools", kEverywhere, &none},
    DerivedMember{Kind::IpConfiguration, "loadBalancerInboundNatRules", kEverywhere, &none},
};

}  // namespace

std::span<const DerivedMember> derived_members() { return kDerived; }

}  // namespace isthmus::api::json
