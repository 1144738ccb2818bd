#include "controller/model/security_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "controller/model/networks.h"

namespace isthmus {
namespace {

AclAddress tag(AclAddress::Kind kind) { return {kind, {}, false}; }

DefaultSecurityRule default_rule(std::string_view name, RuleType direction, uint32_t priority,
                                 RuleAction action, AclAddress source, AclAddress destination,
                                 std::string description) {
  AclRule rule;
  rule.type = direction;
  rule.priority = priority;
  rule.action = action;
  rule.source = std::move(source);
  rule.destination = std::move(destination);
  rule.source_ports.is_star = rule.destination_ports.is_star = true;
  rule.description = std::move(description);
  return {name, std::move(rule)};
}

std::vector<DefaultSecurityRule> make_default_rules() {
  using Kind = AclAddress::Kind;
  constexpr auto kIn = RuleType::Inbound, kOut = RuleType::Outbound;
  constexpr auto kAllow = RuleAction::Allow, kDeny = RuleAction::Deny;
  const AclAddress any, network = tag(Kind::VirtualNetwork), internet = tag(Kind::Internet);
  const AclAddress balancer{Kind::Service, {}, false, "AzureLoadBalancer"};
  return {
      default_rule("AllowVnetInBound", kIn, 65000, kAllow, network, network,
                   "Allow inbound traffic from all VMs in VNET"),
      default_rule("AllowAzureLoadBalancerInBound", kIn, 65001, kAllow, balancer, any,
                   "Allow inbound traffic from azure load balancer"),
      default_rule("DenyAllInBound", kIn, 65500, kDeny, any, any, "Deny all inbound traffic"),
      default_rule("AllowVnetOutBound", kOut, 65000, kAllow, network, network,
                   "Allow outbound traffic from all VMs to all VMs in VNET"),
      default_rule("AllowInternetOutBound", kOut, 65001, kAllow, any, internet,
                   "Allow outbound traffic from all VMs to Internet"),
      default_rule("DenyAllOutBound", kOut, 65500, kDeny, any, any, "Deny all outbound traffic"),
  };
}

template <class T>
std::vector<T> all_of(const std::vector<T>& several, const T& one) {
  return several.empty() ? std::vector<T>{one} : several;
}

// Blocks that are no Internet: RFC 1918, RFC 6598, RFC 4193, link-local.
constexpr std::array<std::string_view, 7> kPrivateSpace = {
    "10.0.0.0/8",     "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12",
    "192.168.0.0/16", "fc00::/7",      "fe80::/10"};

}  // namespace

std::span<const DefaultSecurityRule> default_security_rules() {
  static const std::vector<DefaultSecurityRule> rules = make_default_rules();
  return rules;
}

std::vector<AclAddress> sources_of(const AclRule& rule) {
  return all_of(rule.azure.sources, rule.source);
}
std::vector<AclAddress> destinations_of(const AclRule& rule) {
  return all_of(rule.azure.destinations, rule.destination);
}
std::vector<AclPorts> source_ports_of(const AclRule& rule) {
  return all_of(rule.azure.source_ports, rule.source_ports);
}
std::vector<AclPorts> destination_ports_of(const AclRule& rule) {
  return all_of(rule.azure.destination_ports, rule.destination_ports);
}

std::string rule_path(const Resource& rule) {
  return fmt::format("securityRules/{}", rule.id.name());
}

std::string default_rule_path(RuleType direction, uint32_t priority) {
  for (const DefaultSecurityRule& row : default_security_rules()) {
    if (row.rule.type == direction && row.rule.priority == priority)
      return fmt::format("defaultSecurityRules/{}", row.name);
  }
  return {};
}

net::Prefix platform_address() {
  return net::Prefix::host(net::IpAddress::v4(0xA83F'8110));  // 168.63.129.16
}

namespace {

// Adds what Connected peers have, of those that `counts` holds for. One side that is Connected
// tells that both are (a law: peering_laws_test.cc); the other is looked up for subnet peerings
// alone, since this is asked at each change of a peering.
template <class Counts>
void add_peers(const Model& model, const Resource& network, const Counts& counts,
               std::set<net::Prefix>& prefixes) {
  model.each_below(network.id, Kind::Peering, [&](const Resource& peering) {
    const Peering& side = peering.as<Peering>();
    if (side.state != PeeringState::Connected || !counts(peering)) return true;
    const Resource* remote = model.find(side.remote_virtual_network);
    const auto space = is_subnet_peering(peering) && remote != nullptr
                           ? peered_prefixes(model, peering, *remote)
                           : side.azure.remote_address_space;
    prefixes.insert(space.begin(), space.end());
    return true;
  });
}

}  // namespace

std::vector<net::Prefix> virtual_network_tag(const Model& model, const Viewpoint& from) {
  std::set<net::Prefix> prefixes = {platform_address()};
  const auto& own = from.network.as<VirtualNetwork>().address_space;
  prefixes.insert(own.begin(), own.end());
  add_peers(
      model, from.network,
      [&](const Resource& peering) {
        return peering.as<Peering>().allow_virtual_network_access &&
               takes_part(model, peering, from.subnet);
      },
      prefixes);
  for (const GatewayRoute& route : gateway_routes(model, from.network)) {
    if (route.peering == nullptr || takes_part(model, *route.peering, from.subnet))
      prefixes.insert(route.prefix);
  }
  if (from.route_table != nullptr) {
    for (const Resource* route : model.below(from.route_table->id, Kind::Route))
      prefixes.insert(route->as<Route>().prefix);
  }
  return {prefixes.begin(), prefixes.end()};
}

std::vector<net::Prefix> prefixes_without_access(const Model& model, const Resource& network) {
  std::set<net::Prefix> prefixes;
  add_peers(
      model, network,
      [](const Resource& peering) { return !peering.as<Peering>().allow_virtual_network_access; },
      prefixes);
  return {prefixes.begin(), prefixes.end()};
}

std::vector<net::Prefix> never_internet(const Model& model, const Resource& network) {
  std::set<net::Prefix> prefixes;
  for (const std::string_view text : kPrivateSpace) prefixes.insert(*net::Prefix::parse(text));
  add_peers(
      model, network, [](const Resource&) { return true; }, prefixes);
  return {prefixes.begin(), prefixes.end()};
}

}  // namespace isthmus
