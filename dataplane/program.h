// The boundary between controller and dataplane: the only vocabulary that both sides share.
//
// The controller says what should be forwarded as a ForwardingProgram, or as a ProgramDelta that
// changes one. The dataplane knows no virtual networks, subnets or peerings: it knows domains,
// tables, actions, peer policies, endpoints, ports and access lists. Everything here is a plain
// value; ids are chosen by the controller and mean nothing to the dataplane.
//
// A Tag leads back to the resource that a thing came from, so that a verdict can name it. Routes
// carry no tag: equal content in different tables stays equal, and where a (table, prefix) came
// from is asked from controller/routes.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "dataplane/net/ip.h"
#include "dataplane/net/link.h"

namespace isthmus::dataplane {

enum class DomainId : uint32_t {};  // a virtual network
enum class PortId : uint32_t {};    // a network interface, or the virtual router of a subnet
enum class AclId : uint32_t {};     // an access list
enum class Tag : uint32_t { None = 0 };

constexpr AclId kNoAcl{0};

// Of every virtual router, as Azure's virtual machines see theirs.
inline constexpr net::Mac kRouterMac = net::Mac::make(0x12'34'56'78'9A'BC).value();
// The same router's on the link, in IPv6: fe80::1234:5678:9abc.
inline constexpr net::IpAddress kRouterLinkLocal =
    net::IpAddress::v6({0xFE80'0000'0000'0000, 0x1234'5678'9ABC});
// Of every virtual machine: learn.microsoft.com,
// virtual-network/virtual-network-tcpip-performance-tuning.
constexpr uint16_t kMtuBytes = 1500;

// The routes of a (virtual network, route table) pair, or of a subnet that has routes of its own;
// route_table 0 is the network's table without user routes.
struct TableKey {
  DomainId domain{};
  uint32_t route_table = 0;
  friend auto operator<=>(const TableKey&, const TableKey&) = default;
};

// What a route leads to.
struct Action {
  enum class Kind : uint8_t {
    Deliver,    // look the destination up among the endpoints of `domain`
    Appliance,  // hand the packet to the endpoint `address` of `domain`
    Gateway,    // the virtual network gateway of `domain`
    Internet,
    None,  // drop
    // Hand a copy to everybody in the sender's subnet: of packets for many, and of no route.
    Everybody,
  };
  Kind kind = Kind::None;
  DomainId domain{};
  net::IpAddress address;  // Appliance only
  friend auto operator<=>(const Action&, const Action&) = default;
};

// May packets of domain `from` enter domain `to`? Present only while their peering is Connected on
// both sides.
struct PeerKey {
  DomainId from{};
  DomainId to{};
  friend auto operator<=>(const PeerKey&, const PeerKey&) = default;
};
// What a way is like that is no mere memory: packets on it take time, are lost, and wait for each
// other.
struct Link {
  std::chrono::nanoseconds latency{0};
  uint32_t loss_ppm = 0;              // lost of a million
  uint64_t rate_bits_per_second = 0;  // 0: no limit
  friend bool operator==(const Link&, const Link&) = default;
};

struct PeerPolicy {
  bool access_allowed = true;                // both sides allow virtual network access
  bool forwarded_allowed = false;            // the receiver admits sources outside source_prefixes
  std::vector<net::Prefix> source_prefixes;  // what belongs to `from`; sorted
  Tag receiver_tag{};                        // the receiver's peering object
  Tag access_tag{};  // the object that denies access, when access_allowed is false
  // Sources outside source_prefixes that are not admitted are left to the receiver's access lists,
  // to which they are neither VirtualNetwork nor Internet.
  bool lists_judge_forwarded = false;
  // What belongs to `from` by now, and the receiver has not learned of; sorted.
  std::vector<net::Prefix> unsynchronised_prefixes = {};
  std::optional<Link> link = {};  // that packets pass on their way; none: they are there at once
  friend bool operator==(const PeerPolicy&, const PeerPolicy&) = default;
};

enum class AclAction : uint8_t { Permit, Deny };
enum class Direction : uint8_t { Inbound, Outbound };  // as the virtual machine sees it

// What an access-list rule compares an address with.
struct AddressMatch {
  enum class Kind : uint8_t {
    Any,
    In,              // inside `prefix`
    VirtualNetwork,  // as the NetworkRange of the port's table says; without one, where the
                     // system routes of the port's domain deliver: its own subnets and its peers'
    Internet,        // the same; without one, everywhere else
    OneOf,           // one of `addresses`
  };
  Kind kind = Kind::Any;
  net::Prefix prefix;
  std::vector<net::IpAddress> addresses = {};  // sorted
  friend bool operator==(const AddressMatch&, const AddressMatch&) = default;
};

struct AclRule {
  uint32_t priority = 0;  // the lowest matching number decides
  Direction direction = Direction::Inbound;
  AclAction action = AclAction::Permit;
  std::optional<net::IpProtocol> protocol;  // absent: every protocol
  AddressMatch source;
  AddressMatch destination;
  net::PortRange source_ports;  // TCP and UDP only; any other protocol matches only the full range
  net::PortRange destination_ports;
  Tag tag{};
  bool is_default = false;  // nobody wrote it: `tag` is the list's
  bool is_logged = false;   // what it decides is noted: pipeline/access_log.h
  friend bool operator==(const AclRule&, const AclRule&) = default;
};

struct AccessList {
  std::vector<AclRule> rules;  // sorted by (priority, tag)
  std::optional<AclAction> inbound_default;
  std::optional<AclAction> outbound_default;
  Tag tag{};
  friend bool operator==(const AccessList&, const AccessList&) = default;
};

// What rules mean by VirtualNetwork and Internet, as seen from a table.
struct NetworkRange {
  std::vector<net::Prefix> virtual_network;  // sorted
  std::vector<net::Prefix> never_internet;   // sorted; what is in neither is Internet
  friend bool operator==(const NetworkRange&, const NetworkRange&) = default;
};

// One address of a port and what judges its packets.
struct PortAddress {
  net::IpAddress address;
  TableKey table;                // also says the domain
  AclId interface_acl = kNoAcl;  // evaluated first
  AclId subnet_acl = kNoAcl;     // then this
  net::Vni vni;
  Tag tag{};
  bool both_lists_must_permit = false;  // else one ordered evaluation: see acl/access_list.h
  net::Prefix subnet = {};              // its neighbours are inside
  net::IpAddress router = {};           // of the virtual router there
  friend bool operator==(const PortAddress&, const PortAddress&) = default;
};

struct Port {
  net::Mac mac;
  bool may_forward = false;  // packets that are not from its own addresses may leave it
  std::vector<PortAddress>
      addresses;  // the first is the primary: forwarded packets use its table and lists
  Tag tag{};
  // The virtual router of a subnet: its addresses are the router's there, one of each prefix, and
  // what is delivered to it, it answers itself. No wire is plugged into it.
  bool is_router = false;
  uint16_t mtu_bytes = kMtuBytes;  // of the IP packets that are delivered to it
  // Told by DHCP: the port's own, else those of the virtual router in its subnet.
  std::vector<net::IpAddress> name_servers = {};
  friend bool operator==(const Port&, const Port&) = default;
};

struct EndpointKey {
  DomainId domain{};
  net::IpAddress address;
  friend auto operator<=>(const EndpointKey&, const EndpointKey&) = default;
};

// A port that hears what others send to many in its subnet, which the subnet's virtual router
// stands for. A subnet without members carries nothing for many.
struct MemberKey {
  PortId router{};
  PortId member{};
  friend auto operator<=>(const MemberKey&, const MemberKey&) = default;
};
struct Membership {
  friend bool operator==(const Membership&, const Membership&) = default;
};

// Everything that should be forwarded: the oracle's form, and what Dataplane::contents() answers.
struct ForwardingProgram {
  std::map<TableKey, std::map<net::Prefix, Action>> tables;  // a table may be empty
  std::map<PeerKey, PeerPolicy> policies;
  std::map<EndpointKey, PortId> endpoints;
  std::map<PortId, Port> ports;
  std::map<AclId, AccessList> access_lists;
  std::map<TableKey, NetworkRange> ranges;  // a table may have none
  std::map<MemberKey, Membership> members;
  friend bool operator==(const ForwardingProgram&, const ForwardingProgram&) = default;
};

// A change of a program. An absent value removes its key; each key stands at most once; order does
// not matter.
struct ProgramDelta {
  struct RouteChange {
    TableKey table;
    net::Prefix prefix;
    std::optional<Action> action;
    friend bool operator==(const RouteChange&, const RouteChange&) = default;
  };
  template <class Key, class Value>
  using Changes = std::vector<std::pair<Key, std::optional<Value>>>;

  std::vector<std::pair<TableKey, bool>> tables;  // true: exists; false: removed with its routes
  std::vector<RouteChange> routes;                // only of tables that exist afterwards
  Changes<PeerKey, PeerPolicy> policies;
  Changes<EndpointKey, PortId> endpoints;
  Changes<PortId, Port> ports;
  Changes<AclId, AccessList> access_lists;
  Changes<TableKey, NetworkRange> ranges;
  Changes<MemberKey, Membership> members;

  bool empty() const {
    return tables.empty() && routes.empty() && policies.empty() && endpoints.empty() &&
           ports.empty() && access_lists.empty() && ranges.empty() && members.empty();
  }
};

// Law, held by tests: apply(from, diff(from, to)) == to.
void apply(ForwardingProgram& program, const ProgramDelta& delta);
ProgramDelta diff(const ForwardingProgram& from, const ForwardingProgram& to);

}  // namespace isthmus::dataplane
