// What a user sees: forms of output, exit statuses, what goes to which stream.
#include "tools/isthmus/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/isthmus/fake_transport.h"
#include "tools/isthmus/json.h"

namespace isthmus::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kNetworks = "GET /networking/v1/virtualNetworks";
constexpr const char* kRed =
    R"({"resourceRef":"/virtualNetworks/red","resourceId":"red","etag":"W/\"1\"","properties":{
        "addressSpace":{"addressPrefixes":["10.0.0.0/16","10.1.0.0/16"]},"subnets":[{}],"provisioningState":"Succeeded"}})";

std::string collection(const std::string& elements) {
  return R"({"value":[)" + elements + R"(],"nextLink":""})";
}

std::string peering(const std::string& network, const std::string& name, const std::string& remote,
                    const std::string& state, const std::string& access) {
  return R"({"resourceRef":"/virtualNetworks/)" + network + "/virtualNetworkPeerings/" + name +
         R"(","resourceId":")" + name + R"(","properties":{"peeringState":")" + state +
         R"(","remoteVirtualNetwork":{"resourceRef":"/virtualNetworks/)" + remote +
         R"("},"allowVirtualNetworkAccess":)" + access +
         R"(,"allowForwardedTraffic":false,"allowGatewayTransit":false,"useRemoteGateways":false}})";
}

TEST(Output, IsATableOnATerminalAndJsonElsewhere) {
  FakeServer server;
  server.answer(kNetworks, 200, collection(kRed));
  EXPECT_EQ(run_against(server, "vnet list", true).out,
            "Name  AddressPrefixes           Subnets  Peerings  ProvisioningState\n"
            "----  ------------------------  -------  --------  -----------------\n"
            "red   10.0.0.0/16, 10.1.0.0/16  1        0         Succeeded\n");
  EXPECT_THAT(run_against(server, "vnet list").out, HasSubstr("\"resourceId\": \"red\""));
}

TEST(Output, HasFourForms) {
  FakeServer server;
  server.answer(kNetworks, 200, collection(kRed));
  EXPECT_EQ(run_against(server, "vnet list -o tsv").out,
            "red\t10.0.0.0/16, 10.1.0.0/16\t1\t0\tSucceeded\n");
  EXPECT_THAT(run_against(server, "-o yaml vnet list").out,
              HasSubstr("- resourceRef: /virtualNetworks/red\n"));
  EXPECT_THAT(run_against(server, "vnet list -o json", true).out, HasSubstr("[\n  {\n"));
  EXPECT_THAT(run_against(server, "vnet list --output=table").out,
              HasSubstr("Name  AddressPrefixes"));
}

TEST(Output, YamlQuotesWhatWouldReadAsAnotherType) {
  const auto json = parse_json(
      R"({"a":"true","b":"100","c":true,"d":null,"e":"x: y","f":"","g":[1,"10.0.0.4"]})");
  EXPECT_EQ(to_yaml(*json),
            "a: \"true\"\nb: \"100\"\nc: true\nd: null\ne: \"x: y\"\nf: \"\"\ng:\n  - 1\n  - "
            "\"10.0.0.4\"\n");
}

TEST(Output, OfAnEmptyListIsTheTitlesOrAnEmptyArray) {
  FakeServer server;
  server.answer(kNetworks, 200, R"({"nextLink":""})");
  EXPECT_THAT(run_against(server, "vnet list", true).out, HasSubstr("Name  AddressPrefixes"));
  EXPECT_EQ(run_against(server, "vnet list").out, "[]\n");
}

TEST(List, FollowsEveryPage) {
  FakeServer server;
  server.answer(
      kNetworks, 200,
      R"({"value":[{"resourceId":"a"}],"nextLink":"http://host:1/networking/v1/virtualNetworks?page=2"})");
  server.answer("GET /networking/v1/virtualNetworks?page=2", 200,
                collection(R"({"resourceId":"b"})"));
  EXPECT_EQ(run_against(server, "vnet list -o tsv").out, "a\t\t0\t0\t\nb\t\t0\t0\t\n");
}

TEST(PeeringList, ShowsThatAConnectedPeeringIsDead) {
  FakeServer server;
  const std::string hub = "GET /networking/v1/virtualNetworks/hub/virtualNetworkPeerings";
  server.answer(hub, 200,
                collection(peering("hub", "to-a", "a", "Connected", "true") + "," +
                           peering("hub", "to-b", "b", "Connected", "false") + "," +
                           peering("hub", "to-c", "c", "Connected", "true") + "," +
                           peering("hub", "to-d", "d", "Initiated", "true")));
  server.answer("GET /networking/v1/virtualNetworks/a/virtualNetworkPeerings", 200,
                collection(peering("a", "to-hub", "HUB", "Connected", "true")));
  server.answer("GET /networking/v1/virtualNetworks/c/virtualNetworkPeerings", 200,
                collection(peering("c", "back", "hub", "Connected", "false")));
  EXPECT_EQ(run_against(server, "vnet peering list --vnet-name hub", true).out,
            "Name  RemoteVnet  State               Access         ForwardedTraffic  GatewayTransit "
            " RemoteGateways\n"
            "----  ----------  ------------------  -------------  ----------------  -------------- "
            " --------------\n"
            "to-a  a           Connected           on             false             false          "
            " false\n"
            "to-b  b           Connected but dead  off here       false             false          "
            " false\n"
            "to-c  c           Connected but dead  off at c/back  false             false          "
            " false\n"
            "to-d  d           Initiated           on             false             false          "
            " false\n");
  EXPECT_THAT(run_against(server, "vnet peering list --vnet-name hub").out, Not(HasSubstr("dead")));
}

TEST(Update, ReadsChangesAndWritesBackIfNobodyElseDid) {
  FakeServer server;
  server.answer("GET /networking/v1/virtualNetworks/red", 200, kRed);
  server.answer("PUT /networking/v1/virtualNetworks/red", 200, kRed);
  const Outcome outcome = run_against(server, "vnet update -n red --address-prefixes 10.9.0.0/16");
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  ASSERT_EQ(server.asked.size(), 2u);
  const HttpRequest& put = server.asked.back();
  EXPECT_THAT(put.headers,
              testing::Contains(std::pair<std::string, std::string>("If-Match", "W/\"1\"")));
  EXPECT_THAT(put.body, HasSubstr(R"("addressPrefixes":["10.9.0.0/16"])"));
  EXPECT_THAT(put.body, HasSubstr(R"("subnets":[{}])"));
}

TEST(Update, WithAnEmptyWordDetaches) {
  FakeServer server;
  const std::string subnet = "/networking/v1/virtualNetworks/red/subnets/web";
  server.answer(
      "GET " + subnet, 200,
      R"({"resourceId":"web","properties":{"addressPrefix":"10.0.0.0/24","routeTable":{"resourceRef":"/routeTables/rt"}}})");
  run_against(server, "vnet subnet update --vnet-name red -n web --route-table ''");
  ASSERT_EQ(server.asked.size(), 2u);
  EXPECT_EQ(server.asked.back().body,
            R"({"resourceId":"web","properties":{"addressPrefix":"10.0.0.0/24"}})");
}

TEST(Update, WithoutAChangeIsAUsageError) {
  FakeServer server;
  server.answer("GET /networking/v1/virtualNetworks/red", 200, kRed);
  EXPECT_EQ(run_against(server, "vnet update -n red").exit, 2);
  EXPECT_EQ(server.asked.size(), 1u);
}

TEST(Update, OfANicsSubnetNeedsTheNetwork) {
  FakeServer server;
  server.answer("GET /networking/v1/networkInterfaces/web1", 200,
                R"({"resourceId":"web1","properties":{}})");
  const Outcome outcome = run_against(server, "nic update -n web1 --subnet db");
  EXPECT_EQ(outcome.exit, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--subnet needs --vnet-name"));
}

TEST(Delete, WaitsForTheOperation) {
  FakeServer server;
  server.answer("DELETE /networking/v1/virtualNetworks/red", 202, "",
                {{"azure-asyncoperation", "http://host/networking/v1/operations/7"}});
  server.answer("GET /networking/v1/operations/7", 200, R"({"status":"Succeeded"})");
  EXPECT_EQ(run_against(server, "vnet delete -n red").exit, 0);
  server.answer("GET /networking/v1/operations/7", 200,
                R"({"status":"Failed","error":{"code":"X","message":"It failed."}})");
  const Outcome failed = run_against(server, "vnet delete -n red");
  EXPECT_EQ(failed.exit, 1);
  EXPECT_EQ(failed.err, "isthmus: X: It failed.\n");
}

TEST(Delete, OfWhatIsNotThereSaysSoAndSucceeds) {
  FakeServer server;
  server.answer("DELETE /networking/v1/virtualNetworks/red", 204, "");
  const Outcome outcome = run_against(server, "vnet delete -n red");
  EXPECT_EQ(outcome.exit, 0);
  EXPECT_EQ(outcome.err, "there was no vnet 'red'\n");
}

struct ErrorRow {
  int status;
  const char* body;
  int exit;
  const char* says;
};

constexpr ErrorRow kErrorRows[] = {
    {400,
     R"({"error":{"code":"AddressSpaceOverlap","message":"10.0.0.0/16 overlaps 10.0.0.0/8."}})", 1,
     "isthmus: AddressSpaceOverlap: 10.0.0.0/16 overlaps 10.0.0.0/8.\n"},
    {404, R"({"error":{"code":"ResourceNotFound","message":"No such network."}})", 3,
     "isthmus: ResourceNotFound: No such network.\n"},
    {409,
     R"({"error":{"code":"ResourceInUse","message":"In use.","details":[{"code":"a","message":"/x"},{"code":"a","message":"/y"}]}})",
     4, "isthmus: ResourceInUse: In use.\n  /x; /y\n"},
    {412, R"({"error":{"code":"PreconditionFailed","message":"Changed meanwhile."}})", 4,
     "isthmus: PreconditionFailed: Changed meanwhile.\n"},
    {400,
     R"({"title":"Bad","status":400,"detail":"Line 3: no such key.","code":"InvalidLabDocument","remedy":"Say prefixes."})",
     1, "isthmus: InvalidLabDocument: Line 3: no such key.\n  Say prefixes.\n"},
    {502, "<html>", 1, "isthmus: the server answered with status 502\n"},
};

TEST(Errors, AreOneOrTwoLinesAndAnExitStatus) {
  for (const ErrorRow& row : kErrorRows) {
    SCOPED_TRACE(row.body);
    FakeServer server;
    server.answer(kNetworks, row.status, row.body);
    const Outcome outcome = run_against(server, "vnet list");
    EXPECT_EQ(outcome.exit, row.exit);
    EXPECT_EQ(outcome.err, row.says);
    EXPECT_EQ(outcome.out, "");
  }
}

TEST(Errors, AreTheServersJsonOnlyWhenJsonWasChosen) {
  FakeServer server;
  server.answer(kNetworks, 409, R"({"error":{"code":"ResourceInUse","message":"In use."}})");
  EXPECT_EQ(run_against(server, "vnet list -o json").err,
            "{\"error\":{\"code\":\"ResourceInUse\",\"message\":\"In use.\"}}\n");
}

TEST(Errors, AServerThatIsNotThereIsStatusFive) {
  FakeServer server;
  server.reachable = false;
  const Outcome outcome = run_against(server, "--server http://[::1]:9 vnet list");
  EXPECT_EQ(outcome.exit, 5);
  EXPECT_THAT(outcome.err, HasSubstr("cannot reach http://[::1]:9: Connection refused"));
  const Outcome json = run_against(server, "-o json vnet list");
  EXPECT_EQ(json.exit, 5);
  EXPECT_TRUE(parse_json(json.err)) << json.err;
}

TEST(Explain, SaysTheVerdictFirstAndTheRemedyLast) {
  FakeServer server;
  server.answer("POST /_isthmus/v1/explain", 200,
                R"({"verdict":"dropped","reason":"no-route","forward":[
                    {"stage":"anti-spoof","verdict":"pass","resource":"/networkInterfaces/a1","rule":"","detail":""},
                    {"stage":"route","verdict":"drop","resource":"","rule":"","detail":"no route to 10.3.0.4"}],
                    "reverse":[],"remedy":"create the peering"})");
  EXPECT_EQ(run_against(server, "explain a1 c1 tcp/443", true).out,
            "a1 -> c1 tcp/443: dropped (no-route)\n"
            "\nforward\n"
            "Stage       Verdict  Resource               Detail\n"
            "----------  -------  ---------------------  --------------------\n"
            "anti-spoof  pass     /networkInterfaces/a1\n"
            "route       drop                            no route to 10.3.0.4\n"
            "\nremedy: create the peering\n");
  EXPECT_EQ(run_against(server, "explain a1 c1 -o tsv").out,
            "forward\tanti-spoof\tpass\t/networkInterfaces/a1\t\t\n"
            "forward\troute\tdrop\t\t\tno route to 10.3.0.4\n");
}

TEST(Routes, ListTheLosersBelowTheWinner) {
  FakeServer server;
  const std::string question = "GET /_isthmus/v1/routes?nic=%2FnetworkInterfaces%2Fweb1";
  const std::string body =
      R"({"routes":[{"prefix":"10.0.0.0/16","nextHopType":"VirtualAppliance","nextHop":"10.0.0.4","source":"user",
          "state":"active","via":{"resourceRef":"/routeTables/rt/routes/r"},"losers":[{"prefix":"10.0.0.0/16",
          "nextHopType":"VnetLocal","source":"system","because":"a user route wins"}]}]})";
  server.answer(question, 200, body);
  server.answer(question + "&losers=true", 200, body);
  EXPECT_EQ(run_against(server, "routes web1 -o tsv").out,
            "10.0.0.0/16\tVirtualAppliance\t10.0.0.4\tuser\tactive\t/routeTables/rt/routes/r\t\n");
  EXPECT_EQ(run_against(server, "routes web1 --losers -o tsv").out,
            "10.0.0.0/16\tVirtualAppliance\t10.0.0.4\tuser\tactive\t/routeTables/rt/routes/r\t\t\n"
            "10.0.0.0/16\tVnetLocal\t\tsystem\tlost\t\ta user route wins\t\n");
}

TEST(HostFault, ListsWhatFailsAfterEveryCall) {
  FakeServer server;
  const std::string faults =
      R"({"hostFaults":[{"host":"/servers/host1","code":"PortBlocked","message":"The Port is blocked on the host."}]})";
  const std::string table =
      "Host            Code         Message\n"
      "--------------  -----------  --------------------------------\n"
      "/servers/host1  PortBlocked  The Port is blocked on the host.\n";
  server.answer("GET /_isthmus/v1/host-faults", 200, faults);
  server.answer("PUT /_isthmus/v1/host-faults?host=host1", 200, faults);
  server.answer("DELETE /_isthmus/v1/host-faults?host=host1", 200, R"({"hostFaults":[]})");
  EXPECT_EQ(run_against(server, "host-fault", true).out, table);
  EXPECT_EQ(run_against(server, "host-fault host1 PortBlocked", true).out, table);
  EXPECT_EQ(run_against(server, "host-fault host1 PortBlocked -o tsv").out,
            "/servers/host1\tPortBlocked\tThe Port is blocked on the host.\n");
  EXPECT_EQ(run_against(server, "host-fault host1 none").out, "[]\n");
}

TEST(Export, IsTheDocumentUnlessAnotherFormIsChosen) {
  FakeServer server;
  const std::string document = "version: 1\nnetworks:\n  hub: {prefixes: [10.0.0.0/16]}\n";
  server.answer("GET /_isthmus/v1/export", 200, document);
  EXPECT_EQ(run_against(server, "export").out, document);
  EXPECT_EQ(run_against(server, "export", true).out, document);
  const auto json = parse_json(run_against(server, "export -o json").out);
  ASSERT_TRUE(json);
  EXPECT_EQ(to_text(*json), R"({"version":1,"networks":{"hub":{"prefixes":["10.0.0.0/16"]}}})");
}

TEST(Wait, EndsWhenTheConditionHolds) {
  FakeServer server;
  server.answer("GET /networking/v1/virtualNetworks/a/virtualNetworkPeerings/p", 200,
                peering("a", "p", "b", "Connected", "true"));
  EXPECT_EQ(run_against(server, "wait --for peering=a/p:connected --timeout 0s").exit, 0);
  const Outcome late = run_against(server, "wait --for peering=a/p:Initiated --timeout 0s");
  EXPECT_EQ(late.exit, 124);
  EXPECT_THAT(late.err, HasSubstr("last seen: Connected"));
}

TEST(Wait, TakesAnUnreachableServerAsNotReadyYet) {
  FakeServer server;
  server.reachable = false;
  EXPECT_EQ(run_against(server, "wait --for ready --timeout 1ms").exit, 124);
}

TEST(Wait, DoesNotWaitForAnOperationThatFailed) {
  FakeServer server;
  server.answer("GET /networking/v1/operations/7", 200, R"({"status":"Failed"})");
  EXPECT_EQ(run_against(server, "wait --for operation=7 --timeout 30s").exit, 1);
}

TEST(Version, IsPrintedEvenWithoutAServer) {
  FakeServer server;
  server.reachable = false;
  const Outcome outcome = run_against(server, "version");
  EXPECT_EQ(outcome.exit, 5);
  EXPECT_THAT(outcome.out, HasSubstr("\"client\": "));
}

}  // namespace
}  // namespace isthmus::cli
