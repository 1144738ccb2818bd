// Reading lab documents: what is legal, and the line and the words for what is not.
#include "api/control/lab/parse.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "api/control/lab/tree.h"

namespace isthmus::api::lab {
namespace {

LabDocument parsed(std::string_view text) {
  auto document = parse_lab(text, LabFormat::Yaml);
  if (document) return *document;
  for (const LabProblem& problem : document.error())
    ADD_FAILURE() << problem.line << ":" << problem.column << " " << problem.message;
  return {};
}

TEST(LabParse, ReadsEveryForm) {
  const LabDocument lab = parsed(R"(
version: 1
realm: onprem
networks:
  hub: {prefixes: [10.0.0.0/16, "fd00::/48"], location: west, realm: onprem, subnets: {dmz: 10.0.0.0/24}}
  Spoke: {prefixes: [10.1.0.0/16], subnets: {web: {prefix: 10.1.0.0/24, routes: VIA, acl: web-only}}}
peerings:
  - {between: [hub, spoke], forwarded: both, access: hub, transit: HUB}
routes:
  via: [{prefix: 10.2.0.0/16, next: appliance 10.0.0.4}, {prefix: 0.0.0.0/0, next: none, name: stop}]
access:
  web-only: [{allow: in, protocol: tcp, port: 443, from: 10.0.0.0/8, priority: 100}]
  closed: {default: {in: deny, out: allow}, rules: [{deny: out, port: 1000-2000, fromPort: "*", priority: 7}]}
vms:
  fw: {at: hub/dmz, address: 10.0.0.4, forward: true, acl: closed, mac: "001122334455", ipConfiguration: ip1}
  web1: {at: SPOKE/web, host: host2}
  web2: {at: spoke/web, address: 10.1.0.9, allocation: dynamic}
links: {spoke-hub: {latency: 1.5ms, loss: 0.1%, rate: 1gbit}}
expect:
  - {from: web1, to: FW, port: 443/tcp, result: reach, via: fw}
  - {from: 10.1.0.9@spoke, to: 10.0.0.4, protocol: icmp, result: drop, reason: acl-deny}
)");
  ASSERT_EQ(lab.networks.size(), 2u);
  EXPECT_EQ(lab.networks[0].prefixes.size(), 2u);
  EXPECT_EQ(lab.networks[0].location, "west");
  EXPECT_EQ(lab.networks[1].subnets[0].routes, "via") << "names are spelled as declared";
  EXPECT_EQ(lab.networks[1].subnets[0].acl, "web-only");

  ASSERT_EQ(lab.peerings.size(), 2u);
  EXPECT_EQ(lab.peerings[0].from, "hub");
  EXPECT_EQ(lab.peerings[0].to, "Spoke");
  EXPECT_EQ(lab.peerings[0].flags, (LabPeeringFlags{true, true, true, false}));
  EXPECT_EQ(lab.peerings[1].flags, (LabPeeringFlags{false, true, false, false}));

  EXPECT_EQ(lab.route_tables[0].routes[0].address, net::IpAddress::parse("10.0.0.4"));
  EXPECT_EQ(lab.route_tables[0].routes[1].name, "stop");
  EXPECT_EQ(lab.access_lists[0].rules[0].ports.range, *net::PortRange::make(443, 443));
  EXPECT_EQ(lab.access_lists[1].inbound_default, DefaultAction::Deny);
  EXPECT_EQ(lab.access_lists[1].rules[0].type, RuleType::Outbound);

  EXPECT_EQ(lab.vms[0].allocation, Allocation::Static);
  EXPECT_TRUE(lab.vms[0].forward);
  EXPECT_EQ(lab.vms[1].network, "Spoke");
  EXPECT_EQ(lab.vms[1].allocation, Allocation::Dynamic);
  EXPECT_EQ(lab.vms[2].allocation, Allocation::Dynamic);
  EXPECT_TRUE(lab.vms[2].address.has_value());

  EXPECT_EQ(lab.links[0].latency, std::chrono::microseconds(1500));
  EXPECT_EQ(lab.links[0].loss_ppm, 1000u);
  EXPECT_EQ(lab.links[0].rate_bits_per_second, 1'000'000'000u);
  EXPECT_EQ(lab.expectations[0].to, "fw");
  EXPECT_EQ(lab.expectations[0].port, 443);
  EXPECT_EQ(lab.expectations[1].from, "10.1.0.9@Spoke");
}

TEST(LabParse, RemembersWhereThingsStand) {
  const LabDocument lab = parsed("version: 1\nnetworks:\n  a:\n    prefixes: [10.0.0.0/8]\n");
  const auto found = lab.positions.find("/networks/a");
  ASSERT_NE(found, lab.positions.end());
  EXPECT_EQ(found->second.line, 3);
  EXPECT_EQ(found->second.column, 3);
}

TEST(LabParse, ReadsJsonAsJson) {
  const auto json =
      parse_lab(R"({"version":1,"networks":{"a":{"prefixes":["10.0.0.0\/8"]}}})", LabFormat::Json);
  ASSERT_TRUE(json);
  EXPECT_EQ(json->networks[0].prefixes[0], *net::Prefix::parse("10.0.0.0/8"));
  const auto yaml = parse_lab("version: 1\n", LabFormat::Json);
  ASSERT_FALSE(yaml);
  EXPECT_EQ(yaml.error()[0].line, 1);
}

struct Wrong {
  const char* text;  // below "version: 1\n"
  int line;
  int column;
  const char* pointer;
  const char* message;  // a part of it
};

constexpr Wrong kWrong[] = {
    {"netwroks: {}", 2, 1, "/netwroks", "did you mean 'networks'?"},
    {"firewall: {}", 2, 1, "/firewall", "it has version, realm, group, networks"},
    {"realm: mars", 2, 8, "/realm", "use one of onprem, azure"},
    {"group: lab", 2, 8, "/group", "Only the azure realm has resource groups"},
    {"realm: azure\ngroup: 'lab.'", 3, 8, "/group", "is not the name of a resource group"},
    {"realm: azure\naccess: {l: {default: {in: deny}}}", 3, 23, "/access/l/default",
     "has default rules of its own"},
    {"realm: azure\naccess: {l: [{allow: in, priority: 99}]}", 3, 36, "/access/l/0/priority",
     "from 100 to 4096"},
    {"realm: azure\naccess: {l: [{allow: in, protocol: gre, priority: 100}]}", 3, 36,
     "/access/l/0/protocol", "use one of any, tcp, udp, icmp, esp"},
    {"realm: azure\nnetworks: {a: {prefixes: [10.0.0.0/8], subnets: {s: 10.0.0.0/24}}}\nvms: {v: "
     "{at: a/s, mac: 00-11-22-33-44-55}}",
     4, 25, "/vms/v/mac", "leave 'mac' out"},
    {"networks: {a: {prefixes: [10.0.0.0/8], subnets: {s: 10.0.0.0/24}}}\nvms: {v: {at: a/s, "
     "interface: x}}",
     3, 31, "/vms/v/interface", "leave 'interface' out"},
    {"networks: {a: {prefixes: [10.0.0.0/8], subnets: {s: 10.0.0.0/24}}, b: {prefixes: "
     "[11.0.0.0/8]}}\npeerings: [{between: [a, b], subnets: [a/s]}]",
     3, 39, "/peerings/0/subnets", "Only peerings of the azure realm"},
    {"realm: azure\nnetworks: {a: {prefixes: [10.0.0.0/8]}, b: {prefixes: [11.0.0.0/8]}, c: "
     "{prefixes: [12.0.0.0/8], subnets: {s: 12.0.0.0/24}}}\npeerings: [{between: [a, b], subnets: "
     "[c/s]}]",
     4, 40, "/peerings/0/subnets/0", "is a subnet of neither network of this peering"},
    {"realm: azure\nnetworks: {a-: {prefixes: [10.0.0.0/8]}}", 3, 12, "/networks/a-",
     "use 1 to 80 letters"},
    {"realm: azure\nnetworks: {a: {prefixes: [10.0.0.0/8], realm: onprem}}", 3, 47,
     "/networks/a/realm", "A network is in the realm of its document"},
    {"networks: []", 2, 11, "/networks", "'networks' is a map, not a list"},
    {"networks: {a: {}}", 2, 15, "/networks/a", "needs the member 'prefixes'"},
    {"networks: {a: {prefixes: []}}", 2, 26, "/networks/a/prefixes", "at least one prefix"},
    {"networks: {a: {prefixes: [10.0.0.1/8]}}", 2, 27, "/networks/a/prefixes/0",
     "host bits are set; write 10.0.0.0/8"},
    {"networks: {a: {prefixes: [10.0.0.0/33]}}", 2, 27, "/networks/a/prefixes/0",
     "write a prefix such as"},
    {"networks: {a: {prefixes: [7]}}", 2, 27, "/networks/a/prefixes/0", "write '7' in quotes"},
    {"networks: {_a: {prefixes: [10.0.0.0/8]}}", 2, 12, "/networks/_a",
     "is not the name of a network"},
    {"networks:\n  a: {prefixes: [10.0.0.0/8]}\n  A: {prefixes: [11.0.0.0/8]}", 4, 3, "/networks",
     "stands twice"},
    {"networks: {a: {prefixes: [10.0.0.0/8], subnets: {s: {prefx: 10.0.0.0/24}}}}", 2, 54,
     "/networks/a/subnets/s/prefx", "did you mean 'prefix'?"},
    {"networks: {a: {prefixes: [10.0.0.0/8], subnets: {s: {prefix: 10.0.0.0/24, routes: "
     "via}}}}\nroutes: {via-fw: []}",
     2, 83, "/networks/a/subnets/s/routes", "no route table 'via'"},
    {"networks: {a: {prefixes: [10.0.0.0/8]}}\npeerings: [{between: [a, b]}]", 3, 26,
     "/peerings/0/between/1", "no network 'b'"},
    {"networks: {a: {prefixes: [10.0.0.0/8]}}\npeerings: [{between: [a]}]", 3, 22,
     "/peerings/0/between", "between two networks"},
    {"networks: {a: {prefixes: [10.0.0.0/8]}, b: {prefixes: [11.0.0.0/8]}}\npeerings:\n  - "
     "{between: [a, b]}\n"
     "  - {from: b, to: a}",
     5, 5, "/peerings/1", "from 'b' to 'a' stands here a second time"},
    {"networks: {a: {prefixes: [10.0.0.0/8]}, b: {prefixes: [11.0.0.0/8]}}\npeerings: [{between: "
     "[a, b], forwarded: c}]",
     3, 41, "/peerings/0/forwarded", "use both, none, a or b"},
    {"networks: {a: {prefixes: [10.0.0.0/8]}, b: {prefixes: [11.0.0.0/8]}}\npeerings: [{between: "
     "[a, b], name: x}]",
     3, 36, "/peerings/0/name", "'between' or 'name', not both"},
    {"networks: {a: {prefixes: [10.0.0.0/8]}, b: {prefixes: [11.0.0.0/8]}}\npeerings: [{from: a, "
     "to: b, access: both}]",
     3, 37, "/peerings/0/access", "is true or false"},
    {"routes: {r: [{prefix: 10.0.0.0/8}]}", 2, 14, "/routes/r/0", "needs the member 'next'"},
    {"routes: {r: [{prefix: 10.0.0.0/8, next: appliance x}]}", 2, 41, "/routes/r/0/next",
     "appliance 10.0.0.4"},
    {"routes: {r: [{prefix: 10.0.0.0/8, next: firewall}]}", 2, 41, "/routes/r/0/next",
     "appliance ADDRESS"},
    {"access: {l: [{priority: 1}]}", 2, 14, "/access/l/0", "one of 'allow' and 'deny'"},
    {"access: {l: [{allow: in, deny: in, priority: 1}]}", 2, 14, "/access/l/0",
     "one of 'allow' and 'deny'"},
    {"access: {l: [{allow: in}]}", 2, 14, "/access/l/0", "needs the member 'priority'"},
    {"access: {l: [{allow: in, priority: 65001}]}", 2, 36, "/access/l/0/priority",
     "from 1 to 65000"},
    {"access: {l: [{allow: in, priority: \"100\"}]}", 2, 36, "/access/l/0/priority", "is a number"},
    {"access: {l: [{allow: in, port: 65536, priority: 1}]}", 2, 32, "/access/l/0/port",
     "write a port"},
    {"access: {l: [{allow: in, protocol: sctp, priority: 1}]}", 2, 36, "/access/l/0/protocol",
     "use one of any, tcp"},
    {"access: {l: {default: {in: permit}}}", 2, 28, "/access/l/default/in",
     "use one of allow, deny"},
    {"vms: {v: {}}", 2, 10, "/vms/v", "needs the member 'at'"},
    {"vms: {v: {at: a/b}}", 2, 15, "/vms/v/at", "no subnet 'a/b'"},
    {"vms: {v: {at: a/b, allocation: static}}\nnetworks: {a: {prefixes: [10.0.0.0/8], subnets: {b: "
     "10.0.0.0/24}}}",
     2, 32, "/vms/v/allocation", "needs an 'address'"},
    {"vms: {v: {at: a/b, forward: yes}}\nnetworks: {a: {prefixes: [10.0.0.0/8], subnets: {b: "
     "10.0.0.0/24}}}",
     2, 29, "/vms/v/forward", "is true or false, not 'yes'"},
    {"links: {a-b: {}}", 2, 9, "/links/a-b", "does not name two networks"},
    {"networks: {a: {prefixes: [10.0.0.0/8]}}\nlinks: {a-a: {loss: 1%}}", 3, 9, "/links/a-a",
     "from one network to another"},
    {"networks: {a: {prefixes: [10.0.0.0/8]}, a-b: {prefixes: [11.0.0.0/8]}, b-c: {prefixes: "
     "[12.0.0.0/8]}, c: {prefixes: [13.0.0.0/8]}}\nlinks: {a-b-c: {loss: 1%}}",
     3, 9, "/links/a-b-c", "may be 'a' and 'b-c', or 'a-b' and 'c': write it the other way round."},
    {"networks: {a: {prefixes: [10.0.0.0/8]}, b: {prefixes: [11.0.0.0/8]}}\nlinks: {a-b: {loss: "
     "1%}, b-a: {loss: 1%}}",
     3, 26, "/links/b-a", "between 'a' and 'b' stands twice"},
    {"networks: {a: {prefixes: [10.0.0.0/8]}, b: {prefixes: [11.0.0.0/8]}}\nlinks: {a-b: {latency: "
     "11s}}",
     3, 24, "/links/a-b/latency", "'11s' is not a latency: it goes from 1us to 10s"},
    {"networks: {a: {prefixes: [10.0.0.0/8]}, b: {prefixes: [11.0.0.0/8]}}\nlinks: {a-b: {latency: "
     "0.1us}}",
     3, 24, "/links/a-b/latency", "it goes from 1us to 10s, or leave it out"},
    {"networks: {a: {prefixes: [10.0.0.0/8]}, b: {prefixes: [11.0.0.0/8]}}\nlinks: {a-b: {latency: "
     "5}}",
     3, 24, "/links/a-b/latency", "'5' is not a latency: write a number and one of us, ms, s."},
    {"networks: {a: {prefixes: [10.0.0.0/8]}, b: {prefixes: [11.0.0.0/8]}}\nlinks: {a-b: {latency: "
     "5h}}",
     3, 24, "/links/a-b/latency", "one of us, ms, s"},
    {"networks: {a: {prefixes: [10.0.0.0/8]}, b: {prefixes: [11.0.0.0/8]}}\nlinks: {a-b: {latency: "
     ".5ms}}",
     3, 24, "/links/a-b/latency", "write a number and one of us, ms, s"},
    {"networks: {a: {prefixes: [10.0.0.0/8]}, b: {prefixes: [11.0.0.0/8]}}\nlinks: {a-b: {latency: "
     "-1ms}}",
     3, 24, "/links/a-b/latency", "write a number and one of us, ms, s"},
    {"networks: {a: {prefixes: [10.0.0.0/8]}, b: {prefixes: [11.0.0.0/8]}}\nlinks: {a-b: {loss: "
     "101%}}",
     3, 21, "/links/a-b/loss", "it goes from 0.0001% to 100%"},
    {"networks: {a: {prefixes: [10.0.0.0/8]}, b: {prefixes: [11.0.0.0/8]}}\nlinks: {a-b: {loss: "
     "0.5}}",
     3, 21, "/links/a-b/loss", "write a number and one of %."},
    {"networks: {a: {prefixes: [10.0.0.0/8]}, b: {prefixes: [11.0.0.0/8]}}\nlinks: {a-b: {rate: "
     "0bit}}",
     3, 21, "/links/a-b/rate", "it goes from 1bit to 1000000gbit"},
    {"networks: {a: {prefixes: [10.0.0.0/8]}, b: {prefixes: [11.0.0.0/8]}}\nlinks: {a-b: {rate: "
     "[1]}}",
     3, 21, "/links/a-b/rate", "a rate is a text, not a list"},
    {"expect: [{from: v, to: 10.0.0.4, result: reach}]", 2, 17, "/expect/0/from",
     "no virtual machine 'v'"},
    {"expect: [{from: 10.0.0.4@a, to: 10.0.0.4, result: reach}]", 2, 17, "/expect/0/from",
     "a network of this document"},
    {"networks: {a: {prefixes: [10.0.0.0/8]}}\nexpect: [{from: 10.0.0.4@a, to: 10.0.0.5, result: "
     "drop, reason: no-rout}]",
     3, 65, "/expect/0/reason", "did you mean 'no-route'?"},
    {"networks: {a: {prefixes: [10.0.0.0/8]}}\nexpect: [{from: 10.0.0.4@a, to: 10.0.0.5, result: "
     "reach, reason: no-route}]",
     3, 66, "/expect/0/reason", "Only an expectation with 'result: drop'"},
    {"networks: {a: {prefixes: [10.0.0.0/8]}}\nexpect: [{from: 10.0.0.4@a, to: 10.0.0.5, result: "
     "reach, port: 443}]",
     3, 64, "/expect/0/port", "write '443' in quotes"},
    {"networks: {a: &x {prefixes: [10.0.0.0/8]}, b: *x}", 2, 15, "/networks/a",
     "Anchors and aliases"},
    {"networks: {a: !!map {prefixes: [10.0.0.0/8]}}", 2, 15, "/networks/a", "Tags such as"},
    {"---\nversion: 1", 2, 1, "", "a second one starts here"},
    {"networks: {[a]: 1}", 2, 12, "/networks", "is a text, not a list or a map"},
    {"networks: {a: [", 3, 1, "", "End of"},
};

TEST(LabParse, SaysWhatIsWrongAndWhere) {
  for (const Wrong& wrong : kWrong) {
    SCOPED_TRACE(wrong.text);
    const auto document = parse_lab(fmt::format("version: 1\n{}\n", wrong.text), LabFormat::Yaml);
    if (document) {
      ADD_FAILURE() << "accepted";
      continue;
    }
    const LabProblem& problem = document.error().front();
    EXPECT_EQ(problem.line, wrong.line) << problem.message;
    EXPECT_EQ(problem.column, wrong.column) << problem.message;
    EXPECT_EQ(problem.pointer, wrong.pointer);
    EXPECT_THAT(problem.message, ::testing::HasSubstr(wrong.message));
    EXPECT_EQ(document.error().size(), 1u) << document.error().back().message;
  }
}

TEST(LabParse, NeedsItsVersion) {
  for (const char* text : {"", "{}", "version: 2", "version: one", "realm: onprem", "[]"}) {
    EXPECT_FALSE(parse_lab(text, LabFormat::Yaml)) << text;
  }
}

TEST(LabParse, NamesEveryProblemInTheOrderOfTheText) {
  const auto document = parse_lab(
      "version: 1\nvms: {v: {}}\nnetworks: {a: {}, b: {prefixes: [x]}}\n", LabFormat::Yaml);
  ASSERT_FALSE(document);
  ASSERT_EQ(document.error().size(), 3u);
  EXPECT_EQ(document.error()[0].pointer, "/vms/v");
  EXPECT_EQ(document.error()[1].pointer, "/networks/a");
  EXPECT_EQ(document.error()[2].pointer, "/networks/b/prefixes/0");
}

TEST(LabParse, StopsNamingProblemsAtTheLimit) {
  std::string text = "version: 1\nnetworks:\n";
  for (int i = 0; i < 1000; ++i) text += fmt::format("  n{}: {{}}\n", i);
  const auto document = parse_lab(text, LabFormat::Yaml);
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().size(), kLabProblemsMax);
}

std::string repeated(std::string_view piece, size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += piece;
  return text;
}

// Small texts that make a parser recurse, expand or search. Each is refused in bounded time; the
// bound is generous, since sanitizers run this too.
TEST(LabParse, RefusesHostileTexts) {
  constexpr size_t kBytes = 200'000;
  const std::string hostile[] = {
      repeated("[", kBytes),        repeated("{", kBytes),
      repeated("- ", kBytes),       repeated("? ", kBytes),
      repeated("{a: ", kBytes),     "{" + repeated("a,", kBytes),
      "[" + repeated("a,", kBytes), repeated("a: ", kBytes),
      repeated("&a ", kBytes),      repeated("!a ", kBytes),
      repeated("---\n", kBytes),    repeated("\xff\xfe", kBytes),
      std::string("a\0b", 3),       "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
  };
  for (const std::string& text : hostile) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(parse_lab(text, LabFormat::Yaml)) << text.substr(0, 20);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20))
        << text.substr(0, 20);
  }
}

TEST(LabTree, BoundsTextNodesAndDepth) {
  EXPECT_FALSE(read_tree("[1, 2, 3]", {.text_bytes = 8, .nodes = 100, .depth = 16}));
  EXPECT_TRUE(read_tree("[1, 2, 3]", {.text_bytes = 9, .nodes = 4, .depth = 1}));
  EXPECT_FALSE(read_tree("[1, 2, 3]", {.text_bytes = 9, .nodes = 3, .depth = 1}));
  EXPECT_FALSE(read_tree("[[1]]", {.text_bytes = 9, .nodes = 9, .depth = 1}));
}

TEST(LabTree, TellsTypesAsYamlDoes) {
  const std::pair<const char*, NodeType> kTypes[] = {
      {"", NodeType::Null},         {"~", NodeType::Null},     {"null", NodeType::Null},
      {"true", NodeType::Bool},     {"False", NodeType::Bool}, {"yes", NodeType::Text},
      {"1", NodeType::Integer},     {"-1", NodeType::Integer}, {"007", NodeType::Integer},
      {"1.5", NodeType::Float},     {"1e5", NodeType::Float},  {".5", NodeType::Float},
      {"10.0.0.0", NodeType::Text}, {"1-2", NodeType::Text},   {"5ms", NodeType::Text},
      {".", NodeType::Text},        {"0x10", NodeType::Text},  {"10.0.0.0/8", NodeType::Text},
  };
  for (const auto& [text, type] : kTypes) EXPECT_EQ(resolve_plain(text), type) << text;
}

}  // namespace
}  // namespace isthmus::api::lab
