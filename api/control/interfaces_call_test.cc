// What a machine behind a network interface needs to know.
#include <gtest/gtest.h>

#include "tests/support/control_world.h"

namespace isthmus::api::control {
namespace {

using isthmus::testing::at;
using isthmus::testing::ControlWorld;

constexpr char kInterfaces[] = "/_isthmus/v1/interfaces";

TEST(InterfacesCall, TellsEachInterfaceAsItsMachineIsSetUp) {
  ControlOptions options;
  options.wires = "/run/isthmus/wires";
  ControlWorld world(options);
  ASSERT_EQ(world
                .apply(R"(version: 1
networks:
  a: {prefixes: [10.1.0.0/16, "fd00:1::/48"], subnets: {s: 10.1.0.0/24}}
vms: {router: {at: a/s, address: 10.1.0.9, forward: true}, v: {at: a/s}}
)")
                .status,
            200);
  const std::string body = world.get(kInterfaces).body;
  EXPECT_EQ(at(body, "/wires"), "/run/isthmus/wires");
  EXPECT_EQ(at(body, "/interfaces"), "array of 2");
  EXPECT_EQ(at(body, "/interfaces/0/resourceRef"), "/networkInterfaces/router");
  EXPECT_EQ(at(body, "/interfaces/0/forwards"), "true");
  EXPECT_EQ(at(body, "/interfaces/1/name"), "v");
  EXPECT_EQ(at(body, "/interfaces/1/forwards"), "false");
  EXPECT_EQ(at(body, "/interfaces/1/mac").size(), 17u);
  EXPECT_EQ(at(body, "/interfaces/1/addresses"), "array of 1");
  EXPECT_EQ(at(body, "/interfaces/1/addresses/0/address"), "10.1.0.2");
  EXPECT_EQ(at(body, "/interfaces/1/addresses/0/subnet"), "10.1.0.0/24");
  EXPECT_EQ(at(body, "/interfaces/1/addresses/0/router"), "10.1.0.1");
  EXPECT_EQ(at(body, "/interfaces/1/addresses/0/network"), "/virtualNetworks/a");
}

TEST(InterfacesCall, AnInterfaceMadeAnewIsAnother) {
  ControlWorld world;
  const auto made = [&world] {
    EXPECT_EQ(world.apply(std::string(isthmus::testing::kTwoNetworks)).status, 200);
    return at(world.get(kInterfaces).body, "/interfaces/0/instanceId");
  };
  const std::string first = made();
  EXPECT_EQ(made(), first);
  world.erase("/networkInterfaces/v");
  EXPECT_NE(made(), first);
}

TEST(InterfacesCall, LeavesOutWhatCarriesNoPackets) {
  ControlWorld world;
  const std::string body = world.get(kInterfaces).body;
  EXPECT_EQ(at(body, "/interfaces"), "array of 0");
  EXPECT_EQ(at(body, "/wires"), "") << "packets are not forwarded";
}

}  // namespace
}  // namespace isthmus::api::control
