// A lab document as YAML text: one line for most things, so that a diff of two exports reads well.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "api/control/lab/export.h"
#include "api/control/lab/tree.h"
#include "controller/model/text.h"

namespace isthmus::api::lab {
namespace {

// Words that YAML 1.1 readers take for truth values.
constexpr std::array<std::string_view, 6> kTruths = {"y", "n", "yes", "no", "on", "off"};

// A scalar as the reader will read it back: plain where that is the same text.
std::string scalar(std::string_view text) {
  const bool is_truth = std::any_of(kTruths.begin(), kTruths.end(), [text](std::string_view word) {
    return equal_ignoring_case(word, text);
  });
  const bool is_plain = !is_truth && resolve_plain(text) == NodeType::Text &&
                        std::all_of(text.begin(), text.end(), [](char c) {
                          return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                 (c >= 'A' && c <= 'Z') ||
                                 std::string_view("._/-@%").find(c) != std::string_view::npos;
                        });
  return is_plain ? std::string(text)
                  : fmt::format("\"{}\"", text);  // nothing here needs an escape
}

// {key: value, key: value}
class FlowMap {
 public:
  FlowMap& add(std::string_view key, std::string_view value) {
    return add_as_is(key, scalar(value));
  }
  FlowMap& add_as_is(std::string_view key, std::string_view value) {
    text_ += fmt::format("{}{}: {}", text_.empty() ? "" : ", ", key, value);
    return *this;
  }
  FlowMap& add_unless_empty(std::string_view key, std::string_view value) {
    return value.empty() ? *this : add(key, value);
  }
  std::string text() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

template <class Items, class Print>
std::string flow_list(const Items& items, const Print& print_item) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ", ") + print_item(item);
  return "[" + text + "]";
}

void print_network(std::string& out, const LabNetwork& network) {
  const std::string prefixes =
      flow_list(network.prefixes, [](net::Prefix prefix) { return scalar(prefix.to_string()); });
  out += fmt::format("  {}:\n    prefixes: {}\n", scalar(network.name), prefixes);
  if (!network.location.empty()) out += fmt::format("    location: {}\n", scalar(network.location));
  if (!network.subnets.empty()) out += "    subnets:\n";
  for (const LabSubnet& subnet : network.subnets) {
    std::string value = scalar(subnet.prefix.to_string());
    if (!subnet.routes.empty() || !subnet.acl.empty()) {
      value = FlowMap()
                  .add_as_is("prefix", value)
                  .add_unless_empty("routes", subnet.routes)
                  .add_unless_empty("acl", subnet.acl)
                  .text();
    }
    out += fmt::format("      {}: {}\n", scalar(subnet.name), value);
  }
}

bool is_side_word(std::string_view name) { return name == "both" || name == "none"; }

// Two sides that one line can say.
bool is_pair(const LabPeering& there, const LabPeering& back) {
  return there.from == back.to && there.to == back.from && there.name.empty() &&
         back.name.empty() && there.subnets == back.subnets && there.only_ipv6 == back.only_ipv6 &&
         there.from != there.to && !is_side_word(there.from) && !is_side_word(there.to);
}

void add_subnets(FlowMap& map, const LabPeering& side) {
  if (!side.subnets.empty())
    map.add_as_is("subnets",
                  flow_list(side.subnets, [](const std::string& s) { return scalar(s); }));
  if (side.only_ipv6) map.add_as_is("onlyIpv6", "true");
}

std::string pair_text(const LabPeering& there, const LabPeering& back) {
  FlowMap map;
  map.add_as_is("between", fmt::format("[{}, {}]", scalar(there.from), scalar(there.to)));
  for (const LabPeeringFlag& flag : kLabPeeringFlags) {
    const bool usual = LabPeeringFlags{}.*flag.field;
    const bool first = there.flags.*flag.field;
    const bool second = back.flags.*flag.field;
    if (first == usual && second == usual) continue;
    map.add(flag.key, first && second ? "both" : first ? there.from : second ? back.from : "none");
  }
  add_subnets(map, there);
  return map.text();
}

std::string side_text(const LabPeering& side) {
  FlowMap map;
  map.add("from", side.from).add("to", side.to).add_unless_empty("name", side.name);
  for (const LabPeeringFlag& flag : kLabPeeringFlags) {
    if (side.flags.*flag.field != LabPeeringFlags{}.*flag.field)
      map.add_as_is(flag.key, side.flags.*flag.field ? "true" : "false");
  }
  add_subnets(map, side);
  return map.text();
}

void print_peerings(std::string& out, const std::vector<LabPeering>& sides) {
  for (size_t i = 0; i < sides.size(); ++i) {
    const bool pair = i + 1 < sides.size() && is_pair(sides[i], sides[i + 1]);
    out += fmt::format("  - {}\n", pair ? pair_text(sides[i], sides[i + 1]) : side_text(sides[i]));
    if (pair) ++i;
  }
}

std::string next_hop(const LabRoute& route) {
  switch (route.next) {
    case NextHopType::VnetLocal:
      return "local";
    case NextHopType::VirtualNetworkGateway:
      return "gateway";
    case NextHopType::Internet:
      return "internet";
    case NextHopType::None:
      return "none";
    case NextHopType::VirtualAppliance:
      break;
  }
  const std::string text = "appliance " + route.address->to_string();
  return route.address->is_v4() ? text : fmt::format("\"{}\"", text);
}

void print_route_table(std::string& out, const LabRouteTable& table) {
  out += fmt::format("  {}:{}\n", scalar(table.name), table.routes.empty() ? " []" : "");
  for (const LabRoute& route : table.routes) {
    FlowMap map;
    map.add("prefix", route.prefix.to_string()).add_as_is("next", next_hop(route));
    out += fmt::format("    - {}\n", map.add_unless_empty("name", route.name).text());
  }
}

std::string protocol_word(RuleProtocol protocol) {
  std::string word = Text<RuleProtocol>::print(protocol);
  std::transform(word.begin(), word.end(), word.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return word;
}

// A single port stands without quotes, as a number.
void add_ports(FlowMap& map, std::string_view key, const AclPorts& ports) {
  if (ports.is_star) return;
  const std::string text = Text<AclPorts>::print(ports);
  map.add_as_is(key, resolve_plain(text) == NodeType::Integer ? text : scalar(text));
}

std::string rule_text(const LabRule& rule) {
  FlowMap map;
  map.add(rule.action == RuleAction::Allow ? "allow" : "deny",
          rule.type == RuleType::Inbound ? "in" : "out");
  if (rule.protocol != RuleProtocol::All) map.add("protocol", protocol_word(rule.protocol));
  if (rule.from.kind != AclAddress::Kind::Any) map.add("from", Text<AclAddress>::print(rule.from));
  add_ports(map, "fromPort", rule.from_ports);
  if (rule.to.kind != AclAddress::Kind::Any) map.add("to", Text<AclAddress>::print(rule.to));
  add_ports(map, "port", rule.ports);
  map.add_as_is("priority", std::to_string(rule.priority));
  return map.add_unless_empty("name", rule.name).text();
}

void add_default(FlowMap& map, std::string_view direction, std::optional<DefaultAction> action) {
  if (action) map.add(direction, *action == DefaultAction::Permit ? "allow" : "deny");
}

void print_access_list(std::string& out, const LabAccessList& list) {
  const bool has_default = list.inbound_default || list.outbound_default;
  const std::string_view indent = has_default ? "      " : "    ";
  const std::string_view none = list.rules.empty() ? " []" : "";
  if (has_default) {
    FlowMap defaults;
    add_default(defaults, "in", list.inbound_default);
    add_default(defaults, "out", list.outbound_default);
    out += fmt::format("  {}:\n    default: {}\n    rules:{}\n", scalar(list.name), defaults.text(),
                       none);
  } else {
    out += fmt::format("  {}:{}\n", scalar(list.name), none);
  }
  for (const LabRule& rule : list.rules) out += fmt::format("{}- {}\n", indent, rule_text(rule));
}

void print_vm(std::string& out, const LabVm& vm) {
  FlowMap map;
  map.add("at", fmt::format("{}/{}", vm.network, vm.subnet));
  if (vm.address) map.add("address", vm.address->to_string());
  if (vm.address && vm.allocation == Allocation::Dynamic) map.add("allocation", "dynamic");
  if (vm.mac) map.add("mac", Text<net::Mac>::print(*vm.mac));
  if (vm.forward) map.add_as_is("forward", "true");
  map.add_unless_empty("acl", vm.acl)
      .add_unless_empty("ipConfiguration", vm.ip_configuration)
      .add_unless_empty("interface", vm.interface)
      .add_unless_empty("host", vm.host);
  out += fmt::format("  {}: {}\n", scalar(vm.name), map.text());
}

void print_link(std::string& out, const LabLink& link) {
  FlowMap map;
  if (link.latency.count() != 0)
    map.add("latency", latency_text(static_cast<uint64_t>(link.latency.count())));
  if (link.loss_ppm != 0) map.add("loss", loss_text(link.loss_ppm));
  if (link.rate_bits_per_second != 0) map.add("rate", rate_text(link.rate_bits_per_second));
  out += fmt::format("  {}: {}\n", scalar(link.a + "-" + link.b), map.text());
}

void print_expectation(std::string& out, const LabExpectation& expectation) {
  FlowMap map;
  map.add("from", expectation.from).add("to", expectation.to);
  if (expectation.port) {
    map.add("port", fmt::format("{}/{}", *expectation.port, expectation.protocol));
  } else if (expectation.protocol != "any") {
    map.add("protocol", expectation.protocol);
  }
  map.add("result", expectation.result == LabResult::Reach ? "reach" : "drop")
      .add_unless_empty("via", expectation.via)
      .add_unless_empty("reason", expectation.reason);
  out += fmt::format("  - {}\n", map.text());
}

template <class Item>
void print_section(std::string& out, std::string_view name, const std::vector<Item>& items,
                   void (*print_item)(std::string&, const Item&)) {
  if (items.empty()) return;
  out += fmt::format("{}:\n", name);
  for (const Item& item : items) print_item(out, item);
}

}  // namespace

std::string print(const LabDocument& document, const std::vector<std::string>& comments) {
  std::string out;
  for (const std::string& comment : comments)
    out += comment.empty() ? "#\n" : fmt::format("# {}\n", comment);
  const bool is_azure = document.realm == Realm::Azure;
  out += fmt::format("version: 1\nrealm: {}\n", is_azure ? "azure" : "onprem");
  if (!document.group.empty()) out += fmt::format("group: {}\n", scalar(document.group));
  print_section(out, "networks", document.networks, &print_network);
  if (!document.peerings.empty()) out += "peerings:\n";
  print_peerings(out, document.peerings);
  print_section(out, "routes", document.route_tables, &print_route_table);
  print_section(out, "access", document.access_lists, &print_access_list);
  print_section(out, "vms", document.vms, &print_vm);
  print_section(out, "links", document.links, &print_link);
  print_section(out, "expect", document.expectations, &print_expectation);
  return out;
}

}  // namespace isthmus::api::lab
