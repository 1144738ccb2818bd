// configurationState of every type that has one, with a fault at each place that it may come from.
#include "api/json/configuration_state.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/pointer.h>

#include <set>

#include "api/json/derived.h"
#include "controller/model/placement.h"
#include "controller/rules/apply.h"
#include "controller/rules/fresh.h"
#include "controller/rules/host_fault.h"

namespace isthmus::api::json {
namespace {

using Names = std::set<std::string>;

constexpr int64_t kMade = 1'000'000;
constexpr int64_t kFailed = 2'000'000;
constexpr char kMadeText[] = "1970-01-01T00:16:40.0000000+00:00";
constexpr char kFailedText[] = "1970-01-01T00:33:20.0000000+00:00";

ResourceId id(const std::string& path) { return *ResourceId::parse(path); }

// Two networks with ten interfaces each on four servers, one access list on a subnet and one on an
// interface; a multiplexer; two pools with a gateway each, a virtual gateway on one pool and one on
// both.
class World {
 public:
  World() : model(make_fresh(Model(Uuid{1, 2}), FreshContents::Seeded, {}, kMade)->model) {
    for (int i = 1; i <= 4; ++i) put(fmt::format("/servers/host{}", i), host<Server>());
    for (const char* list : {"of-subnet", "of-interface", "of-nothing"})
      put(fmt::format("/accessControlLists/{}", list), AccessControlList{});
    network("red", "10.0.0.0/16", "/accessControlLists/of-subnet");
    network("blue", "10.1.0.0/16", "");
    put("/virtualServers/mux", host<VirtualServer>());
    LoadBalancerMux mux;
    mux.virtual_server = id("/virtualServers/mux");
    put("/loadBalancerMuxes/mux", mux);
    gateways();
  }

  void put(const std::string& path, Body body, std::vector<DraftChildren> children = {}) {
    Operation operation;
    operation.draft = {id(path), "", {}, nullptr, std::move(body), std::move(children)};
    auto applied = apply(model, {{std::move(operation)}, "test", kMade}, {});
    ASSERT_TRUE(applied) << path << ": " << applied.error().text();
    model = std::move(applied->model);
  }
  void fault(const std::string& host, std::optional<HostFault> what = HostFault::PortBlocked,
             int64_t time_ms = kFailed) {
    auto applied = set_host_fault(model, {id(host)}, what, time_ms);
    ASSERT_TRUE(applied) << applied.error().text();
    model = std::move(applied->model);
  }

  rapidjson::Document state(const std::string& path) const {
    JsonText out;
    write_configuration_state(out, model, *model.find(id(path)));
    rapidjson::Document document;
    document.Parse(out.take().c_str());
    return document;
  }
  // The text at a pointer of configurationState; "none" where there is none.
  std::string at(const std::string& path, const char* pointer) const {
    const rapidjson::Document document = state(path);
    const auto* value = rapidjson::Pointer(pointer).Get(document);
    return value == nullptr || !value->IsString() ? "none" : value->GetString();
  }
  // The ids in one of the lists of configurationState, as the paths of resources.
  std::multiset<std::string> errors(const std::string& path, const char* list) const {
    std::multiset<std::string> paths;
    const rapidjson::Document document = state(path);
    if (!document.HasMember(list)) return paths;
    for (const auto& error : document[list].GetArray()) {
      EXPECT_STREQ(error["status"].GetString(), "Failure");
      EXPECT_EQ(error["detailedInfo"].Size(), 1u);
      paths.insert(path_of(error["id"].GetString()));
    }
    return paths;
  }
  // Everything that is not well, of the types that have a configurationState and of the others.
  Names failing() const {
    Names names;
    for (const KindInfo& row : kinds_in(Realm::Onprem)) {
      for (const ResourcePtr& resource : model.collection(row.kind)) {
        if (!is_healthy(model, *resource)) names.insert(resource->id.path());
      }
    }
    return names;
  }
  Names interfaces_on_host(const std::string& server, const std::string& prefix = "") const {
    Names names;
    for (const Resource* nic : interfaces_on(model, *model.find(id(server)))) {
      if (nic->id.name().starts_with(prefix)) names.insert(nic->id.path());
    }
    return names;
  }

  Model model;

 private:
  template <class Host>
  static Host host() {
    Host host;
    host.connections.emplace_back().management_addresses = {"10.20.0.11"};
    return host;
  }
  std::string path_of(const std::string& instance_id) const {
    for (const KindInfo& row : kinds_in(Realm::Onprem)) {
      for (const ResourcePtr& resource : model.collection(row.kind)) {
        if (resource->instance_id.to_string() == instance_id) return resource->id.path();
      }
    }
    return "nobody";
  }
  static Draft child(const ResourceId& parent, Kind kind, const std::string& name, Body body) {
    return {*parent.child(kind, name), "", {}, nullptr, std::move(body), {}};
  }
  void network(const std::string& name, const std::string& space, const std::string& list) {
    const ResourceId network = id("/virtualNetworks/" + name);
    VirtualNetwork body;
    body.address_space = {*net::Prefix::parse(space)};
    Subnet subnet, outside;
    subnet.prefix = *net::Prefix::parse(space.substr(0, space.size() - 2) + "24");
    if (!list.empty()) subnet.access_control_list = id(list);
    outside.prefix = net::Prefix::containing(body.address_space[0].address().plus(0xFF00), 24);
    put(network.path(), body,
        {{Kind::Subnet,
          {child(network, Kind::Subnet, "s", subnet),
           child(network, Kind::Subnet, "gateway", outside)}}});
    for (int i = 0; i < 10; ++i) {
      const ResourceId nic = id(fmt::format("/networkInterfaces/{}{}", name, i));
      IpConfiguration ip;
      ip.subnet = *network.child(Kind::Subnet, "s");
      if (name == "blue" && i == 0) ip.access_control_list = id("/accessControlLists/of-interface");
      put(nic.path(), NetworkInterface{},
          {{Kind::IpConfiguration, {child(nic, Kind::IpConfiguration, "ip", ip)}}});
    }
  }
  void gateways() {
    for (const char* name : {"one", "two"}) {
      put(fmt::format("/gatewayPools/{}", name), GatewayPool{});
      put(fmt::format("/virtualServers/{}", name), host<VirtualServer>());
      Gateway gateway;
      gateway.pool = id(fmt::format("/gatewayPools/{}", name));
      gateway.virtual_server = id(fmt::format("/virtualServers/{}", name));
      put(fmt::format("/gateways/{}", name), gateway);
    }
    VirtualGateway single, redundant;
    single.pools = {id("/gatewayPools/one")};
    single.subnets = {id("/virtualNetworks/red/subnets/gateway")};
    redundant.pools = {id("/gatewayPools/one"), id("/gatewayPools/two")};
    redundant.subnets = {id("/virtualNetworks/blue/subnets/gateway")};
    put("/virtualGateways/single", single);
    put("/virtualGateways/redundant", redundant);
    NetworkConnection connection;
    connection.type = ConnectionType::Gre;
    connection.gre_key = "1";
    connection.destination = *net::IpAddress::parse("192.0.2.1");
    put("/virtualGateways/redundant/networkConnections/out", connection);
  }
};

const Names kSpread = {"/virtualNetworks/red", "/virtualNetworks/blue"};

Names joined(std::initializer_list<Names> sets) {
  Names all;
  for (const Names& set : sets) all.insert(set.begin(), set.end());
  return all;
}

TEST(ConfigurationState, IsOfTheTypesThatTheTableOfDerivedMembersNames) {
  Names kinds;
  for (const DerivedMember& row : derived_members()) {
    if (std::string_view(row.name) == "configurationState")
      kinds.insert(std::string(info(row.kind).segment));
  }
  EXPECT_EQ(kinds, (Names{"servers", "virtualServers", "networkInterfaces", "virtualNetworks",
                          "accessControlLists", "loadBalancerMuxes", "gateways", "virtualGateways",
                          "networkConnections"}));
}

TEST(ConfigurationState, OfEverythingIsSuccessWithoutFaults) {
  const World world;
  EXPECT_EQ(world.failing(), Names{});
  const struct {
    const char* path;
    const char* message;  // of detailedInfo; "none": there is none
    bool has_id;
  } kRows[] = {
      {"/servers/host1", "Host is Connected.", false},
      {"/virtualServers/mux", "none", false},
      {"/networkInterfaces/red1", "none", true},
      {"/virtualNetworks/red", "none", true},
      {"/accessControlLists/of-subnet", "none", true},
      {"/loadBalancerMuxes/mux", "Loadbalancer Mux is Healthy.", false},
      {"/gateways/one", "none", false},
      {"/virtualGateways/redundant", "none", false},
      {"/virtualGateways/redundant/networkConnections/out", "none", false},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.path);
    EXPECT_EQ(world.at(row.path, "/status"), "Success");
    EXPECT_EQ(world.at(row.path, "/lastUpdatedTime"), kMadeText);
    EXPECT_EQ(world.at(row.path, "/detailedInfo/0/message"), row.message);
    EXPECT_EQ(world.at(row.path, "/detailedInfo/0/code"),
              std::string_view(row.message) == "none" ? "none" : "Success");
    EXPECT_EQ(world.at(row.path, "/id"),
              row.has_id ? world.model.find(id(row.path))->instance_id.to_string() : "none");
    EXPECT_FALSE(world.state(row.path).HasMember("virtualNetworkInterfaceErrors"));
    EXPECT_FALSE(world.state(row.path).HasMember("hostErrors"));
  }
}

// Each code has its name and a sentence, and no two have the same.
TEST(ConfigurationState, TellsEachCode) {
  World world;
  Names messages;
  for (size_t i = 0; i < kNames<HostFault>.size(); ++i) {
    const auto fault = static_cast<HostFault>(i);
    world.fault("/servers/host1", fault);
    EXPECT_EQ(world.at("/servers/host1", "/detailedInfo/0/code"), kNames<HostFault>[i]);
    const std::string message = world.at("/servers/host1", "/detailedInfo/0/message");
    EXPECT_EQ(message, message_of(fault));
    EXPECT_TRUE(message.ends_with('.')) << message;
    EXPECT_TRUE(messages.insert(message).second) << message;
  }
  EXPECT_EQ(messages.size(), 18u);
  // Those that real controllers were seen to say.
  EXPECT_EQ(message_of(HostFault::PolicyConfigurationFailure),
            "Failed to configure the policies on the host device.");
  EXPECT_EQ(message_of(HostFault::PolicyConfigurationFailureOnVfp),
            "Failed to configure the policies on the Virtual Filtering Platform.");
  EXPECT_EQ(message_of(HostFault::PortBlocked), "The Port is blocked on the host.");
}

TEST(ConfigurationState, OfAServerFailsWithWhatRunsOnIt) {
  for (int i = 1; i <= 4; ++i) {
    World world;
    const std::string server = fmt::format("/servers/host{}", i);
    SCOPED_TRACE(server);
    const Names red = world.interfaces_on_host(server, "red");
    const Names blue = world.interfaces_on_host(server, "blue");
    ASSERT_FALSE(red.empty() || blue.empty()) << "20 interfaces are on 4 servers";
    world.fault(server);

    Names lists = {"/accessControlLists/of-subnet"};
    const bool with_blue0 = blue.contains("/networkInterfaces/blue0");
    if (with_blue0) lists.insert("/accessControlLists/of-interface");
    EXPECT_EQ(world.failing(), joined({{server}, red, blue, kSpread, lists}));

    for (const std::string& nic : red) {
      EXPECT_EQ(world.at(nic, "/detailedInfo/0/source"), "VirtualSwitch");
      EXPECT_EQ(world.at(nic, "/detailedInfo/0/code"), "PortBlocked");
      EXPECT_EQ(world.at(nic, "/lastUpdatedTime"), kFailedText);
      EXPECT_NE(world.at(nic, "/id"), "none");
    }
    const auto as_list = [](const Names& names) {
      return std::multiset<std::string>(names.begin(), names.end());
    };
    const std::string network = "/virtualNetworks/red";
    EXPECT_EQ(world.errors(network, "virtualNetworkInterfaceErrors"), as_list(red));
    EXPECT_EQ(world.errors(network, "hostErrors"), as_list({server})) << "each host once";
    EXPECT_EQ(world.at(network, "/virtualNetworkInterfaceErrors/0/detailedInfo/0/source"),
              "VirtualNetwork");
    EXPECT_EQ(world.at(network, "/virtualNetworkInterfaceErrors/0/lastUpdatedTime"), kFailedText);
    EXPECT_EQ(world.at(network, "/detailedInfo/0/code"), "none");
    EXPECT_EQ(world.at(network, "/lastUpdatedTime"), kFailedText);
    EXPECT_EQ(world.errors("/virtualNetworks/blue", "virtualNetworkInterfaceErrors"),
              as_list(blue));

    const std::string list = "/accessControlLists/of-subnet";
    EXPECT_EQ(world.errors(list, "virtualNetworkInterfaceErrors"), as_list(red));
    EXPECT_FALSE(world.state(list).HasMember("hostErrors"));
    EXPECT_EQ(world.at(list, "/virtualNetworkInterfaceErrors/0/detailedInfo/0/source"), "Firewall");
    EXPECT_EQ(world.errors("/accessControlLists/of-interface", "virtualNetworkInterfaceErrors"),
              with_blue0 ? as_list({"/networkInterfaces/blue0"}) : as_list({}));

    world.fault(server, std::nullopt);
    EXPECT_EQ(world.failing(), Names{});
  }
}

TEST(ConfigurationState, OfANetworkNamesEachHostThatFails) {
  World world;
  world.fault("/servers/host1", HostFault::HostUnreachable, kFailed);
  world.fault("/servers/host2", HostFault::Overloaded, kFailed + 1);
  EXPECT_EQ(world.errors("/virtualNetworks/red", "hostErrors"),
            (std::multiset<std::string>{"/servers/host1", "/servers/host2"}));
  EXPECT_EQ(world.at("/virtualNetworks/red", "/hostErrors/0/detailedInfo/0/code"),
            "HostUnreachable");
  EXPECT_EQ(world.at("/virtualNetworks/red", "/hostErrors/1/detailedInfo/0/code"), "Overloaded");
  EXPECT_EQ(world.at("/virtualNetworks/red", "/lastUpdatedTime"),
            "1970-01-01T00:33:20.0010000+00:00")
      << "of the newest fault";
}

TEST(ConfigurationState, OfAVirtualServerFailsWithItsMultiplexer) {
  World world;
  world.fault("/virtualServers/mux", HostFault::VirtualServerUnreachable);
  EXPECT_EQ(world.failing(), (Names{"/virtualServers/mux", "/loadBalancerMuxes/mux"}));
  for (const char* path : {"/virtualServers/mux", "/loadBalancerMuxes/mux"}) {
    EXPECT_EQ(world.at(path, "/status"), "Failure");
    EXPECT_EQ(world.at(path, "/detailedInfo/0/code"), "VirtualServerUnreachable");
    EXPECT_EQ(world.at(path, "/detailedInfo/1/code"), "none");
    EXPECT_EQ(world.at(path, "/lastUpdatedTime"), kFailedText);
  }
  EXPECT_EQ(world.at("/virtualServers/mux", "/detailedInfo/0/source"), "VirtualServer");
  EXPECT_EQ(world.at("/loadBalancerMuxes/mux", "/detailedInfo/0/source"),
            "SoftwareLoadBalancerManager");
}

TEST(ConfigurationState, OfAVirtualGatewayFailsWithItsLastGateway) {
  World world;
  world.fault("/virtualServers/one");
  const Names one = {"/virtualServers/one", "/gateways/one", "/virtualGateways/single"};
  EXPECT_EQ(world.failing(), one) << "two takes over for the redundant one";
  EXPECT_EQ(world.at("/virtualGateways/single", "/detailedInfo/0/source"), "Gateway");
  world.fault("/virtualServers/two", HostFault::RoutePublicationFailure);
  EXPECT_EQ(world.failing(),
            joined({one,
                    {"/virtualServers/two", "/gateways/two", "/virtualGateways/redundant",
                     "/virtualGateways/redundant/networkConnections/out"}}));
  for (const char* path :
       {"/virtualGateways/redundant", "/virtualGateways/redundant/networkConnections/out"}) {
    EXPECT_EQ(world.at(path, "/detailedInfo/0/code"), "PortBlocked") << path;
    EXPECT_EQ(world.at(path, "/detailedInfo/1/code"), "RoutePublicationFailure") << path;
  }
  world.fault("/virtualServers/one", std::nullopt);
  EXPECT_EQ(world.failing(), (Names{"/virtualServers/two", "/gateways/two"}));
}

// A gateway that no virtual server is named for, and a pool without gateways, cannot fail.
TEST(ConfigurationState, OfWhatHasNoHostIsSuccess) {
  World world;
  Gateway gateway;
  gateway.pool = id("/gatewayPools/one");
  world.put("/gateways/loose", gateway);
  world.fault("/virtualServers/one");
  EXPECT_EQ(world.failing(), (Names{"/virtualServers/one", "/gateways/one"}))
      << "the loose gateway takes over";
}

TEST(HostFault, IsAChangeOfItsHostAlone) {
  World world;
  const Model before = world.model;
  const auto applied = set_host_fault(before, {id("/servers/HOST1"), id("/servers/host2")},
                                      HostFault::Unknown, kFailed);
  ASSERT_TRUE(applied);
  EXPECT_EQ(applied->model.revision(), before.revision() + 1);
  ASSERT_EQ(applied->changes.size(), 2u);
  EXPECT_EQ(applied->changes[0].any().id.path(), "/servers/host1");
  EXPECT_EQ(applied->changes[0].after->changed, (Stamp{before.revision() + 1, kFailed}));
  EXPECT_EQ(applied->changes[0].after->put, applied->changes[0].before->put);
  EXPECT_EQ(applied->outcomes[0].effect, Effect::Updated);

  const auto again = set_host_fault(applied->model, {id("/servers/host1"), id("/servers/host3")},
                                    HostFault::Unknown, kFailed + 5);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->outcomes[0].effect, Effect::Unchanged);
  EXPECT_EQ(again->outcomes[1].effect, Effect::Updated);
  EXPECT_EQ(again->changes.size(), 1u);
  const auto same =
      set_host_fault(applied->model, {id("/servers/host1")}, HostFault::Unknown, kFailed + 5);
  EXPECT_TRUE(same->changes.empty());
  EXPECT_EQ(same->model.revision(), applied->model.revision()) << "nothing happened";
}

TEST(HostFault, OfAHostThatIsNotThereIsRefusedWhole) {
  World world;
  const auto applied = set_host_fault(world.model, {id("/servers/host1"), id("/servers/nowhere")},
                                      HostFault::Unknown, kFailed);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, ErrorCode::ResourceNotFound);
  EXPECT_EQ(applied.error().message, "There is no host '/servers/nowhere'.");
}

}  // namespace
}  // namespace isthmus::api::json
