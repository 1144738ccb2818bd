#include "api/arm/watcher.h"

#include <optional>

#include "api/arm/effective_routes.h"
#include "api/arm/watcher_question.h"
#include "api/json/json_text.h"
#include "controller/model/networks.h"
#include "controller/model/security_rules.h"
#include "controller/model/text.h"
#include "dataplane/pipeline/pipeline.h"

namespace isthmus {

enum class VerifiedProtocol : uint8_t { Tcp, Udp };
template <>
inline constexpr auto kNames<VerifiedProtocol> = names("TCP", "UDP");

namespace api::arm {
namespace {

using json::JsonText;

constexpr std::string_view kSystemRoute = "System Route";  // in place of a route table's id

struct NextHopQuestion {
  std::string target;
  std::string interface;
  net::IpAddress source;
  net::IpAddress destination;
};
void describe(json::JsonReader& v, NextHopQuestion& b) {
  v.member("targetResourceId", b.target, Presence::Required);
  v.member("sourceIPAddress", b.source, Presence::Required);
  v.member("destinationIPAddress", b.destination, Presence::Required);
  v.member("targetNicResourceId", b.interface, Presence::Optional);
}

// Network Watcher says VirtualNetwork of what effective routes call VnetLocal.
std::string_view watched_type(const Model& model, const RouteCandidate& route) {
  return route.next_hop == NextHop::VnetLocal ? "VirtualNetwork" : next_hop_type(model, route);
}

struct FlowQuestion {
  std::string target;
  std::string interface;
  RuleType direction = RuleType::Inbound;
  VerifiedProtocol protocol = VerifiedProtocol::Tcp;
  net::IpAddress local;
  net::IpAddress remote;
  AclPorts local_port;
  AclPorts remote_port;
};
void describe(json::JsonReader& v, FlowQuestion& b) {
  v.member("targetResourceId", b.target, Presence::Required);
  v.member("direction", b.direction, Presence::Required);
  v.member("protocol", b.protocol, Presence::Required);
  v.member("localIPAddress", b.local, Presence::Required);
  v.member("localPort", b.local_port, Presence::Required);
  v.member("remoteIPAddress", b.remote, Presence::Required);
  v.member("remotePort", b.remote_port, Presence::Required);
  v.member("targetNicResourceId", b.interface, Presence::Optional);
}

net::FlowKey flow_of(const FlowQuestion& question) {
  const bool is_inbound = question.direction == RuleType::Inbound;
  const net::FlowKey sent{
      question.local, question.remote,
      question.protocol == VerifiedProtocol::Tcp ? net::IpProtocol::Tcp : net::IpProtocol::Udp,
      question.local_port.range.first(), question.remote_port.range.first()};
  return is_inbound ? sent.reversed() : sent;
}

const dataplane::PortAddress* port_address(const dataplane::Tables& tables, const Source& source) {
  const dataplane::Port* port = tables.port(dataplane::PortId{source.interface->serial});
  if (port == nullptr) return nullptr;
  for (const dataplane::PortAddress& address : port->addresses) {
    if (address.address == source.address()) return &address;
  }
  return nullptr;
}

// "defaultSecurityRules/DenyAllInBound"
std::string rule_name(const Model& model, const dataplane::AclDecision& decision,
                      RuleType direction) {
  if (decision.is_default_rule) return default_rule_path(direction, decision.priority);
  const Resource* rule = model.find(static_cast<Serial>(decision.tag));
  return rule == nullptr || rule->kind() != Kind::AclRule ? "" : rule_path(*rule);
}

}  // namespace

Result<std::string> next_hop(const Question& question) {
  const auto body = read_body<NextHopQuestion>(question, "next hop");
  if (!body) return tl::unexpected(body.error());
  const Model& model = question.model;
  const auto source = find_source(model, body->target, body->interface);
  if (!source) return tl::unexpected(source.error());
  const Resource& subnet = *model.find(source->ip->as<IpConfiguration>().subnet);
  const ResourceId& table = subnet.as<Subnet>().route_table;
  const auto routes = candidates_for(model, viewpoint_of(model, subnet), body->destination);
  JsonText out;
  out.object();
  if (routes.empty()) {
    out.text("nextHopType", "None").text("routeTableId", kSystemRoute);
  } else {
    const RouteCandidate& route = routes.front();
    out.text("nextHopType", watched_type(model, route));
    if (route.next_hop_address) out.text("nextHopIpAddress", route.next_hop_address->to_string());
    out.text("routeTableId",
             route.source == RouteSource::User ? std::string_view(table.path()) : kSystemRoute);
  }
  return out.end_object().take();
}

Result<std::string> verify_ip_flow(const Question& question) {
  const auto body = read_body<FlowQuestion>(question, "IP flow");
  if (!body) return tl::unexpected(body.error());
  if (body->local.family() != body->remote.family())
    return fail(ErrorCode::InvalidParameterValue, "/remoteIPAddress",
                fmt::format("{} and {} are of different address families.", body->local.to_string(),
                            body->remote.to_string()));
  const auto source = find_source(question.model, body->target, body->interface, body->local);
  if (!source) return tl::unexpected(source.error());
  const dataplane::PortAddress* address = port_address(question.tables, *source);
  dataplane::AclDecision decision;
  if (address != nullptr)
    decision =
        dataplane::judge(question.tables, *address,
                         body->direction == RuleType::Inbound ? dataplane::Direction::Inbound
                                                              : dataplane::Direction::Outbound,
                         flow_of(*body));
  JsonText out;
  out.object();
  out.text("access", decision.action == dataplane::AclAction::Permit ? "Allow" : "Deny");
  out.text("ruleName", rule_name(question.model, decision, body->direction));
  out.text("ruleId", "");
  return out.end_object().take();
}

}  // namespace api::arm
}  // namespace isthmus
