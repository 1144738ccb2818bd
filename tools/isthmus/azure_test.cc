// The same commands in the Azure realm: which realm is meant, what is sent, what is shown.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tools/isthmus/api.h"
#include "tools/isthmus/fake_transport.h"
#include "tools/isthmus/json.h"

namespace isthmus::cli {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

const std::string kSubscription = "/subscriptions/11111111-1111-1111-1111-111111111111";
const std::string kGroup = kSubscription + "/resourceGroups/lab";
const std::string kNetworks = kGroup + "/providers/Microsoft.Network/virtualNetworks";
const std::string kVersion = "?api-version=2024-05-01";

std::string list(const std::string& elements) { return R"({"value":[)" + elements + "]}"; }

FakeServer azure() {
  FakeServer server;
  server.answer("GET /subscriptions" + kVersion, 200,
                list(R"({"subscriptionId":"11111111-1111-1111-1111-111111111111",
                         "displayName":"Isthmus lab"})"));
  server.answer("GET " + kGroup + kVersion, 200, R"({"name":"lab","location":"westeurope"})");
  return server;
}

// What stands for long words in the rows below.
std::string spelled_out(std::string text) {
  const std::pair<std::string, std::string> words[] = {
      {"@networks", kNetworks}, {"@provider", kGroup + "/providers/Microsoft.Network"},
      {"@group", kGroup},       {"@subscription", kSubscription},
      {"@v", kVersion},
  };
  for (const auto& [word, meaning] : words)
    for (size_t at; (at = text.find(word)) != std::string::npos;)
      text.replace(at, word.size(), meaning);
  return text;
}

struct Row {
  const char* line;
  const char* request;  // the last one: method and target
  const char* body;     // as JSON; "" for none
};

constexpr Row kRows[] = {
    {"group list", "GET @subscription/resourceGroups@v", ""},
    {"group create -n lab -l westeurope --tags env=lab owner", "PUT @group@v",
     R"({"name":"lab","location":"westeurope","tags":{"env":"lab","owner":""},"properties":{}})"},
    {"group delete -n lab", "DELETE @group@v", ""},
    {"vnet list -g lab", "GET @networks@v", ""},
    {"vnet list --realm azure", "GET @subscription/providers/Microsoft.Network/virtualNetworks@v",
     ""},
    {"vnet show -n hub -g lab --subscription 11111111-1111-1111-1111-111111111111",
     "GET @networks/hub@v", ""},
    {"vnet create -g lab -n hub --address-prefixes 10.0.0.0/16 --subnet-name web --subnet-prefixes "
     "10.0.0.0/24",
     "PUT @networks/hub@v",
     R"({"name":"hub","location":"westeurope","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]},
         "subnets":[{"name":"web","properties":{"addressPrefix":"10.0.0.0/24"}}]}})"},
    {"vnet create -g lab -n hub --address-prefixes 10.0.0.0/16 -l northeurope",
     "PUT @networks/hub@v",
     R"({"name":"hub","location":"northeurope","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]}}})"},
    {"vnet subnet create -g lab --vnet-name hub -n web --address-prefixes 10.0.0.0/24 "
     "--route-table rt --nsg /subscriptions/s/x",
     "PUT @networks/hub/subnets/web@v",
     R"({"name":"web","properties":{"addressPrefix":"10.0.0.0/24",
         "routeTable":{"id":"@provider/routeTables/rt"},
         "networkSecurityGroup":{"id":"/subscriptions/s/x"}}})"},
    {"vnet peering create -g lab --vnet-name hub -n to-a --remote-vnet a --allow-vnet-access",
     "PUT @networks/hub/virtualNetworkPeerings/to-a@v",
     R"({"name":"to-a","properties":{"remoteVirtualNetwork":{"id":"@networks/a"},
         "allowVirtualNetworkAccess":true}})"},
    {"vnet peering create -g lab --vnet-name hub -n to-a --remote-vnet a --peer-complete-vnets "
     "false "
     "--local-subnet-names web db --remote-subnet-names app --enable-only-ipv6",
     "PUT @networks/hub/virtualNetworkPeerings/to-a@v",
     R"({"name":"to-a","properties":{"remoteVirtualNetwork":{"id":"@networks/a"},
         "peerCompleteVnets":false,"localSubnetNames":["web","db"],"remoteSubnetNames":["app"],
         "enableOnlyIPv6Peering":true}})"},
    {"route-table create -g lab -n rt --disable-bgp-route-propagation",
     "PUT @provider/routeTables/rt@v",
     R"({"name":"rt","location":"westeurope","properties":{"disableBgpRoutePropagation":true}})"},
    {"route-table route delete -g lab --route-table rt -n out",
     "DELETE @provider/routeTables/rt/routes/out@v", ""},
    {"nsg create -g lab -n web", "PUT @provider/networkSecurityGroups/web@v",
     R"({"name":"web","location":"westeurope","properties":{}})"},
    {"nsg rule create -g lab --nsg web -n https --priority 100 --protocol Tcp "
     "--destination-port-ranges 80 443 --source-address-prefixes VirtualNetwork",
     "PUT @provider/networkSecurityGroups/web/securityRules/https@v",
     R"({"name":"https","properties":{"priority":100,"direction":"Inbound","access":"Allow","protocol":"Tcp",
         "sourceAddressPrefix":"VirtualNetwork","sourcePortRange":"*","destinationAddressPrefix":"*",
         "destinationPortRanges":["80","443"]}})"},
    {"nic create -g lab -n web1 --vnet-name hub --subnet web --address 10.0.0.4 --ip-forwarding "
     "--nsg web",
     "PUT @provider/networkInterfaces/web1@v",
     R"({"name":"web1","location":"westeurope","properties":{"ipConfigurations":[{"name":"ipconfig1","properties":{
         "subnet":{"id":"@networks/hub/subnets/web"},"privateIPAddress":"10.0.0.4",
         "privateIPAllocationMethod":"Static"}}],"enableIPForwarding":true,
         "networkSecurityGroup":{"id":"@provider/networkSecurityGroups/web"}}})"},
    {"nic show-effective-route-table -g lab -n web1",
     "POST @provider/networkInterfaces/web1/effectiveRouteTable@v", ""},
    {"nic list-effective-nsg -g lab -n web1",
     "POST @provider/networkInterfaces/web1/effectiveNetworkSecurityGroups@v", ""},
    {"wait -g lab --for peering=hub/to-a:fullyinsync --timeout 0",
     "GET @networks/hub/virtualNetworkPeerings/to-a@v", ""},
    {"wait --realm azure --for peering=/subscriptions/s/p:Connected --timeout 0",
     "GET /subscriptions/s/p@v", ""},
    {"wait --for operation=/subscriptions/s/o --timeout 0", "GET /subscriptions/s/o@v", ""},
    {"export -g lab", "GET /_isthmus/v1/export?group=lab", ""},
    {"explain -g lab web1 10.1.0.4 tcp/443", "POST /_isthmus/v1/explain",
     R"({"from":"@provider/networkInterfaces/web1","to":"10.1.0.4","protocol":"tcp","port":443})"},
    {"explain -g lab 10.0.0.4@hub db1", "POST /_isthmus/v1/explain",
     R"({"from":"10.0.0.4@@networks/hub","to":"@provider/networkInterfaces/db1","protocol":"any"})"},
};

TEST(Azure, CommandsBecomeRequests) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.line);
    FakeServer server = azure();
    run_against(server, row.line);
    ASSERT_GE(server.asked.size(), 1u);
    const HttpRequest& asked = server.asked.back();
    EXPECT_EQ(asked.method + " " + asked.target, spelled_out(row.request));
    if (*row.body == '\0') {
      EXPECT_EQ(asked.body, "");
      continue;
    }
    const auto sent = parse_json(asked.body), expected = parse_json(spelled_out(row.body));
    ASSERT_TRUE(sent && expected) << asked.body;
    EXPECT_TRUE(static_cast<const Value&>(*sent) == static_cast<const Value&>(*expected))
        << asked.body;
  }
}

TEST(Azure, RoutesAreAskedForByIds) {
  FakeServer server = azure();
  run_against(server, "routes -g lab web1");
  EXPECT_EQ(server.asked.back().target,
            "/_isthmus/v1/routes?nic=" +
                encoded(kGroup + "/providers/Microsoft.Network/networkInterfaces/web1"));
  run_against(server, "routes -g lab hub/web");
  EXPECT_EQ(server.asked.back().target,
            "/_isthmus/v1/routes?subnet=" + encoded(kNetworks + "/hub/subnets/web"));
  run_against(server, "routes " + kNetworks + "/hub/subnets/web");
  EXPECT_EQ(server.asked.back().target,
            "/_isthmus/v1/routes?subnet=" + encoded(kNetworks + "/hub/subnets/web"));
}

struct UsageRow {
  const char* line;
  const char* says;
};

constexpr UsageRow kUsageRows[] = {
    {"--realm onprem vnet list -g lab",
     "-g exists in the azure realm only, and --realm says onprem"},
    {"acl list -g lab", "acl exists in the onprem realm only, and -g says azure"},
    {"--realm onprem group list", "group exists in the azure realm only, and --realm says onprem"},
    {"--realm onprem vnet peering sync --vnet a -n b",
     "vnet peering sync exists in the azure realm"},
    {"vnet subnet update -g lab --vnet a -n b --acl c", "--acl exists in the onprem realm only"},
    {"--realm azure vnet show -n hub", "--resource-group is required in the azure realm"},
    {"--realm azure export", "--resource-group is required"},
    {"vnet peering sync --vnet a -n b", "-g GROUP, or ISTHMUS_GROUP"},
    {"--realm azure vnet subnet list --vnet hub", "--resource-group is required"},
    {"group create -n lab", "--location is required"},
    {"group update -n lab -l northeurope", "no option -l"},
    {"group lsit", "did you mean list?"},
    {"nsgs list", "did you mean nsg?"},
    {"vnet peering snyc -g lab --vnet a -n b", "did you mean sync?"},
    {"vnet list --resource-groop lab", "did you mean --resource-group?"},
};

TEST(Azure, MistakesAreUsageErrorsThatSayWhat) {
  for (const UsageRow& row : kUsageRows) {
    SCOPED_TRACE(row.line);
    FakeServer server = azure();
    const Outcome outcome = run_against(server, row.line);
    EXPECT_EQ(outcome.exit, 2);
    EXPECT_THAT(outcome.err, HasSubstr(row.says));
    EXPECT_TRUE(server.asked.empty());
  }
}

// A variable of the environment for as long as this is.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

TEST(Azure, MayBeChosenByTheEnvironment) {
  FakeServer server = azure();
  const Variable realm("ISTHMUS_REALM", "azure");
  {
    const Variable group("AZURE_DEFAULTS_GROUP", "lab");  // az's own
    run_against(server, "vnet show -n hub");
    EXPECT_EQ(server.asked.back().target, kNetworks + "/hub" + kVersion);
    const Variable ours("ISTHMUS_GROUP", "other");
    run_against(server, "vnet show -n hub");
    EXPECT_THAT(server.asked.back().target, HasSubstr("/resourceGroups/other/"));
    run_against(server, "--realm onprem vnet show -n hub");
    EXPECT_EQ(server.asked.back().target, "/networking/v1/virtualNetworks/hub");
  }
  EXPECT_THAT(run_against(server, "acl list").err, HasSubstr("and ISTHMUS_REALM says azure"));
  const Variable wrong("ISTHMUS_REALM", "mars");
  EXPECT_THAT(run_against(server, "vnet list").err,
              HasSubstr("ISTHMUS_REALM is onprem or azure, not 'mars'"));
}

TEST(Azure, SubscriptionIsTheFirstUnlessOneIsNamed) {
  FakeServer server = azure();
  run_against(server, "group show -n lab");
  EXPECT_EQ(server.asked.back().target, kGroup + kVersion);
  const Variable variable("ISTHMUS_SUBSCRIPTION", "isthmus LAB");
  EXPECT_EQ(run_against(server, "vnet list -g lab").exit, 3);  // there is no such answer
  EXPECT_EQ(server.asked.back().target, kNetworks + kVersion);
  const Outcome unknown = run_against(server, "group list --subscription other");
  EXPECT_EQ(unknown.exit, 3);
  EXPECT_THAT(unknown.err, HasSubstr("there is no subscription 'other'"));
  const std::string id = "22222222-2222-2222-2222-222222222222";
  run_against(server, "group list --subscription " + id);
  EXPECT_EQ(server.asked.back().target, "/subscriptions/" + id + "/resourceGroups" + kVersion);
}

TEST(Azure, CreateInAGroupThatIsNotThereIsNotFound) {
  FakeServer server = azure();
  const Outcome outcome =
      run_against(server, "vnet create -g nowhere -n hub --address-prefixes 10.0.0.0/16");
  EXPECT_EQ(outcome.exit, 3);
  EXPECT_EQ(server.asked.back().method, "GET");
}

TEST(Azure, ChangesAreWaitedFor) {
  FakeServer server = azure();
  const std::string table = kGroup + "/providers/Microsoft.Network/routeTables/rt" + kVersion;
  const std::string operation = kSubscription +
                                "/providers/Microsoft.Network/locations/westeurope/"
                                "operations/7" +
                                kVersion;
  server.answer("PUT " + table, 201, R"({"name":"rt"})",
                {{"Azure-AsyncOperation", "https://host" + operation}});
  server.answer("GET " + operation, 200, R"({"status":"Succeeded"})");
  server.answer("GET " + table, 200,
                R"({"name":"rt","properties":{"provisioningState":"Succeeded"}})");
  const Outcome done = run_against(server, "route-table create -g lab -n rt");
  EXPECT_EQ(done.exit, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("Succeeded"));
  server.answer("GET " + operation, 200,
                R"({"status":"Failed","error":{"code":"RetryableError","message":"It failed."}})");
  EXPECT_EQ(run_against(server, "route-table create -g lab -n rt").err,
            "isthmus: RetryableError: It failed.\n");
}

std::string peering(const std::string& network, const std::string& name, const std::string& remote,
                    const std::string& level, const std::string& access) {
  return R"({"name":")" + name + R"(","id":")" + kNetworks + "/" + network +
         "/virtualNetworkPeerings/" + name + R"(","etag":"W/\"1\"","properties":{)" +
         R"("peeringState":"Connected","peeringSyncLevel":")" + level +
         R"(","remoteVirtualNetwork":{"id":")" + kNetworks + "/" + remote +
         R"("},"allowVirtualNetworkAccess":)" + access + "}}";
}

TEST(Azure, PeeringsShowTheirLevelAndThatTheyAreDead) {
  FakeServer server = azure();
  server.answer("GET " + kNetworks + "/hub/virtualNetworkPeerings" + kVersion, 200,
                list(peering("hub", "to-a", "a", "LocalNotInSync", "true") + "," +
                     peering("hub", "to-b", "b", "FullyInSync", "true")));
  server.answer("GET " + kNetworks + "/a/virtualNetworkPeerings" + kVersion, 200,
                list(peering("a", "back", "hub", "RemoteNotInSync", "true")));
  server.answer("GET " + kNetworks + "/b/virtualNetworkPeerings" + kVersion, 200,
                list(peering("b", "back", "hub", "FullyInSync", "false")));
  EXPECT_EQ(run_against(server, "vnet peering list -g lab --vnet-name hub", true).out,
            "Name  RemoteVnet  State               SyncLevel       Access\n"
            "----  ----------  ------------------  --------------  -------------\n"
            "to-a  a           Connected           LocalNotInSync  on\n"
            "to-b  b           Connected but dead  FullyInSync     off at b/back\n");
}

TEST(Azure, SyncPutsThePeeringAsItIs) {
  FakeServer server = azure();
  const std::string target = kNetworks + "/hub/virtualNetworkPeerings/to-a" + kVersion;
  server.answer("GET " + target, 200, peering("hub", "to-a", "a", "LocalNotInSync", "true"));
  server.answer("PUT " + target + "&syncRemoteAddressSpace=true", 200,
                peering("hub", "to-a", "a", "RemoteNotInSync", "true"));
  const Outcome outcome = run_against(server, "vnet peering sync -g lab --vnet-name hub -n to-a");
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(outcome.err,
            "this side is in sync; the peering of the other network has not synchronised\n");
  EXPECT_THAT(server.asked.back().headers,
              Contains(std::pair<std::string, std::string>("If-Match", "W/\"1\"")));
}

TEST(Azure, TablesShowWhatAnInterfaceHasInEffect) {
  FakeServer server = azure();
  const std::string nic = kGroup + "/providers/Microsoft.Network/networkInterfaces/web1";
  server.answer("POST " + nic + "/effectiveRouteTable" + kVersion, 202, "",
                {{"Location", "http://host" + kSubscription + "/results/7" + kVersion}});
  server.answer("GET " + kSubscription + "/results/7" + kVersion, 200,
                list(R"({"source":"Default","state":"Active","addressPrefix":["10.0.0.0/16"],
                         "nextHopType":"VnetLocal","nextHopIpAddress":[]})"));
  EXPECT_EQ(run_against(server, "nic show-effective-route-table -g lab -n web1", true).out,
            "Source   State   AddressPrefix  NextHopType\n"
            "-------  ------  -------------  -----------\n"
            "Default  Active  10.0.0.0/16    VnetLocal\n");
  server.answer("POST " + nic + "/effectiveNetworkSecurityGroups" + kVersion, 200,
                list(R"({"networkSecurityGroup":{"id":"/x/web"},"effectiveSecurityRules":[
                         {"name":"securityRules/https","priority":100,"direction":"Inbound","access":"Allow",
                          "protocol":"Tcp","sourceAddressPrefixes":["10.0.0.0/8","10.9.0.0/16"]}]})"));
  EXPECT_EQ(run_against(server, "nic list-effective-nsg -g lab -n web1 -o tsv").out,
            "web\tsecurityRules/https\t100\tInbound\tAllow\tTcp\t10.0.0.0/8, 10.9.0.0/16\t\t\t\n");
}

TEST(Azure, ErrorsAreToldAsOthersAre) {
  FakeServer server = azure();
  server.answer(
      "GET " + kNetworks + "/hub" + kVersion, 404,
      R"({"error":{"code":"ResourceNotFound","message":"No such network.","details":[]}})");
  const Outcome outcome = run_against(server, "vnet show -g lab -n hub");
  EXPECT_EQ(outcome.exit, 3);
  EXPECT_EQ(outcome.err, "isthmus: ResourceNotFound: No such network.\n");
}

TEST(Azure, CompletionKnowsItsNames) {
  FakeServer server = azure();
  server.answer("GET " + kSubscription + "/resourceGroups" + kVersion, 200,
                list(R"({"name":"lab"})"));
  server.answer("GET " + kNetworks + kVersion, 200, list(R"({"name":"hub"},{"name":"spoke"})"));
  EXPECT_EQ(run_against(server, "__complete vnet show -g ''").out, "lab\n");
  EXPECT_EQ(run_against(server, "__complete group show -n ''").out, "lab\n");
  EXPECT_EQ(run_against(server, "__complete vnet show -g lab -n h").out, "hub\n");
  EXPECT_EQ(run_against(server, "__complete vnet peering sync -g lab --vnet-name s").out,
            "spoke\n");
  EXPECT_EQ(run_against(server, "__complete --realm a").out, "azure\n");
}

}  // namespace
}  // namespace isthmus::cli
