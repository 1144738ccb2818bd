#include "api/arm/effective_rules.h"

#include <fmt/format.h>

#include "api/arm/effective_routes.h"
#include "api/json/json_text.h"
#include "controller/model/networks.h"
#include "controller/model/security_rules.h"
#include "controller/model/text.h"

namespace isthmus::api::arm {
namespace {

using json::JsonText;

class Renderer {
 public:
  Renderer(JsonText& out, std::vector<net::Prefix> virtual_network)
      : out_(out), virtual_network_(std::move(virtual_network)) {}

  void group(const Model& model, const Resource& group, std::string_view associated_as,
             const Resource& associated) {
    out_.object();
    out_.key("networkSecurityGroup").object().text("id", group.id.path()).end_object();
    out_.key("association").object().key(associated_as).object();
    out_.text("id", associated.id.path()).end_object().end_object();
    out_.key("effectiveSecurityRules").array();
    for (const DefaultSecurityRule& row : default_security_rules())
      rule(default_rule_path(row.rule.type, row.rule.priority), row.rule);
    for (const Resource* own : model.below(group.id, Kind::AclRule))
      rule(rule_path(*own), own->as<AclRule>());
    out_.end_array();
    out_.end_object();
  }

 private:
  void rule(std::string_view name, const AclRule& rule) {
    out_.object();
    out_.text("name", name);
    const bool is_any = rule.azure.protocol == SecurityProtocol::Any;
    out_.text("protocol", is_any ? "All" : Text<SecurityProtocol>::print(rule.azure.protocol));
    ports("sourcePortRange", source_ports_of(rule));
    ports("destinationPortRange", destination_ports_of(rule));
    addresses("source", "Source", sources_of(rule));
    addresses("destination", "Destination", destinations_of(rule));
    out_.text("access", Text<RuleAction>::print(rule.action));
    out_.number("priority", rule.priority);
    out_.text("direction", Text<RuleType>::print(rule.type));
    out_.end_object();
  }

  // A list, and where it has one element that beside it: "80-80".
  void ports(const std::string& name, const std::vector<AclPorts>& ports) {
    const auto print = [](const AclPorts& one) {
      return fmt::format("{}-{}", one.range.first(), one.range.last());
    };
    if (ports.size() == 1) out_.text(name, print(ports.front()));
    out_.key(name + "s").array();
    for (const AclPorts& one : ports) out_.text(print(one));
    out_.end_array();
  }

  void addresses(const std::string& side, const std::string& side_in_name,
                 const std::vector<AclAddress>& addresses) {
    const auto print = [](const AclAddress& one) {
      return one.kind == AclAddress::Kind::Any ? "0.0.0.0/0" : Text<AclAddress>::print(one);
    };
    if (addresses.size() == 1) out_.text(side + "AddressPrefix", print(addresses.front()));
    out_.key(side + "AddressPrefixes").array();
    for (const AclAddress& one : addresses) out_.text(print(one));
    out_.end_array();
    const auto expanded = expansion(addresses);
    if (expanded.empty()) return;
    out_.key("expanded" + side_in_name + "AddressPrefix").array();
    for (const net::Prefix& prefix : expanded) out_.text(prefix.to_string());
    out_.end_array();
  }

  std::vector<net::Prefix> expansion(const std::vector<AclAddress>& addresses) const {
    std::vector<net::Prefix> prefixes;
    for (const AclAddress& one : addresses) {
      if (one.kind == AclAddress::Kind::VirtualNetwork)
        prefixes.insert(prefixes.end(), virtual_network_.begin(), virtual_network_.end());
      if (one.service == "AzureLoadBalancer") prefixes.push_back(platform_address());
    }
    return prefixes;
  }

  JsonText& out_;
  const std::vector<net::Prefix> virtual_network_;
};

}  // namespace

std::string effective_rules_text(const Model& model, const Resource& interface) {
  JsonText out;
  out.object().key("value").array();
  if (const Resource* subnet = primary_subnet(model, interface)) {
    const auto find = [&model](const ResourceId& id) {
      return id.empty() ? nullptr : model.find(id);
    };
    Renderer renderer(out, virtual_network_tag(model, viewpoint_of(model, *subnet)));
    if (const Resource* group = find(subnet->as<Subnet>().access_control_list))
      renderer.group(model, *group, "subnet", *subnet);
    if (const Resource* group = find(interface.as<NetworkInterface>().azure.security_group))
      renderer.group(model, *group, "networkInterface", interface);
  }
  return out.end_array().end_object().take();
}

}  // namespace isthmus::api::arm
