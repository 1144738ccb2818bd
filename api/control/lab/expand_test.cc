// Lab documents as changes, and models as lab documents.
#include "api/control/lab/expand.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "api/control/lab/export.h"
#include "api/control/lab/parse.h"
#include "controller/model/networks.h"
#include "controller/model/references.h"
#include "controller/program/values.h"
#include "controller/rules/apply.h"
#include "controller/rules/fresh.h"
#include "tests/support/random_changes.h"
#include "tests/support/random_lab.h"

namespace isthmus::api::lab {
namespace {

constexpr Limits kLimits;

Model fresh_model() { return make_fresh(Model(), FreshContents::Seeded, kLimits)->model; }

LabDocument parsed(std::string_view text) {
  auto document = parse_lab(text, LabFormat::Yaml);
  if (document) return *document;
  for (const LabProblem& problem : document.error())
    ADD_FAILURE() << problem.line << ":" << problem.column << " " << problem.message << "\n"
                  << text;
  return {};
}

Applied applied(const Model& model, const LabDocument& lab, Prune prune = Prune::Keep) {
  auto result = apply(model, expand(lab, model, prune), kLimits);
  if (result) return *result;
  ADD_FAILURE() << result.error().target << ": " << result.error().message;
  return {model, {}, {}};
}

std::vector<std::string> told(const Applied& applied) {
  static constexpr std::string_view kEffects[] = {"created", "updated", "deleted", "unchanged"};
  std::vector<std::string> lines;
  lines.reserve(applied.outcomes.size());
  for (const Outcome& outcome : applied.outcomes)
    lines.push_back(
        fmt::format("{} {}", kEffects[static_cast<size_t>(outcome.effect)], outcome.id.path()));
  return lines;
}

// Whichever way round they stand; what is no matter is not told.
std::set<std::string> told_links(const LabDocument& lab) {
  std::set<std::string> links;
  for (const LabLink& link : lab.links) {
    const auto [a, b] = std::minmax({link.a, link.b});
    if (!link.is_perfect())
      links.insert(fmt::format("{} {} {} {} {}", a, b, link.latency.count(), link.loss_ppm,
                               link.rate_bits_per_second));
  }
  return links;
}

const Resource& at(const Model& model, std::string_view path) {
  const Resource* found = model.find(*ResourceId::parse(path));
  if (found == nullptr) throw std::runtime_error("nothing at " + std::string(path));
  return *found;
}

constexpr std::string_view kLab = R"(
version: 1
networks:
  b: {prefixes: [10.2.0.0/16], subnets: {s: {prefix: 10.2.0.0/24, routes: r, acl: l}}}
  a: {prefixes: [10.1.0.0/16], subnets: {s: 10.1.0.0/24}}
peerings: [{between: [a, b], forwarded: b}]
routes: {r: [{prefix: 10.9.0.0/16, next: appliance 10.1.0.4}]}
access: {l: [{allow: in, protocol: tcp, port: 443, priority: 100}]}
vms: {z: {at: a/s}, fw: {at: a/s, address: 10.1.0.2, forward: true}}
)";

TEST(LabExpand, MakesEverythingInAnOrderThatTheRulesAccept) {
  const Applied first = applied(fresh_model(), parsed(kLab));
  EXPECT_THAT(told(first), ::testing::ElementsAre(
                               "created /accessControlLists/l", "created /routeTables/r",
                               "created /virtualNetworks/b", "created /virtualNetworks/a",
                               "created /virtualNetworks/a/virtualNetworkPeerings/a-to-b",
                               "created /virtualNetworks/b/virtualNetworkPeerings/b-to-a",
                               "created /networkInterfaces/fw", "created /networkInterfaces/z"));
  const Model& model = first.model;
  const Peering& a_to_b =
      at(model, "/virtualNetworks/a/virtualNetworkPeerings/a-to-b").as<Peering>();
  EXPECT_EQ(a_to_b.state, PeeringState::Connected);
  EXPECT_FALSE(a_to_b.allow_forwarded_traffic);
  EXPECT_TRUE(at(model, "/virtualNetworks/b/virtualNetworkPeerings/b-to-a")
                  .as<Peering>()
                  .allow_forwarded_traffic);
  EXPECT_TRUE(a_to_b.allow_virtual_network_access);
  const auto& fw = at(model, "/networkInterfaces/fw").as<NetworkInterface>();
  EXPECT_EQ(fw.port_settings.mac_spoofing, Toggle::Enabled);
  EXPECT_EQ(
      at(model, "/networkInterfaces/z/ipConfigurations/ipconfig1").as<IpConfiguration>().address,
      net::IpAddress::parse("10.1.0.3"))
      << "a given address is never taken by allocation, whatever the order of the document";
  EXPECT_EQ(at(model, "/accessControlLists/l/aclRules/in-100").as<AclRule>().priority, 100u);
  EXPECT_EQ(at(model, "/routeTables/r/routes/to-10.9.0.0_16").as<Route>().next_hop,
            net::IpAddress::parse("10.1.0.4"));
}

TEST(LabExpand, ChangesNothingTheSecondTime) {
  const Applied first = applied(fresh_model(), parsed(kLab));
  const Applied second = applied(first.model, parsed(kLab));
  EXPECT_TRUE(second.changes.empty());
  for (const Outcome& outcome : second.outcomes)
    EXPECT_EQ(outcome.effect, Effect::Unchanged) << outcome.id.path();
  EXPECT_EQ(second.model.revision(), first.model.revision());
}

TEST(LabExpand, DeletesNothingUnlessAsked) {
  const Applied first = applied(fresh_model(), parsed(kLab));
  const LabDocument less = parsed("version: 1\nnetworks: {a: {prefixes: [10.1.0.0/16]}}\n");
  const Applied kept = applied(first.model, less);
  EXPECT_THAT(told(kept), ::testing::ElementsAre("unchanged /virtualNetworks/a"));
  EXPECT_EQ(kept.model.count(Kind::Subnet), 2u);
}

TEST(LabExpand, PrunesInAnOrderThatTheRulesAccept) {
  const Applied first = applied(fresh_model(), parsed(kLab));
  const LabDocument less = parsed("version: 1\nnetworks: {a: {prefixes: [10.1.0.0/16]}}\n");
  const Applied pruned = applied(first.model, less, Prune::Delete);
  EXPECT_THAT(told(pruned), ::testing::ElementsAre(
                                "deleted /networkInterfaces/fw", "deleted /networkInterfaces/z",
                                "deleted /virtualNetworks/a/virtualNetworkPeerings/a-to-b",
                                "deleted /virtualNetworks/b/virtualNetworkPeerings/b-to-a",
                                "updated /virtualNetworks/a", "deleted /virtualNetworks/b",
                                "deleted /routeTables/r", "deleted /accessControlLists/l"));
  EXPECT_EQ(pruned.model.count(Kind::Subnet), 0u);
}

TEST(LabExpand, NeverPrunesWhatAFreshControllerHolds) {
  const Model fresh = fresh_model();
  const Model used = applied(fresh, parsed(kLab)).model;
  const Model pruned = applied(used, parsed("version: 1\n"), Prune::Delete).model;
  EXPECT_EQ(pruned.count(), fresh.count());
  for (const KindInfo& row : kinds_in(Realm::Onprem)) {
    for (const ResourcePtr& resource : fresh.collection(row.kind))
      EXPECT_NE(pruned.find(resource->id), nullptr) << resource->id.path();
  }
}

TEST(LabExpand, MovesAMachineOutOfASubnetThatGoes) {
  const Applied first = applied(
      fresh_model(), parsed("version: 1\nnetworks: {a: {prefixes: [10.1.0.0/16], subnets: {old: "
                            "10.1.0.0/24}}}\nvms: {v: {at: a/old}}\n"));
  const Applied moved =
      applied(first.model,
              parsed("version: 1\nnetworks: {a: {prefixes: [10.1.0.0/16], subnets: {new: "
                     "10.1.0.0/24}}}\nvms: {v: {at: a/new}}\n"),
              Prune::Delete);
  EXPECT_THAT(told(moved),
              ::testing::ElementsAre("deleted /networkInterfaces/v", "updated /virtualNetworks/a",
                                     "created /networkInterfaces/v"));
}

// Of a document that says nothing but this of two peered networks, a and b.
std::string lab_with(const std::string& more) { return std::string(kLab) + more + "\n"; }

std::optional<dataplane::Link> link_in(const Model& model, const char* from = "a",
                                       const char* to = "b") {
  const std::string top = "/virtualNetworks/";
  const Resource& here = at(model, top + from);
  const Resource& there = at(model, top + to);
  return program::policy(model, {program::domain_of(here), program::domain_of(there)})->link;
}

TEST(LabExpand, ALinkIsTheSameInBothDirectionsAndGoesWithTheDocument) {
  const std::string linked = lab_with("links: {b-a: {latency: 5ms, loss: 0.1%, rate: 1gbit}}");
  const Model plain = applied(fresh_model(), parsed(kLab)).model;
  EXPECT_EQ(link_in(plain), std::nullopt);
  const Applied with_link = applied(plain, parsed(linked));
  const dataplane::Link expected{std::chrono::milliseconds(5), 1000, 1'000'000'000};
  EXPECT_EQ(link_in(with_link.model), expected);
  EXPECT_EQ(link_in(with_link.model, "b", "a"), expected);
  EXPECT_THAT(told(with_link), ::testing::Contains("updated /virtualNetworks/a"));
  EXPECT_EQ(etag(with_link.model, at(with_link.model, "/virtualNetworks/a")),
            etag(plain, at(plain, "/virtualNetworks/a")))
      << "no client sees that it has changed";
  EXPECT_TRUE(applied(with_link.model, parsed(linked)).changes.empty());
  EXPECT_THAT(export_lab(with_link.model),
              ::testing::HasSubstr("a-b: {latency: 5ms, loss: 0.1%, rate: 1gbit}"));
  EXPECT_EQ(link_in(applied(with_link.model, parsed(kLab)).model), std::nullopt);
  EXPECT_EQ(link_in(applied(fresh_model(), parsed(lab_with("links: {a-b: {}}"))).model),
            std::nullopt);
}

TEST(LabExpand, ALinkGoesWithEitherNetwork) {
  const LabDocument linked = parsed(
      "version: 1\nnetworks: {a: {prefixes: [10.1.0.0/16]}, b: {prefixes: [10.2.0.0/16]}}\n"
      "links: {a-b: {latency: 5ms}}\n");
  for (const char* gone : {"/virtualNetworks/a", "/virtualNetworks/b"}) {
    Operation deletion;
    deletion.verb = Verb::Delete;
    deletion.draft.id = *ResourceId::parse(gone);
    const auto left = apply(applied(fresh_model(), linked).model, {{deletion}, "test"}, kLimits);
    ASSERT_TRUE(left) << left.error().message;
    for (const ResourcePtr& network : left->model.collection(Kind::VirtualNetwork))
      EXPECT_EQ(network->as<VirtualNetwork>().links, std::nullopt) << gone;
  }
}

// Names hold '-' themselves: an export writes a name that is read as the same pair, or none.
TEST(LabExport, WritesLinksWhoseNamesAreClear) {
  const auto exported = [](const char* names, const char* link) {
    LabDocument lab;
    uint32_t net = 10u << 24;
    std::istringstream words(names);
    for (std::string name; words >> name; net += 1 << 16)
      lab.networks.push_back(
          {name, {net::Prefix::containing(net::IpAddress::v4(net), 16)}, "", {}});
    std::istringstream pair(link);
    LabLink one{"", "", std::chrono::milliseconds(5), 0, 0};
    pair >> one.a >> one.b;
    lab.links = {one};
    const Model model = applied(fresh_model(), lab).model;
    const LabExport result = to_document(model);
    const Applied again = applied(fresh_model(), parsed(export_lab(model)));
    EXPECT_EQ(told_links(to_document(again.model).document), told_links(result.document));
    return result;
  };
  const LabExport clear = exported("dev dev-eu eu-hub hub", "dev-eu hub");
  ASSERT_EQ(clear.document.links.size(), 1u);
  EXPECT_EQ(clear.document.links[0].a, "hub");
  EXPECT_THAT(clear.unsaid, ::testing::IsEmpty());
  const LabExport unclear = exported("a a-a", "a a-a");  // a-a-a either way round
  EXPECT_THAT(unclear.document.links, ::testing::IsEmpty());
  EXPECT_THAT(unclear.unsaid,
              ::testing::ElementsAre("/virtualNetworks/a: links", "/virtualNetworks/a-a: links"));
}

// A document that is added to what is there says nothing of other networks.
TEST(LabExpand, ALinkThatLeadsOutOfTheDocumentStays) {
  const Model linked =
      applied(fresh_model(), parsed(lab_with("links: {a-b: {latency: 5ms}}"))).model;
  const LabDocument less = parsed("version: 1\nnetworks: {a: {prefixes: [10.1.0.0/16]}}\n");
  EXPECT_EQ(link_in(applied(linked, less).model)->latency, std::chrono::milliseconds(5));
  EXPECT_EQ(applied(linked, less, Prune::Delete)
                .model.find(*ResourceId::parse("/virtualNetworks/a"))
                ->as<VirtualNetwork>()
                .links,
            std::nullopt);
}

TEST(LabExpand, KeepsNamesThatThingsHaveAlready) {
  Model model = applied(fresh_model(), parsed(R"(
version: 1
networks: {a: {prefixes: [10.1.0.0/16], subnets: {s: 10.1.0.0/24}}, b: {prefixes: [10.2.0.0/16]}}
peerings: [{from: a, to: b, name: towards-b}]
routes: {r: [{prefix: 10.9.0.0/16, next: none, name: stop}]}
access: {l: [{allow: in, priority: 100, name: https}]}
vms: {v: {at: a/s, ipConfiguration: first}}
)"))
                    .model;
  const Applied again = applied(model, parsed(R"(
version: 1
networks: {a: {prefixes: [10.1.0.0/16], subnets: {s: 10.1.0.0/24}}, b: {prefixes: [10.2.0.0/16]}}
peerings: [{from: a, to: b}]
routes: {r: [{prefix: 10.9.0.0/16, next: none}]}
access: {l: [{allow: in, priority: 100}]}
vms: {v: {at: a/s}}
)"),
                                Prune::Delete);
  for (const Outcome& outcome : again.outcomes)
    EXPECT_EQ(outcome.effect, Effect::Unchanged) << outcome.id.path();
}

TEST(LabExpand, KeepsWhatItCannotSay) {
  const Applied first = applied(fresh_model(), parsed(kLab));
  Operation put;
  put.draft.id = *ResourceId::parse("/virtualNetworks/a");
  auto body = at(first.model, "/virtualNetworks/a").as<VirtualNetwork>();
  body.dns_servers = {*net::IpAddress::parse("10.1.0.53")};
  put.draft.body = body;
  const Model model = apply(first.model, {{put}, "test"}, kLimits)->model;
  const Applied again = applied(model, parsed(kLab));
  EXPECT_TRUE(again.changes.empty());
  EXPECT_THAT(to_document(model).unsaid,
              ::testing::ElementsAre("/virtualNetworks/a: dhcpOptions.dnsServers"));
}

TEST(LabExpand, RevivesADisconnectedPeering) {
  const Applied first = applied(fresh_model(), parsed(kLab));
  Operation erase;
  erase.verb = Verb::Delete;
  erase.draft.id = *ResourceId::parse("/virtualNetworks/b/virtualNetworkPeerings/b-to-a");
  const Model broken = apply(first.model, {{erase}, "test"}, kLimits)->model;
  ASSERT_EQ(at(broken, "/virtualNetworks/a/virtualNetworkPeerings/a-to-b").as<Peering>().state,
            PeeringState::Disconnected);
  const Model mended = applied(broken, parsed(kLab)).model;
  for (const char* side : {"/virtualNetworks/a/virtualNetworkPeerings/a-to-b",
                           "/virtualNetworks/b/virtualNetworkPeerings/b-to-a"})
    EXPECT_EQ(at(mended, side).as<Peering>().state, PeeringState::Connected) << side;
}

TEST(LabExpand, DoesNotBypassTheLockOfPeeredAddressSpaces) {
  const Applied first = applied(fresh_model(), parsed(kLab));
  std::string other(kLab);
  other.replace(other.find("10.2.0.0/16]"), 11, "10.2.0.0/15");
  const Change change = expand(parsed(other), first.model, Prune::Keep);
  const auto refused = apply(first.model, change, kLimits);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::AddressSpaceLockedByPeering);
  EXPECT_THAT(refused.error().target, ::testing::StartsWith("/networks/b"));
}

TEST(LabExpand, GivesNamesThatAreLegalAndDifferent) {
  EXPECT_EQ(default_peering_name("hub", "spoke1"), "hub-to-spoke1");
  EXPECT_EQ(default_route_name(*net::Prefix::parse("fd00::/64")), "to-fd00--_64");
  EXPECT_EQ(default_rule_name(RuleType::Outbound, 7), "out-7");
  const std::string long_name(128, 'a');
  const std::string name = default_peering_name(long_name, long_name);
  EXPECT_TRUE(is_legal_resource_name(name)) << name;
  EXPECT_NE(name, default_peering_name(long_name, long_name + "b"));
}

// Laws over random labs.

constexpr Realm kRealms[] = {Realm::Onprem, Realm::Azure};

// How many labs of each realm a law is tried on.
uint64_t tries(Realm realm) { return realm == Realm::Onprem ? 300 : 100; }

LabScope scope_of(Realm realm) {
  return realm == Realm::Azure ? LabScope{realm, "group"} : LabScope{};
}

TEST(LabLaw, ParseReversesPrint) {
  for (const Realm realm : kRealms) {
    for (uint64_t seed = 1; seed <= tries(realm); ++seed) {
      SCOPED_TRACE(seed);
      const LabDocument lab = testing::RandomLab(seed, realm).next();
      const std::string text = print(lab);
      ASSERT_EQ(parsed(text), lab) << text;
    }
  }
}

// Equal but for what is allocated anew.
void expect_same_resources(const Model& model, const Model& other, Realm realm) {
  ASSERT_EQ(model.count(), other.count());
  for (const KindInfo& row : kinds_in(realm)) {
    for (const ResourcePtr& resource : model.collection(row.kind, realm)) {
      const Resource* there = other.find(resource->id);
      ASSERT_NE(there, nullptr) << resource->id.path();
      Body here_body = resource->body;
      Body there_body = there->body;
      for (Body* body : {&here_body, &there_body}) {
        auto* nic = body->get_if<NetworkInterface>();
        if (nic != nullptr && nic->mac_allocation == Allocation::Dynamic) nic->mac.reset();
      }
      ASSERT_TRUE(same_writable_members(realm, here_body, there_body)) << resource->id.path();
      if (const auto* network = here_body.get_if<VirtualNetwork>()) {
        ASSERT_EQ(network->links, there_body.get<VirtualNetwork>().links) << resource->id.path();
      }
    }
  }
}

TEST(LabLaw, ExportAppliedToAFreshControllerGivesTheSame) {
  for (const Realm realm : kRealms) {
    const LabScope scope = scope_of(realm);
    for (uint64_t seed = 1; seed <= tries(realm); ++seed) {
      SCOPED_TRACE(seed);
      const Model model = applied(fresh_model(), testing::RandomLab(seed, realm).next()).model;
      ASSERT_THAT(to_document(model, scope).unsaid, ::testing::IsEmpty());
      const std::string text = export_lab(model, scope);
      const Model again = applied(fresh_model(), parsed(text)).model;
      expect_same_resources(model, again, realm);
      ASSERT_EQ(export_lab(again, scope), text);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(LabLaw, AnyLabPrunedIntoAnyOtherIsThatOther) {
  for (const Realm realm : kRealms) {
    for (uint64_t seed = 1; seed <= tries(realm); ++seed) {
      SCOPED_TRACE(seed);
      testing::RandomLab labs(seed, realm);
      Model model = applied(fresh_model(), labs.next()).model;
      const LabDocument lab = labs.next();
      Change change = expand(lab, model, Prune::Delete);
      auto pruned = apply(model, change, kLimits);
      if (!pruned) {  // a network that stays and is peered keeps its address space: the rule stands
        ASSERT_EQ(pruned.error().code, ErrorCode::AddressSpaceLockedByPeering)
            << pruned.error().message;
        continue;
      }
      const LabExport exported = to_document(pruned->model, scope_of(realm));
      ASSERT_EQ(exported.document.networks.size(), lab.networks.size());
      ASSERT_EQ(exported.document.peerings.size(), lab.peerings.size());
      ASSERT_EQ(exported.document.vms.size(), lab.vms.size());
      ASSERT_EQ(told_links(exported.document), told_links(lab));
      const Applied again = applied(pruned->model, lab, Prune::Delete);
      ASSERT_TRUE(again.changes.empty());
    }
  }
}

// From the network or to it: a document knows no such links.
bool has_one_way_link(const Model& model, const ResourceId& id) {
  if (id.kind() != Kind::VirtualNetwork) return false;
  const Resource& network = *model.find(id);
  for (const ResourcePtr& other : model.collection(Kind::VirtualNetwork)) {
    if (program::link_from(network, *other) != program::link_from(*other, network)) return true;
  }
  return false;
}

// Models of the API's making, too: what the export leaves out it says.
TEST(LabLaw, ExportOfAnyModelChangesNothingWhereItCameFrom) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    testing::RandomChanges changes(seed);
    Model model = fresh_model();
    for (int i = 0; i < 120; ++i) {
      if (auto next = apply(model, changes.next(), kLimits)) model = std::move(next->model);
    }
    const LabDocument lab = parsed(export_lab(model));
    const auto result = apply(model, expand(lab, model, Prune::Keep), kLimits);
    if (!result) continue;  // such as a Disconnected peering that would overlap by now
    for (const ResourceChange& change : result->changes) {
      if (change.any().kind() == Kind::Peering || change.any().kind() == Kind::VirtualNetwork)
        continue;
      ADD_FAILURE() << change.any().id.path();
    }
    for (const Outcome& outcome : result->outcomes) {
      const bool revived = outcome.id.kind() == Kind::Peering;
      const bool linked_one_way = has_one_way_link(model, outcome.id);
      EXPECT_TRUE(revived || linked_one_way || outcome.effect == Effect::Unchanged)
          << outcome.id.path();
    }
  }
}

TEST(LabExport, SaysWhatItLeavesOut) {
  Model model = applied(fresh_model(), parsed(kLab)).model;
  const auto put = [&model](Draft draft) {
    Operation operation;
    operation.draft = std::move(draft);
    auto result = apply(model, {{operation}, "test"}, kLimits);
    ASSERT_TRUE(result) << result.error().message;
    model = std::move(result->model);
  };
  put({*ResourceId::parse("/networkInterfaces/bare"), "", {}, nullptr, NetworkInterface{}, {}});
  put({*ResourceId::parse("/logicalNetworks/other"), "", {}, nullptr, LogicalNetwork{}, {}});
  auto tagged = std::make_shared<Annotations>();
  tagged->tags = {{"owner", "me"}};
  put({*ResourceId::parse("/routeTables/r"), "", {}, tagged, RouteTable{}, {}});
  EXPECT_THAT(to_document(model).unsaid,
              ::testing::ElementsAre("/logicalNetworks/other: all of it", "/routeTables/r: tags",
                                     "/networkInterfaces/bare: all of it"));
  const std::string text = export_lab(model);
  EXPECT_THAT(text, ::testing::HasSubstr("#   /networkInterfaces/bare: all of it\n"));
  EXPECT_EQ(parsed(text).vms.size(), 2u);
}

constexpr std::string_view kAzureLab = R"(version: 1
realm: azure
group: net
networks:
  hub:
    prefixes: [10.0.0.0/16]
    location: northeurope
    subnets:
      dmz: {prefix: 10.0.0.0/24, routes: out}
  spoke:
    prefixes: [10.1.0.0/16]
    location: westeurope
    subnets:
      app: 10.1.1.0/24
      web: {prefix: 10.1.0.0/24, routes: back, acl: web-only}
peerings:
  - {between: [hub, spoke], forwarded: both, subnets: [hub/dmz, spoke/web]}
routes:
  back:
    - {prefix: 10.9.0.0/16, next: appliance 10.0.0.4}
  out:
    - {prefix: 0.0.0.0/0, next: appliance 10.0.0.4}
access:
  admins:
    - {allow: in, protocol: tcp, from: 10.0.0.0/24, port: 22, priority: 100, name: ssh}
  web-only:
    - {allow: in, protocol: tcp, port: 443, priority: 100}
    - {deny: in, priority: 4096}
vms:
  fw: {at: hub/dmz, address: 10.0.0.4, forward: true}
  web1: {at: spoke/web, acl: admins, interface: web1-nic}
  web2: {at: spoke/web}
)";

TEST(LabInAzure, BecomesAGroupWithItsResourcesAndComesBack) {
  const LabDocument lab = parsed(kAzureLab);
  const Applied first = applied(fresh_model(), lab);
  const ResourceId group = lab_group("net");
  EXPECT_EQ(first.model.find(group)->annotations->location, "northeurope");
  const ResourceId spoke = *group.child(Kind::VirtualNetwork, "spoke");
  EXPECT_EQ(first.model.find(spoke)->annotations->location, "westeurope");
  for (const Resource* side : first.model.below(group, Kind::Peering))
    EXPECT_EQ(side->as<Peering>().state, PeeringState::Connected) << side->id.path();
  const auto in_group = [&](Kind kind, std::string_view name) -> const Resource& {
    return *first.model.find(*group.child(kind, name));
  };
  const Resource& nic = in_group(Kind::NetworkInterface, "web1-nic");
  EXPECT_EQ(nic.annotations->location, "westeurope");
  EXPECT_EQ(nic.as<NetworkInterface>().azure.security_group.name(), "admins");
  EXPECT_TRUE(in_group(Kind::NetworkInterface, "fw").as<NetworkInterface>().azure.ip_forwarding);
  const auto& attached = in_group(Kind::VirtualMachine, "web1").as<VirtualMachine>().interfaces;
  ASSERT_EQ(attached.size(), 1u);
  EXPECT_EQ(attached[0].interface, nic.id);
  EXPECT_EQ(in_group(Kind::AccessControlList, "web-only").annotations->location, "westeurope");
  EXPECT_EQ(in_group(Kind::RouteTable, "out").annotations->location, "northeurope");

  for (const std::string& line : told(applied(first.model, lab)))
    EXPECT_TRUE(line.starts_with("unchanged ")) << line;

  const LabExport exported = to_document(first.model, {Realm::Azure, "net"});
  EXPECT_EQ(exported.document, lab);
  EXPECT_THAT(exported.unsaid, ::testing::IsEmpty());
  EXPECT_EQ(print(exported.document), kAzureLab);
  EXPECT_TRUE(to_document(first.model).document.networks.empty());
}

TEST(LabInAzure, NamesOtherSubnetsAndSynchronises) {
  Model model = applied(fresh_model(), parsed(kAzureLab)).model;
  std::string text(kAzureLab);
  text.replace(text.find("[hub/dmz, spoke/web]"), 20, "[hub/dmz, spoke/app]");
  model = applied(model, parsed(text)).model;
  for (const Resource* side : model.below(lab_group("net"), Kind::Peering)) {
    EXPECT_EQ(side->as<Peering>().state, PeeringState::Connected);
    EXPECT_EQ(sync_level(model, *side), SyncLevel::FullyInSync) << side->id.path();
  }
  EXPECT_EQ(print(to_document(model, {Realm::Azure, "net"}).document), text);
}

TEST(LabInAzure, SaysOfMachinesAndRulesWhatItLeavesOut) {
  Model model = applied(fresh_model(), parsed(kAzureLab)).model;
  const ResourceId group = lab_group("net");
  const auto put = [&](const ResourceId& id, Body body) {
    const auto annotations = std::make_shared<Annotations>();
    annotations->location = "westeurope";
    Operation operation;
    operation.draft = {id, "", {}, annotations, std::move(body), {}};
    auto result = apply(model, {{operation}, "test"}, kLimits);
    ASSERT_TRUE(result) << result.error().message;
    model = std::move(result->model);
  };
  AclRule several = *model.below(group, Kind::AclRule).front()->body.get_if<AclRule>();
  several.priority = 200;
  several.azure.destination_ports = {several.destination_ports, several.source_ports};
  const ResourceId list = *group.child(Kind::AccessControlList, "admins");
  put(*list.child(Kind::AclRule, "several"), several);
  NetworkInterface forwarder;
  const ResourceId bare = *group.child(Kind::NetworkInterface, "bare");
  Operation operation;
  const auto annotations = std::make_shared<Annotations>();
  annotations->location = "westeurope";
  IpConfiguration ip;
  ip.azure.is_primary = true;
  ip.subnet = *group.child(Kind::VirtualNetwork, "spoke")->child(Kind::Subnet, "app");
  operation.draft = {bare, "", {}, annotations, forwarder, {}};
  operation.draft.children.push_back(
      {Kind::IpConfiguration,
       {Draft{*bare.child(Kind::IpConfiguration, "ip"), "", {}, nullptr, ip, {}}}});
  auto result = apply(model, {{operation}, "test"}, kLimits);
  ASSERT_TRUE(result) << result.error().message;
  const LabExport exported = to_document(result->model, {Realm::Azure, "net"});
  EXPECT_THAT(exported.unsaid,
              ::testing::ElementsAre(list.path() + "/securityRules/several: all of it",
                                     bare.path() + ": all of it"));
  EXPECT_EQ(print(exported.document), kAzureLab);
}

TEST(LabInAzure, PrunesItsOwnGroupAlone) {
  Model model = applied(fresh_model(), parsed(kLab)).model;
  model = applied(model, parsed(kAzureLab)).model;
  const Applied pruned = applied(model,
                                 parsed("version: 1\nrealm: azure\ngroup: net\n"
                                        "networks: {spoke: {prefixes: [10.1.0.0/16]}}"),
                                 Prune::Delete);
  EXPECT_EQ(pruned.model.below(lab_group("net"), Kind::VirtualNetwork).size(), 1u);
  EXPECT_THAT(pruned.model.below(lab_group("net"), Kind::Peering), ::testing::IsEmpty());
  for (const Kind kind :
       {Kind::RouteTable, Kind::AccessControlList, Kind::NetworkInterface, Kind::VirtualMachine})
    EXPECT_THAT(pruned.model.below(lab_group("net"), kind), ::testing::IsEmpty());
  EXPECT_EQ(to_document(pruned.model).document, to_document(model).document);
}

TEST(LabInAzure, MovesNoNetworkToAnotherRegion) {
  const Model model = applied(fresh_model(), parsed(kAzureLab)).model;
  const LabDocument elsewhere = parsed(
      "version: 1\nrealm: azure\ngroup: net\n"
      "networks: {hub: {prefixes: [10.0.0.0/16], location: westeurope}}");
  const auto legal = check_locations(elsewhere, model);
  ASSERT_FALSE(legal);
  EXPECT_EQ(legal.error().code, ErrorCode::InvalidResourceLocation);
  EXPECT_EQ(legal.error().target, "/networks/hub");
}

TEST(LabInAzure, MakesNoNetworkInARegionThatIsNone) {
  const auto lab = [](const char* location) {
    return parsed(
        fmt::format("version: 1\nrealm: azure\n"
                    "networks: {{hub: {{prefixes: [10.0.0.0/16], location: {}}}}}",
                    location));
  };
  const Model model = fresh_model();
  const auto legal = check_locations(lab("west"), model);
  ASSERT_FALSE(legal);
  EXPECT_EQ(legal.error().code, ErrorCode::LocationNotAvailableForResourceType);
  EXPECT_EQ(legal.error().target, "/networks/hub");
  EXPECT_TRUE(check_locations(lab("NorthEurope"), model)) << "regions are named without case";
}

TEST(LabInAzure, NamesOfPeeringsAreShortEnough) {
  const std::string a(80, 'a'), b(80, 'b');
  EXPECT_TRUE(is_legal_azure_name(Kind::Peering, default_peering_name(a, b, Realm::Azure)));
}

}  // namespace
}  // namespace isthmus::api::lab
