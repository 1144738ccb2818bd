#include "controller/model/model.h"

#include <fmt/format.h>

#include <algorithm>

#include "controller/model/references.h"

namespace isthmus {
namespace {

constexpr Serial kLastSerial = ~Serial{0};

// A hub changes with every peering of it, and its many peers have nothing to learn from that.
bool changes_address_space(const ResourceChange& change) {
  const auto space_of = [](const ResourcePtr& resource) {
    const auto* network = resource ? resource->body.get_if<VirtualNetwork>() : nullptr;
    return network == nullptr ? nullptr : &network->address_space;
  };
  const auto* was = space_of(change.before);
  const auto* is = space_of(change.after);
  return was != nullptr && is != nullptr ? *was != *is : was != is;
}

bool by_path(const Resource* a, const Resource* b) { return a->id < b->id; }

}  // namespace

const Resource* Model::find(const ResourceId& id) const {
  const ResourcePtr* found = collection(id.kind()).find(id);
  return found == nullptr ? nullptr : found->get();
}

ResourcePtr Model::find_shared(const ResourceId& id) const {
  const ResourcePtr* found = collection(id.kind()).find(id);
  return found == nullptr ? nullptr : *found;
}

const Resource* Model::find(Serial serial) const {
  const ResourcePtr* found = by_serial_.find(serial);
  return found == nullptr ? nullptr : found->get();
}

size_t Model::count() const { return by_serial_.size(); }

size_t Model::count(Kind kind, Realm realm) const {
  const Resources& resources = collection(kind);
  const size_t onprem = resources.first_rank(
      [](const ResourcePtr& resource, size_t) { return resource->id.realm() == Realm::Azure; });
  return realm == Realm::Onprem ? onprem : resources.size() - onprem;
}

Model::RealmPart Model::collection(Kind kind, Realm realm) const {
  const Resources& all = collection(kind);
  const auto border = all.lower_bound(ResourceId::before_all(Realm::Azure));
  return realm == Realm::Onprem ? RealmPart{all.begin(), border} : RealmPart{border, all.end()};
}

std::vector<const Resource*> Model::below(const ResourceId& ancestor, Kind kind) const {
  std::vector<const Resource*> found;
  each_below(ancestor, kind, [&found](const Resource& resource) {
    found.push_back(&resource);
    return true;
  });
  return found;
}

size_t Model::count_below(const ResourceId& ancestor, Kind kind) const {
  const Resources& resources = collection(kind);
  const size_t first =
      resources.first_rank([&](const ResourcePtr& r, size_t) { return r->id > ancestor; });
  return resources.first_rank([&](const ResourcePtr& r, size_t rank) {
    return rank >= first && !ancestor.contains(r->id);
  }) - first;
}

std::vector<ResourcePtr> Model::subtree(const ResourceId& root) const {
  std::vector<ResourcePtr> found;
  if (auto self = find_shared(root)) found.push_back(std::move(self));
  for (const KindInfo& row : kKinds) {
    const Resources& resources = collection(row.kind);
    for (auto it = resources.lower_bound(ByPath::Below{root}); it != resources.end(); ++it) {
      if (!root.contains((*it)->id)) break;
      found.push_back(*it);
    }
  }
  return found;
}

std::vector<const Resource*> Model::referrers(const Resource& target) const {
  auto found = matches(references_, {target.serial, 0}, {target.serial, kLastSerial});
  std::sort(found.begin(), found.end(), by_path);
  return found;
}

std::vector<const Resource*> Model::referrers(const Resource& target, Kind kind) const {
  auto found = referrers(target);
  std::erase_if(found, [kind](const Resource* resource) { return resource->kind() != kind; });
  return found;
}

std::vector<const Resource*> Model::referrers_below(const Resource& target,
                                                    const Resource& parent) const {
  return matches(references_, {target.serial, parent.serial}, {target.serial, parent.serial});
}

std::vector<const Resource*> Model::subnets_with(net::Prefix prefix) const {
  return matches(subnet_prefixes_, prefix, prefix);
}

std::vector<const Resource*> Model::subnets_containing(net::IpAddress address) const {
  std::vector<const Resource*> found;
  for (int length = net::address_bits(address.family()); length >= 0; --length) {
    for (const Resource* subnet : subnets_with(net::Prefix::containing(address, length)))
      found.push_back(subnet);
  }
  return found;
}

std::vector<const Resource*> Model::peerings_overlapping(const Resource& network,
                                                         net::Prefix prefix) const {
  const PeerPrefixKey first{network.serial, prefix};
  const PeerPrefixKey last{network.serial, net::Prefix::host(prefix.last())};
  auto found = matches(peer_prefixes_, first, last);  // inside
  for (int length = prefix.length() - 1; length >= 0; --length) {
    const PeerPrefixKey around{network.serial, net::Prefix::containing(prefix.address(), length)};
    const auto there = matches(peer_prefixes_, around, around);
    found.insert(found.end(), there.begin(), there.end());
  }
  return found;
}

std::vector<const Resource*> Model::peerings_with(const Resource& network,
                                                  net::Prefix prefix) const {
  const PeerPrefixKey key{network.serial, prefix};
  return matches(peer_prefixes_, key, key);
}

std::vector<const Resource*> Model::routes_with(const Resource& route_table,
                                                net::Prefix prefix) const {
  return matches(route_prefixes_, {route_table.serial, prefix}, {route_table.serial, prefix});
}

std::vector<const Resource*> Model::routes_via(net::Prefix next_hops) const {
  return matches(next_hops_, next_hops.address(), next_hops.last());
}

std::vector<const Resource*> Model::users_of_address(const Resource& subnet,
                                                     net::IpAddress address) const {
  const AddressKey key{subnet.serial, address};
  return matches(addresses_, key, key);
}

const Resource* Model::ip_configuration(const Resource& subnet, net::IpAddress address) const {
  for (const Resource* user : users_of_address(subnet, address)) {
    if (user->kind() == Kind::IpConfiguration) return user;
  }
  return nullptr;
}

std::vector<std::pair<net::IpAddress, const Resource*>> Model::addresses_in(
    const Resource& subnet) const {
  std::vector<std::pair<net::IpAddress, const Resource*>> found;
  const AddressKey first{subnet.serial, net::IpAddress::v4(0)};
  for (auto it = addresses_.lower_bound(Entry<AddressKey>{first, 0});
       it != addresses_.end() && it->key.subnet == subnet.serial; ++it) {
    found.emplace_back(it->key.address, find(it->serial));
  }
  return found;
}

std::vector<const Resource*> Model::ip_configurations(const Resource& subnet) const {
  std::vector<const Resource*> found;
  for (const auto& [address, user] : addresses_in(subnet)) {
    if (user->kind() == Kind::IpConfiguration) found.push_back(user);
  }
  return found;
}

std::vector<const Resource*> Model::public_addresses_with(net::IpAddress address) const {
  return matches(public_addresses_, address, address);
}

std::vector<const Resource*> Model::interfaces_with(net::Mac mac) const {
  return matches(macs_, mac, mac);
}

template <class Key>
size_t Model::count_between(const Index<Key>& index, const Key& first, const Key& last) {
  return index.first_rank([&](const auto& entry, size_t) { return entry.key > last; }) -
         index.first_rank([&](const auto& entry, size_t) { return entry.key >= first; });
}

size_t Model::macs_between(net::Mac first, net::Mac last) const {
  return count_between(macs_, first, last);
}

size_t Model::addresses_between(const Resource& subnet, net::IpAddress first,
                                net::IpAddress last) const {
  return count_between(addresses_, AddressKey{subnet.serial, first},
                       AddressKey{subnet.serial, last});
}

const Resource* Model::subnet_with(net::Vni id) const {
  const auto found = matches(subnet_ids_, id, id);
  return found.empty() ? nullptr : found.front();
}

// How many values from `first` on are taken without a gap: where the elements that are not less run
// ahead of their ranks. `distance` is how far an element's value lies beyond the first one, for
// those that are not less.
template <class Key, class Distance>
uint64_t Model::taken_from(const Index<Key>& index, const Key& first, const Distance& distance) {
  const size_t start =
      index.first_rank([&](const Entry<Key>& entry, size_t) { return entry.key >= first; });
  return index.first_rank([&](const Entry<Key>& entry, size_t rank) {
    return rank >= start && distance(entry.key) > rank - start;
  }) - start;
}

std::optional<net::IpAddress> Model::first_free_address(const Resource& subnet,
                                                        net::IpAddress first,
                                                        net::IpAddress last) const {
  constexpr uint64_t kElsewhere = ~uint64_t{0};
  const uint64_t taken =
      taken_from(addresses_, AddressKey{subnet.serial, first}, [&](const AddressKey& key) {
        const bool here = key.subnet == subnet.serial && key.address.family() == first.family();
        return here ? key.address.distance_from(first) : kElsewhere;
      });
  if (taken > last.distance_from(first)) return std::nullopt;
  return first.plus(taken);
}

std::optional<net::IpAddress> Model::first_free_public_address(net::IpAddress first,
                                                               net::IpAddress last) const {
  constexpr uint64_t kElsewhere = ~uint64_t{0};
  const uint64_t taken = taken_from(public_addresses_, first, [&](net::IpAddress address) {
    return address.family() == first.family() ? address.distance_from(first) : kElsewhere;
  });
  if (taken > last.distance_from(first)) return std::nullopt;
  return first.plus(taken);
}

std::optional<net::Mac> Model::first_free_mac(net::Mac first, net::Mac last) const {
  const uint64_t free = first.value() + taken_from(macs_, first, [&](net::Mac mac) {
                          return mac.value() - first.value();
                        });
  return free <= last.value() ? net::Mac::make(free) : std::nullopt;
}

std::optional<net::Vni> Model::first_free_subnet_id(uint32_t first, uint32_t last) const {
  const uint64_t free = first + taken_from(subnet_ids_, *net::Vni::make(first),
                                           [&](net::Vni id) { return id.value() - first; });
  return free <= last ? net::Vni::make(static_cast<uint32_t>(free)) : std::nullopt;
}

void Model::update(std::span<const ResourceChange> changes) {
  for (const ResourceChange& change : changes) {
    if (change.before) index(*change.before, false);
  }
  // What follows of others concerns those that do not change themselves.
  std::vector<const Resource*> left_behind;  // peerings whose remote network goes
  for (const ResourceChange& change : changes) {
    if (!change.before || !changes_address_space(change)) continue;
    index_peers_of(*change.before, false);
    if (change.after) continue;
    for (const Resource* peering : release_references(*change.before))
      left_behind.push_back(peering);
  }
  for (const ResourceChange& change : changes) {
    Resources& resources = resources_[static_cast<size_t>(change.any().kind())];
    const bool stays =
        change.before && change.after && change.before->serial == change.after->serial;
    if (change.before && !stays) by_serial_.erase(change.before->serial);
    if (change.after) {
      last_serial_ = std::max(last_serial_, change.after->serial);
      resources.put(change.after);
      by_serial_.put(change.after);
    } else {
      resources.erase(change.before->id);
    }
  }
  for (const ResourceChange& change : changes) {
    if (change.after) index(*change.after, true);
  }
  for (const Resource* peering : left_behind) index_peering(*peering, nullptr, true);
  for (const ResourceChange& change : changes) {
    if (!change.after || !changes_address_space(change)) continue;
    if (!change.before) resume_references(*change.after);
    index_peers_of(*change.after, true);
  }
}

// Those that hold loosely to what goes wait for its return.
std::vector<const Resource*> Model::release_references(const Resource& gone) {
  std::vector<const Resource*> waiting = referrers(gone, Kind::Peering);
  for (const Resource* peering : waiting) {
    const Serial parent = find(peering->id.parent())->serial;
    set(references_, ReferenceKey{gone.serial, parent}, peering->serial, false);
    set(loose_references_, gone.id, peering->serial, true);
  }
  return waiting;
}

void Model::resume_references(const Resource& back) {
  for (const Resource* peering : matches(loose_references_, back.id, back.id)) {
    set(loose_references_, back.id, peering->serial, false);
    index_peering(*peering, nullptr, false);
    const Serial parent = find(peering->id.parent())->serial;
    set(references_, ReferenceKey{back.serial, parent}, peering->serial, true);
  }
}

template <class Key>
void Model::set(Index<Key>& index, Key key, Serial serial, bool present) {
  if (present) {
    index.put({key, serial});
  } else {
    index.erase(Entry<Key>{key, serial});
  }
}

template <class Key>
std::vector<const Resource*> Model::matches(const Index<Key>& index, const Key& first,
                                            const Key& last) const {
  std::vector<const Resource*> found;
  for (auto it = index.lower_bound(Entry<Key>{first, 0}); it != index.end() && it->key <= last;
       ++it) {
    found.push_back(find(it->serial));
  }
  return found;
}

void Model::index(const Resource& resource, bool present) {
  const ResourceId parent_id = resource.id.parent();
  const Resource* parent = parent_id.empty() ? nullptr : find(parent_id);
  const Serial parent_serial = parent == nullptr ? 0 : parent->serial;
  for_each_reference(
      resource.id.realm(), resource.body,
      [&](const ResourceId& target, const ReferenceMember& member) {
        if (const Resource* found = find(target)) {
          set(references_, ReferenceKey{found->serial, parent_serial}, resource.serial, present);
        } else if (member.hold == Hold::Loose) {
          set(loose_references_, target, resource.serial, present);
        }
      });
  if (const auto* peering = resource.body.get_if<Peering>()) {
    index_peering(resource, find(peering->remote_virtual_network), present);
  } else if (const auto* subnet = resource.body.get_if<Subnet>()) {
    for (const net::Prefix& prefix : prefixes_of(*subnet))
      set(subnet_prefixes_, prefix, resource.serial, present);
    set(subnet_ids_, subnet->virtual_subnet_id, resource.serial, present);
  } else if (const auto* route = resource.body.get_if<Route>()) {
    set(route_prefixes_, RouteKey{parent_serial, route->prefix}, resource.serial, present);
    if (route->next_hop) set(next_hops_, *route->next_hop, resource.serial, present);
  } else if (const auto* interface = resource.body.get_if<NetworkInterface>()) {
    if (interface->mac) set(macs_, *interface->mac, resource.serial, present);
  } else if (const auto* ip = resource.body.get_if<IpConfiguration>()) {
    if (ip->address) index_address(ip->subnet, *ip->address, resource.serial, present);
  } else if (const auto* frontend = resource.body.get_if<FrontendIpConfiguration>()) {
    if (frontend->private_address)
      index_address(frontend->subnet, *frontend->private_address, resource.serial, present);
  } else if (const auto* reservation = resource.body.get_if<IpReservation>()) {
    for (const net::IpAddress address : reservation->addresses)
      index_address(parent_id, address, resource.serial, present);
  } else if (const auto* address = resource.body.get_if<PublicIpAddress>()) {
    if (address->address) set(public_addresses_, *address->address, resource.serial, present);
  }
}

void Model::index_peers_of(const Resource& network, bool present) {
  for (const Resource* peering : referrers(network, Kind::Peering))
    index_peering(*peering, &network, present);
}

void Model::index_peering(const Resource& peering, const Resource* remote, bool present) {
  const Resource* local = find(peering.id.parent());
  if (local == nullptr) return;
  const auto see = [&](const std::vector<net::Prefix>& prefixes) {
    for (const net::Prefix& prefix : prefixes)
      set(peer_prefixes_, PeerPrefixKey{local->serial, prefix}, peering.serial, present);
  };
  if (remote != nullptr) see(remote->as<VirtualNetwork>().address_space);
  see(peering.as<Peering>().azure.remote_address_space);
}

void Model::index_address(const ResourceId& subnet, net::IpAddress address, Serial serial,
                          bool present) {
  const Resource* home = subnet.empty() ? nullptr : find(subnet);
  if (home != nullptr) set(addresses_, AddressKey{home->serial, address}, serial, present);
}

std::string etag(const Model& model, const Resource& resource) {
  Stamp newest = std::max(resource.put, resource.changed);
  for (ResourceId id = resource.id.parent(); !id.empty(); id = id.parent()) {
    if (const Resource* ancestor = model.find(id)) newest = std::max(newest, ancestor->put);
  }
  return etag_of_revision(model, newest.revision);
}

std::string etag_of_revision(const Model& model, Revision newest) {
  return fmt::format("W/\"{}\"", Uuid::derive(model.identity(), newest, "etag").to_string());
}

}  // namespace isthmus
