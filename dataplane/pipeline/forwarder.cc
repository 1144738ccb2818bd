#include "dataplane/pipeline/forwarder.h"

#include <algorithm>

#include "dataplane/net/dhcp.h"
#include "dataplane/net/frame_edit.h"
#include "dataplane/net/router_advertisement.h"
#include "dataplane/net/tcp_reset.h"

namespace isthmus::dataplane {

struct Forwarder::Reception {
  const Tables& tables;
  const ReceivedFrame& frame;
  const Port& port;
  Time now;
  const Send& send;
};

namespace {

using net::IpAddress;

template <class Holds>
const PortAddress* find_address(const Port& port, const Holds& holds) {
  const auto found = std::find_if(port.addresses.begin(), port.addresses.end(), holds);
  return found == port.addresses.end() ? nullptr : &*found;
}

const PortAddress* own_address(const Port& port, const IpAddress& address) {
  return find_address(port, [&](const PortAddress& own) { return own.address == address; });
}

const PortAddress* address_of_family(const Port& port, net::Family family) {
  return find_address(port, [&](const PortAddress& own) { return own.address.family() == family; });
}

// The address of a port that a packet has come with: its own, or the first of the family where the
// port forwards for others.
const PortAddress* speaking_to(const Port& port, const IpAddress& source) {
  const PortAddress* own = own_address(port, source);
  return own != nullptr ? own : address_of_family(port, source.family());
}

// Of IPv6 the router has an address of the link besides its own in the subnet.
bool is_router_of(const PortAddress& here, const IpAddress& address) {
  return address == here.router || (!here.router.is_v4() && address == kRouterLinkLocal);
}

// The port's address in the subnet that an address of somebody else is in.
const PortAddress* neighbour_of(const Port& port, const IpAddress& address) {
  return find_address(port, [&](const PortAddress& own) {
    return own.subnet.contains(address) || is_router_of(own, address);
  });
}

bool is_link_local(const IpAddress& address) {  // RFC 4291 section 2.4: fe80::/10
  return !address.is_v4() && address.bits().hi >> 54 == 0xFE80 >> 6;
}

// The MAC that the subnet of `here` knows an address by.
std::optional<net::Mac> owner_of(const Tables& tables, const PortAddress& here,
                                 const IpAddress& address) {
  if (is_router_of(here, address)) return kRouterMac;
  const PortId* id = tables.endpoint(here.table.domain, address);
  const Port* port = id == nullptr ? nullptr : tables.port(*id);
  if (port == nullptr) return std::nullopt;
  return port->mac;
}

// To all, before a virtual machine knows its address; to its router, when it renews.
bool is_for_dhcp_server(const Port& port, const net::Headers& headers) {
  const IpAddress& to = headers.flow.destination;
  return net::is_dhcp_question(headers) &&
         (to == net::kLimitedBroadcast ||
          find_address(port, [&](const PortAddress& own) { return own.router == to; }) != nullptr);
}

// As the pipeline names the sender of a packet.
Tag tag_of_source(const Port& port, const IpAddress& source) {
  const PortAddress* own = own_address(port, source);
  if (own != nullptr) return own->tag;
  return port.addresses.empty() ? port.tag : port.addresses.front().tag;
}

bool is_in(const Port& port, DomainId domain) {
  return std::any_of(port.addresses.begin(), port.addresses.end(),
                     [&](const PortAddress& own) { return own.table.domain == domain; });
}

bool is_from_own(const Port& port, const net::NeighbourQuestion& question) {
  const bool is_own_mac = question.asker_mac == port.mac && question.claimed_mac == port.mac;
  const bool is_own_address = question.is_probe() || is_link_local(question.asker) ||
                              own_address(port, question.asker) != nullptr;
  return is_own_mac && is_own_address;
}

}  // namespace

Verdict Forwarder::dropped(DropReason reason, Tag tag) {
  worker_.counters.dropped(reason, tag);
  return {.stage = StageId::Parse, .reason = reason, .tag = tag};
}

Verdict Forwarder::answered(const Reception& reception, std::span<const uint8_t> answer) {
  worker_.counters.sent(reception.frame.from, reception.frame.bytes.size());
  worker_.counters.received(reception.frame.from, answer.size());
  reception.send({reception.frame.from, answer});
  return {.delivered = true, .stage = StageId::Parse, .out_port = reception.frame.from};
}

Verdict Forwarder::take(const Tables& tables, const ReceivedFrame& frame, Time now,
                        const Send& send) {
  const Port* port = tables.port(frame.from);
  if (port == nullptr) return dropped(DropReason::UnknownPort, {});
  const Reception reception{tables, frame, *port, now, send};
  if (net::is_tagged(frame.bytes)) return dropped(DropReason::VlanTagged, port->tag);
  const auto headers = net::parse_ethernet(frame.bytes);
  if (headers && net::parse_router_solicitation(frame.bytes, *headers))
    return answer_router_solicitation(reception, *headers);
  if (net::is_arp(frame.bytes) || (headers && net::is_neighbour_discovery(*headers)))
    return answer_neighbour(reception);
  if (!headers) return dropped(DropReason::Malformed, port->tag);
  if (is_for_dhcp_server(*port, *headers)) return answer_dhcp(reception, *headers);
  return take_packet(reception, *headers);
}

// A question about an address that the asker has himself, or nobody, is met with silence: the first
// lets him find out that it is free, and the second is what a wire would do.
Verdict Forwarder::answer_neighbour(const Reception& reception) {
  const Port& port = reception.port;
  const auto question = net::parse_neighbour_question(reception.frame.bytes);
  if (!question || question->is_announcement()) return dropped(DropReason::NotAnswered, port.tag);
  if (!port.may_forward && !is_from_own(port, *question))
    return dropped(DropReason::SpoofedSource, port.tag);
  const PortAddress* here = neighbour_of(port, question->asked);
  if (here == nullptr || own_address(port, question->asked) != nullptr)
    return dropped(DropReason::NotAnswered, port.tag);
  const auto owner = owner_of(reception.tables, *here, question->asked);
  if (!owner) return dropped(DropReason::NotAnswered, here->tag);
  return answered(reception,
                  net::neighbour_answer(*question, *owner, is_router_of(*here, question->asked)));
}

Verdict Forwarder::answer_router_solicitation(const Reception& reception,
                                              const net::Headers& headers) {
  const Port& port = reception.port;
  const auto question = net::parse_router_solicitation(reception.frame.bytes, headers).value();
  const bool is_own = question.asker == net::IpAddress::v6({}) || is_link_local(question.asker) ||
                      own_address(port, question.asker) != nullptr;
  if (question.asker_mac != port.mac || !is_own)
    return dropped(DropReason::SpoofedSource, port.tag);
  net::RouterFacts router{kRouterMac, kRouterLinkLocal, port.mtu_bytes, {}};
  for (const PortAddress& own : port.addresses) {
    const bool is_told = std::find(router.prefixes.begin(), router.prefixes.end(), own.subnet) !=
                         router.prefixes.end();
    if (!own.address.is_v4() && !is_told) router.prefixes.push_back(own.subnet);
  }
  if (router.prefixes.empty()) return dropped(DropReason::NotAnswered, port.tag);
  return answered(reception, net::router_advertisement(question, router));
}

// The address is the port's first one: others are the virtual machine's to configure.
Verdict Forwarder::answer_dhcp(const Reception& reception, const net::Headers& headers) {
  const Port& port = reception.port;
  const auto question = net::parse_dhcp(reception.frame.bytes, headers);
  if (!question) return dropped(DropReason::NotAnswered, port.tag);
  if (headers.source_mac != port.mac || question->client_mac != port.mac)
    return dropped(DropReason::SpoofedSource, port.tag);
  const PortAddress* own = address_of_family(port, net::Family::V4);
  if (own == nullptr) return dropped(DropReason::NotAnswered, port.tag);
  const PortId* router = reception.tables.endpoint(own->table.domain, own->router);
  const Port* beside = router == nullptr ? nullptr : reception.tables.port(*router);
  const Port& names = beside == nullptr || !port.name_servers.empty() ? port : *beside;
  const auto answer =
      net::dhcp_answer(*question, {kRouterMac, own->router, own->address, own->subnet.length(),
                                   port.mtu_bytes, names.name_servers});
  if (answer.empty()) return dropped(DropReason::NotAnswered, port.tag);
  return answered(reception, answer);
}

Verdict Forwarder::take_packet(const Reception& reception, const net::Headers& headers) {
  Packet packet = packet_of(reception.frame.from, headers, reception.frame.bytes.size(),
                            reception.frame.segment_bytes);
  fragments_.complete(packet, headers.fragment_id, reception.now);
  Verdict verdict;
  process(reception.tables, worker_, {&packet, 1}, {&verdict, 1}, reception.now);
  if (!verdict.delivered) {
    tell_sender(reception, headers, verdict);
  } else if (verdict.link) {
    return enter_link(reception, verdict);
  } else {
    deliver(reception, headers, verdict);
  }
  return verdict;
}

Verdict Forwarder::enter_link(const Reception& reception, const Verdict& verdict) {
  const ReceivedFrame& frame = reception.frame;
  const PeerPolicy& policy = *reception.tables.policy(verdict.link->from, verdict.link->to);
  const auto there = links_.admit(*verdict.link, *policy.link, frame.bytes.size(), reception.now);
  if (!there) return lost_on_link(verdict, StageId::Deliver, there.error(), policy.receiver_tag);
  const std::span all(frame.bytes.data() - frame.header_bytes,
                      frame.header_bytes + frame.bytes.size());
  links_.add(*verdict.link, *there,
             {frame.from, verdict, {all.begin(), all.end()}, frame.header_bytes, frame.is_routers});
  return verdict;
}

Verdict Forwarder::lost_on_link(const Verdict& judged, StageId stage, DropReason reason, Tag tag) {
  worker_.counters.dropped(reason, tag);
  Verdict lost = judged;
  lost.delivered = false;
  lost.stage = stage;
  lost.reason = reason;
  lost.tag = tag;
  return lost;
}

Verdict Forwarder::leave_link(const Tables& tables, LinkFrame& frame, Time now, const Send& send) {
  const Verdict& verdict = frame.verdict;
  const auto bytes = std::span(frame.bytes).subspan(frame.header_bytes);
  const auto headers = net::parse_ethernet(bytes).value();
  const PeerPolicy* policy = tables.policy(verdict.link->from, verdict.link->to);
  const Port* from = tables.port(frame.from);
  const Port* to = tables.port(verdict.out_port);
  const Tag sender = from == nullptr ? Tag::None : tag_of_source(*from, headers.flow.source);
  if (policy == nullptr)
    return lost_on_link(verdict, StageId::Peering, DropReason::NotPeered, sender);
  if (!policy->access_allowed)
    return lost_on_link(verdict, StageId::Peering, DropReason::AccessNotAllowed,
                        policy->access_tag);
  if (from == nullptr || to == nullptr || !is_in(*to, verdict.link->to))
    return lost_on_link(verdict, StageId::NextHop, DropReason::NoEndpoint, sender);
  const ReceivedFrame received{frame.from, bytes, 0, frame.header_bytes, frame.is_routers};
  deliver({tables, received, *from, now, send}, headers, verdict);
  return verdict;
}

void Forwarder::deliver(const Reception& reception, const net::Headers& headers,
                        const Verdict& verdict) {
  const std::span<uint8_t> frame = reception.frame.bytes;
  const Port& target = *reception.tables.port(verdict.out_port);
  if (verdict.action->kind == Action::Kind::Everybody)
    return deliver_copies(reception, headers, verdict.out_port);
  if (target.is_router) {  // its answer is a frame that it sends; an answer has none
    auto reply = net::echo_reply(frame, headers, target.mac);
    const ReceivedFrame answer{verdict.out_port, reply, 0, 0, /*is_routers=*/true};
    take_packet({reception.tables, answer, target, reception.now, reception.send},
                net::parse_ethernet(reply).value());
    return;
  }
  const bool is_routed = verdict.ttl != headers.ttl;
  if (is_routed) net::set_ttl(frame, headers, verdict.ttl);
  net::set_macs(frame, target.mac, is_routed ? kRouterMac : headers.source_mac);
  reception.send({verdict.out_port, frame, !reception.frame.is_routers});
}

// A copy goes where the member's own access lists let it in. The frame itself stays what it was,
// the address of the link included, by which receivers know that it is for many.
void Forwarder::deliver_copies(const Reception& reception, const net::Headers& headers,
                               PortId router) {
  const Tables& tables = reception.tables;
  const PortAddress& subnet =
      *address_of_family(*tables.port(router), headers.flow.source.family());
  tables.members_of(router)->for_each([&](PortId member, const Membership&) {
    const Port* port = tables.port(member);
    if (member == reception.frame.from || port == nullptr) return;
    const PortAddress* there =
        find_address(*port, [&](const PortAddress& own) { return own.subnet == subnet.subnet; });
    if (there == nullptr) return;
    if (judge(tables, *there, Direction::Inbound, headers.flow).action == AclAction::Deny)
      return worker_.counters.dropped(DropReason::AclDeny);
    worker_.counters.received(member, reception.frame.bytes.size());
    reception.send({member, reception.frame.bytes, true});
  });
}

// What the sender's own router says comes from its address there; what the one says that the packet
// was for, from the address that was asked.
void Forwarder::tell_sender(const Reception& reception, const net::Headers& headers,
                            const Verdict& verdict) {
  const PortAddress* here = speaking_to(reception.port, headers.flow.source);
  const bool is_for_many = verdict.action && verdict.action->kind == Action::Kind::Everybody;
  if (reception.port.is_router || here == nullptr || is_for_many ||
      !net::may_be_answered_with_error(headers))
    return;
  const auto frame = reception.frame.bytes;
  const net::RouterId own{kRouterMac, here->router};
  const net::RouterId asked{kRouterMac, headers.flow.destination};
  std::vector<uint8_t> error;
  if (verdict.reason == DropReason::TtlExceeded) {
    error = net::icmp_error(net::IcmpError::TimeExceeded, frame, headers, own);
  } else if (verdict.reason == DropReason::PacketTooBig) {
    error = net::icmp_error(net::IcmpError::PacketTooBig, frame, headers, own,
                            reception.tables.port(verdict.out_port)->mtu_bytes);
  } else if (verdict.reason == DropReason::RouterRefuses) {
    if (headers.flow.protocol == net::IpProtocol::Udp)
      error = net::icmp_error(net::IcmpError::PortUnreachable, frame, headers, asked);
    if (headers.flow.protocol == net::IpProtocol::Tcp)
      error = net::tcp_reset(frame, headers, kRouterMac);
  }
  if (error.empty() || !errors_.admits(reception.now)) return;
  worker_.counters.received(reception.frame.from, error.size());
  reception.send({reception.frame.from, error});
}

}  // namespace isthmus::dataplane
