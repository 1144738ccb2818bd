// Networks, their subnets and their peerings.
#include <array>
#include <utility>

#include "api/control/lab/sections.h"

namespace isthmus::api::lab {
namespace {

constexpr std::array<std::string_view, 4> kNetworkMembers = {"prefixes", "subnets", "location",
                                                             "realm"};
constexpr std::array<std::string_view, 3> kSubnetMembers = {"prefix", "routes", "acl"};
constexpr std::array<std::string_view, 10> kPeeringMembers = {
    "between", "from",          "to",      "name",    "access", "forwarded",
    "transit", "remoteGateway", "subnets", "onlyIpv6"};

void read_subnet_map(Reading& reading, const Spot& map, LabSubnet& subnet) {
  Reader& reader = reading.reader;
  if (!reader.has_only(map, "A subnet", kSubnetMembers)) return;
  if (const Spot prefix = reader.require(map, "A subnet", "prefix"); prefix.node != nullptr)
    subnet.prefix = reader.value<net::Prefix>(prefix, "an address prefix").value_or(net::Prefix());
  subnet.routes =
      reading.optional_reference(map, "routes", "route table", reading.declared.route_tables);
  subnet.acl = reading.optional_reference(map, "acl", "access list", reading.declared.access_lists);
}

void read_subnets(Reading& reading, const Spot& section, LabNetwork& network) {
  if (!reading.reader.is_map(section, "'subnets'")) return;
  reading.each_member(
      section, "a subnet", [&](const std::string& name, const Spot& spot, Where where) {
        LabSubnet subnet{name, {}, {}, {}};
        reading.place(spot, where);
        if (spot.node->type == NodeType::Text) {
          const auto prefix = reading.reader.value<net::Prefix>(spot, "an address prefix");
          subnet.prefix = prefix.value_or(net::Prefix());
        } else {
          read_subnet_map(reading, spot, subnet);
        }
        network.subnets.push_back(std::move(subnet));
      });
}

void read_prefixes(Reading& reading, const Spot& list, LabNetwork& network) {
  Reader& reader = reading.reader;
  if (!reader.is_list(list, "'prefixes'")) return;
  if (list.node->elements.empty()) reader.problem(list, "A network has at least one prefix.");
  for (size_t i = 0; i < list.node->elements.size(); ++i) {
    const auto prefix = reader.value<net::Prefix>(Reader::element(list, i), "an address prefix");
    if (prefix) network.prefixes.push_back(*prefix);
  }
}

void read_network(Reading& reading, const Spot& map, LabNetwork& network) {
  Reader& reader = reading.reader;
  if (!reader.has_only(map, "A network", kNetworkMembers)) return;
  if (const Spot list = reader.require(map, "A network", "prefixes"); list.node != nullptr)
    read_prefixes(reading, list, network);
  if (const Spot location = Reader::find(map, "location"); location.node != nullptr)
    network.location = reader.name(location, "the name of a location").value_or("");
  if (reader.realm == Realm::Azure) network.location = lower_case(network.location);
  if (const Spot realm = Reader::find(map, "realm"); realm.node != nullptr)
    read_network_realm(reading, realm);
  if (const Spot subnets = Reader::find(map, "subnets"); subnets.node != nullptr)
    read_subnets(reading, subnets, network);
}

// One peering entry on its way to one or two sides.
class PeeringEntry {
 public:
  PeeringEntry(Reading& reading, const Spot& map)
      : reading_(reading), reader_(reading.reader), map_(map) {}

  void read() {
    if (!reader_.has_only(map_, "A peering", kPeeringMembers)) return;
    reading_.place(map_);
    if (Reader::find(map_, "between").node != nullptr) {
      read_both_sides();
    } else {
      read_one_side();
    }
  }

 private:
  void read_both_sides() {
    for (const char* member : {"from", "to", "name"}) {
      const Spot spot = Reader::find(map_, member);
      if (spot.node != nullptr)
        reader_.problem(spot, fmt::format("A peering has 'between' or '{}', not both.", member));
    }
    const Spot list = Reader::find(map_, "between");
    if (!reader_.is_list(list, "'between'")) return;
    if (list.node->elements.size() != 2)
      return reader_.problem(list, "A peering is between two networks: [a, b].");
    const std::string a = network(Reader::element(list, 0));
    const std::string b = network(Reader::element(list, 1));
    LabPeering there{a, b, "", {}, {}, false, map_.pointer};
    read_subnets(there);
    LabPeering back = there;
    std::swap(back.from, back.to);
    for (const LabPeeringFlag& flag : kLabPeeringFlags) read_sides(flag, there, back);
    add(std::move(there));
    add(std::move(back));
  }

  // "both", "none", or the network whose own peering object has the flag.
  void read_sides(const LabPeeringFlag& flag, LabPeering& there, LabPeering& back) {
    const Spot spot = Reader::find(map_, flag.key);
    if (spot.node == nullptr) return;
    const auto written = reader_.text(spot, fmt::format("'{}'", flag.key));
    if (!written) return;
    const bool none = *written == "none";
    const bool both = *written == "both";
    const bool first = !none && equal_ignoring_case(*written, there.from);
    const bool second = !none && equal_ignoring_case(*written, back.from);
    there.flags.*flag.field = both || first;
    back.flags.*flag.field = both || second;
    if (!none && !both && !first && !second)
      reader_.problem(spot,
                      fmt::format("{} is not a side of this peering: use both, none, {} or {}.",
                                  in_quotes(*written), there.from, back.from));
  }

  void read_one_side() {
    const Spot from = reader_.require(map_, "A peering without 'between'", "from");
    const Spot to = reader_.require(map_, "A peering without 'between'", "to");
    if (from.node == nullptr || to.node == nullptr) return;
    LabPeering side{network(from), network(to), "", {}, {}, false, map_.pointer};
    read_subnets(side);
    if (const Spot name = Reader::find(map_, "name"); name.node != nullptr)
      side.name = reader_.name(name, "the name of a peering").value_or("");
    for (const LabPeeringFlag& flag : kLabPeeringFlags) {
      const Spot spot = Reader::find(map_, flag.key);
      if (spot.node == nullptr) continue;
      const auto value = reader_.boolean(spot, fmt::format("'{}' of one side", flag.key));
      side.flags.*flag.field = value.value_or(false);
    }
    add(std::move(side));
  }

  // The same list says both sides: what is of the one network is remote to the other.
  void read_subnets(LabPeering& side) {
    const Spot list = Reader::find(map_, "subnets");
    const Spot only = Reader::find(map_, "onlyIpv6");
    for (const Spot& spot : {list, only}) {
      if (spot.node != nullptr && reader_.realm != Realm::Azure)
        reader_.problem(spot, "Only peerings of the azure realm are of subnets.");
    }
    if (only.node != nullptr) side.only_ipv6 = reader_.boolean(only, "'onlyIpv6'").value_or(false);
    if (list.node == nullptr || !reader_.is_list(list, "'subnets'")) return;
    for (size_t i = 0; i < list.node->elements.size(); ++i) {
      const Spot spot = Reader::element(list, i);
      std::string subnet = reading_.reference(spot, "subnet", reading_.declared.subnets);
      const std::string home = subnet.substr(0, subnet.find('/'));
      if (!subnet.empty() && home != side.from && home != side.to)
        reader_.problem(spot, fmt::format("{} is a subnet of neither network of this peering.",
                                          in_quotes(subnet)));
      side.subnets.push_back(std::move(subnet));
    }
  }

  std::string network(const Spot& spot) {
    return reading_.reference(spot, "network", reading_.declared.networks);
  }

  void add(LabPeering side) {
    const bool is_new = reading_.peerings.emplace(side.from, side.to).second;
    if (!is_new && !side.from.empty() && side.from != side.to)
      reader_.problem(map_, fmt::format("The peering from '{}' to '{}' stands here a second time.",
                                        side.from, side.to));
    reading_.document.peerings.push_back(std::move(side));
  }

  Reading& reading_;
  Reader& reader_;
  const Spot& map_;
};

}  // namespace

constexpr std::pair<std::string_view, Realm> kRealms[] = {{"onprem", Realm::Onprem},
                                                          {"azure", Realm::Azure}};

void read_realm(Reading& reading, const Spot& spot) {
  const auto realm = reading.reader.word<Realm>(spot, "a realm", kRealms);
  reading.document.realm = reading.reader.realm = realm.value_or(Realm::Onprem);
}

void read_network_realm(Reading& reading, const Spot& spot) {
  const auto realm = reading.reader.word<Realm>(spot, "a realm", kRealms);
  if (realm && *realm != reading.document.realm)
    reading.reader.problem(
        spot, "A network is in the realm of its document: write a document for each realm.");
}

void read_group(Reading& reading, const Spot& spot) {
  const auto written = reading.reader.text(spot, "the name of a resource group");
  if (!written) return;
  if (reading.document.realm != Realm::Azure)
    return reading.reader.problem(spot,
                                  "Only the azure realm has resource groups: 'realm: azure'.");
  if (!is_legal_azure_name(Kind::ResourceGroup, *written))
    return reading.reader.problem(
        spot, fmt::format("{} is not the name of a resource group: use 1 to 90 letters, digits, "
                          "'.', '_', '-' or parentheses, not ending with '.'.",
                          in_quotes(*written)));
  reading.document.group = *written;
  reading.place(spot);
}

void read_networks(Reading& reading, const Spot& section) {
  if (!reading.reader.is_map(section, "'networks'")) return;
  reading.each_member(section, "a network",
                      [&](const std::string& name, const Spot& spot, Where where) {
                        LabNetwork network{name, {}, {}, {}};
                        reading.place(spot, where);
                        read_network(reading, spot, network);
                        reading.document.networks.push_back(std::move(network));
                      });
}

void read_peerings(Reading& reading, const Spot& section) {
  if (!reading.reader.is_list(section, "'peerings'")) return;
  for (size_t i = 0; i < section.node->elements.size(); ++i) {
    const Spot entry = Reader::element(section, i);
    PeeringEntry(reading, entry).read();
  }
}

}  // namespace isthmus::api::lab
