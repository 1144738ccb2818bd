// What happens to the first packet of a flow, read off a ForwardingProgram as plainly as possible:
// maps and scans, no tries, no compiled rules, no flows. To hold the pipeline against.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "dataplane/pipeline/pipeline.h"

namespace isthmus::test {

class ForwardOracle {
 public:
  explicit ForwardOracle(const dataplane::ForwardingProgram& program) : program_(program) {}

  struct Answer {
    dataplane::DropReason reason = dataplane::DropReason::None;
    dataplane::PortId out_port{};
  };

  Answer forward(const dataplane::Packet& packet) const {
    using dataplane::Action;
    using dataplane::Direction;
    using dataplane::DropReason;
    const net::FlowKey& flow = packet.flow;
    const auto sender = program_.ports.find(packet.ingress);
    if (sender == program_.ports.end()) return {DropReason::UnknownPort};
    const dataplane::Port& from = sender->second;
    const dataplane::PortAddress* source = nullptr;
    for (const auto& address : from.addresses) {
      if (source == nullptr && address.address == flow.source) source = &address;
    }
    const bool is_own = source != nullptr && packet.source_mac.value_or(from.mac) == from.mac;
    if (!is_own && !from.may_forward) return {DropReason::SpoofedSource};
    if (source == nullptr) source = &from.addresses.at(0);
    if (const Ruling out = rule(*source, Direction::Outbound, flow, false); !out.permits) {
      return {out.is_default_rule ? DropReason::NotInVirtualNetworkTag : DropReason::AclDeny};
    }

    const std::optional<Action> action = route(source->table, flow.destination);
    if (!action) return {DropReason::NoRoute};
    if (action->kind == Action::Kind::None) return {DropReason::Blackhole};
    if (action->kind == Action::Kind::Gateway) return {DropReason::NoGateway};
    if (action->kind == Action::Kind::Internet) return {DropReason::NoInternet};
    const bool is_appliance = action->kind == Action::Kind::Appliance;
    const net::IpAddress hop = is_appliance ? action->address : flow.destination;
    const auto endpoint = program_.endpoints.find({action->domain, hop});
    const dataplane::PortAddress* target = nullptr;
    if (endpoint != program_.endpoints.end())
      target = address_of(endpoint->second, endpoint->first);
    if (target == nullptr) {
      return {is_appliance ? DropReason::ApplianceUnreachable : DropReason::NoEndpoint};
    }
    const dataplane::PortId out = endpoint->second;
    if (is_appliance && !program_.ports.at(out).may_forward) {
      return {DropReason::ApplianceDoesNotForward, out};
    }
    const dataplane::Port& to = program_.ports.at(out);
    if (packet.packet_bytes > to.mtu_bytes) return {DropReason::PacketTooBig, out};
    const bool is_differently_placed =
        is_appliance || source->vni != target->vni || source->table.domain != target->table.domain;
    const bool is_routed = is_differently_placed && !from.is_router && !to.is_router;
    if (is_routed && packet.ttl <= 1) return {DropReason::TtlExceeded, out};
    const DropReason refusal = cross(source->table.domain, action->domain, flow.source);
    const bool lists_judge =
        refusal == DropReason::ForwardedTrafficNotAllowed &&
        program_.policies.at({source->table.domain, action->domain}).lists_judge_forwarded;
    if (refusal != DropReason::None && !lists_judge) return {refusal, out};
    const Ruling in = rule(*target, Direction::Inbound, flow, lists_judge);
    const bool is_echo = flow.is_icmp() && !packet.is_fragment &&
                         flow.destination_port == (flow.source.is_v4() ? 0x0800 : 0x8000);
    if (in.permits && to.is_router && !is_echo) return {DropReason::RouterRefuses, out};
    if (in.permits) return {DropReason::None, out};
    if (!in.is_default_rule || source->table.domain == action->domain)
      return {DropReason::AclDeny, out};
    return {lists_judge ? refusal : DropReason::NotInVirtualNetworkTag, out};
  }

 private:
  const dataplane::PortAddress* address_of(dataplane::PortId id,
                                           const dataplane::EndpointKey& key) const {
    const auto port = program_.ports.find(id);
    if (port == program_.ports.end()) return nullptr;
    for (const auto& address : port->second.addresses) {
      if (address.address == key.address && address.table.domain == key.domain) return &address;
    }
    return nullptr;
  }

  std::optional<dataplane::Action> route(const dataplane::TableKey& key,
                                         const net::IpAddress& address) const {
    const auto table = program_.tables.find(key);
    std::optional<dataplane::Action> best;
    if (table == program_.tables.end()) return best;
    int longest = -1;
    for (const auto& [prefix, action] : table->second) {
      if (!prefix.contains(address) || prefix.length() <= longest) continue;
      longest = prefix.length();
      best = action;
    }
    return best;
  }

  dataplane::DropReason cross(dataplane::DomainId from, dataplane::DomainId to,
                              const net::IpAddress& source) const {
    using dataplane::DropReason;
    if (from == to) return DropReason::None;
    const auto policy = program_.policies.find({from, to});
    if (policy == program_.policies.end()) return DropReason::NotPeered;
    if (!policy->second.access_allowed) return DropReason::AccessNotAllowed;
    if (is_in(policy->second.source_prefixes, source)) return DropReason::None;
    if (is_in(policy->second.unsynchronised_prefixes, source)) return DropReason::PeeringNotInSync;
    return policy->second.forwarded_allowed ? DropReason::None
                                            : DropReason::ForwardedTrafficNotAllowed;
  }

  static bool is_in(const std::vector<net::Prefix>& prefixes, const net::IpAddress& address) {
    for (const net::Prefix& prefix : prefixes) {
      if (prefix.contains(address)) return true;
    }
    return false;
  }

  struct Ruling {
    bool permits = true;
    bool is_default_rule = false;
  };

  Ruling rule(const dataplane::PortAddress& address, dataplane::Direction direction,
              const net::FlowKey& flow, bool is_foreign) const {
    std::vector<dataplane::AclId> ids;
    for (const dataplane::AclId id : {address.interface_acl, address.subnet_acl}) {
      if (id != dataplane::kNoAcl && program_.access_lists.count(id) == 0) return {false, false};
      if (id != dataplane::kNoAcl) ids.push_back(id);
    }
    if (!address.both_lists_must_permit) return rule(ids, address, direction, flow, is_foreign);
    if (direction == dataplane::Direction::Inbound) std::reverse(ids.begin(), ids.end());
    for (const dataplane::AclId id : ids) {
      const Ruling ruling = rule({id}, address, direction, flow, is_foreign);
      if (!ruling.permits) return ruling;
    }
    return {};
  }

  Ruling rule(const std::vector<dataplane::AclId>& ids, const dataplane::PortAddress& address,
              dataplane::Direction direction, const net::FlowKey& flow, bool is_foreign) const {
    for (const dataplane::AclId id : ids) {
      for (const dataplane::AclRule& one : program_.access_lists.at(id).rules) {  // by priority
        if (one.direction == direction && matches(one, flow, address.table, is_foreign))
          return {one.action == dataplane::AclAction::Permit, one.is_default};
      }
    }
    for (const dataplane::AclId id : ids) {
      const dataplane::AccessList& list = program_.access_lists.at(id);
      const auto action =
          direction == dataplane::Direction::Inbound ? list.inbound_default : list.outbound_default;
      if (action) return {*action == dataplane::AclAction::Permit, false};
    }
    return {};
  }

  bool matches(const dataplane::AclRule& rule, const net::FlowKey& flow,
               const dataplane::TableKey& table, bool is_foreign) const {
    const auto port_fits = [&](const net::PortRange& range, uint16_t port) {
      return range.is_any() || (flow.has_ports() && range.contains(port));
    };
    return (!rule.protocol || *rule.protocol == flow.protocol) &&
           address_matches(rule.source, flow.source, table, is_foreign) &&
           address_matches(rule.destination, flow.destination, table, false) &&
           port_fits(rule.source_ports, flow.source_port) &&
           port_fits(rule.destination_ports, flow.destination_port);
  }

  bool address_matches(const dataplane::AddressMatch& match, const net::IpAddress& address,
                       const dataplane::TableKey& table, bool is_foreign) const {
    using Kind = dataplane::AddressMatch::Kind;
    if (match.kind == Kind::Any) return true;
    if (match.kind == Kind::In) return match.prefix.contains(address);
    if (match.kind == Kind::OneOf) {
      const auto& all = match.addresses;
      return std::find(all.begin(), all.end(), address) != all.end();
    }
    if (is_foreign) return false;
    if (const auto range = program_.ranges.find(table); range != program_.ranges.end()) {
      const bool is_inside = is_in(range->second.virtual_network, address);
      if (match.kind == Kind::VirtualNetwork) return is_inside;
      return !is_inside && !is_in(range->second.never_internet, address);
    }
    const auto action = route({table.domain, 0}, address);
    const bool is_inside = action && action->kind == dataplane::Action::Kind::Deliver;
    return is_inside == (match.kind == Kind::VirtualNetwork);
  }

  const dataplane::ForwardingProgram& program_;
};

}  // namespace isthmus::test
