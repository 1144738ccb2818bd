#include "controller/explain/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controller/explain/follow.h"
#include "controller/explain/narrator.h"
#include "controller/explain/remedy.h"
#include "controller/model/either_realm.h"
#include "controller/model/networks.h"
#include "controller/model/text.h"
#include "controller/program/values.h"
#include "dataplane/pipeline/pipeline.h"

namespace isthmus {
namespace {

using dataplane::StageId;
using dataplane::TraceStep;

// One end of the question: an interface and which of its addresses.
struct End {
  const Resource* nic = nullptr;  // null: a bare address that no interface was named for
  const Resource* network = nullptr;
  net::IpAddress address;
};

const Resource* primary_configuration(const Model& model, const Resource& nic) {
  for (const Resource* ip : model.below(nic.id, Kind::IpConfiguration)) {
    const IpConfiguration& body = ip->as<IpConfiguration>();
    if (body.address && body.subnet.kind() == Kind::Subnet) return ip;
  }
  return nullptr;
}

Result<End> end_of_interface(const Model& model, const Resource& nic, std::string_view member) {
  const Resource* ip = primary_configuration(model, nic);
  if (ip == nullptr) {
    return fail(
        ErrorCode::InvalidParameterValue, fmt::format("/{}", member),
        fmt::format("Network interface '{}' has no address in a virtual network.", nic.id.name()));
  }
  const Resource& network = network_of(model, *model.find(ip->as<IpConfiguration>().subnet));
  return End{&nic, &network, *ip->as<IpConfiguration>().address};
}

Result<End> end_at_address(const Model& model, std::string_view text, std::string_view member) {
  const size_t at = text.find('@');
  const auto address = net::IpAddress::parse(text.substr(0, at));
  const std::string_view written = text.substr(at + 1);
  const auto id = written.starts_with('/') ? parse_in_either_realm(written)
                                           : ResourceId::make(Kind::VirtualNetwork, written);
  const Resource* network = id && id->kind() == Kind::VirtualNetwork ? model.find(*id) : nullptr;
  if (!address || network == nullptr) {
    return fail(ErrorCode::ResourceNotFound, fmt::format("/{}", member),
                fmt::format("{} is not an address and a virtual network.", in_quotes(text)),
                "Write address@network, such as 10.0.0.4@hub.");
  }
  const auto port = program::endpoint(model, {program::domain_of(*network), *address});
  return End{port ? program::resource_of(model, *port) : nullptr, network, *address};
}

Result<End> find_end(const Model& model, std::string_view text, std::string_view member) {
  if (text.find('@') != std::string_view::npos) return end_at_address(model, text, member);
  const auto id = text.starts_with('/') ? parse_in_either_realm(text)
                                        : ResourceId::make(Kind::NetworkInterface, text);
  const Resource* nic = id && id->kind() == Kind::NetworkInterface ? model.find(*id) : nullptr;
  if (nic != nullptr) return end_of_interface(model, *nic, member);
  if (const auto address = net::IpAddress::parse(text)) return End{nullptr, nullptr, *address};
  return fail(ErrorCode::ResourceNotFound, fmt::format("/{}", member),
              fmt::format("There is no network interface {}.", in_quotes(text)),
              "Name an interface, or write address@network.");
}

// An interface of both families speaks the one that the other end has.
void speak(const Model& model, std::string_view written, net::Family family, End& end) {
  const bool is_interface = end.nic != nullptr && written.find('@') == std::string_view::npos;
  if (!is_interface || end.address.family() == family) return;
  for (const Resource* ip : model.below(end.nic->id, Kind::IpConfiguration)) {
    const IpConfiguration& body = ip->as<IpConfiguration>();
    if (!body.address || body.address->family() != family || body.subnet.kind() != Kind::Subnet)
      continue;
    end.address = *body.address;
    end.network = &network_of(model, *model.find(body.subnet));
    return;
  }
}

Result<net::FlowKey> flow_of(const ExplainQuestion& question, net::IpAddress source,
                             net::IpAddress destination) {
  if (source.family() != destination.family()) {
    return fail(ErrorCode::InvalidParameterValue, "/to",
                fmt::format("{} and {} are of different address families.", source.to_string(),
                            destination.to_string()));
  }
  net::FlowKey flow{source, destination, kNoProtocol, 0, 0};
  const bool v4 = source.is_v4();
  const std::string_view protocol =
      question.protocol.empty() ? "any" : std::string_view(question.protocol);
  if (equal_ignoring_case(protocol, "tcp") || equal_ignoring_case(protocol, "udp")) {
    flow.protocol =
        equal_ignoring_case(protocol, "tcp") ? net::IpProtocol::Tcp : net::IpProtocol::Udp;
    flow.source_port = kProbeSourcePort;
    flow.destination_port = question.port.value_or(0);
  } else if (equal_ignoring_case(protocol, "icmp")) {
    flow.protocol = v4 ? net::IpProtocol::Icmp : net::IpProtocol::Icmpv6;
    flow.destination_port = static_cast<uint16_t>((v4 ? 8 : 128) << 8);  // an echo request
  } else if (!equal_ignoring_case(protocol, "any")) {
    return fail(ErrorCode::InvalidParameterValue, "/protocol",
                fmt::format("{} is not a protocol.", in_quotes(protocol)),
                "Use tcp, udp, icmp or any.");
  }
  if (question.port && !flow.has_ports()) {
    return fail(ErrorCode::InvalidParameterValue, "/port",
                fmt::format("Protocol '{}' has no ports.", protocol),
                "Leave the port out, or use tcp or udp.");
  }
  return flow;
}

struct Journey {
  std::vector<ExplainStep> steps;
  bool delivered = false;
  std::string reason;
  std::string remedy;
  const Resource* arrived_at = nullptr;  // the interface, when delivered to one
  const Resource* bound_for = nullptr;   // the one that its route leads to in the end, if any
  std::vector<std::string> appliances;   // that it passes, in order
};

Viewpoint standpoint(const Model& model, const dataplane::Tables& tables, dataplane::PortId id,
                     net::IpAddress source) {
  const dataplane::TableKey table = tables.port(id)->addresses.front().table;
  return standpoint(model, *program::resource_of(model, table.domain), table, source);
}

bool is_last_hop(const TraceStep& step) {
  return step.stage == StageId::NextHop && step.outcome == TraceStep::Outcome::Passed &&
         step.port && step.action && step.action->kind == dataplane::Action::Kind::Deliver;
}

// Sends the packet on its way: each appliance that it is handed to sends it again from its own
// port.
Journey travel(const Model& model, const dataplane::Tables& tables, dataplane::FlowState& flows,
               const Resource& nic, const net::FlowKey& flow) {
  Journey journey;
  dataplane::Packet first;
  first.ingress = dataplane::PortId{nic.serial};
  first.flow = flow;
  const auto pass = [&](const dataplane::Packet& packet) {
    const dataplane::Trace trace = dataplane::trace(tables, flows, packet, dataplane::Time{});
    for (const TraceStep& step : trace.steps) {
      if (is_last_hop(step)) journey.bound_for = program::resource_of(model, *step.port);
      if (step.stage != StageId::Parse) journey.steps.push_back(narrate(model, flow, step));
    }
    return trace.verdict;
  };
  const WayEnd end = follow(tables, first, pass, [&](dataplane::PortId appliance) {
    const Resource* there = program::resource_of(model, appliance);
    journey.appliances.emplace_back(there->id.name());
    journey.steps.push_back({"appliance", "forwarded", there->id.path(), "",
                             fmt::format("{} sends the packet on to {}", there->id.name(),
                                         flow.destination.to_string())});
  });
  const Resource* there = program::resource_of(model, end.port);
  if (end.how == WayEnd::How::Arrived) {
    journey.delivered = true;
    if (!is_for_everybody(end.verdict)) journey.arrived_at = there;
  } else if (end.how == WayEnd::How::Dropped) {
    journey.reason = std::string(info(end.verdict.reason).text);
    journey.remedy = remedy(model, standpoint(model, tables, end.port, flow.source), end.verdict,
                            flow.destination);
  } else {
    journey.reason = std::string(kForwardingLoop);
    journey.steps.push_back(
        {"appliance", "dropped", there->id.path(), "",
         fmt::format("the packet comes to {} a second time", there->id.name())});
    journey.remedy =
        fmt::format("Change the routes that lead from {} back to it.", there->id.name());
  }
  return journey;
}

std::string passing(const std::vector<std::string>& appliances) {
  return appliances.empty() ? "no virtual machine" : fmt::format("{}", fmt::join(appliances, ", "));
}

// An appliance that keeps state, as firewalls do, has to see both directions of a flow.
std::string asymmetry(const Journey& there, const Journey& back) {
  const std::vector<std::string> mirrored(back.appliances.rbegin(), back.appliances.rend());
  if (mirrored == there.appliances) return {};
  return fmt::format(
      "The path is asymmetric: the packet passes {}, its reply {}. What keeps state in between "
      "sees "
      "one direction only, and may drop it. Give the subnets of both ends user routes to the same "
      "appliance.",
      passing(there.appliances), passing(back.appliances));
}

}  // namespace

Result<Explanation> explain(const Model& model, const dataplane::Tables& tables,
                            const ExplainQuestion& question) {
  auto from = find_end(model, question.from, "from");
  if (!from) return tl::unexpected(from.error());
  auto to = find_end(model, question.to, "to");
  if (!to) return tl::unexpected(to.error());
  if (from->nic == nullptr) {
    return fail(ErrorCode::ResourceNotFound, "/from",
                fmt::format("No network interface has the address {}.", in_quotes(question.from)),
                "Name an interface, or write address@network.");
  }
  speak(model, question.from, to->address.family(), *from);
  speak(model, question.to, from->address.family(), *to);
  const auto flow = flow_of(question, from->address, to->address);
  if (!flow) return tl::unexpected(flow.error());

  dataplane::FlowState flows(16);
  Explanation explanation;
  Journey there = travel(model, tables, flows, *from->nic, *flow);
  explanation.forward = std::move(there.steps);
  explanation.reason = std::move(there.reason);
  explanation.remedy = std::move(there.remedy);
  explanation.delivered = there.delivered;
  const Resource* receiver = to->network != nullptr ? to->nic : there.bound_for;
  explanation.packet = {from->nic->id.path(), receiver == nullptr ? "" : receiver->id.path(),
                        flow->source, flow->destination};
  if (there.arrived_at == nullptr) return explanation;
  if (to->network != nullptr && there.arrived_at != to->nic)
    explanation.elsewhere = there.arrived_at->id.path();
  Journey back = travel(model, tables, flows, *there.arrived_at, flow->reversed());
  explanation.reverse = std::move(back.steps);
  explanation.delivered = back.delivered;
  if (back.delivered) explanation.warning = asymmetry(there, back);
  explanation.reason = std::move(back.reason);
  explanation.remedy = std::move(back.remedy);
  return explanation;
}

}  // namespace isthmus
