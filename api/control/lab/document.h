// The lab document: a network lab in one short text. `apply` makes a controller hold what one says,
// `export` writes one back; docs/api/control.md is its reference, docs/api/lab.schema.json its
// schema.
//
// Plain values, legal in themselves: prefixes are canonical, names are legal resource names, and
// every name that something refers to stands in the same document. Whether they fit together is
// what the controller's rules decide. Lists keep the order of the text.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/config/config.h"
#include "controller/model/resources.h"

namespace isthmus::api::lab {

struct LabSubnet {
  std::string name;
  net::Prefix prefix;
  std::string routes;  // a route table of this document; may be empty
  std::string acl;     // an access list of this document; may be empty
  friend bool operator==(const LabSubnet&, const LabSubnet&) = default;
};

struct LabNetwork {
  std::string name;
  std::vector<net::Prefix> prefixes;  // never empty
  std::string location;  // the region; on-prem it is not part of the controller's model
  std::vector<LabSubnet> subnets;
  friend bool operator==(const LabNetwork&, const LabNetwork&) = default;
};

// The flags of one side's peering object.
struct LabPeeringFlags {
  bool access = true;           // allowVirtualNetworkAccess
  bool forwarded = false;       // allowForwardedTraffic
  bool transit = false;         // allowGatewayTransit
  bool remote_gateway = false;  // useRemoteGateways
  friend bool operator==(const LabPeeringFlags&, const LabPeeringFlags&) = default;
};

// A row gives a flag its key in the document and its place in the struct.
struct LabPeeringFlag {
  std::string_view key;
  bool LabPeeringFlags::*field;
};
inline constexpr std::array kLabPeeringFlags = {
    LabPeeringFlag{"access", &LabPeeringFlags::access},
    LabPeeringFlag{"forwarded", &LabPeeringFlags::forwarded},
    LabPeeringFlag{"transit", &LabPeeringFlags::transit},
    LabPeeringFlag{"remoteGateway", &LabPeeringFlags::remote_gateway},
};

// One side. {between: [a, b]} is two of them, {from: a, to: b} is one.
struct LabPeering {
  std::string from;
  std::string to;
  std::string name;  // empty: the name it has already, or FROM-to-TO
  LabPeeringFlags flags;
  // Azure, subnet peering: those of both networks that take part, "hub/dmz"; none: the networks.
  std::vector<std::string> subnets = {};
  bool only_ipv6 = false;
  std::string pointer = {};  // where it stands in the document: "/peerings/0"
  friend bool operator==(const LabPeering& a, const LabPeering& b) {
    return a.from == b.from && a.to == b.to && a.name == b.name && a.flags == b.flags &&
           a.subnets == b.subnets && a.only_ipv6 == b.only_ipv6;
  }
};

struct LabRoute {
  std::string
      name;  // empty: the name that the route for this prefix has already, or one made of it
  net::Prefix prefix;
  NextHopType next = NextHopType::None;
  std::optional<net::IpAddress> address;  // of an appliance
  friend bool operator==(const LabRoute&, const LabRoute&) = default;
};

struct LabRouteTable {
  std::string name;
  std::vector<LabRoute> routes;
  friend bool operator==(const LabRouteTable&, const LabRouteTable&) = default;
};

struct LabRule {
  std::string
      name;  // empty: the name that the rule of this priority has already, or one made of it
  RuleAction action = RuleAction::Allow;
  RuleType type = RuleType::Inbound;
  RuleProtocol protocol = RuleProtocol::All;
  AclAddress from;
  AclAddress to;
  AclPorts from_ports{{}, true};
  AclPorts ports{{}, true};
  uint32_t priority = 0;
  friend bool operator==(const LabRule&, const LabRule&) = default;
};

struct LabAccessList {
  std::string name;
  std::optional<DefaultAction> inbound_default;
  std::optional<DefaultAction> outbound_default;
  std::vector<LabRule> rules;
  friend bool operator==(const LabAccessList&, const LabAccessList&) = default;
};

// A virtual machine is a network interface with one address; in Azure it has one.
struct LabVm {
  std::string name;
  std::string network;
  std::string subnet;
  std::optional<net::IpAddress> address;
  Allocation allocation = Allocation::Dynamic;
  std::optional<net::Mac> mac;
  bool forward = false;          // may send packets of others: portSettings.macSpoofingEnabled, in
                                 // Azure enableIPForwarding
  std::string acl;               // an access list of this document; may be empty
  std::string ip_configuration;  // its name; empty: the name it has already, or "ipconfig1"
  std::string interface;         // Azure: its network interface; empty: of the machine's name
  std::string host;              // where it runs, in labs of several hosts; not part of the model
  friend bool operator==(const LabVm&, const LabVm&) = default;
};

// What the way between two networks does to packets, where packets run: the same in both
// directions.
struct LabLink {
  std::string a;
  std::string b;
  std::chrono::microseconds latency{0};
  uint32_t loss_ppm = 0;              // packets lost of a million: 0.1% is 1000
  uint64_t rate_bits_per_second = 0;  // 0: no limit
  bool is_perfect() const {           // nothing
    return latency.count() == 0 && loss_ppm == 0 && rate_bits_per_second == 0;
  }
  friend bool operator==(const LabLink&, const LabLink&) = default;
};

enum class LabResult : uint8_t { Reach, Drop };

// What should be true of the lab. `apply` does not look at it; expectations.h does.
struct LabExpectation {
  std::string from;
  std::string to;
  std::string protocol;  // tcp, udp, icmp or any
  std::optional<uint16_t> port;
  LabResult result = LabResult::Reach;
  std::string via;  // a virtual machine that the packet passes
  std::string
      reason;  // of a drop: an identifier of dataplane/pipeline/drop_reason.h, or its first words
  friend bool operator==(const LabExpectation&, const LabExpectation&) = default;
};

struct Where {  // in the text; from 1
  int line = 0;
  int column = 0;
};

inline constexpr std::string_view kDefaultLabGroup = "lab";

struct LabDocument {
  Realm realm = Realm::Onprem;
  std::string group;  // in Azure: the resource group of everything here; empty: kDefaultLabGroup
  // That the group is in; no document says it.
  std::string subscription = std::string(config::kDefaultSubscription);
  std::vector<LabNetwork> networks;
  std::vector<LabPeering> peerings;
  std::vector<LabRouteTable> route_tables;
  std::vector<LabAccessList> access_lists;
  std::vector<LabVm> vms;
  std::vector<LabLink> links;
  std::vector<LabExpectation> expectations;
  // JSON pointer -> where it stands, for everything that becomes a resource ("/networks/hub"), and
  // for expectations with their members ("/expect/0/from").
  std::map<std::string, Where, std::less<>> positions;

  // Positions and the subscription are not part of what a document says.
  friend bool operator==(const LabDocument& a, const LabDocument& b) {
    return a.realm == b.realm && a.group == b.group && a.networks == b.networks &&
           a.peerings == b.peerings && a.route_tables == b.route_tables &&
           a.access_lists == b.access_lists && a.vms == b.vms && a.links == b.links &&
           a.expectations == b.expectations;
  }
};

}  // namespace isthmus::api::lab
