// The laws of etags and of PUT, over random changes of a small world.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <regex>
#include <set>

#include "controller/model/networks.h"
#include "tests/support/in_process.h"

namespace isthmus::api::networking {
namespace {

using http::Method;
using testing::InProcess;

// Random requests: most succeed, some are refused, which is part of the world.
class RandomRequests {
 public:
  explicit RandomRequests(uint64_t seed) : random_(seed) {}

  struct Request {
    Method method;
    std::string path;  // of the resource
    std::string body;
  };

  Request next() {
    const Request request = put();
    return below(4) == 0 ? Request{Method::Delete, request.path, ""} : request;
  }

 private:
  uint64_t below(uint64_t limit) { return random_() % limit; }

  Request put() {
    const uint64_t n = below(3);
    const std::string network = "/virtualNetworks/n" + std::to_string(n);
    const std::string table = "/routeTables/t" + std::to_string(below(2));
    switch (below(7)) {
      case 0:
        return {Method::Put, network, network_body(n)};
      case 1: {
        const uint64_t s = below(3);
        return {Method::Put, network + "/subnets/s" + std::to_string(s),
                R"({"properties":)" + subnet(n, s) + "}"};
      }
      case 2:
      case 3: {
        const std::string remote = std::to_string(below(3));
        return {Method::Put, network + "/virtualNetworkPeerings/to-" + remote,
                R"({"properties":{"remoteVirtualNetwork":{"resourceRef":"/virtualNetworks/n)" +
                    remote + R"("},"allowForwardedTraffic":)" + (below(2) == 0 ? "true" : "false") +
                    "}}"};
      }
      case 4:
        return {Method::Put, table, R"({"tags":{"n":")" + std::to_string(below(9)) + R"("}})"};
      case 5: {
        const std::string r = std::to_string(below(3));
        return {
            Method::Put, table + "/routes/r" + r,
            R"({"properties":{"addressPrefix":"10.9)" + r + R"(.0.0/16","nextHopType":"None"}})"};
      }
      default:
        return {
            Method::Put, "/networkInterfaces/nic" + std::to_string(below(3)),
            R"({"properties":{"ipConfigurations":[{"resourceId":"ip","properties":{"subnet":{"resourceRef":")" +
                network + "/subnets/s" + std::to_string(below(3)) + R"("}}}]}})"};
    }
  }
  std::string network_body(uint64_t n) {
    std::string body = R"({"properties":{"addressSpace":{"addressPrefixes":["10.)" +
                       std::to_string(n) + R"(.0.0/16"]})";
    if (below(2) == 0) {
      body += R"(,"subnets":[)";
      for (uint64_t s = 0; s < 2; ++s) {
        body += (s == 0 ? "" : ",") + std::string(R"({"resourceId":"s)") + std::to_string(s) +
                R"(","properties":)" + subnet(n, s) + "}";
      }
      body += "]";
    }
    return body + "}}";
  }
  std::string subnet(uint64_t n, uint64_t s) {
    std::string body =
        R"({"addressPrefix":"10.)" + std::to_string(n) + "." + std::to_string(s) + R"(.0/24")";
    if (below(2) == 0) body += R"(,"routeTable":{"resourceRef":"/routeTables/t0"})";
    return body + "}";
  }

  std::mt19937_64 random_;
};

std::string target(const std::string& path) { return "/networking/v1" + path; }

using Etags = std::map<ResourceId, std::string>;

// As clients read them: each resource at its own URI.
Etags read_etags(InProcess& nc) {
  Etags etags;
  const ModelPtr model = nc.model();
  for (const KindInfo& row : kinds_in(Realm::Onprem)) {
    for (const ResourcePtr& resource : model->collection(row.kind)) {
      const auto response = nc.call(Method::Get, target(resource->id.path()));
      for (const auto& field : response.headers) {
        if (field.name == "ETag") etags[resource->id] = field.value;
      }
    }
  }
  return etags;
}

using Ids = std::set<ResourceId>;

void add_with_ancestors(Ids& ids, ResourceId id) {
  for (; !id.empty(); id = id.parent()) ids.insert(id);
}

// Whose etag a successful request on `id` renews.
Ids renewed_by(const ResourceId& id, Method method, const Model& before, const Model& after) {
  Ids ids;
  add_with_ancestors(ids, id);
  if (method == Method::Put) {
    for (const ResourcePtr& below : after.subtree(id)) ids.insert(below->id);
  }
  // The other side of a peering that changed its state changes by itself.
  for (const ResourcePtr& peering : after.collection(Kind::Peering)) {
    const Resource* was = before.find(peering->id);
    if (was != nullptr && was->as<Peering>().state != peering->as<Peering>().state)
      add_with_ancestors(ids, peering->id);
  }
  return ids;
}

TEST(Etags, ChangeWithTheResourceItsAncestorsAndWhatIsBelow) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    InProcess nc;
    RandomRequests requests(seed);
    int changes = 0;
    for (int step = 0; step < 250; ++step) {
      const auto request = requests.next();
      SCOPED_TRACE(::testing::Message() << "step " << step << ": " << to_string(request.method)
                                        << " " << request.path << " " << request.body);
      const ModelPtr model = nc.model();
      const Etags before = read_etags(nc);
      const auto response = nc.call(request.method, target(request.path), request.body);
      const bool happened = response.status < 300 && response.status != 204;
      const Etags after = read_etags(nc);
      const Ids renewed = happened ? renewed_by(*ResourceId::parse(request.path), request.method,
                                                *model, *nc.model())
                                   : Ids();
      changes += happened ? 1 : 0;
      for (const auto& [id, etag] : after) {
        const auto was = before.find(id);
        if (was == before.end()) continue;
        EXPECT_EQ(etag != was->second, renewed.contains(id)) << id.path();
      }
    }
    EXPECT_GT(changes, 80);
  }
}

std::string without_etags(const std::string& body) {
  static const std::regex kEtag(R"re("etag":"W/\\"[^"]*\\"",)re");
  return std::regex_replace(body, kEtag, "");
}

TEST(Put, OfWhatGetAnsweredChangesNothingButEtags) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    InProcess nc;
    RandomRequests requests(seed);
    for (int step = 0; step < 120; ++step) {
      const auto request = requests.next();
      nc.call(request.method, target(request.path), request.body);
    }
    const ModelPtr model = nc.model();
    for (const KindInfo& row : kinds_in(Realm::Onprem)) {
      for (const ResourcePtr& resource : model->collection(row.kind)) {
        // A Disconnected peering is created anew by a PUT: its state may move.
        const auto* peering = resource->body.get_if<Peering>();
        if (peering != nullptr && peering->state == PeeringState::Disconnected) continue;
        const std::string path = target(resource->id.path());
        const std::string was = nc.call(Method::Get, path).body;
        const auto response = nc.call(Method::Put, path, was);
        EXPECT_EQ(response.status, 200) << response.body;
        EXPECT_EQ(without_etags(response.body), without_etags(was));
        EXPECT_NE(response.body, was);
      }
    }
  }
}

}  // namespace
}  // namespace isthmus::api::networking
