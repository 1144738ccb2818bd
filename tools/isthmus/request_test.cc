// From what is typed to what is sent, row by row.
#include <gtest/gtest.h>

#include "tools/isthmus/fake_transport.h"
#include "tools/isthmus/json.h"

namespace isthmus::cli {
namespace {

struct Row {
  const char* line;
  const char* request;  // method and target
  const char* body;     // as JSON, members in any order; "" for none
};

constexpr Row kRows[] = {
    {"vnet list", "GET /networking/v1/virtualNetworks", ""},
    {"vnet show -n red", "GET /networking/v1/virtualNetworks/red", ""},
    {"vnet show --name=red", "GET /networking/v1/virtualNetworks/red", ""},
    {"vnet show -n a/b", "GET /networking/v1/virtualNetworks/a%2Fb", ""},
    {"vnet delete -n red", "DELETE /networking/v1/virtualNetworks/red", ""},
    {"vnet create -n red --address-prefixes 10.0.0.0/16 10.1.0.0/16",
     "PUT /networking/v1/virtualNetworks/red",
     R"({"resourceId":"red","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16","10.1.0.0/16"]}}})"},
    {"vnet create --address-prefixes 10.0.0.0/16 --subnet-name web --subnet-prefixes 10.0.1.0/24 "
     "-n red",
     "PUT /networking/v1/virtualNetworks/red",
     R"({"resourceId":"red","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]},
         "subnets":[{"resourceId":"web","properties":{"addressPrefix":"10.0.1.0/24"}}]}})"},
    {"vnet create -n red --address-prefixes 10.0.0.0/16 --logical-network HNVPA",
     "PUT /networking/v1/virtualNetworks/red",
     R"({"resourceId":"red","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]},
         "logicalNetwork":{"resourceRef":"/logicalNetworks/HNVPA"}}})"},
    {"vnet subnet list --vnet-name red", "GET /networking/v1/virtualNetworks/red/subnets", ""},
    {"vnet subnet create --vnet-name red -n web --address-prefixes 10.0.0.0/24 --route-table rt "
     "--acl "
     "/accessControlLists/web",
     "PUT /networking/v1/virtualNetworks/red/subnets/web",
     R"({"resourceId":"web","properties":{"addressPrefix":"10.0.0.0/24","routeTable":{"resourceRef":"/routeTables/rt"},
         "accessControlList":{"resourceRef":"/accessControlLists/web"}}})"},
    {"vnet peering create -n a-to-b --vnet-name a --remote-vnet b",
     "PUT /networking/v1/virtualNetworks/a/virtualNetworkPeerings/a-to-b",
     R"({"resourceId":"a-to-b","properties":{"remoteVirtualNetwork":{"resourceRef":"/virtualNetworks/b"}}})"},
    {"vnet peering create -n a-to-b --vnet a --remote-vnet /virtualNetworks/b --allow-vnet-access "
     "false "
     "--allow-forwarded-traffic --allow-gateway-transit yes --use-remote-gateways 0",
     "PUT /networking/v1/virtualNetworks/a/virtualNetworkPeerings/a-to-b",
     R"({"resourceId":"a-to-b","properties":{"remoteVirtualNetwork":{"resourceRef":"/virtualNetworks/b"},
         "allowVirtualNetworkAccess":false,"allowForwardedTraffic":true,"allowGatewayTransit":true,
         "useRemoteGateways":false}})"},
    {"vnet peering create -n x --vnet a --remote-vnet "
     "https://other/networking/v1/virtualNetworks/b",
     "PUT /networking/v1/virtualNetworks/a/virtualNetworkPeerings/x",
     R"({"resourceId":"x","properties":{"remoteVirtualNetwork":
         {"resourceRef":"https://other/networking/v1/virtualNetworks/b"}}})"},
    {"vnet peering delete -n a-to-b --vnet-name a",
     "DELETE /networking/v1/virtualNetworks/a/virtualNetworkPeerings/a-to-b", ""},
    {"route-table create -n rt", "PUT /networking/v1/routeTables/rt",
     R"({"resourceId":"rt","properties":{}})"},
    {"route-table route create --route-table-name rt -n default --address-prefix 0.0.0.0/0 "
     "--next-hop-type "
     "VirtualAppliance --next-hop-ip-address 10.0.0.4",
     "PUT /networking/v1/routeTables/rt/routes/default",
     R"({"resourceId":"default","properties":{"addressPrefix":"0.0.0.0/0","nextHopType":"VirtualAppliance",
         "nextHopIpAddress":"10.0.0.4"}})"},
    {"acl create -n web --inbound-default-action Deny", "PUT /networking/v1/accessControlLists/web",
     R"({"resourceId":"web","properties":{"inboundDefaultAction":"Deny"}})"},
    {"acl rule create --acl-name web -n https --priority 100 --protocol TCP "
     "--destination-port-ranges 443",
     "PUT /networking/v1/accessControlLists/web/aclRules/https",
     R"({"resourceId":"https","properties":{"priority":"100","type":"Inbound","action":"Allow","protocol":"TCP",
         "sourceAddressPrefix":"*","sourcePortRange":"*","destinationAddressPrefix":"*","destinationPortRange":"443"}})"},
    {"nic create -n web1 --vnet spoke1 --subnet web", "PUT /networking/v1/networkInterfaces/web1",
     R"({"resourceId":"web1","properties":{"ipConfigurations":[{"resourceId":"ipconfig1","properties":{
         "subnet":{"resourceRef":"/virtualNetworks/spoke1/subnets/web"},"privateIPAllocationMethod":"Dynamic"}}]}})"},
    {"nic create -n fw --vnet hub --subnet dmz --address 10.0.0.4 --mac 001DD8070001 --forwarding",
     "PUT /networking/v1/networkInterfaces/fw",
     R"({"resourceId":"fw","properties":{"privateMacAddress":"001DD8070001","privateMacAllocationMethod":"Static",
         "portSettings":{"macSpoofingEnabled":"Enabled"},"ipConfigurations":[{"resourceId":"ipconfig1","properties":{
         "subnet":{"resourceRef":"/virtualNetworks/hub/subnets/dmz"},"privateIPAddress":"10.0.0.4",
         "privateIPAllocationMethod":"Static"}}]}})"},
    {"logical-network create -n pa --network-virtualization-enabled",
     "PUT /networking/v1/logicalNetworks/pa",
     R"({"resourceId":"pa","properties":{"networkVirtualizationEnabled":true}})"},
    {"logical-network ip-pool list --logical-network pa --subnet s",
     "GET /networking/v1/logicalNetworks/pa/subnets/s/ipPools", ""},
    {"mac-pool create -n m --start-mac-address 001DD8070000 --end-mac-address 001DD807FFFF",
     "PUT /networking/v1/macPools/m",
     R"({"resourceId":"m","properties":{"startMacAddress":"001DD8070000","endMacAddress":"001DD807FFFF"}})"},
    {"routes web1", "GET /_isthmus/v1/routes?nic=%2FnetworkInterfaces%2Fweb1", ""},
    {"routes spoke1/web --losers",
     "GET /_isthmus/v1/routes?subnet=%2FvirtualNetworks%2Fspoke1%2Fsubnets%2Fweb&losers=true", ""},
    {"routes /NetworkInterfaces/web1", "GET /_isthmus/v1/routes?nic=%2FNetworkInterfaces%2Fweb1",
     ""},
    {"explain web1 db1 tcp/443", "POST /_isthmus/v1/explain",
     R"({"from":"web1","to":"db1","protocol":"tcp","port":443})"},
    {"trace 10.1.0.4@spoke1 10.2.0.4", "POST /_isthmus/v1/explain",
     R"({"from":"10.1.0.4@spoke1","to":"10.2.0.4","protocol":"any"})"},
    {"explain web1 list ICMP", "POST /_isthmus/v1/explain",
     R"({"from":"web1","to":"list","protocol":"icmp"})"},
    {"export", "GET /_isthmus/v1/export", ""},
    {"snapshot create good", "POST /_isthmus/v1/snapshots", R"({"name":"good"})"},
    {"snapshot create good --replace", "POST /_isthmus/v1/snapshots?replace=true",
     R"({"name":"good"})"},
    {"snapshot list", "GET /_isthmus/v1/snapshots", ""},
    {"snapshot restore good", "POST /_isthmus/v1/snapshots/good/restore", ""},
    {"snapshot diff good", "GET /_isthmus/v1/snapshots/good/diff/now", ""},
    {"snapshot diff good better", "GET /_isthmus/v1/snapshots/good/diff/better", ""},
    {"snapshot delete good", "DELETE /_isthmus/v1/snapshots/good", ""},
    {"snapshot save good", "GET /_isthmus/v1/snapshots/good", ""},
    {"host-fault", "GET /_isthmus/v1/host-faults", ""},
    {"host-fault host1 HostUnreachable", "PUT /_isthmus/v1/host-faults?host=host1",
     R"({"code":"HostUnreachable"})"},
    {"host-fault /virtualServers/mux portBlocked",
     "PUT /_isthmus/v1/host-faults?host=%2FvirtualServers%2Fmux", R"({"code":"portBlocked"})"},
    {"host-fault host1 none", "DELETE /_isthmus/v1/host-faults?host=host1", ""},
    {"requests", "GET /_isthmus/v1/requests", ""},
    {"requests --path /networking/** --status 4xx --limit 5",
     "GET /_isthmus/v1/requests?path=%2Fnetworking%2F%2A%2A&status=4xx&limit=5", ""},
    {"faults list", "GET /_isthmus/v1/faults", ""},
    {"faults add --path /networking/** --method PUT DELETE --status 503 --rate 0.2 --count 5 "
     "--delay 200ms --seed 1",
     "POST /_isthmus/v1/faults",
     R"({"match":{"path":"/networking/**","method":["PUT","DELETE"]},"status":503,"delay":"200ms",
         "rate":0.2,"count":5,"seed":1})"},
    {"faults add lost --close --when after --after 3", "PUT /_isthmus/v1/faults/lost",
     R"({"close":true,"when":"after","after":3})"},
    {"faults add slow --throttle 250,25 --principal ann", "PUT /_isthmus/v1/faults/slow",
     R"({"match":{"principal":"ann"},"throttle":{"burst":250,"perSecond":25}})"},
    {"faults add --status busy --header X-A:b a/b:c --retry-after 7 --delay 1s..2s",
     "POST /_isthmus/v1/faults",
     R"({"status":"busy","headers":{"X-A":"b","a/b":"c"},"retryAfter":7,
         "delay":{"min":"1s","max":"2s"}})"},
    {"faults delete a%b", "DELETE /_isthmus/v1/faults/a%25b", ""},
    {"faults clear", "DELETE /_isthmus/v1/faults", ""},
    {"reset", "POST /_isthmus/v1/reset", ""},
    {"version", "GET /_isthmus/v1/version", ""},
    {"wait --for peering=a/a-to-b:Connected --timeout 0s",
     "GET /networking/v1/virtualNetworks/a/virtualNetworkPeerings/a-to-b", ""},
    {"wait --for operation=1-2 --timeout 0", "GET /networking/v1/operations/1-2", ""},
    {"wait --for ready --timeout 0ms", "GET /readyz", ""},
};

TEST(CommandLine, BecomesARequest) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.line);
    FakeServer server;
    run_against(server, row.line);
    ASSERT_GE(server.asked.size(), 1u);
    const HttpRequest& asked = server.asked.front();
    EXPECT_EQ(asked.method + " " + asked.target, row.request);
    if (*row.body == '\0') {
      EXPECT_EQ(asked.body, "");
      continue;
    }
    const auto sent = parse_json(asked.body), expected = parse_json(row.body);
    ASSERT_TRUE(sent && expected) << asked.body;
    EXPECT_TRUE(static_cast<const Value&>(*sent) == static_cast<const Value&>(*expected))
        << asked.body;
  }
}

struct UsageRow {
  const char* line;
  const char* says;
};

constexpr UsageRow kUsageRows[] = {
    {"vent list", "did you mean vnet?"},
    {"vnet lst", "did you mean list?"},
    {"vnet peerings list", "did you mean peering?"},
    {"nix", "did you mean nic?"},
    {"xyzzy", "it is one of: vnet"},
    {"vnet", "a command is missing after 'isthmus vnet'"},
    {"vnet create --nmae red --address-prefixes 10.0.0.0/8", "did you mean --name?"},
    {"vnet create -n red", "--address-prefixes is required"},
    {"vnet create -n red --address-prefixes", "--address-prefixes"},
    {"vnet peering create -n x --vnet a --remote-vnet b --allow-vnet-access maybe",
     "--allow-vnet-access is true or false, not 'maybe'"},
    {"explain a b tpc/443", "did you mean tcp?"},
    {"explain a b tcp/0", "'0' is not a port"},
    {"explain a b tcp/", "'' is not a port"},
    {"explain a b icmp/8", "icmp has no ports"},
    {"explain a b tcp/1 c", "'c' is too much"},
    {"wait --for peering=a:Connected", "--for is ready, peering=NETWORK/NAME:STATE"},
    {"wait --for ready --timeout soon", "'soon' is not a time"},
    {"wait --for ready --timeout 99999999999999999999s", "is not a time"},
    {"wait --for peering=a/b:FullyInSync", "a peering is Initiated, Connected, Disconnected, not"},
    {"wait --for peering=a/b:Conected", "did you mean Connected?"},
    {"-o xml vnet list", "xml not in"},
    {"--realm mars vnet list", "mars not in"},
    {"--server ftp://127.0.0.1 vnet list", "expected http://ADDRESS:PORT"},
    {"--server http://127.0.0.1:http vnet list", "the port is not a number"},
    {"apply -f missing.yaml", "cannot read missing.yaml: No such file"},
    {"apply", "--file is required"},
    {"apply -f /tmp", "/tmp is a folder: name its documents"},
    {"test", "FILE is required"},
    {"test missing.yaml --apply", "cannot read missing.yaml: No such file"},
    {"test lab.yaml --aply", "did you mean --apply?"},
    {"tets lab.yaml", "did you mean test?"},
    {"snapshot", "VERB is required"},
    {"snapshot make good",
     "snapshot knows create, list, restore, diff, delete, save and load, not 'make'"},
    {"snapshot restore", "snapshot restore needs the name of a snapshot"},
    {"snapshot load good -f /nowhere/at/all", "cannot read /nowhere/at/all"},
    {"host-fault host1",
     "host-fault needs a code behind the host, such as HostUnreachable, or none"},
    {"host-fault host1 Unknown more", "'more' is too much"},
    {"faults mend", "faults knows list, add, delete and clear, not 'mend'"},
    {"faults delete", "faults delete needs the name of a fault"},
    {"faults add --throttle 250", "--throttle is BURST,PER_SECOND such as 250,25, not '250'"},
    {"faults add --status 503 --header X", "--header is 'NAME: VALUE', not 'X'"},
    {"faults add --statsu 503", "did you mean --status?"},
    {"request", "did you mean requests?"},
    {"host-falt", "did you mean host-fault?"},
};

TEST(CommandLine, MistakesAreUsageErrorsThatSayWhat) {
  for (const UsageRow& row : kUsageRows) {
    SCOPED_TRACE(row.line);
    FakeServer server;
    const Outcome outcome = run_against(server, row.line);
    EXPECT_EQ(outcome.exit, 2);
    EXPECT_NE(outcome.err.find(row.says), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    EXPECT_TRUE(server.asked.empty());
  }
}

TEST(CommandLine, HelpAndVersionAreDataAndNoErrors) {
  FakeServer server;
  for (const char* line : {"", "--help", "vnet peering create --help", "--version"}) {
    const Outcome outcome = run_against(server, line);
    EXPECT_EQ(outcome.exit, 0) << line;
    EXPECT_NE(outcome.out, "") << line;
    EXPECT_EQ(outcome.err, "") << line;
  }
}

}  // namespace
}  // namespace isthmus::cli
