// Faults of hosts: switched on and off by our own API, seen by the Network Controller's.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/json/render.h"
#include "controller/model/placement.h"
#include "tests/support/control_world.h"
#include "tests/support/in_process.h"

namespace isthmus::api::control {
namespace {

using http::Method;
using http::Response;
using isthmus::testing::at;
using isthmus::testing::ControlWorld;
using isthmus::testing::expect_problem;
using ::testing::HasSubstr;

constexpr char kFaults[] = "/_isthmus/v1/host-faults";

// One call to a handler of its own over a controller.
Response in_process(Controller& controller, Method method, const std::string& target,
                    std::string body) {
  ControlHandler handler(controller, {});
  const auto parts = http::split_target(target);
  http::Request request;
  request.method = method;
  request.target = target;
  request.segments = http::decode_path(parts->path)->segments;
  request.query = *http::decode_query(parts->query);
  request.headers.add("Content-Type", "application/json");
  request.body = std::move(body);
  std::promise<Response> answered;
  handler.handle(std::move(request),
                 [&](Response response) { answered.set_value(std::move(response)); });
  return answered.get_future().get();
}

// Two servers; and a virtual server that has the name of one.
class HostFaultCalls : public ::testing::Test {
 protected:
  HostFaultCalls() {
    put<Server>("/servers/host1");
    put<Server>("/servers/host2");
    put<VirtualServer>("/virtualServers/host2");
    put<VirtualServer>("/virtualServers/mux");
  }

  // Puts it again where it is there already.
  template <class Host>
  void put(const char* path, const char* address = "10.20.0.11") {
    Host body;
    body.connections.emplace_back().management_addresses = {address};
    Operation operation;
    operation.draft = {*ResourceId::parse(path), "", {}, nullptr, body, {}};
    submit({{operation}, "test"});
  }
  void submit(Change change) {
    std::promise<bool> done;
    world_.controller().submit(std::move(change), [&](const Result<Committed>& result) {
      done.set_value(result.has_value());
    });
    ASSERT_TRUE(done.get_future().get());
  }
  Response switch_on(const std::string& host, const std::string& body) {
    return world_.call(Method::Put, fmt::format("{}?host={}", kFaults, host), body,
                       "application/json");
  }
  Response fail_with(const std::string& host, const std::string& code) {
    return switch_on(host, fmt::format(R"({{"code":"{}"}})", code));
  }
  Response switch_off(const std::string& query = "") {
    return world_.call(Method::Delete, kFaults + query);
  }
  std::optional<HostFault> fault(const char* path) {
    return fault_of(*world_.controller().model()->find(*ResourceId::parse(path)));
  }

  ControlWorld world_;
};

TEST_F(HostFaultCalls, AreNoneAtFirst) {
  EXPECT_EQ(world_.get(kFaults).body, R"({"hostFaults":[]})");
}

TEST_F(HostFaultCalls, AreSwitchedOnAndListed) {
  const Response answer = fail_with("host1", "HostUnreachable");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"hostFaults":[{"host":"/servers/host1","code":"HostUnreachable",)"
                         R"("message":"The host is not reachable."}]})");
  fail_with("mux", "overLOADED");
  const std::string all = world_.get(kFaults).body;
  EXPECT_EQ(at(all, "/hostFaults"), "array of 2");
  EXPECT_EQ(at(all, "/hostFaults/1/host"), "/virtualServers/mux");
  EXPECT_EQ(at(all, "/hostFaults/1/code"), "Overloaded") << "as it is spelled";
  fail_with("host1", "PortBlocked");
  EXPECT_EQ(fault("/servers/host1"), HostFault::PortBlocked) << "one at a host";
}

TEST_F(HostFaultCalls, TakeEveryCode) {
  for (size_t i = 0; i < kNames<HostFault>.size(); ++i) {
    const std::string code(kNames<HostFault>[i]);
    const Response answer = fail_with("host1", code);
    EXPECT_EQ(at(answer.body, "/hostFaults/0/code"), code) << answer.body;
    EXPECT_EQ(fault("/servers/host1"), static_cast<HostFault>(i));
  }
}

TEST_F(HostFaultCalls, FindAHostByNameOrPath) {
  const struct {
    const char* typed;
    const char* found;
  } kRows[] = {
      {"host1", "/servers/host1"},
      {"HOST1", "/servers/host1"},
      {"host2", "/servers/host2"},  // and not the virtual server of this name
      {"virtualServers/host2", "/virtualServers/host2"},
      {"/virtualservers/HOST2", "/virtualServers/host2"},
      {"%2Fservers%2Fhost2", "/servers/host2"},
      {"mux", "/virtualServers/mux"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(at(fail_with(row.typed, "Unknown").body, "/hostFaults/0/host"), row.found)
        << row.typed;
    EXPECT_EQ(switch_off("?host=" + std::string(row.typed)).body, R"({"hostFaults":[]})");
  }
}

TEST_F(HostFaultCalls, AreSwitchedOffForOneHostOrForAll) {
  for (const char* host : {"host1", "host2", "mux"}) fail_with(host, "Unknown");
  const Response one = switch_off("?host=host1");
  EXPECT_EQ(one.status, 200);
  EXPECT_EQ(at(one.body, "/hostFaults"), "array of 2");
  EXPECT_EQ(switch_off().body, R"({"hostFaults":[]})");
  EXPECT_EQ(fault("/virtualServers/mux"), std::nullopt);
}

TEST_F(HostFaultCalls, ThatChangeNothingAreNoChange) {
  fail_with("host1", "Unknown");
  const Revision before = world_.controller().model()->revision();
  EXPECT_EQ(fail_with("host1", "Unknown").status, 200);
  EXPECT_EQ(switch_off("?host=mux").status, 200);
  EXPECT_EQ(world_.controller().model()->revision(), before);
}

// A host that is put again, with other members, still fails: the fault is no member of it.
TEST_F(HostFaultCalls, StayWhenTheHostIsPutAgain) {
  fail_with("host1", "Overloaded");
  fail_with("mux", "Unknown");
  put<Server>("/servers/host1", "10.20.0.99");
  put<VirtualServer>("/virtualServers/mux", "10.20.0.98");
  EXPECT_EQ(fault("/servers/host1"), HostFault::Overloaded);
  EXPECT_EQ(fault("/virtualServers/mux"), HostFault::Unknown);
  EXPECT_EQ(at(world_.get(kFaults).body, "/hostFaults"), "array of 2");
}

TEST_F(HostFaultCalls, GoWithTheirHost) {
  fail_with("host1", "Overloaded");
  world_.erase("/servers/host1");
  EXPECT_EQ(world_.get(kFaults).body, R"({"hostFaults":[]})");
  put<Server>("/servers/host1");
  EXPECT_EQ(fault("/servers/host1"), std::nullopt) << "another host of this name";
}

TEST_F(HostFaultCalls, AreSeenByClientsAndAreNoMemberForThem) {
  fail_with("host1", "CertificateNotTrusted");
  const ModelPtr model = world_.controller().model();
  const std::string body = json::render(*model, *model->find(*ResourceId::parse("/servers/host1")));
  EXPECT_EQ(at(body, "/properties/configurationState/status"), "Failure");
  EXPECT_EQ(at(body, "/properties/configurationState/detailedInfo/0/code"),
            "CertificateNotTrusted");
  EXPECT_EQ(at(body, "/properties/provisioningState"), "Succeeded");
  EXPECT_EQ(at(body, "/properties/fault"), "");
}

TEST_F(HostFaultCalls, RefuseAHostThatIsNotThere) {
  const Response near = fail_with("hots1", "Unknown");
  expect_problem(near, 404, "ResourceNotFound");
  EXPECT_EQ(at(near.body, "/detail"), "There is no server or virtual server 'hots1'.");
  EXPECT_EQ(at(near.body, "/remedy"), "Did you mean 'host1'?");
  const Response far = switch_off("?host=somewhere-else");
  expect_problem(far, 404, "ResourceNotFound");
  EXPECT_EQ(at(far.body, "/remedy"), "There are host1, host2, host2, mux.");
  const Response unnamed =
      world_.call(Method::Put, kFaults, R"({"code":"Unknown"})", "application/json");
  expect_problem(unnamed, 400, "InvalidParameterValue");
  EXPECT_THAT(at(unnamed.body, "/remedy"), HasSubstr("?host="));
  EXPECT_EQ(world_.get(kFaults).body, R"({"hostFaults":[]})");
}

TEST_F(HostFaultCalls, RefuseACodeThatIsNone) {
  const Response near = fail_with("host1", "HostUnreacheable");
  expect_problem(near, 400, "InvalidParameterValue");
  EXPECT_EQ(at(near.body, "/pointer"), "/code");
  EXPECT_EQ(at(near.body, "/detail"), "'HostUnreacheable' is not a fault of a host.");
  EXPECT_EQ(at(near.body, "/remedy"), "Did you mean 'HostUnreachable'?");
  const Response far = fail_with("host1", "Broken");
  EXPECT_THAT(at(far.body, "/remedy"), HasSubstr("Use one of Unknown, HostUnreachable, "));
  expect_problem(fail_with("host1", "Success"), 400, "InvalidParameterValue");
  for (const char* body : {"", "{", "[]", "{}", R"({"code":5})", R"("HostUnreachable")"}) {
    const Response answer = switch_on("host1", body);
    expect_problem(answer, 400, "InvalidRequestContent");
    EXPECT_EQ(at(answer.body, "/remedy"), R"(Send {"code":"HostUnreachable"}.)") << body;
  }
  EXPECT_EQ(fault("/servers/host1"), std::nullopt);
}

TEST_F(HostFaultCalls, RefuseUnknownParameters) {
  expect_problem(world_.call(Method::Delete, std::string(kFaults) + "?hosts=host1"), 400,
                 "InvalidParameterValue");
}

TEST(HostFaultCallsAlone, SurviveARestart) {
  isthmus::testing::InProcess world;
  const std::string server = "/networking/v1/servers/host1";
  const std::string body = R"({"properties":{"connections":[{"managementAddresses":["h"]}]}})";
  ASSERT_EQ(world.call(Method::Put, server, body).status, 201);
  const auto answer = [&](Method method, const std::string& target, const std::string& sent = "") {
    return in_process(world.controller(), method, target, sent);
  };
  const std::string one = std::string(kFaults) + "?host=host1";
  const std::string failing = answer(Method::Put, one, R"({"code":"Overloaded"})").body;
  EXPECT_EQ(at(failing, "/hostFaults/0/code"), "Overloaded");
  const std::string before = world.call(Method::Get, server).body;
  EXPECT_EQ(at(before, "/properties/configurationState/status"), "Failure");
  world.restart();
  EXPECT_EQ(answer(Method::Get, kFaults).body, failing);
  EXPECT_EQ(world.call(Method::Get, server).body, before);
  EXPECT_EQ(answer(Method::Delete, one).body, R"({"hostFaults":[]})");
  world.restart();
  EXPECT_EQ(answer(Method::Get, kFaults).body, R"({"hostFaults":[]})");
}

TEST(HostFaultCallsAlone, OfAControllerWithoutHostsSayHowToMakeOne) {
  ControlWorld world;
  const Response answer = world.call(Method::Put, std::string(kFaults) + "?host=host1",
                                     R"({"code":"Unknown"})", "application/json");
  expect_problem(answer, 404, "ResourceNotFound");
  EXPECT_EQ(at(answer.body, "/remedy"), "There are none; PUT /networking/v1/servers/NAME first.");
  EXPECT_EQ(world.call(Method::Delete, kFaults).body, R"({"hostFaults":[]})");
}

}  // namespace
}  // namespace isthmus::api::control
