#include "controller/explain/reachability.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "controller/explain/follow.h"
#include "controller/program/program.h"
#include "controller/program/values.h"
#include "controller/rules/apply.h"
#include "dataplane/dataplane.h"

namespace isthmus {
namespace {

using dataplane::PortId;

// Networks that are not peered may have the same addresses: the packet came to one who has this one
// too.
constexpr std::string_view kAnotherNetwork = "address-of-another-network";

struct PacketProbe {
  net::IpProtocol protocol = kNoProtocol;
  uint16_t port = 0;
  friend auto operator<=>(const PacketProbe&, const PacketProbe&) = default;
};

std::string name_of(const PacketProbe& probe) {
  switch (probe.protocol) {
    case net::IpProtocol::Tcp:
      return fmt::format("tcp/{}", probe.port);
    case net::IpProtocol::Udp:
      return fmt::format("udp/{}", probe.port);
    case net::IpProtocol::Icmp:
      return "icmp";
    default:
      return "any";
  }
}

net::FlowKey flow_of(const PacketProbe& probe, const net::IpAddress& from,
                     const net::IpAddress& to) {
  net::FlowKey flow{from, to, probe.protocol, 0, 0};
  if (probe.protocol == net::IpProtocol::Icmp) {
    if (!from.is_v4()) flow.protocol = net::IpProtocol::Icmpv6;
    flow.destination_port = static_cast<uint16_t>((from.is_v4() ? 8 : 128) << 8);  // an echo
  } else if (flow.has_ports()) {
    flow.source_port = kProbeSourcePort;
    flow.destination_port = probe.port;
  }
  return flow;
}

// What the rules tell apart. Without access lists every packet has the same fate.
void add_probes(const dataplane::ForwardingProgram& program, std::set<PacketProbe>& probes) {
  for (const auto& [id, list] : program.access_lists) {
    for (const dataplane::AclRule& rule : list.rules) {
      probes.insert({net::IpProtocol::Icmp, 0});
      const bool any_port = rule.destination_ports.is_any();
      const uint16_t port = any_port ? 443 : rule.destination_ports.first();
      if (rule.protocol != net::IpProtocol::Udp) probes.insert({net::IpProtocol::Tcp, port});
      if (rule.protocol == net::IpProtocol::Udp || (!rule.protocol && !any_port))
        probes.insert({net::IpProtocol::Udp, port});
      if (probes.size() >= kProbesMax) return;
    }
  }
}

struct Stand {  // for a subnet
  PortId port{};
  net::IpAddress address;
};

// One of the two models, with an interface in every subnet, and its tables.
class Side {
 public:
  Side(const Model& model, const Limits& limits) : model_(model) {
    for (const ResourcePtr& subnet : model.collection(Kind::Subnet)) inhabit(*subnet, limits);
    program_ = compile(model_);
    if (auto prepared = dataplane_.prepare(dataplane::diff({}, program_)))
      dataplane_.publish(std::move(*prepared));
  }

  const dataplane::ForwardingProgram& program() const { return program_; }

  PairReach reach(const ResourceId& from, const ResourceId& to,
                  const std::vector<PacketProbe>& probes) {
    PairReach pair;
    const auto source = stands_.find(from);
    const auto destination = stands_.find(to);
    if (source == stands_.end() || destination == stands_.end()) return pair;
    if (source->second.address.family() != destination->second.address.family()) return pair;
    size_t passing = 0;
    for (const PacketProbe& probe : probes) {
      const std::string_view reason = drop_reason(source->second, destination->second, probe);
      if (reason.empty()) {
        ++passing;
        pair.passing.push_back(name_of(probe));
      } else if (pair.reason.empty()) {
        pair.reason = reason;
      }
    }
    pair.reach = passing == 0 ? Reach::No : passing == probes.size() ? Reach::Yes : Reach::Partly;
    if (pair.reach != Reach::Partly) pair.passing.clear();
    return pair;
  }

 private:
  void inhabit(const Resource& subnet, const Limits& limits) {
    if (stands_.contains(subnet.id)) return;
    if (stand_in(subnet)) return;
    Operation operation;
    for (int number = 0; number == 0 || model_.find(operation.draft.id) != nullptr; ++number) {
      const std::string name = fmt::format("whatif-{}-{}", subnet.serial, number);
      operation.draft.id = *ResourceId::make(Kind::NetworkInterface, name);
    }
    IpConfiguration address;
    address.subnet = subnet.id;
    operation.draft.body = NetworkInterface{};
    Draft configuration;
    configuration.id = *operation.draft.id.child(Kind::IpConfiguration, "whatif");
    configuration.body = address;
    operation.draft.children.push_back({Kind::IpConfiguration, {std::move(configuration)}});
    auto applied = apply(model_, {{std::move(operation)}, "", 0}, limits);
    if (!applied) return;  // a subnet without room: there is nothing to be reached
    model_ = std::move(applied->model);
    stand_in(subnet);
  }

  bool stand_in(const Resource& subnet) {
    const Resource* first = nullptr;
    for (const Resource* ip : model_.ip_configurations(subnet)) {
      if (ip->id.kind() != Kind::IpConfiguration || !ip->as<IpConfiguration>().address) continue;
      if (ip->id.parent().kind() != Kind::NetworkInterface) continue;
      if (first == nullptr || ip->id < first->id) first = ip;
    }
    if (first == nullptr) return false;
    const Resource* nic = model_.find(first->id.parent());
    stands_[subnet.id] = {PortId{nic->serial}, *first->as<IpConfiguration>().address};
    return true;
  }

  // Empty: there and back again.
  std::string_view drop_reason(const Stand& from, const Stand& to, const PacketProbe& probe) {
    now_ += dataplane::kOtherIdle + std::chrono::seconds(1);  // what was sent before is forgotten
    const net::FlowKey flow = flow_of(probe, from.address, to.address);
    const std::string_view there = send(from.port, to.port, flow);
    return there.empty() ? send(to.port, from.port, flow.reversed()) : there;
  }

  std::string_view send(PortId from, PortId to, const net::FlowKey& flow) {
    dataplane::Packet packet;
    packet.ingress = from;
    packet.flow = flow;
    const auto pass = [this](const dataplane::Packet& one) {
      dataplane::Verdict verdict;
      dataplane::process(dataplane_.current(), worker_, {&one, 1}, {&verdict, 1}, now_);
      return verdict;
    };
    const WayEnd end = follow(dataplane_.current(), packet, pass, [](PortId) {});
    if (end.how == WayEnd::How::Arrived) return end.port == to ? "" : kAnotherNetwork;
    return end.how == WayEnd::How::Looped ? kForwardingLoop
                                          : dataplane::info(end.verdict.reason).text;
  }

  Model model_;
  dataplane::ForwardingProgram program_;
  dataplane::Dataplane dataplane_;
  dataplane::Worker worker_{dataplane::FlowState(16), {}, {}};
  dataplane::Time now_{};
  std::map<ResourceId, Stand> stands_;
};

// The networks whose part of the program is not the same before and after.
std::set<dataplane::DomainId> changed_domains(const dataplane::ProgramDelta& delta,
                                              const dataplane::ForwardingProgram& before,
                                              const dataplane::ForwardingProgram& after) {
  std::set<dataplane::DomainId> domains;
  std::set<dataplane::AclId> lists;
  const auto add = [&domains](const dataplane::Port& port) {
    for (const dataplane::PortAddress& address : port.addresses)
      domains.insert(address.table.domain);
  };
  for (const auto& [key, exists] : delta.tables) domains.insert(key.domain);
  for (const auto& route : delta.routes) domains.insert(route.table.domain);
  for (const auto& [key, policy] : delta.policies) domains.insert({key.from, key.to});
  for (const auto& [key, port] : delta.endpoints) domains.insert(key.domain);
  for (const auto& [id, list] : delta.access_lists) lists.insert(id);
  for (const auto* program : {&before, &after}) {
    for (const auto& [id, port] : delta.ports) {
      const auto found = program->ports.find(id);
      if (found != program->ports.end()) add(found->second);
    }
    for (const auto& [id, port] : program->ports) {
      for (const dataplane::PortAddress& address : port.addresses) {
        if (lists.contains(address.interface_acl) || lists.contains(address.subnet_acl)) add(port);
      }
    }
  }
  return domains;
}

// Subnets of both models, and whether they or their network change. (An access list of a subnet
// that nobody is in is not programmed.)
std::map<ResourceId, bool> subnets_of(const Model& before, const Model& after,
                                      const std::set<dataplane::DomainId>& changed) {
  std::map<ResourceId, bool> subnets;
  for (const Model* model : {&before, &after}) {
    for (const ResourcePtr& subnet : model->collection(Kind::Subnet)) {
      const Resource* network = model->find(subnet->id.parent());
      subnets[subnet->id] |= changed.contains(program::domain_of(*network)) ||
                             before.find(subnet->id) != after.find(subnet->id);
    }
  }
  return subnets;
}

std::vector<PacketProbe> probes_of(const dataplane::ForwardingProgram& before,
                                   const dataplane::ForwardingProgram& after) {
  std::set<PacketProbe> probes{PacketProbe{}};
  add_probes(before, probes);
  add_probes(after, probes);
  return {probes.begin(), probes.end()};
}

}  // namespace

std::vector<std::string> reachability_probes(const Model& before, const Model& after) {
  std::vector<std::string> names;
  for (const PacketProbe& probe : probes_of(compile(before), compile(after)))
    names.push_back(name_of(probe));
  return names;
}

ReachabilityChange reachability_change(const Model& before, const Model& after,
                                       const std::vector<ResourceChange>& changes,
                                       const Limits& limits) {
  ReachabilityChange change;
  if (changes.empty()) return change;
  const dataplane::ProgramDelta programmed = delta(before, after, changes).delta;
  Side was(before, limits);
  Side is(after, limits);
  const std::vector<PacketProbe> probes = probes_of(was.program(), is.program());

  const auto subnets =
      subnets_of(before, after, changed_domains(programmed, was.program(), is.program()));
  change.is_complete = subnets.size() * subnets.size() * probes.size() <= kPairsMax;
  for (const auto& [from, from_changes] : subnets) {
    for (const auto& [to, to_changes] : subnets) {
      if (from == to || !(change.is_complete || from_changes || to_changes)) continue;
      PairReach old = was.reach(from, to, probes);
      PairReach now = is.reach(from, to, probes);
      if (old.reach == now.reach && old.passing == now.passing) continue;
      change.pairs.push_back({from, to, std::move(old), std::move(now)});
    }
  }
  return change;
}

}  // namespace isthmus
