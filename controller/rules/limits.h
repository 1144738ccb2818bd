// Configurable bounds (decisions: N24; Azure's: learn.microsoft.com, azure-subscription-service-
// limits). A row gives the field, the option of the daemon and of stories, the value that it has
// where nobody says another, and what it is the most of.
#pragma once

#include <cstdint>

namespace isthmus {

// clang-format off
#define ISTHMUS_LIMITS(X) \
  X(peerings_per_network, "peerings-per-network", 500, "most peerings of one virtual network") \
  X(prefixes_per_network, "prefixes-per-network", 1'000, "most address prefixes of one virtual network") \
  X(rules_per_security_group, "rules-per-security-group", 1'000, "most rules of one network security group (Azure)") \
  X(routes_per_table, "routes-per-table", 400, "most routes of one route table (Azure)") \
  X(networks_per_region, "networks-per-region", 1'000, "most virtual networks of a subscription in one region (Azure)") \
  X(route_tables_per_region, "route-tables-per-region", 200, "most route tables of a subscription in one region (Azure)") \
  X(security_groups_per_region, "security-groups-per-region", 5'000, "most network security groups of a subscription in one region (Azure)") \
  X(interfaces_per_region, "interfaces-per-region", 65'536, "most network interfaces of a subscription in one region (Azure)") \
  X(public_addresses_per_region, "public-addresses-per-region", 1'000, "most public IP addresses of a subscription in one region (Azure)") \
  X(load_balancers_per_region, "load-balancers-per-region", 1'000, "most load balancers of a subscription in one region (Azure)") \
  X(subnets_per_network, "subnets-per-network", 3'000, "most subnets of one virtual network (Azure)") \
  X(dns_servers_per_network, "dns-servers-per-network", 20, "most DNS servers of one virtual network (Azure)") \
  X(addresses_per_interface, "addresses-per-interface", 256, "most private addresses of one network interface (Azure)") \
  X(addresses_per_network, "addresses-per-network", 65'536, "most private addresses in one virtual network (Azure)") \
  X(addresses_per_peered_group, "addresses-per-peered-group", 128'000, "most private addresses in a virtual network and its peers together (Azure)") \
  X(subnets_per_peering, "subnets-per-peering", 200, "most subnets of one side of a peering of subnets (Azure)") \
  X(peered_subnets_per_network, "peered-subnets-per-network", 1'000, "most subnets that the peerings of one virtual network name of others (Azure)") \
  X(prefixes_per_rule, "prefixes-per-rule", 4'000, "most addresses on one side of a security rule (Azure)")
// clang-format on

struct Limits {
#define X(field, option, value, help) uint32_t field = value;
  ISTHMUS_LIMITS(X)
#undef X
};

}  // namespace isthmus
