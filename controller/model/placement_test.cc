#include "controller/model/placement.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace isthmus {
namespace {

constexpr uint32_t kInterfaces = 4000;

ResourcePtr a_resource(Kind kind, const std::string& name, uint64_t seed) {
  Resource resource;
  resource.id = *ResourceId::make(kind, name);
  resource.serial = static_cast<Serial>(1'000'000 * static_cast<uint32_t>(kind) + seed);
  resource.instance_id = Uuid::derive({7, 7}, seed, name);
  resource.body = Body(kind);
  return std::make_shared<const Resource>(std::move(resource));
}

Model with(const Model& model, const ResourcePtr& resource) {
  Model next = model;
  next.update(std::vector<ResourceChange>{{nullptr, resource}});
  return next;
}

Model with_interfaces() {
  std::vector<ResourceChange> changes;
  for (uint32_t i = 1; i <= kInterfaces; ++i)
    changes.push_back({nullptr, a_resource(Kind::NetworkInterface, fmt::format("nic{}", i), i)});
  Model model;
  model.update(changes);
  return model;
}
Model with_servers(uint32_t count) {
  Model model = with_interfaces();
  for (uint32_t i = 1; i <= count; ++i)
    model = with(model, a_resource(Kind::Server, fmt::format("host{}", i), i));
  return model;
}

std::map<std::string, std::string> places(const Model& model) {
  std::map<std::string, std::string> places;
  for (const ResourcePtr& nic : model.collection(Kind::NetworkInterface)) {
    const Resource* server = server_of(model, *nic);
    places[nic->id.path()] = server == nullptr ? "" : server->id.path();
  }
  return places;
}

TEST(Placement, WithoutServersIsNowhere) {
  const Model model = with_servers(0);
  for (const auto& [nic, server] : places(model)) EXPECT_EQ(server, "") << nic;
}

TEST(Placement, OfOneServerIsThere) {
  const Model model = with_servers(1);
  EXPECT_EQ(interfaces_on(model, *model.collection(Kind::Server).begin()->get()).size(),
            kInterfaces);
}

// 4000 interfaces on n servers: 4000/n each, and no server is off by more than five standard
// deviations of throwing dice.
TEST(Placement, IsEven) {
  for (const uint32_t servers : {2u, 5u, 16u}) {
    const Model model = with_servers(servers);
    size_t all = 0;
    for (const ResourcePtr& server : model.collection(Kind::Server)) {
      const double share = kInterfaces / static_cast<double>(servers);
      const double deviation = std::sqrt(share * (1 - 1.0 / servers));
      const auto here = interfaces_on(model, *server);
      EXPECT_NEAR(static_cast<double>(here.size()), share, 5 * deviation) << server->id.path();
      all += here.size();
    }
    EXPECT_EQ(all, kInterfaces) << "each interface is on one server";
  }
}

TEST(Placement, AgreesFromBothSides) {
  const Model model = with_servers(5);
  for (const ResourcePtr& server : model.collection(Kind::Server)) {
    for (const Resource* nic : interfaces_on(model, *server))
      EXPECT_EQ(server_of(model, *nic), server.get());
  }
}

// Clients may choose instance ids, and two the same one.
TEST(Placement, OfTwoServersThatWeighTheSameIsTheFirst) {
  const ResourcePtr first = a_resource(Kind::Server, "host1", 1);
  Resource twin = *a_resource(Kind::Server, "host2", 2);
  twin.instance_id = first->instance_id;
  const Model model = with(with(with_servers(0), std::make_shared<const Resource>(twin)), first);
  EXPECT_EQ(interfaces_on(model, *first).size(), kInterfaces);
  EXPECT_EQ(interfaces_on(model, *model.find(twin.id)).size(), 0u);
  for (const auto& [nic, server] : places(model)) EXPECT_EQ(server, "/servers/host1") << nic;
}

// A new server takes about its share, and nothing moves between the others; when it goes, what it
// had is as it was.
TEST(Placement, ANewServerTakesItsShareAndNoMore) {
  const Model before = with_servers(9);
  const Model after = with(before, a_resource(Kind::Server, "newcomer", 99));
  const auto old_places = places(before), new_places = places(after);
  size_t moved = 0;
  for (const auto& [nic, server] : new_places) {
    if (server == old_places.at(nic)) continue;
    EXPECT_EQ(server, "/servers/newcomer") << nic;
    ++moved;
  }
  EXPECT_NEAR(static_cast<double>(moved), kInterfaces / 10.0, 5 * std::sqrt(kInterfaces * 0.09));
  Model without = after;
  without.update(std::vector<ResourceChange>{
      {after.find_shared(*ResourceId::parse("/servers/newcomer")), nullptr}});
  EXPECT_EQ(places(without), old_places);
}

// It follows from the instance ids alone: neither from names nor from the order of creation.
TEST(Placement, DoesNotDependOnTheOrderOfCreation) {
  Model forward = with_interfaces(), backward = with_interfaces();
  for (uint32_t i = 1; i <= 6; ++i) {
    forward = with(forward, a_resource(Kind::Server, fmt::format("host{}", i), i));
    backward = with(backward, a_resource(Kind::Server, fmt::format("host{}", 7 - i), 7 - i));
  }
  EXPECT_EQ(places(forward), places(backward));
}

TEST(Placement, AnyHostFailsWhenAServerOrAVirtualServerDoes) {
  const Model well = with(with_servers(2), a_resource(Kind::VirtualServer, "mux", 1));
  EXPECT_FALSE(any_host_fails(well));
  for (const char* path : {"/servers/host2", "/virtualServers/mux"}) {
    const ResourcePtr before = well.find_shared(*ResourceId::parse(path));
    EXPECT_EQ(fault_of(*before), std::nullopt);
    Resource failing = *before;
    if (auto* server = failing.body.get_if<Server>()) server->fault = HostFault::Unknown;
    if (auto* machine = failing.body.get_if<VirtualServer>()) machine->fault = HostFault::Unknown;
    EXPECT_EQ(fault_of(failing), HostFault::Unknown);
    Model model = well;
    model.update(std::vector<ResourceChange>{
        {before, std::make_shared<const Resource>(std::move(failing))}});
    EXPECT_TRUE(any_host_fails(model)) << path;
  }
  EXPECT_EQ(fault_of(**well.collection(Kind::NetworkInterface).begin()), std::nullopt);
}

}  // namespace
}  // namespace isthmus
