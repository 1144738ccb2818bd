// Role x route x method, against a model that knows nothing of the tables: docs/access.md in code.
#include <gtest/gtest.h>

#include <algorithm>

#include "api/access/access_handler.h"
#include "api/arm/arm_handler.h"
#include "api/control/control_handler.h"
#include "api/http/target.h"
#include "api/networking/networking_handler.h"

namespace isthmus::api::access {
namespace {

using http::Method;

constexpr Method kMethods[] = {Method::Get,    Method::Head,  Method::Put,    Method::Post,
                               Method::Delete, Method::Patch, Method::Options};
constexpr std::string_view kPosture[] = {"nobody", "reader", "contributor", "owner"};

// ---- the model

bool ends(std::string_view path, std::string_view end) { return path.ends_with(end); }

bool asks_only(std::string_view path) {
  return ends(path, "/explain") || ends(path, "/whatif") || ends(path, "/expectations") ||
         ends(path, "dryRun=true");
}
bool is_owners_to_see(std::string_view path) {
  return ends(path, "/config") || ends(path, "/requests");
}
bool is_owners_to_change(std::string_view path) {
  for (std::string_view word :
       {"reset", "restore", "faults", "clock", "requests", "config", "networkControllerRestore/r"})
    if (path.find(word) != std::string_view::npos) return true;
  return false;
}
bool is_open(std::string_view path) {
  return path == "/livez" || path == "/readyz" || path == "/_isthmus/ca.pem" ||
         path == "/openapi.json" || path == "/docs" || path == "/docs/{name}";
}

// The least of kPosture that may; of methods that a path has, and those that it does not.
size_t model(Method method, std::string_view path, bool exists) {
  const bool reads = method == Method::Get || method == Method::Head || method == Method::Options;
  if (!exists) return reads ? 1 : 2;
  if (method == Method::Get || method == Method::Head)
    return is_open(path) ? 0 : is_owners_to_see(path) ? 3 : 1;
  if (asks_only(path)) return 1;
  return is_owners_to_change(path) ? 3 : 2;
}

// ---- what is tested

http::Request request_for(Method method, std::string_view target) {
  http::Request request;
  request.method = method;
  request.target = target;
  const auto parts = http::split_target(target);
  request.segments = http::decode_path(parts->path)->segments;
  request.query = *http::decode_query(parts->query);
  request.peer = "127.0.0.1";
  return request;
}

struct Reached final : http::Handler {
  void handle(http::Request, http::Done done) override { done({}); }
};

class EveryRoute : public ::testing::Test {
 protected:
  // Each posture reaches the handler exactly when it is the least one or above.
  void expect_least(size_t least, Method method, const std::string& target,
                    Role (*needed)(const http::Request&)) {
    const Principals principals = {
        {"reader", Role::Reader, sha256("reader"), {}, {}},
        {"contributor", Role::Contributor, sha256("contributor"), {}, {}},
        {"owner", Role::Owner, sha256("owner"), {}, {}}};
    for (size_t posture = 0; posture < std::size(kPosture); ++posture) {
      http::Request request = request_for(method, target);
      if (posture > 0)
        request.headers.add("Authorization", "Bearer " + std::string(kPosture[posture]));
      const auto caller = admit(request, needed(request), {true, false}, principals, 0);
      EXPECT_EQ(caller.has_value(), posture >= least)
          << http::to_string(method) << " " << target << " by " << kPosture[posture];
      if (caller) continue;
      EXPECT_EQ(caller.error().code,
                posture == 0 ? ErrorCode::AuthenticationFailed : ErrorCode::AuthorizationFailed);
    }
  }
};

TEST_F(EveryRoute, OfOurOwnApiTakesWhoMay) {
  const auto routes = control::control_routes();
  const auto has = [&](Method method, std::string_view path) {
    if (method == Method::Head) method = Method::Get;
    return std::any_of(routes.begin(), routes.end(), [&](const control::RouteInfo& route) {
      return route.method == method && route.path == path;
    });
  };
  for (const control::RouteInfo& route : routes) {
    for (const Method method : kMethods) {
      const size_t least = model(method, route.path, has(method, route.path));
      expect_least(least, method, std::string(route.path), control::required_role);
    }
  }
  expect_least(1, Method::Post, "/_isthmus/v1/apply?dryRun=true", control::required_role);
  expect_least(1, Method::Post, "/_ISTHMUS/v1/APPLY/?dryrun", control::required_role);
  for (const char* query : {"?dryRun=false", "?dryRun=maybe", "?dry-run=true", "?prune=true",
                            "?dryRun=false&dryRun=true"})
    expect_least(2, Method::Post, std::string("/_isthmus/v1/apply") + query,
                 control::required_role);
  expect_least(3, Method::Post, "/_isthmus/v1/reset?dryRun=true", control::required_role);
  expect_least(0, Method::Get, "/LiveZ/", control::required_role);
  expect_least(1, Method::Get, "/readyz?verbose", control::required_role);
  expect_least(1, Method::Get, "/", control::required_role);
  expect_least(1, Method::Get, "/_isthmus/v1/nothing", control::required_role);
  expect_least(2, Method::Delete, "/_isthmus/v1/nothing", control::required_role);
}

TEST_F(EveryRoute, OfTheNetworkControllerGoesByItsMethod) {
  for (const char* path : {"", "/discovery", "/v1/virtualNetworks", "/v1/virtualNetworks/red",
                           "/v1/nothing/at/all", "/v9/virtualNetworks", "/v1/virtualNetworks/a..b",
                           "/v1/operations/x", "/v1/diagnostics/ConnectivityCheck",
                           "/v1/networkControllerBackup/b", "/v1/networkControllerRestore",
                           "/v1/networkControllerRestore/r", "/V2/NETWORKCONTROLLERRESTORE/r"}) {
    const std::string target = "/networking" + std::string(path);
    for (const Method method : kMethods) {
      const bool restores = target.ends_with("/r");
      const size_t least = http::is_safe(method) ? 1 : restores ? 3 : 2;
      expect_least(least, method, target, networking::required_role);
    }
  }
}

// Open is what a client needs to sign in. Questions about resources are asked with POST.
TEST_F(EveryRoute, OfAzureGoesByItsMethodAndWhetherItAsks) {
  const auto is_sign_in = [](std::string_view path) {
    return path == "/metadata/endpoints" || ends(path, "/openid-configuration") ||
           ends(path, "/token") || ends(path, "/discovery/keys");
  };
  const auto routes = arm::arm_routes();
  for (const arm::RouteInfo& route : routes) {
    std::string target(route.path);
    if (target.starts_with("/**")) target.replace(0, 3, "/adfs");
    for (const Method method : kMethods) {
      const Method as = method == Method::Head ? Method::Get : method;
      const bool exists = std::any_of(routes.begin(), routes.end(), [&](const auto& other) {
        return other.method == as && other.path == route.path;
      });
      const size_t least = exists && is_sign_in(target) ? 0 : http::is_safe(method) ? 1 : 2;
      expect_least(least, method, target, arm::required_role);
    }
  }
  const std::string group = "/subscriptions/s/resourceGroups/g";
  for (const std::string& path : {group, group + "/providers/Microsoft.Network/virtualNetworks/v",
                                  std::string("/subscriptions/s/resources")})
    for (const Method method : kMethods)
      expect_least(http::is_safe(method) ? 1 : 2, method, path, arm::required_role);
  const std::string network = group + "/providers/Microsoft.Network/";
  for (const char* action :
       {"networkInterfaces/n/effectiveRouteTable",
        "networkInterfaces/n/effectiveNetworkSecurityGroups", "networkWatchers/w/nextHop",
        "networkWatchers/w/ipFlowVerify", "networkWatchers/w/connectivityCheck",
        "networkWatchers/w//TOPOLOGY"}) {
    expect_least(1, Method::Post, network + action, arm::required_role);
    expect_least(2, Method::Put, network + action, arm::required_role);
  }
  expect_least(2, Method::Post, network + "virtualMachines/m/start", arm::required_role);
  expect_least(2, Method::Post, "/nextHop", arm::required_role);
  expect_least(0, Method::Post, "//a//b//OAuth2/Token/", arm::required_role);
}

// Every route has been given a thought: a role below its method's is for those of the model alone.
TEST_F(EveryRoute, ThatChangesTakesMoreThanAReader) {
  for (const control::RouteInfo& route : control::control_routes()) {
    if (http::is_safe(route.method) || asks_only(route.path)) continue;
    EXPECT_GT(route.role, Role::Reader) << route.path;
  }
}

}  // namespace
}  // namespace isthmus::api::access
