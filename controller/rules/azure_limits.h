// How many of a type Azure lets a subscription have in one region, and how many addresses networks
// have together.
#pragma once

#include <algorithm>
#include <array>

#include "controller/rules/rule.h"

namespace isthmus {

struct RegionLimit {
  Kind kind;
  uint32_t Limits::*most;
  ErrorCode error;
  std::string_view rule;
  std::string_view plural;  // in Azure's text
};
inline constexpr std::array kRegionLimits = {
    RegionLimit{Kind::VirtualNetwork, &Limits::networks_per_region,
                ErrorCode::VnetCountLimitReached,
                "Azure: a region has no more networks than the limit", "virtual networks"},
    RegionLimit{Kind::RouteTable, &Limits::route_tables_per_region,
                ErrorCode::RouteTableCountLimitReached,
                "Azure: a region has no more route tables than the limit", "route tables"},
    RegionLimit{Kind::AccessControlList, &Limits::security_groups_per_region,
                ErrorCode::NetworkSecurityGroupCountLimitReached,
                "Azure: a region has no more security groups than the limit",
                "network security groups"},
    RegionLimit{Kind::NetworkInterface, &Limits::interfaces_per_region,
                ErrorCode::NetworkInterfaceCountLimitReached,
                "Azure: a region has no more interfaces than the limit", "network interfaces"},
    RegionLimit{Kind::PublicIpAddress, &Limits::public_addresses_per_region,
                ErrorCode::PublicIPCountLimitReached,
                "Azure: a region has no more public addresses than the limit",
                "public IP addresses"},
    RegionLimit{Kind::LoadBalancer, &Limits::load_balancers_per_region,
                ErrorCode::LoadBalancerCountLimitReached,
                "Azure: a region has no more load balancers than the limit", "load balancers"},
};
constexpr const RegionLimit& region_limit(Kind kind) {
  return *std::find_if(kRegionLimits.begin(), kRegionLimits.end(),
                       [kind](const RegionLimit& row) { return row.kind == kind; });
}

size_t count_in_region(const Model& model, const ResourceId& subscription, Kind kind,
                       std::string_view location);

std::optional<Violation> exceeds(const Proposal& p, const RegionLimit& limit);

// The row for the table of a type.
template <Kind kind>
inline constexpr Rule kRegionRule = {
    region_limit(kind).rule, region_limit(kind).error,
    [](const Proposal& p) { return exceeds(p, region_limit(kind)); }};

// Private addresses in use, of whatever has one.
std::optional<Violation> fills_a_network(const Proposal& p);           // of an IP configuration
std::optional<Violation> fills_a_peered_group(const Proposal& p);      // the same
std::optional<Violation> joins_too_many_addresses(const Proposal& p);  // of a peering

}  // namespace isthmus
