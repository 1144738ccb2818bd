#include "api/arm/usages.h"

#include <fmt/format.h>

#include <array>

#include "api/json/json_text.h"
#include "controller/model/networks.h"
#include "controller/rules/azure_limits.h"

namespace isthmus::api::arm {
namespace {

// What is counted in a location, or told of each network, group and table: that has no count here,
// as it has none in Azure's answer.
struct Usage {
  std::string_view type;  // a segment; empty: nothing is counted
  std::string_view name;
  std::string_view title;
  uint32_t Limits::*limit;  // null: always one
};
// Source: what Azure answers, and its list of limits (learn.microsoft.com, azure-subscription-
// service-limits).
constexpr std::array kUsages = {
    Usage{"virtualNetworks", "VirtualNetworks", "Virtual Networks", &Limits::networks_per_region},
    Usage{"networkSecurityGroups", "NetworkSecurityGroups", "Network Security Groups",
          &Limits::security_groups_per_region},
    Usage{"publicIPAddresses", "PublicIPAddresses", "Public IP Addresses",
          &Limits::public_addresses_per_region},
    Usage{"networkInterfaces", "NetworkInterfaces", "Network Interfaces",
          &Limits::interfaces_per_region},
    Usage{"loadBalancers", "LoadBalancers", "Load Balancers", &Limits::load_balancers_per_region},
    Usage{"routeTables", "RouteTables", "Route Tables", &Limits::route_tables_per_region},
    Usage{"networkWatchers", "NetworkWatchers", "Network Watchers", nullptr},
    Usage{"", "DnsServersPerVirtualNetwork", "DNS servers per Virtual Network",
          &Limits::dns_servers_per_network},
    Usage{"", "SubnetsPerVirtualNetwork", "Subnets per Virtual Network",
          &Limits::subnets_per_network},
    Usage{"", "IPConfigurationsPerVirtualNetwork", "IP Configurations per Virtual Network",
          &Limits::addresses_per_network},
    Usage{"", "PeeringsPerVirtualNetwork", "Peerings per Virtual Network",
          &Limits::peerings_per_network},
    Usage{"", "SecurityRulesPerNetworkSecurityGroup", "Security rules per Network Security Group",
          &Limits::rules_per_security_group},
    Usage{"", "SecurityRuleAddressesOrPortsPerNetworkSecurityGroup",
          "Security rules addresses or ports per Network Security Group",
          &Limits::prefixes_per_rule},
    Usage{"", "RoutesPerRouteTable", "Routes per Route Table", &Limits::routes_per_table},
    Usage{"", "SecondaryIPConfigurationsPerNetworkInterface",
          "Secondary IP Configurations per Network Interface", &Limits::addresses_per_interface},
};

uint64_t used(const Model& model, const Usage& row, const ResourceId& subscription,
              std::string_view location) {
  if (row.type.empty()) return 0;
  return count_in_region(model, subscription,
                         *kind_of_segment(Kind::ResourceGroup, row.type, Realm::Azure), location);
}

void end_usage(json::JsonText& out, std::string_view name, std::string_view title) {
  out.key("name").object().text("localizedValue", title).text("value", name).end_object();
  out.text("unit", "Count").end_object();
}

constexpr int64_t kNotCounted = -1;  // what Azure answers of a GatewaySubnet

// The IPv4 addresses of a subnet: those of IPv6 are more than anybody counts.
struct SubnetUsage {
  int64_t used;
  int64_t limit;
};
SubnetUsage usage_of(const Model& model, const Resource& subnet) {
  constexpr SubnetUsage kUncounted = {kNotCounted, kNotCounted};
  if (is_gateway_subnet(subnet.id)) return kUncounted;
  SubnetUsage usage = {0, 0};
  for (const net::Prefix& prefix : prefixes_of(subnet.as<Subnet>())) {
    if (prefix.family() != net::Family::V4) continue;
    const auto [first, last] = usable_addresses(prefix, Realm::Azure);
    usage.used += static_cast<int64_t>(model.addresses_between(subnet, first, last));
    usage.limit += int64_t{last.v4_host_order()} - first.v4_host_order() + 1;
  }
  return usage.limit == 0 ? kUncounted : usage;
}

}  // namespace

std::string usages_text(const Model& model, const Limits& limits, const ResourceId& subscription,
                        std::string_view location) {
  json::JsonText out;
  out.object().key("value").array();
  for (const Usage& row : kUsages) {
    out.object().number("currentValue", used(model, row, subscription, location));
    out.text("id", fmt::format("{}/providers/Microsoft.Network/locations/{}/usages/{}",
                               subscription.path(), location, row.name));
    out.number("limit", row.limit == nullptr ? 1 : limits.*row.limit);
    end_usage(out, row.name, row.title);
  }
  return out.end_array().end_object().take();
}

std::string network_usages_text(const Model& model, const Resource& network) {
  json::JsonText out;
  out.object().key("value").array();
  model.each_below(network.id, Kind::Subnet, [&](const Resource& subnet) {
    const SubnetUsage usage = usage_of(model, subnet);
    out.object().key("currentValue").integer(usage.used);
    out.text("id", subnet.id.path()).key("limit").integer(usage.limit);
    end_usage(out, "SubnetSpace", "Subnet size and usage");
    return true;
  });
  return out.end_array().end_object().take();
}

}  // namespace isthmus::api::arm
