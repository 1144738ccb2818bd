#include "dataplane/pipeline/forwarder.h"

#include <algorithm>

#include "dataplane/net/frame_edit.h"

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

// The address of a port that a packet has come with: its own, or the first of the family where the
// port forwards for others.
const PortAddress* speaking_to(const Port& port, const IpAddress& source) {
  if (const PortAddress* own = own_address(port, source)) return own;
  return find_address(
      port, [&](const PortAddress& own) { return own.address.family() == source.family(); });
}

// The port's address in the subnet that an address of somebody else is in.
const PortAddress* neighbour_of(const Port& port, const IpAddress& address) {
  return find_address(port, [&](const PortAddress& own) { return own.subnet.contains(address); });
}

// The MAC that the subnet of `here` knows an address by.
std::optional<net::Mac> owner_of(const Tables& tables, const PortAddress& here,
                                 const IpAddress& address) {
  if (address == here.router) return kRouterMac;
  const PortId* id = tables.endpoint(here.table.domain, address);
  const Port* port = id == nullptr ? nullptr : tables.port(*id);
  if (port == nullptr) return std::nullopt;
  return port->mac;
}

bool is_from_own(const Port& port, const net::NeighbourQuestion& question) {
  const bool is_own_mac = question.asker_mac == port.mac && question.claimed_mac == port.mac;
  const bool is_own_address = question.is_probe() || own_address(port, question.asker) != nullptr;
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
  reception.send(reception.frame.from, answer);
  return {.delivered = true, .stage = StageId::Parse, .out_port = reception.frame.from};
}

Verdict Forwarder::take(const Tables& tables, const ReceivedFrame& frame, Time now,
                        const Send& send) {
  const Port* port = tables.port(frame.from);
  if (port == nullptr) return dropped(DropReason::UnknownPort, {});
  const Reception reception{tables, frame, *port, now, send};
  const auto headers = net::parse_ethernet(frame.bytes);
  if (net::is_arp(frame.bytes) || (headers && net::is_neighbour_discovery(*headers)))
    return answer_neighbour(reception);
  if (!headers) return dropped(DropReason::Malformed, port->tag);
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
                  net::neighbour_answer(*question, *owner, question->asked == here->router));
}

Verdict Forwarder::take_packet(const Reception& reception, const net::Headers& headers) {
  const PortAddress* own = own_address(reception.port, headers.flow.source);
  if (own != nullptr && headers.flow.destination == own->router && net::is_echo_request(headers) &&
      headers.source_mac == reception.port.mac)
    return answered(reception, net::echo_reply(reception.frame.bytes, headers));

  const Packet packet = packet_of(reception.frame.from, headers, reception.frame.bytes.size());
  Verdict verdict;
  process(reception.tables, worker_, {&packet, 1}, {&verdict, 1}, reception.now);
  if (verdict.reason == DropReason::TtlExceeded) answer_end_of_life(reception, headers);
  if (!verdict.delivered) return verdict;

  const Port& target = *reception.tables.port(verdict.out_port);
  const bool is_routed = verdict.ttl != headers.ttl;
  if (is_routed) net::set_ttl(reception.frame.bytes, headers, verdict.ttl);
  net::set_macs(reception.frame.bytes, target.mac, is_routed ? kRouterMac : headers.source_mac);
  reception.send(verdict.out_port, reception.frame.bytes);
  return verdict;
}

void Forwarder::answer_end_of_life(const Reception& reception, const net::Headers& headers) {
  if (!net::may_be_answered_with_error(headers) || !may_send_error(reception.now)) return;
  const PortAddress* here = speaking_to(reception.port, headers.flow.source);
  if (here == nullptr) return;
  const auto error = net::time_exceeded(reception.frame.bytes, headers, {kRouterMac, here->router});
  worker_.counters.received(reception.frame.from, error.size());
  reception.send(reception.frame.from, error);
}

// A bucket that is full after a second without errors.
bool Forwarder::may_send_error(Time now) {
  constexpr Time kPerError = Time(std::chrono::seconds(1)) / kIcmpErrorsPerSecond;
  const auto gained = (now - errors_counted_) / kPerError;
  if (gained > 0) {
    errors_left_ =
        static_cast<uint32_t>(std::min<Time::rep>(errors_left_ + gained, kIcmpErrorsPerSecond));
    errors_counted_ += gained * kPerError;
  }
  if (errors_left_ == 0) return false;
  --errors_left_;
  return true;
}

}  // namespace isthmus::dataplane
