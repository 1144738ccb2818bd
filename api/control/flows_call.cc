// GET flows: the flows that the packet worker knows, each at the interface where it is known, with
// the way that its packets go now.
#include <fmt/format.h>

#include "api/control/calls.h"
#include "api/json/json_text.h"
#include "controller/model/networks.h"
#include "controller/program/values.h"
#include "dataplane/pipeline/pipeline.h"

namespace isthmus::api::control {
namespace {

using dataplane::Direction;
using dataplane::FlowEntry;
using dataplane::FlowState;
using dataplane::StageId;
using dataplane::Time;
using dataplane::io::FlowList;
using dataplane::io::FlowQuery;
using json::JsonText;
using net::IpProtocol;

constexpr uint64_t kFlowsDefault = 100;
constexpr uint64_t kFlowsMost = 10'000;  // our choice: an answer of two megabytes

struct ProtocolName {
  IpProtocol protocol;
  std::string_view name;
};
constexpr ProtocolName kProtocolNames[] = {
    {IpProtocol::Icmp, "icmp"}, {IpProtocol::Tcp, "tcp"}, {IpProtocol::Udp, "udp"},
    {IpProtocol::Gre, "gre"},   {IpProtocol::Esp, "esp"}, {IpProtocol::Icmpv6, "icmpv6"},
};

std::string protocol_name(IpProtocol protocol) {
  for (const ProtocolName& row : kProtocolNames)
    if (row.protocol == protocol) return std::string(row.name);
  return fmt::format("{}", static_cast<int>(protocol));
}

std::string_view state_of(const FlowEntry& entry) {
  if (entry.flow.protocol != IpProtocol::Tcp) return entry.replied ? "both-ways" : "one-way";
  if (entry.closing) return "closing";
  return entry.replied ? "established" : "opening";
}

// What the interface's machine sends of the flow, asked of the stages that forward it: the next
// packet of a flow that both ends know.
dataplane::Trace way_of(const dataplane::Tables& tables, const FlowEntry& entry) {
  constexpr size_t kFlows = 2;
  constexpr Time kNow{};
  const bool is_outbound = entry.initiated == Direction::Outbound;
  dataplane::Packet packet;
  packet.ingress = entry.port;
  packet.flow = is_outbound ? entry.flow : entry.flow.reversed();
  packet.tcp_flags = net::kTcpAck;
  const auto trace_with_other_end = [&](dataplane::PortId other) {
    FlowState known(kFlows);
    known.note({is_outbound ? entry.port : other, Direction::Outbound, entry.flow},
               {is_outbound ? other : entry.port, Direction::Inbound, entry.flow}, kNow);
    return trace(tables, known, packet, kNow);
  };
  // Where it goes does not depend on what the other end knows; whether it may does.
  return trace_with_other_end(trace_with_other_end({}).verdict.out_port);
}

void write_way(JsonText& json, const Model& model, const dataplane::Trace& way) {
  const auto path_of = [&model](auto id) {
    const Resource* resource = program::resource_of(model, id);
    return resource == nullptr ? std::string() : resource->id.path();
  };
  json.text_unless_empty("peer", path_of(way.verdict.out_port));
  const auto& action = way.verdict.action;
  if (action && action->kind == dataplane::Action::Kind::Appliance)
    json.text("appliance", action->address.to_string());
  for (const dataplane::TraceStep& step : way.steps) {
    if (!step.peering) continue;
    const Resource* from = program::resource_of(model, step.peering->from);
    const Resource* to = program::resource_of(model, step.peering->to);
    const Resource* peering =
        from == nullptr || to == nullptr ? nullptr : peering_from(model, *from, *to);
    if (peering != nullptr) json.text("peering", peering->id.path());
  }
  if (way.verdict.delivered) return;
  json.key("drop").object().text("reason", info(way.verdict.reason).text);
  json.text("stage", name(way.verdict.stage));
  json.text_unless_empty("resource", path_of(way.verdict.tag)).end_object();
}

void write_flow(JsonText& json, const FlowEntry& entry, const Resource& nic) {
  const net::FlowKey& flow = entry.flow;
  json.object().text("interface", nic.id.path());
  json.text("direction", entry.initiated == Direction::Outbound ? "outbound" : "inbound");
  json.text("protocol", protocol_name(flow.protocol));
  json.text("source", flow.source.to_string());
  if (flow.has_ports()) json.number("sourcePort", flow.source_port);
  json.text("destination", flow.destination.to_string());
  if (flow.has_ports()) json.number("destinationPort", flow.destination_port);
  if (flow.is_icmp()) {
    json.number("identifier", flow.source_port).number("type", flow.destination_port >> 8);
  }
  json.text("state", state_of(entry));
  json.number("idleMs",
              static_cast<uint64_t>(
                  std::chrono::duration_cast<std::chrono::milliseconds>(entry.idle).count()));
  json.number("packets", entry.sent.packets).number("bytes", entry.sent.bytes);
  json.number("replyPackets", entry.replies.packets).number("replyBytes", entry.replies.bytes);
}

Result<FlowQuery> read_query(const Model& model, const http::Request& request) {
  FlowQuery query;
  const auto limit = number_parameter(request, "limit", "a number of flows", kFlowsDefault);
  if (!limit) return tl::unexpected(limit.error());
  query.limit = std::min(*limit, kFlowsMost);
  const auto nic = request.parameter("nic");
  if (!nic) return query;
  const auto found = find_nic(model, *nic);
  if (!found) return tl::unexpected(found.error());
  query.port = dataplane::PortId{(*found)->serial};
  return query;
}

}  // namespace

http::Response show_flows(const Service& service, const http::Request& request) {
  const auto query = read_query(*service.controller.model(), request);
  if (!query) return answer(problem_of(query.error()));
  const bool is_forwarding = static_cast<bool>(service.options.flows);
  const FlowList list = is_forwarding ? service.options.flows(*query) : FlowList{};
  JsonText json;
  json.object().key("forwarding").boolean(is_forwarding).key("flows").array();
  service.controller.diagnose([&](const Model& model, const dataplane::Tables& tables) {
    for (const FlowEntry& entry : list.flows) {
      const Resource* nic = program::resource_of(model, entry.port);
      if (nic == nullptr) continue;  // deleted since
      write_flow(json, entry, *nic);
      write_way(json, model, way_of(tables, entry));
      json.end_object();
    }
  });
  return json_answer(json.end_array().number("found", list.found).end_object().take());
}

}  // namespace isthmus::api::control
