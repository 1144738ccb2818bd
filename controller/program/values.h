// The value of each programmed key, as a function of the model.
#pragma once

#include <optional>
#include <vector>

#include "controller/model/networks.h"
#include "dataplane/program.h"

namespace isthmus::program {

inline dataplane::DomainId domain_of(const Resource& network) {
  return dataplane::DomainId{network.serial};
}
// The resource that a port, domain, tag or access list of the program stands for.
template <class Id>
const Resource* resource_of(const Model& model, Id id) {
  return model.find(static_cast<Serial>(id));
}
inline dataplane::Tag tag_of(const Resource& resource) { return dataplane::Tag{resource.serial}; }

// The tables of a network: one without user routes, one for each route table that a subnet uses,
// and one for each subnet that a subnet peering of the network names: its routes are its own, and
// its serial stands in the key where that of a route table would. Sorted.
std::vector<dataplane::TableKey> tables_of(const Model& model, const Resource& network);
dataplane::TableKey table_of_subnet(const Model& model, const Resource& subnet);
// The one that it shares with its siblings, as long as it has none of its own.
dataplane::TableKey shared_table_of_subnet(const Model& model, const Resource& subnet);
Viewpoint viewpoint_of(const Model& model, const Resource& network, dataplane::TableKey key);
// The tables, of any network, that hold the routes of a route table. Sorted.
std::vector<dataplane::TableKey> tables_using(const Model& model, const Resource& route_table);

bool table_exists(const Model& model, dataplane::TableKey key);
std::optional<dataplane::Action> route(const Model& model, dataplane::TableKey table,
                                       net::Prefix prefix);
std::optional<dataplane::PeerPolicy> policy(const Model& model, dataplane::PeerKey key);
// What the way from a network to another is like; none: it is no matter.
std::optional<dataplane::Link> link_from(const Resource& network, const Resource& to);
std::optional<dataplane::PortId> endpoint(const Model& model, dataplane::EndpointKey key);
// Of an interface, or of a subnet: its virtual router.
std::optional<dataplane::Port> port(const Model& model, dataplane::PortId key);
// An interface hears what is for many in a subnet that it has an address in; not in Azure.
std::optional<dataplane::Membership> membership(const Model& model, dataplane::MemberKey key);
// Of an access list, or in Azure of a virtual network: what judges interfaces without a security
// group.
std::optional<dataplane::AccessList> access_list(const Model& model, dataplane::AclId key);
// Azure's tables have one.
std::optional<dataplane::NetworkRange> range(const Model& model, dataplane::TableKey key);

// Every prefix that has a route in the table.
std::vector<net::Prefix> prefixes(const Model& model, dataplane::TableKey table);

}  // namespace isthmus::program
