#include <fmt/format.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <set>

#include "controller/program/program.h"

namespace isthmus {
namespace {

// Prints a program with the names of resources in place of their serials.
class CanonicalText {
 public:
  explicit CanonicalText(const Model& model) : model_(model) {}

  std::string name(Serial serial) const {
    const Resource* resource = serial == 0 ? nullptr : model_.find(serial);
    return resource == nullptr ? "-" : resource->id.key();
  }
  template <class Id>
  std::string name_of(Id id) const {
    return name(static_cast<Serial>(id));
  }

  std::string table(const dataplane::TableKey& key) const {
    return fmt::format("{} {}", name_of(key.domain), name(key.route_table));
  }
  std::string action(const dataplane::Action& action) const {
    return fmt::format("{} {} {}", static_cast<int>(action.kind), name_of(action.domain),
                       action.address.to_string());
  }
  std::string policy(const dataplane::PeerPolicy& policy) const {
    std::string text = fmt::format("{} {} {} {}", policy.access_allowed, policy.forwarded_allowed,
                                   name_of(policy.receiver_tag), name_of(policy.access_tag));
    for (const net::Prefix& prefix : policy.source_prefixes) text += " " + prefix.to_string();
    if (policy.lists_judge_forwarded) text += " lists-judge";
    for (const net::Prefix& prefix : policy.unsynchronised_prefixes)
      text += " -" + prefix.to_string();
    if (policy.link)
      text += fmt::format(" link {} {} {}", policy.link->latency.count(), policy.link->loss_ppm,
                          policy.link->rate_bits_per_second);
    return text;
  }
  std::string port(const dataplane::Port& port) const {
    std::string text =
        fmt::format("{} {} {}", port.mac.compact(), port.may_forward, name_of(port.tag));
    text += fmt::format(" {} {}", port.is_router, port.mtu_bytes);
    for (const net::IpAddress& server : port.name_servers) text += " dns " + server.to_string();
    for (const dataplane::PortAddress& address : port.addresses) {
      text += fmt::format(" [{} {} {} {} {} {}]", address.address.to_string(), table(address.table),
                          name_of(address.interface_acl), name_of(address.subnet_acl),
                          address.vni.value(), name_of(address.tag));
      if (address.both_lists_must_permit) text += " both";
      text += fmt::format(" {} {}", address.subnet.to_string(), address.router.to_string());
    }
    return text;
  }
  std::string match(const dataplane::AddressMatch& match) const {
    std::string text = fmt::format("{}:{}", static_cast<int>(match.kind), match.prefix.to_string());
    for (const net::IpAddress& address : match.addresses) text += "," + address.to_string();
    return text;
  }
  std::string access_list(const dataplane::AccessList& list) const {
    const auto action = [](const std::optional<dataplane::AclAction>& a) {
      return a ? static_cast<int>(*a) : -1;
    };
    std::string text =
        fmt::format("{} {}", action(list.inbound_default), action(list.outbound_default));
    for (const dataplane::AclRule& rule : list.rules) {
      text += fmt::format(" [{} {} {} {} {} {} {} {} {}]", rule.priority,
                          static_cast<int>(rule.direction), static_cast<int>(rule.action),
                          rule.protocol ? static_cast<int>(*rule.protocol) : -1, match(rule.source),
                          match(rule.destination), rule.source_ports.to_string(),
                          rule.destination_ports.to_string(), name_of(rule.tag));
      if (rule.is_default) text += " default";
      if (rule.is_logged) text += " logged";
    }
    return text;
  }

 private:
  const Model& model_;
};

}  // namespace

std::string digest(const dataplane::ForwardingProgram& program, const Model& model) {
  const CanonicalText text(model);
  std::multiset<std::string> lines;  // sorted by name, whatever the ids were
  for (const auto& [key, routes] : program.tables) {
    lines.insert(fmt::format("table {}", text.table(key)));
    for (const auto& [prefix, action] : routes) {
      lines.insert(
          fmt::format("route {} {} {}", text.table(key), prefix.to_string(), text.action(action)));
    }
  }
  for (const auto& [key, policy] : program.policies) {
    lines.insert(fmt::format("policy {} {} {}", text.name_of(key.from), text.name_of(key.to),
                             text.policy(policy)));
  }
  for (const auto& [key, port] : program.endpoints) {
    lines.insert(fmt::format("endpoint {} {} {}", text.name_of(key.domain), key.address.to_string(),
                             text.name_of(port)));
  }
  for (const auto& [key, port] : program.ports) {
    lines.insert(fmt::format("port {} {}", text.name_of(key), text.port(port)));
  }
  for (const auto& [key, membership] : program.members)
    lines.insert(fmt::format("member {} {}", text.name_of(key.router), text.name_of(key.member)));
  for (const auto& [key, list] : program.access_lists) {
    lines.insert(fmt::format("list {} {}", text.name_of(key), text.access_list(list)));
  }
  for (const auto& [key, range] : program.ranges) {
    std::string line = fmt::format("range {}", text.table(key));
    for (const net::Prefix& prefix : range.virtual_network) line += " " + prefix.to_string();
    for (const net::Prefix& prefix : range.never_internet) line += " !" + prefix.to_string();
    lines.insert(std::move(line));
  }
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  const XXH128_hash_t hash = XXH3_128bits(all.data(), all.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace isthmus
