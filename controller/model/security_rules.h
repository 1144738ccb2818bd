// Network security groups of the Azure realm: the rules that each has besides its own, and what its
// rules compare with where they name VirtualNetwork or Internet.
//
// Source: "Network security groups", the default security rules, and "Virtual network service
// tags".
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "controller/model/networks.h"

namespace isthmus {

struct DefaultSecurityRule {
  std::string_view name;  // "AllowVnetInBound"
  AclRule rule;
};
// Inbound ones first, each part in the order of priority. A rule with such a priority is a default
// rule: those of clients end at 4096.
std::span<const DefaultSecurityRule> default_security_rules();
constexpr uint32_t kDefaultPriorityMin = 65000;

// All values, where there are several, or the one.
std::vector<AclAddress> sources_of(const AclRule& rule);
std::vector<AclAddress> destinations_of(const AclRule& rule);
std::vector<AclPorts> source_ports_of(const AclRule& rule);
std::vector<AclPorts> destination_ports_of(const AclRule& rule);

// "securityRules/ssh", "defaultSecurityRules/DenyAllInBound"
std::string rule_path(const Resource& rule);
std::string default_rule_path(RuleType direction, uint32_t priority);

// 168.63.129.16: Azure's host, which the tags AzureLoadBalancer and VirtualNetwork contain.
net::Prefix platform_address();

// The prefixes of the tag VirtualNetwork as rules see it from there, sorted: the network's own,
// those of its peers that were synchronised last and that it allows access to, of subnet peerings
// where the subnet takes part, those that the user routes of the table name, and the platform's
// address.
std::vector<net::Prefix> virtual_network_tag(const Model& model, const Viewpoint& from);
// Those of peers that the network does not allow access to, sorted.
std::vector<net::Prefix> prefixes_without_access(const Model& model, const Resource& network);
// What is neither in that tag nor the Internet, as far as it is not in the tag: private space, and
// peers that access is not allowed to.
std::vector<net::Prefix> never_internet(const Model& model, const Resource& network);

}  // namespace isthmus
