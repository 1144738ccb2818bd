// Public addresses, load balancers and what belongs to them. The rules of load balancers are those
// of both realms; what only Azure asks is in azure_load_balancer_rules.cc.
#include "controller/rules/load_balancer_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "controller/model/references.h"
#include "controller/model/text.h"
#include "controller/rules/private_address.h"

namespace isthmus {

std::optional<Violation> idle_minutes_out_of_range(uint32_t minutes) {
  if (minutes >= kIdleMinutesMin && minutes <= kIdleMinutesMax) return std::nullopt;
  return Violation{"/properties/idleTimeoutInMinutes",
                   fmt::format("{} minutes are not an idle timeout.", minutes),
                   fmt::format("Use {} to {}.", kIdleMinutesMin, kIdleMinutesMax)};
}

std::optional<Violation> frontend_is_nowhere(const Proposal& p) {
  const FrontendIpConfiguration& body = p.body<FrontendIpConfiguration>();
  if (!body.public_ip_address.empty() || !body.subnet.empty()) return std::nullopt;
  return Violation{
      "/properties/publicIPAddress",
      fmt::format("Frontend '{}' has neither a public IP address nor a subnet.", p.now.id.name()),
      "Give publicIPAddress, or subnet and privateIPAddress."};
}

std::optional<Violation> frontend_is_in_two_places(const Proposal& p) {
  const FrontendIpConfiguration& body = p.body<FrontendIpConfiguration>();
  if (body.public_ip_address.empty() || body.subnet.kind() != Kind::Subnet) return std::nullopt;
  return Violation{
      "/properties/subnet",
      fmt::format("Frontend '{}' has a public IP address and a place in virtual subnet '{}'.",
                  p.now.id.name(), body.subnet.name()),
      "Make two frontends of it."};
}

namespace {

bool in_azure(const Proposal& p) { return p.now.id.realm() == Realm::Azure; }

std::optional<Violation> public_address_is_missing(const Proposal& p) {
  const PublicIpAddress& body = p.body<PublicIpAddress>();
  if (body.allocation == Allocation::Dynamic || body.address) return std::nullopt;
  return Violation{"/properties/ipAddress",
                   fmt::format("Public IP address '{}' has a Static allocation and no address.",
                               p.now.id.name()),
                   "Give ipAddress, or let publicIPAllocationMethod be Dynamic."};
}

std::optional<Violation> public_address_is_of_another_version(const Proposal& p) {
  const PublicIpAddress& body = p.body<PublicIpAddress>();
  if (!body.address || body.address->is_v4() == (body.version == IpVersion::IPv4))
    return std::nullopt;
  return Violation{"/properties/ipAddress",
                   fmt::format("{} is not an {} address.", body.address->to_string(),
                               Text<IpVersion>::print(body.version)),
                   "Set publicIPAddressVersion."};
}

std::optional<Violation> public_address_is_taken(const Proposal& p) {
  const PublicIpAddress& body = p.body<PublicIpAddress>();
  if (!body.address) return std::nullopt;
  for (const Resource* other : p.after.public_addresses_with(*body.address)) {
    if (other->serial == p.now.serial) continue;
    return Violation{
        "/properties/ipAddress",
        fmt::format("{} is the address of '{}'.", body.address->to_string(), other->id.path()), ""};
  }
  return std::nullopt;
}

constexpr std::array kPublicIpAddressRules = {
    Rule{"a static public address is given", ErrorCode::InvalidParameterValue,
         &public_address_is_missing},
    Rule{"a public address is of its version", ErrorCode::InvalidParameterValue,
         &public_address_is_of_another_version},
    Rule{"a public address is given once", ErrorCode::AddressInUse, &public_address_is_taken},
    Rule{"an idle timeout is in range", ErrorCode::InvalidParameterValue,
         &idle_timeout_out_of_range<PublicIpAddress>},
};

constexpr auto kFrontendRules = joined(
    std::array{
        Rule{"a frontend has an address", ErrorCode::InvalidParameterValue, &frontend_is_nowhere},
        Rule{"a frontend is public or private", ErrorCode::InvalidParameterValue,
             &frontend_is_in_two_places}},
    private_address::kRules<FrontendIpConfiguration>);

template <class B>
std::optional<Violation> has_no_frontend(const Proposal& p) {
  if (!p.body<B>().frontends.empty()) return std::nullopt;
  const bool is_list = !in_azure(p) || p.now.kind() == Kind::OutboundNatRule;
  return Violation{fmt::format("/properties/frontendIPConfiguration{}", is_list ? "s" : ""),
                   fmt::format("{} '{}' has no frontend.", sentence_start(info(p.now.kind()).noun),
                               p.now.id.name()),
                   "Name at least one frontend of its load balancer."};
}

// What a rule names lies in its own load balancer. The interfaces behind a NAT rule lie elsewhere.
std::optional<Violation> reaches_into_another(const Proposal& p) {
  std::optional<Violation> found;
  for_each_reference(
      p.now.id.realm(), p.now.body, [&](const ResourceId& target, const ReferenceMember& member) {
        if (found || target.kind() == Kind::IpConfiguration || p.parent().id.contains(target))
          return;
        found = Violation{member.pointer(),
                          fmt::format("{} belongs to another load balancer than {} '{}'.",
                                      target.path(), info(p.now.kind()).noun, p.now.id.name()),
                          ""};
      });
  return found;
}

bool has_ports(BalancedProtocol protocol) {
  return protocol == BalancedProtocol::Tcp || protocol == BalancedProtocol::Udp;
}

template <class B>
std::optional<Violation> has_no_ports(const Proposal& p) {
  const B& b = p.body<B>();
  const bool frontend = b.frontend_port.value_or(0) != 0;
  const bool backend = b.backend_port.value_or(0) != 0;
  if (!has_ports(b.protocol) || (frontend && backend)) return std::nullopt;
  return Violation{frontend ? "/properties/backendPort" : "/properties/frontendPort",
                   fmt::format("{} '{}' balances {} and needs a port from 1 to 65535.",
                               sentence_start(info(p.now.kind()).noun), p.now.id.name(),
                               Text<BalancedProtocol>::print(b.protocol)),
                   ""};
}

const FrontendListener* listener_of(const Resource& rule) {
  if (const auto* balancing = rule.body.get_if<LoadBalancingRule>()) return balancing;
  return rule.body.get_if<InboundNatRule>();
}

// All packets of a protocol without ports are one place to listen at.
bool listens_as(const FrontendListener& a, const FrontendListener& b) {
  return a.protocol == b.protocol && (!has_ports(a.protocol) || a.frontend_port == b.frontend_port);
}

// Two rules of one frontend listen on different ports.
template <class B>
std::optional<Violation> listens_where_another_does(const Proposal& p) {
  const FrontendListener& mine = p.body<B>();
  for (const ResourceId& id : mine.frontends) {
    const Resource* frontend = p.after.find(id);
    if (frontend == nullptr) continue;
    for (const Resource* other : p.after.referrers(*frontend)) {
      const FrontendListener* theirs = listener_of(*other);
      if (other->serial == p.now.serial || theirs == nullptr || !listens_as(mine, *theirs))
        continue;
      const bool by_port = has_ports(mine.protocol);
      return Violation{by_port ? "/properties/frontendPort" : "/properties/protocol",
                       fmt::format("{}{} of frontend '{}' already leads to '{}'.",
                                   Text<BalancedProtocol>::print(mine.protocol),
                                   by_port ? fmt::format(" {}", *mine.frontend_port) : "",
                                   id.name(), other->id.path()),
                       by_port ? "Use another port or another frontend." : "Use another frontend."};
    }
  }
  return std::nullopt;
}

template <class B>
std::optional<Violation> has_a_protocol_that_azure_does_not_balance(const Proposal& p) {
  const BalancedProtocol protocol = p.body<B>().protocol;
  if (!in_azure(p) || has_ports(protocol) || protocol == BalancedProtocol::All) return std::nullopt;
  return Violation{
      "/properties/protocol",
      fmt::format("{} {} has the protocol {}.", sentence_start(info(p.now.kind()).noun),
                  p.now.id.path(), Text<BalancedProtocol>::print(protocol)),
      "Use one of Tcp, Udp, All."};
}

template <class B>
constexpr Rule kProtocolRule = {"Azure: a load balancer takes Tcp, Udp or All",
                                ErrorCode::InvalidParameterValue,
                                &has_a_protocol_that_azure_does_not_balance<B>};

template <class B>
constexpr std::array kListenerRules = {
    kProtocolRule<B>,
    Rule{"a rule has a frontend", ErrorCode::InvalidParameterValue, &has_no_frontend<B>},
    Rule{"a rule stays in its load balancer", ErrorCode::InvalidParameterValue,
         &reaches_into_another},
    Rule{"a rule of TCP or UDP has ports", ErrorCode::InvalidParameterValue, &has_no_ports<B>},
    Rule{"a port of a frontend leads to one place", ErrorCode::InvalidParameterValue,
         &listens_where_another_does<B>},
    Rule{"an idle timeout is in range", ErrorCode::InvalidParameterValue,
         &idle_timeout_out_of_range<B>},
};

std::optional<Violation> outbound_idle_timeout_out_of_range(const Proposal& p) {
  return idle_minutes_out_of_range(p.body<OutboundNatRule>().azure.idle_timeout_minutes);
}

constexpr std::array kOutboundNatRules = {
    kProtocolRule<OutboundNatRule>,
    Rule{"an outbound rule has a frontend", ErrorCode::InvalidParameterValue,
         &has_no_frontend<OutboundNatRule>},
    Rule{"an outbound rule stays in its load balancer", ErrorCode::InvalidParameterValue,
         &reaches_into_another},
    Rule{"an idle timeout is in range", ErrorCode::InvalidParameterValue,
         &outbound_idle_timeout_out_of_range},
};

constexpr uint32_t kProbeIntervalMin = 5;
constexpr uint32_t kProbesMin = 11;
constexpr uint32_t kAzureProbesMin = 1;

std::optional<Violation> probe_is_too_eager(const Proposal& p) {
  const Probe& probe = p.body<Probe>();
  const uint32_t count_min = in_azure(p) ? kAzureProbesMin : kProbesMin;
  const bool interval = probe.interval_seconds >= kProbeIntervalMin;
  if (interval && probe.count >= count_min) return std::nullopt;
  return Violation{interval ? "/properties/numberOfProbes" : "/properties/intervalInSeconds",
                   fmt::format("Probe '{}' asks every {} s and gives up after {}.", p.now.id.name(),
                               probe.interval_seconds, probe.count),
                   fmt::format("Use at least {} s and {} probes.", kProbeIntervalMin, count_min)};
}

std::optional<Violation> probe_asks_for_nothing(const Proposal& p) {
  if (p.body<Probe>().port != 0) return std::nullopt;
  return Violation{"/properties/port", fmt::format("Probe '{}' names no port.", p.now.id.name()),
                   "Give a port from 1 to 65535."};
}

std::optional<Violation> probe_asks_over_https(const Proposal& p) {
  if (in_azure(p) || p.body<Probe>().protocol != ProbeProtocol::Https) return std::nullopt;
  return Violation{
      "/properties/protocol",
      fmt::format("Probe '{}' asks over HTTPS, which only Azure does.", p.now.id.name()),
      "Use TCP or HTTP."};
}

std::optional<Violation> probe_asks_for_no_page(const Proposal& p) {
  const Probe& probe = p.body<Probe>();
  if (!in_azure(p) || probe.protocol == ProbeProtocol::Tcp || !probe.request_path.empty())
    return std::nullopt;
  return Violation{"/properties/requestPath",
                   fmt::format("Probe {} asks over {} and names no path.", p.now.id.path(),
                               Text<ProbeProtocol>::print(probe.protocol)),
                   "Give requestPath."};
}

constexpr std::array kProbeRules = {
    Rule{"a probe asks over TCP or HTTP", ErrorCode::InvalidParameterValue, &probe_asks_over_https},
    Rule{"Azure: a probe of pages names one", ErrorCode::InvalidParameterValue,
         &probe_asks_for_no_page},
    Rule{"a probe knows what to ask", ErrorCode::InvalidParameterValue, &probe_asks_for_nothing},
    Rule{"a probe leaves its host time", ErrorCode::InvalidParameterValue, &probe_is_too_eager},
};

}  // namespace

std::span<const Rule> public_ip_address_rules() { return kPublicIpAddressRules; }
std::span<const Rule> frontend_rules() { return kFrontendRules; }
std::span<const Rule> load_balancing_rule_rules() { return kListenerRules<LoadBalancingRule>; }
std::span<const Rule> inbound_nat_rule_rules() { return kListenerRules<InboundNatRule>; }
std::span<const Rule> outbound_nat_rule_rules() { return kOutboundNatRules; }
std::span<const Rule> probe_rules() { return kProbeRules; }

}  // namespace isthmus
