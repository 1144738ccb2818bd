// Route tables and access lists.
#include <array>

#include "api/control/lab/sections.h"

namespace isthmus::api::lab {
namespace {

constexpr std::array<std::string_view, 3> kRouteMembers = {"prefix", "next", "name"};
constexpr std::array<std::string_view, 9> kRuleMembers = {
    "allow", "deny", "protocol", "port", "from", "to", "fromPort", "priority", "name"};
constexpr std::array<std::string_view, 2> kAccessMembers = {"default", "rules"};
constexpr std::array<std::string_view, 2> kDirections = {"in", "out"};
// Priorities of access control rules, and of Azure's security rules.
struct Priorities {
  uint32_t first;
  uint32_t last;
};
constexpr Priorities kPriorities = {1, 65000};
constexpr Priorities kAzurePriorities = {100, 4096};

constexpr std::string_view kAppliance = "appliance ";
constexpr std::pair<std::string_view, NextHopType> kNextHops[] = {
    {"local", NextHopType::VnetLocal},
    {"gateway", NextHopType::VirtualNetworkGateway},
    {"internet", NextHopType::Internet},
    {"none", NextHopType::None},
    {"appliance ADDRESS", NextHopType::VirtualAppliance},
};

void read_next_hop(Reader& reader, const Spot& spot, LabRoute& route) {
  constexpr std::string_view kWhat = "a next hop";
  const auto written = reader.text(spot, kWhat);
  if (!written) return;
  if (!written->starts_with(kAppliance)) {
    route.next = reader.word<NextHopType>(spot, kWhat, kNextHops).value_or(NextHopType::None);
    return;
  }
  route.next = NextHopType::VirtualAppliance;
  route.address = net::IpAddress::parse(written->substr(kAppliance.size()));
  if (!route.address)
    reader.problem(spot, fmt::format("{} does not name an appliance: write its address, such as "
                                     "'appliance 10.0.0.4'.",
                                     in_quotes(*written)));
}

void read_route(Reading& reading, const Spot& map, LabRouteTable& table) {
  Reader& reader = reading.reader;
  if (!reader.has_only(map, "A route", kRouteMembers)) return;
  reading.place(map);
  LabRoute route;
  const Spot prefix = reader.require(map, "A route", "prefix");
  const Spot next = reader.require(map, "A route", "next");
  if (prefix.node != nullptr)
    route.prefix = reader.value<net::Prefix>(prefix, "an address prefix").value_or(net::Prefix());
  if (next.node != nullptr) read_next_hop(reader, next, route);
  if (const Spot name = Reader::find(map, "name"); name.node != nullptr)
    route.name = reader.name(name, "the name of a route").value_or("");
  table.routes.push_back(std::move(route));
}

constexpr std::pair<std::string_view, RuleType> kRuleTypes[] = {{"in", RuleType::Inbound},
                                                                {"out", RuleType::Outbound}};
constexpr std::pair<std::string_view, RuleProtocol> kProtocols[] = {
    {"any", RuleProtocol::All},   {"tcp", RuleProtocol::Tcp},       {"udp", RuleProtocol::Udp},
    {"icmp", RuleProtocol::Icmp}, {"icmpv6", RuleProtocol::Icmpv6}, {"gre", RuleProtocol::Gre},
    {"esp", RuleProtocol::Esp},
};
constexpr std::pair<std::string_view, RuleProtocol> kAzureProtocols[] = {
    {"any", RuleProtocol::All}, {"tcp", RuleProtocol::Tcp},
    {"udp", RuleProtocol::Udp}, {"icmp", RuleProtocol::Icmp},  // of both families
    {"esp", RuleProtocol::Esp},
};
constexpr std::pair<std::string_view, DefaultAction> kDefaultActions[] = {
    {"allow", DefaultAction::Permit}, {"deny", DefaultAction::Deny}};

void read_ports(Reader& reader, const Spot& spot, AclPorts& ports) {
  constexpr std::string_view kWhat = "a port";
  if (spot.node == nullptr) return;
  const auto written = reader.text_or_number(spot, kWhat);
  if (!written) return;
  const auto parsed = Text<AclPorts>::parse(*written);
  if (parsed) {
    ports = *parsed;
  } else {
    reader.problem(spot,
                   fmt::format("{} is not {}: {}.", in_quotes(*written), kWhat, parsed.error()));
  }
}

void read_address(Reader& reader, const Spot& spot, AclAddress& address) {
  if (spot.node != nullptr)
    address = reader.value<AclAddress>(spot, "an address").value_or(address);
}

void read_action(Reader& reader, const Spot& map, LabRule& rule) {
  const Spot allow = Reader::find(map, "allow");
  const Spot deny = Reader::find(map, "deny");
  if ((allow.node == nullptr) == (deny.node == nullptr))
    return reader.problem(map, "A rule has one of 'allow' and 'deny', with the value in or out.");
  const Spot& action = allow.node != nullptr ? allow : deny;
  rule.action = allow.node != nullptr ? RuleAction::Allow : RuleAction::Deny;
  rule.type = reader.word<RuleType>(action, "a direction", kRuleTypes).value_or(RuleType::Inbound);
}

void read_rule(Reading& reading, const Spot& map, LabAccessList& list) {
  Reader& reader = reading.reader;
  if (!reader.has_only(map, "A rule", kRuleMembers)) return;
  reading.place(map);
  LabRule rule;
  const bool in_azure = reader.realm == Realm::Azure;
  using Protocols = std::span<const std::pair<std::string_view, RuleProtocol>>;
  const Protocols protocols = in_azure ? Protocols(kAzureProtocols) : Protocols(kProtocols);
  const auto [first, last] = in_azure ? kAzurePriorities : kPriorities;
  read_action(reader, map, rule);
  if (const Spot protocol = Reader::find(map, "protocol"); protocol.node != nullptr)
    rule.protocol =
        reader.word<RuleProtocol>(protocol, "a protocol", protocols).value_or(RuleProtocol::All);
  read_ports(reader, Reader::find(map, "port"), rule.ports);
  read_ports(reader, Reader::find(map, "fromPort"), rule.from_ports);
  read_address(reader, Reader::find(map, "from"), rule.from);
  read_address(reader, Reader::find(map, "to"), rule.to);
  if (const Spot priority = reader.require(map, "A rule", "priority"); priority.node != nullptr)
    rule.priority = reader.number(priority, "A priority", first, last).value_or(first);
  if (const Spot name = Reader::find(map, "name"); name.node != nullptr)
    rule.name = reader.name(name, "the name of a rule").value_or("");
  list.rules.push_back(std::move(rule));
}

void read_rules(Reading& reading, const Spot& rules, LabAccessList& list) {
  if (!reading.reader.is_list(rules, "An access list")) return;
  for (size_t i = 0; i < rules.node->elements.size(); ++i)
    read_rule(reading, Reader::element(rules, i), list);
}

void read_default(Reader& reader, const Spot& map, std::string_view direction,
                  std::optional<DefaultAction>& action) {
  const Spot spot = Reader::find(map, direction);
  if (spot.node != nullptr) action = reader.word<DefaultAction>(spot, "a default", kDefaultActions);
}

// Rules alone, or {default: {in: deny}, rules: [...]}.
void read_access_list(Reading& reading, const Spot& spot, LabAccessList& list) {
  Reader& reader = reading.reader;
  if (spot.node->type != NodeType::Map) return read_rules(reading, spot, list);
  if (!reader.has_only(spot, "An access list", kAccessMembers)) return;
  if (const Spot rules = Reader::find(spot, "rules"); rules.node != nullptr)
    read_rules(reading, rules, list);
  const Spot defaults = Reader::find(spot, "default");
  if (defaults.node != nullptr && reader.realm == Realm::Azure)
    return reader.problem(defaults,
                          "A network security group has default rules of its own: leave "
                          "'default' out.");
  if (defaults.node == nullptr || !reader.has_only(defaults, "'default'", kDirections)) return;
  read_default(reader, defaults, "in", list.inbound_default);
  read_default(reader, defaults, "out", list.outbound_default);
}

}  // namespace

void read_routes(Reading& reading, const Spot& section) {
  if (!reading.reader.is_map(section, "'routes'")) return;
  reading.each_member(section, "a route table",
                      [&](const std::string& name, const Spot& spot, Where where) {
                        LabRouteTable table{name, {}};
                        reading.place(spot, where);
                        if (reading.reader.is_list(spot, "A route table")) {
                          for (size_t i = 0; i < spot.node->elements.size(); ++i)
                            read_route(reading, Reader::element(spot, i), table);
                        }
                        reading.document.route_tables.push_back(std::move(table));
                      });
}

void read_access(Reading& reading, const Spot& section) {
  if (!reading.reader.is_map(section, "'access'")) return;
  reading.each_member(section, "an access list",
                      [&](const std::string& name, const Spot& spot, Where where) {
                        LabAccessList list{name, {}, {}, {}};
                        reading.place(spot, where);
                        read_access_list(reading, spot, list);
                        reading.document.access_lists.push_back(std::move(list));
                      });
}

}  // namespace isthmus::api::lab
