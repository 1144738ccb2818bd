// The model's indexes against a look at every resource, over random lives; and what a copy keeps.
#include "controller/model/model.h"

#include <gtest/gtest.h>

#include <set>

#include "controller/model/networks.h"
#include "controller/model/references.h"
#include "controller/rules/apply.h"
#include "controller/rules/fresh.h"
#include "tests/support/random_changes.h"

namespace isthmus {
namespace {

Model fresh_model() { return make_fresh(Model(Uuid{1, 2}), FreshContents::Seeded, {})->model; }

template <class See>
void each_resource(const Model& model, const See& see) {
  for (const KindInfo& row : kKinds) {
    for (const ResourcePtr& resource : model.collection(row.kind)) see(*resource);
  }
}

using Found = std::set<const Resource*>;
Found as_set(const std::vector<const Resource*>& found) { return {found.begin(), found.end()}; }

// The values from `first` to `last` that are free, by looking at each.
template <class Value, class Next>
std::optional<Value> first_not_in(const std::set<Value>& taken, Value first, Value last,
                                  const Next& next) {
  for (Value value = first; value <= last; value = next(value)) {
    if (!taken.contains(value)) return value;
  }
  return std::nullopt;
}

void expect_free_values_agree(const Model& model) {
  std::set<net::Mac> macs;
  std::set<net::Vni> ids;
  std::map<const Resource*, std::set<net::IpAddress>> addresses;
  each_resource(model, [&](const Resource& resource) {
    if (resource.kind() == Kind::NetworkInterface)
      macs.insert(*resource.as<NetworkInterface>().mac);
    if (resource.kind() == Kind::Subnet) ids.insert(resource.as<Subnet>().virtual_subnet_id);
    if (resource.kind() != Kind::IpConfiguration) return;
    const IpConfiguration& ip = resource.as<IpConfiguration>();
    if (ip.address) addresses[model.find(ip.subnet)].insert(*ip.address);
  });
  const auto after = [](auto value) { return *decltype(value)::make(value.value() + 1); };
  // From each value that is taken, and from the one before it: runs of any length, and none.
  for (const net::Mac mac : macs) {
    const net::Mac first = *net::Mac::make(mac.value() - 1);
    for (const uint64_t length : {0, 1, 3, 1000}) {
      const net::Mac last = *net::Mac::make(first.value() + length);
      ASSERT_EQ(model.first_free_mac(first, last), first_not_in(macs, first, last, after));
      ASSERT_EQ(model.macs_between(first, last),
                std::distance(macs.lower_bound(first), macs.upper_bound(last)));
    }
  }
  for (const net::Vni id : ids) {
    for (const uint32_t length : {0, 1, 3, 1000}) {
      const net::Vni last = *net::Vni::make(id.value() + length);
      ASSERT_EQ(model.first_free_subnet_id(id.value(), last.value()),
                first_not_in(ids, id, last, after));
    }
  }
  for (const auto& [subnet, taken] : addresses) {
    for (const net::IpAddress address : taken) {
      for (const uint64_t length : {0, 1, 3, 1000}) {
        const net::IpAddress last = address.plus(length);
        ASSERT_EQ(
            model.first_free_address(*subnet, address, last),
            first_not_in(taken, address, last, [](net::IpAddress value) { return value.plus(1); }));
      }
    }
  }
}

void expect_indexes_agree(const Model& model) {
  size_t count = 0;
  std::map<const Resource*, Found> referrers;
  std::map<net::Prefix, Found> subnets;
  each_resource(model, [&](const Resource& resource) {
    ++count;
    ASSERT_EQ(model.find(resource.serial), &resource);
    ASSERT_EQ(model.find(resource.id), &resource);
    if (!resource.id.parent().empty()) {
      ASSERT_NE(model.find(resource.id.parent()), nullptr);
    }
    for_each_reference(resource.id.realm(), resource.body,
                       [&](const ResourceId& target, const ReferenceMember&) {
                         const Resource* found = model.find(target);
                         ASSERT_NE(found, nullptr) << resource.id.path() << " refers to nothing";
                         referrers[found].insert(&resource);
                       });
    if (resource.kind() == Kind::Subnet) subnets[resource.as<Subnet>().prefix].insert(&resource);
    if (resource.kind() == Kind::IpConfiguration && resource.as<IpConfiguration>().address) {
      const Resource& subnet = *model.find(resource.as<IpConfiguration>().subnet);
      ASSERT_EQ(model.ip_configuration(subnet, *resource.as<IpConfiguration>().address), &resource);
    }
    if (resource.kind() == Kind::NetworkInterface) {
      ASSERT_EQ(as_set(model.interfaces_with(*resource.as<NetworkInterface>().mac)),
                Found{&resource});
    }
    if (resource.kind() == Kind::Route) {
      ASSERT_EQ(
          as_set(model.routes_with(*model.find(resource.id.parent()), resource.as<Route>().prefix)),
          Found{&resource});
    }
  });
  ASSERT_EQ(model.count(), count);
  each_resource(model, [&](const Resource& resource) {
    ASSERT_EQ(as_set(model.referrers(resource)), referrers[&resource]);
  });
  for (const auto& [prefix, expected] : subnets)
    ASSERT_EQ(as_set(model.subnets_with(prefix)), expected);
}

// Every network's peerings, asked with the prefixes of every network and with what lies around and
// inside those.
void expect_peers_agree(const Model& model) {
  for (const ResourcePtr& local : model.collection(Kind::VirtualNetwork)) {
    const auto peerings = model.below(local->id, Kind::Peering);
    ASSERT_EQ(model.count_below(local->id, Kind::Peering), peerings.size());
    for (const ResourcePtr& any : model.collection(Kind::VirtualNetwork)) {
      const net::Prefix own = any->as<VirtualNetwork>().address_space.front();
      for (const net::Prefix& prefix :
           {own, net::Prefix::containing(own.address(), own.length() - 2),
            net::Prefix::host(own.last())}) {
        Found expected;
        for (const Resource* peering : peerings) {
          const Resource& remote = *model.find(peering->as<Peering>().remote_virtual_network);
          for (const net::Prefix& there : remote.as<VirtualNetwork>().address_space)
            if (there.overlaps(prefix)) expected.insert(peering);
        }
        ASSERT_EQ(as_set(model.peerings_overlapping(*local, prefix)), expected);
      }
    }
  }
}

TEST(Model, IndexesAgreeWithTheResources) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    testing::RandomChanges changes(seed);
    Model model = fresh_model();
    for (int i = 0; i < 200; ++i) {
      if (auto applied = apply(model, changes.next(), {})) model = std::move(applied->model);
      if (i % 5 == 0) expect_indexes_agree(model);
      if (i % 5 == 0) expect_peers_agree(model);
      if (i % 20 == 0) expect_free_values_agree(model);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

std::vector<std::string> everything(const Model& model) {
  std::vector<std::string> lines;
  each_resource(model, [&](const Resource& resource) {
    lines.push_back(
        fmt::format("{} {} {}", resource.id.path(), resource.serial, etag(model, resource)));
  });
  return lines;
}

TEST(Model, ACopyKeepsSeeingWhatItSaw) {
  testing::RandomChanges changes(3);
  Model model = fresh_model();
  std::vector<std::pair<Model, std::vector<std::string>>> kept;
  for (int i = 0; i < 200; ++i) {
    if (auto applied = apply(model, changes.next(), {})) model = std::move(applied->model);
    if (i % 20 == 0) kept.emplace_back(model, everything(model));
  }
  for (const auto& [copy, expected] : kept) EXPECT_EQ(everything(copy), expected);
}

std::multiset<net::Prefix> as_multiset(const std::vector<net::Prefix>& prefixes) {
  return {prefixes.begin(), prefixes.end()};
}

// The rules that nothing may weaken, after every step of random lives.
TEST(Model, HoldsTheRulesOfPeeringWhateverHappens) {
  for (uint64_t seed = 100; seed < 120; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    testing::RandomChanges changes(seed);
    Model model = fresh_model();
    for (int i = 0; i < 200; ++i) {
      const auto applied = apply(model, changes.next(), {});
      if (!applied) continue;
      for (const ResourcePtr& network : applied->model.collection(Kind::VirtualNetwork)) {
        const auto peers = connected_peers(applied->model, *network);
        for (const Peer& peer : peers) {
          ASSERT_FALSE(first_overlap(network->as<VirtualNetwork>().address_space,
                                     peer.network->as<VirtualNetwork>().address_space));
          ASSERT_TRUE(connected(applied->model, *peer.network, *network)) << "one-sided";
        }
        const Resource* before = model.find(network->id);
        if (before == nullptr || model.below(before->id, Kind::Peering).empty()) continue;
        ASSERT_EQ(as_multiset(before->as<VirtualNetwork>().address_space),
                  as_multiset(network->as<VirtualNetwork>().address_space))
            << "a locked address space changed";
      }
      model = applied->model;
    }
  }
}

TEST(Networks, ReserveTheFirstAddressesAndTheBroadcast) {
  const auto address = [](const char* text) { return *net::IpAddress::parse(text); };
  const net::Prefix v4 = *net::Prefix::parse("10.0.0.0/29");
  EXPECT_TRUE(is_reserved(v4, address("10.0.0.0")));
  EXPECT_TRUE(is_reserved(v4, address("10.0.0.1")));
  EXPECT_FALSE(is_reserved(v4, address("10.0.0.2")));
  EXPECT_FALSE(is_reserved(v4, address("10.0.0.6")));
  EXPECT_TRUE(is_reserved(v4, address("10.0.0.7")));
  const net::Prefix v6 = *net::Prefix::parse("fd00::/64");
  EXPECT_TRUE(is_reserved(v6, address("fd00::1")));
  EXPECT_FALSE(is_reserved(v6, address("fd00::2")));
  EXPECT_FALSE(is_reserved(v6, v6.last()));
}

TEST(Networks, ReserveFourAddressesAndTheLastInAzure) {
  const auto range = [](const char* subnet) {
    const auto [first, last] = usable_addresses(*net::Prefix::parse(subnet), Realm::Azure);
    return first.to_string() + " to " + last.to_string();
  };
  EXPECT_EQ(range("10.0.0.0/24"), "10.0.0.4 to 10.0.0.254");
  EXPECT_EQ(range("10.0.0.8/29"), "10.0.0.12 to 10.0.0.14");
  EXPECT_EQ(range("fd00::/64"), "fd00::4 to fd00::ffff:ffff:ffff:fffe");
  const net::Prefix subnet = *net::Prefix::parse("10.0.0.0/24");
  for (const char* reserved : {"10.0.0.0", "10.0.0.3", "10.0.0.255"})
    EXPECT_TRUE(is_reserved(subnet, *net::IpAddress::parse(reserved), Realm::Azure)) << reserved;
  for (const char* free : {"10.0.0.4", "10.0.0.254", "10.0.1.0"})
    EXPECT_FALSE(is_reserved(subnet, *net::IpAddress::parse(free), Realm::Azure)) << free;
}

}  // namespace
}  // namespace isthmus
