// Everything one controller manages, as a value. A copy is cheap and never changes under its
// reader, so that what-if, dry run, diff and undo are: change a copy, compare.
//
// Invariants: every reference leads to a resource that exists; every child's parent exists (the
// rules see to both); the indexes agree with the resources. Threads: copies may be read anywhere;
// one copy is changed by one thread.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "controller/model/persistent_set.h"
#include "controller/model/resources.h"

namespace isthmus {

// One resource before and after a change: absent before when created, absent after when deleted.
struct ResourceChange {
  ResourcePtr before;
  ResourcePtr after;
  const Resource& any() const { return after ? *after : *before; }
};

class Model {
  struct ByPath {
    std::strong_ordering operator()(const ResourcePtr& a, const ResourcePtr& b) const {
      return a->id <=> b->id;
    }
    std::strong_ordering operator()(const ResourceId& a, const ResourcePtr& b) const {
      return a <=> b->id;
    }
    // A resource and everything below it, as one key: equal to nothing, just before its first
    // descendant.
    struct Below {
      const ResourceId& id;
    };
    std::strong_ordering operator()(const Below& a, const ResourcePtr& b) const {
      const auto order = a.id <=> b->id;
      return std::is_eq(order) ? std::strong_ordering::greater : order;
    }
  };
  using Resources = PersistentSet<ResourcePtr, ByPath>;

 public:
  Model() = default;
  explicit Model(Uuid identity) : identity_(identity) {}

  // Seed of every etag and instance id that this controller hands out.
  const Uuid& identity() const { return identity_; }
  Revision revision() const { return revision_; }
  void set_revision(Revision revision) { revision_ = revision; }
  Serial next_serial() { return ++last_serial_; }

  // Null where there is none. Pointers are good as long as this or a copy lives unchanged.
  const Resource* find(const ResourceId& id) const;
  ResourcePtr find_shared(const ResourceId& id) const;
  const Resource* find(Serial serial) const;
  size_t count(Kind kind) const { return collection(kind).size(); }
  size_t count(Kind kind, Realm realm) const;
  size_t count() const;

  // In path order.
  const Resources& collection(Kind kind) const { return resources_[static_cast<size_t>(kind)]; }
  // The part of it that one realm has.
  struct RealmPart {
    Resources::Iterator first;
    Resources::Iterator past;
    Resources::Iterator begin() const { return first; }
    Resources::Iterator end() const { return past; }
  };
  RealmPart collection(Kind kind, Realm realm) const;
  // Direct children, or deeper descendants, of one type, in path order.
  std::vector<const Resource*> below(const ResourceId& ancestor, Kind kind) const;
  // Calls see(const Resource&) for each; stops when it answers false.
  template <class See>
  void each_below(const ResourceId& ancestor, Kind kind, const See& see) const {
    const Resources& resources = collection(kind);
    for (auto it = resources.lower_bound(ByPath::Below{ancestor}); it != resources.end(); ++it) {
      if (!ancestor.contains((*it)->id) || !see(**it)) return;
    }
  }
  size_t count_below(const ResourceId& ancestor, Kind kind) const;
  // The resource and everything below it, parents before children.
  std::vector<ResourcePtr> subtree(const ResourceId& root) const;
  // Who refers to this resource, in path order; those below `within` only, where that is given.
  std::vector<const Resource*> referrers(const Resource& target) const;
  std::vector<const Resource*> referrers(const Resource& target, Kind kind) const;
  // References to `target` from the direct children of `parent`.
  std::vector<const Resource*> referrers_below(const Resource& target,
                                               const Resource& parent) const;

  // Questions that the indexes answer.
  std::vector<const Resource*> subnets_with(
      net::Prefix prefix) const;  // virtual subnets of every network
  std::vector<const Resource*> subnets_containing(net::IpAddress address) const;
  // The peerings of a network whose remote network has a prefix that overlaps this one, or had it
  // when they were last synchronised.
  std::vector<const Resource*> peerings_overlapping(const Resource& network,
                                                    net::Prefix prefix) const;
  // The same, for exactly this prefix.
  std::vector<const Resource*> peerings_with(const Resource& network, net::Prefix prefix) const;
  std::vector<const Resource*> routes_with(const Resource& route_table, net::Prefix prefix) const;
  std::vector<const Resource*> routes_via(
      net::Prefix next_hops) const;  // appliance routes with a next hop inside
  const Resource* ip_configuration(const Resource& subnet, net::IpAddress address) const;
  std::vector<const Resource*> users_of_address(const Resource& subnet,
                                                net::IpAddress address) const;
  std::vector<const Resource*> ip_configurations(const Resource& subnet) const;  // by address
  // Every address that something in the subnet has or keeps free, with whatever it is.
  std::vector<std::pair<net::IpAddress, const Resource*>> addresses_in(
      const Resource& subnet) const;
  std::vector<const Resource*> public_addresses_with(net::IpAddress address) const;
  std::vector<const Resource*> interfaces_with(net::Mac mac) const;
  size_t macs_between(net::Mac first, net::Mac last) const;
  size_t addresses_between(const Resource& subnet, net::IpAddress first, net::IpAddress last) const;
  const Resource* subnet_with(net::Vni id) const;
  // The smallest value from `first` to `last` that nobody has, as long as no two have the same,
  // which the rules refuse.
  std::optional<net::IpAddress> first_free_address(const Resource& subnet, net::IpAddress first,
                                                   net::IpAddress last) const;
  std::optional<net::IpAddress> first_free_public_address(net::IpAddress first,
                                                          net::IpAddress last) const;
  std::optional<net::Mac> first_free_mac(net::Mac first, net::Mac last) const;
  std::optional<net::Vni> first_free_subnet_id(uint32_t first, uint32_t last) const;

  // Applies changes whose `before` is what the model holds. Resources of one call may refer to each
  // other.
  void update(std::span<const ResourceChange> changes);

 private:
  // (what is looked up, who has it); one ordering serves them all.
  template <class Key>
  struct Entry {
    Key key;
    Serial serial;
    friend auto operator<=>(const Entry&, const Entry&) = default;
  };
  struct ByValue {
    template <class T>
    auto operator()(const T& a, const T& b) const {
      return a <=> b;
    }
    std::strong_ordering operator()(Serial a, const ResourcePtr& b) const {
      return a <=> b->serial;
    }
    std::strong_ordering operator()(const ResourcePtr& a, const ResourcePtr& b) const {
      return a->serial <=> b->serial;
    }
  };
  template <class Key>
  using Index = PersistentSet<Entry<Key>, ByValue>;
  struct ReferenceKey {
    Serial target;
    Serial source_parent;  // 0 for a top-level resource
    friend auto operator<=>(const ReferenceKey&, const ReferenceKey&) = default;
  };
  struct RouteKey {
    Serial route_table;
    net::Prefix prefix;
    friend auto operator<=>(const RouteKey&, const RouteKey&) = default;
  };
  struct PeerPrefixKey {
    Serial network;      // whose peering it is
    net::Prefix prefix;  // of the remote network
    friend auto operator<=>(const PeerPrefixKey&, const PeerPrefixKey&) = default;
  };
  struct AddressKey {
    Serial subnet;
    net::IpAddress address;
    friend auto operator<=>(const AddressKey&, const AddressKey&) = default;
  };

  void index(const Resource& resource, bool present);
  // What a peering of one network reaches in another, by the address space that this one has now,
  // if it is there, and by the one that it had when the two were synchronised.
  void index_peering(const Resource& peering, const Resource* remote, bool present);
  std::vector<const Resource*> release_references(const Resource& gone);
  void resume_references(const Resource& back);
  void index_peers_of(const Resource& network, bool present);
  void index_address(const ResourceId& subnet, net::IpAddress address, Serial serial, bool present);
  template <class Key>
  void set(Index<Key>& index, Key key, Serial serial, bool present);
  template <class Key>
  std::vector<const Resource*> matches(const Index<Key>& index, const Key& first,
                                       const Key& last) const;
  template <class Key>
  static size_t count_between(const Index<Key>& index, const Key& first, const Key& last);
  template <class Key, class Distance>
  static uint64_t taken_from(const Index<Key>& index, const Key& first, const Distance& distance);

  Uuid identity_;
  Revision revision_ = 0;
  Serial last_serial_ = 0;
  std::array<Resources, kKindCount> resources_;
  PersistentSet<ResourcePtr, ByValue> by_serial_;
  Index<ReferenceKey> references_;
  Index<ResourceId> loose_references_;  // that lead nowhere at present
  Index<net::Prefix> subnet_prefixes_;
  Index<PeerPrefixKey> peer_prefixes_;
  Index<RouteKey> route_prefixes_;
  Index<net::IpAddress> next_hops_;
  Index<AddressKey> addresses_;  // of whatever has one in a subnet, or keeps one free
  Index<net::IpAddress> public_addresses_;
  Index<net::Mac> macs_;
  Index<net::Vni> subnet_ids_;
};

// W/"guid", as RFC 9110 section 8.8.3 writes weak entity tags. It changes when the resource, an
// ancestor by its own PUT, or anything below it changes; after a PUT, the parent and its children
// print the same one, as real controllers do.
std::string etag(const Model& model, const Resource& resource);
// The same for whoever already knows the newest of those revisions.
std::string etag_of_revision(const Model& model, Revision newest);

}  // namespace isthmus
