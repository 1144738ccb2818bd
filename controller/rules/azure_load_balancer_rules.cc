// What Azure asks of public addresses and load balancers beyond what both realms do. The codes and
// texts are Azure's where they are known: reported by users of az and Terraform.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "controller/model/text.h"
#include "controller/rules/azure_limits.h"
#include "controller/rules/azure_private_address.h"
#include "controller/rules/load_balancer_rules.h"

namespace isthmus {
namespace {

struct SkusOf {
  Kind kind;
  std::array<std::string_view, 3> names;
};
constexpr SkusOf kSkus[] = {
    {Kind::PublicIpAddress, {"Basic", "Standard", "StandardV2"}},
    {Kind::LoadBalancer, {"Basic", "Standard", "Gateway"}},
};
constexpr std::array<std::string_view, 2> kTiers = {"Regional", "Global"};

template <size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [name](std::string_view known) { return equal_ignoring_case(known, name); });
}

std::optional<Violation> has_an_unknown_sku(const Proposal& p) {
  const Sku sku = sku_of(p.now);
  for (const SkusOf& row : kSkus) {
    if (row.kind != p.now.kind()) continue;
    const bool known_name = is_one_of(row.names, sku.name);
    if (known_name && is_one_of(kTiers, sku.tier)) continue;
    return Violation{
        known_name ? "/sku/tier" : "/sku/name",
        fmt::format("{} is not a sku {} of {}.", in_quotes(known_name ? sku.tier : sku.name),
                    known_name ? "tier" : "name", azure_type(p.now.kind())),
        known_name ? fmt::format("Use one of {}.", fmt::join(kTiers, ", "))
                   : fmt::format("Use one of {}.", fmt::join(row.names, ", "))};
  }
  return std::nullopt;
}

bool is_basic(const Resource& resource) {
  return equal_ignoring_case(sku_of(resource).name, "Basic");
}

std::optional<Violation> has_zones_in_basic(const Proposal& p) {
  if (!is_basic(p.now) || !p.now.annotations || p.now.annotations->zones.empty())
    return std::nullopt;
  return Violation{"/zones",
                   fmt::format("Zones not allowed in basic SKU resource {} in this region. Please "
                               "use standard SKU.",
                               p.now.id.path()),
                   ""};
}

std::optional<Violation> is_standard_and_dynamic(const Proposal& p) {
  if (is_basic(p.now) || p.body<PublicIpAddress>().allocation == Allocation::Static)
    return std::nullopt;
  return Violation{"/properties/publicIPAllocationMethod",
                   fmt::format("Standard sku publicIp {} must have AllocationMethod set to Static.",
                               p.now.id.path()),
                   ""};
}

std::optional<Violation> has_the_label_of_another(const Proposal& p) {
  const auto& dns = p.body<PublicIpAddress>().azure.dns;
  if (!dns || dns->fqdn.empty()) return std::nullopt;
  for (const ResourcePtr& other : p.after.collection(Kind::PublicIpAddress, Realm::Azure)) {
    const auto& theirs = other->as<PublicIpAddress>().azure.dns;
    if (other->serial == p.now.serial || !theirs || theirs->fqdn != dns->fqdn) continue;
    return Violation{"/properties/dnsSettings/domainNameLabel",
                     fmt::format("DNS record {} is already used by another public IP.", dns->fqdn),
                     ""};
  }
  return std::nullopt;
}

std::optional<Violation> skus_differ(const Resource& balancer, const Resource& address,
                                     std::string pointer) {
  if (is_basic(balancer) == is_basic(address)) return std::nullopt;
  return Violation{std::move(pointer),
                   fmt::format("{} sku load balancer {} cannot reference {} sku publicIP {}.",
                               sku_of(balancer).name, balancer.id.path(), sku_of(address).name,
                               address.id.path()),
                   ""};
}

std::optional<Violation> differs_from_its_balancer(const Proposal& p) {
  for (const Resource* frontend : p.after.referrers(p.now, Kind::FrontendIpConfiguration)) {
    const Resource& balancer = *p.after.find(frontend->id.parent());
    if (auto found = skus_differ(balancer, p.now, "/sku/name")) return found;
  }
  return std::nullopt;
}

std::optional<Violation> differs_from_its_addresses(const Proposal& p) {
  for (const Resource* frontend : p.after.below(p.now.id, Kind::FrontendIpConfiguration)) {
    const ResourceId& id = frontend->as<FrontendIpConfiguration>().public_ip_address;
    const Resource* address = id.empty() ? nullptr : p.after.find(id);
    if (address == nullptr) continue;
    if (auto found = skus_differ(p.now, *address, "/sku/name")) return found;
  }
  return std::nullopt;
}

std::optional<Violation> differs_from_its_address(const Proposal& p) {
  const ResourceId& id = p.body<FrontendIpConfiguration>().public_ip_address;
  const Resource* address = id.empty() ? nullptr : p.after.find(id);
  if (address == nullptr) return std::nullopt;
  return skus_differ(p.parent(), *address, "/properties/publicIPAddress/id");
}

constexpr std::array kPublicIpAddressRules = {
    kRegionRule<Kind::PublicIpAddress>,
    Rule{"Azure: a sku is one of the type", ErrorCode::InvalidResourceSku, &has_an_unknown_sku},
    Rule{"Azure: a Standard public address is Static",
         ErrorCode::StandardSkuPublicIPAddressesMustBeStatic, &is_standard_and_dynamic},
    Rule{"Azure: only Standard has zones", ErrorCode::ZonesNotAllowedInBasicSkuResource,
         &has_zones_in_basic},
    Rule{"an idle timeout is in range", ErrorCode::InvalidParameterValue,
         &idle_timeout_out_of_range<PublicIpAddress>},
    Rule{"Azure: a domain name label is used once in a region", ErrorCode::DnsRecordInUse,
         &has_the_label_of_another},
    Rule{"Azure: a public address keeps the sku of its load balancer",
         ErrorCode::PublicIPAndLBSkuDoNotMatch, &differs_from_its_balancer},
};

constexpr std::array kLoadBalancerRules = {
    kRegionRule<Kind::LoadBalancer>,
    Rule{"Azure: a sku is one of the type", ErrorCode::InvalidResourceSku, &has_an_unknown_sku},
    Rule{"Azure: a load balancer has the sku of its public addresses",
         ErrorCode::PublicIPAndLBSkuDoNotMatch, &differs_from_its_addresses},
};

constexpr auto kFrontendRules = joined(
    std::array{
        Rule{"a frontend has an address", ErrorCode::InvalidParameterValue, &frontend_is_nowhere},
        Rule{"a frontend is public or private", ErrorCode::InvalidParameterValue,
             &frontend_is_in_two_places},
        Rule{"Azure: a frontend has the sku of its public address",
             ErrorCode::PublicIPAndLBSkuDoNotMatch, &differs_from_its_address}},
    azure_private_address::kRules<FrontendIpConfiguration>);

std::optional<Violation> lists_an_address_of_no_network(const Proposal& p) {
  const BackendAddressPool& pool = p.body<BackendAddressPool>();
  for (size_t i = 0; i < pool.addresses.size(); ++i) {
    const BackendAddress& place = pool.addresses[i];
    const bool has_network =
        !place.virtual_network.empty() || !place.subnet.empty() || !pool.virtual_network.empty();
    if (!place.address || has_network) continue;
    return Violation{fmt::format("/properties/loadBalancerBackendAddresses/{}", i),
                     fmt::format("Backend address '{}' of {} is {} in no virtual network.",
                                 place.name, p.now.id.path(), place.address->to_string()),
                     "Give its virtualNetwork, or that of the pool."};
  }
  return std::nullopt;
}

constexpr std::array kBackendPoolRules = {
    Rule{"Azure: a listed backend address is of a network", ErrorCode::InvalidParameterValue,
         &lists_an_address_of_no_network},
};

}  // namespace

std::span<const Rule> azure_public_ip_address_rules() { return kPublicIpAddressRules; }
std::span<const Rule> azure_load_balancer_rules() { return kLoadBalancerRules; }
std::span<const Rule> azure_frontend_rules() { return kFrontendRules; }
std::span<const Rule> azure_backend_pool_rules() { return kBackendPoolRules; }

}  // namespace isthmus
