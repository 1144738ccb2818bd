#include "controller/explain/access_hit.h"

#include <fmt/format.h>

#include "controller/program/values.h"

namespace isthmus {
namespace {

std::string protocol_text(net::IpProtocol protocol) {
  switch (protocol) {
    case net::IpProtocol::Tcp:
      return "tcp";
    case net::IpProtocol::Udp:
      return "udp";
    case net::IpProtocol::Icmp:
      return "icmp";
    case net::IpProtocol::Icmpv6:
      return "icmpv6";
    default:
      return fmt::format("protocol {}", static_cast<int>(protocol));
  }
}

std::string end_text(const net::FlowKey& flow, const net::IpAddress& address, uint16_t port) {
  if (!flow.has_ports()) return address.to_string();
  return fmt::format(fmt::runtime(address.is_v4() ? "{}:{}" : "[{}]:{}"), address.to_string(),
                     port);
}

template <class Id>
std::string path_of(const Model& model, Id id) {
  const Resource* resource = program::resource_of(model, id);
  return resource == nullptr ? "?" : resource->id.path();
}

}  // namespace

std::string text_of(const Model& model, const dataplane::AccessHit& hit) {
  const net::FlowKey& flow = hit.flow;
  return fmt::format("{} {} at {} by {}: {} {} > {}",
                     hit.action == dataplane::AclAction::Permit ? "permit" : "deny",
                     hit.direction == dataplane::Direction::Inbound ? "inbound" : "outbound",
                     path_of(model, hit.port), path_of(model, hit.rule),
                     protocol_text(flow.protocol), end_text(flow, flow.source, flow.source_port),
                     end_text(flow, flow.destination, flow.destination_port));
}

}  // namespace isthmus
