// isthmus flows and isthmus top.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/isthmus/fake_transport.h"
#include "tools/isthmus/rates.h"

namespace isthmus::cli {
namespace {

using ::testing::HasSubstr;

constexpr const char* kFlows = "GET /_isthmus/v1/flows";
constexpr const char* kCounters = "GET /_isthmus/v1/counters";

constexpr const char* kTwoFlows = R"({"forwarding":true,"flows":[
 {"interface":"/networkInterfaces/web1","direction":"outbound","protocol":"tcp","source":"10.1.0.4","sourcePort":40000,
  "destination":"10.2.0.4","destinationPort":443,"state":"established","idleMs":1250,
  "packets":1200,"bytes":18000000,"replyPackets":600,"replyBytes":39600,"peer":"/networkInterfaces/db1",
  "peering":"/virtualNetworks/red/virtualNetworkPeerings/to-blue"},
 {"interface":"/networkInterfaces/web1","direction":"inbound","protocol":"udp","source":"fd00::4","sourcePort":1,
  "destination":"fd00::5","destinationPort":53,"state":"one-way","idleMs":0,
  "packets":1,"bytes":80,"replyPackets":0,"replyBytes":0,"peer":"/networkInterfaces/app1",
  "drop":{"reason":"acl-deny","stage":"acl-in"}}],"found":7})";

TEST(Flows, AreATable) {
  FakeServer server;
  server.answer("GET /_isthmus/v1/flows?nic=%2FnetworkInterfaces%2Fweb1&limit=2", 200, kTwoFlows);
  const Outcome outcome = run_against(server, "flows web1 --limit 2", true);
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(
      outcome.out,
      "Protocol  From  Source          To    Destination   State        IdleSeconds  Bytes  Way\n"
      "--------  ----  --------------  ----  ------------  -----------  -----------  -----  "
      "-----------------\n"
      "tcp       web1  10.1.0.4:40000  db1   10.2.0.4:443  established  1.2          18.0M  "
      "to-blue\n"
      "udp       app1  [fd00::4]:1     web1  [fd00::5]:53  one-way      0.0          80     "
      "dropped: acl-deny\n");
  EXPECT_EQ(outcome.err, "2 of 7 flows, those with the latest packets\n");
  EXPECT_EQ(run_against(server, "lab flows web1 --limit 2", true).out, outcome.out);
}

TEST(Flows, SayWhereNothingIsForwarded) {
  FakeServer server;
  server.answer(kFlows, 200, R"({"forwarding":false,"flows":[],"found":0})");
  server.answer(kCounters, 200, R"({"forwarding":false,"interfaces":[],"peerings":[],"drops":[]})");
  for (const char* words : {"flows", "top"}) {
    const Outcome outcome = run_against(server, words);
    EXPECT_EQ(outcome.exit, 1);
    EXPECT_EQ(outcome.err,
              "isthmus: the daemon forwards no packets\n  start it with isthmusd --wires SOCKET\n");
  }
}

constexpr const char* kBefore = R"({"forwarding":true,
 "interfaces":[{"interface":"/networkInterfaces/a","sent":{"packets":10,"bytes":1000},"received":{"packets":0,"bytes":0}}],
 "peerings":[{"from":"/virtualNetworks/x","to":"/virtualNetworks/y","packets":5,"bytes":500}],
 "drops":[{"reason":"no-route","resource":"/networkInterfaces/a","packets":9},{"reason":"acl-deny","packets":1}]})";
constexpr const char* kAfter = R"({"forwarding":true,
 "interfaces":[{"interface":"/networkInterfaces/a","sent":{"packets":30,"bytes":3000},"received":{"packets":0,"bytes":0}},
               {"interface":"/networkInterfaces/b","sent":{"packets":0,"bytes":0},"received":{"packets":40,"bytes":4000}}],
 "peerings":[{"from":"/virtualNetworks/x","to":"/virtualNetworks/y","packets":4,"bytes":400}],
 "drops":[{"reason":"no-route","resource":"/networkInterfaces/a","packets":9},{"reason":"acl-deny","packets":4}]})";

TEST(Rates, AreDifferencesASecondTheHighestFirst) {
  const Json rates = rates_between(*parse_json(kBefore), *parse_json(kAfter), 2);
  EXPECT_EQ(text_at(rates, "/interfaces/0/interface"), "/networkInterfaces/b");
  EXPECT_EQ(text_at(rates, "/interfaces/0/received/packetsPerSecond"), "20.0");
  EXPECT_EQ(text_at(rates, "/interfaces/0/received/bitsPerSecond"), "16000.0");
  EXPECT_EQ(text_at(rates, "/interfaces/1/sent/packetsPerSecond"), "10.0");
  EXPECT_EQ(text_at(rates, "/interfaces/1/sent/packets"), "30");
  // Less than before: a daemon that was started anew.
  EXPECT_EQ(text_at(rates, "/peerings/0/packetsPerSecond"), "2.0");
  EXPECT_EQ(text_at(rates, "/drops/0/reason"), "acl-deny");
  EXPECT_EQ(text_at(rates, "/drops/0/packetsPerSecond"), "1.5");
  EXPECT_EQ(text_at(rates, "/drops/1/packetsPerSecond"), "0.0");
  EXPECT_EQ(text_at(rates, "/drops/1/resource"), "/networkInterfaces/a");
  EXPECT_EQ(tables_of_rates(rates),
            "Interface  Sent/s  SentBit/s  Received/s  ReceivedBit/s\n"
            "---------  ------  ---------  ----------  -------------\n"
            "b          0       0          20          16.0k\n"
            "a          10      8.00k      0           0\n"
            "\n"
            "From  To  Packets/s  Bit/s  Packets\n"
            "----  --  ---------  -----  -------\n"
            "x     y   2          1.60k  4\n"
            "\n"
            "Dropped   Packets/s  Packets  Resource\n"
            "--------  ---------  -------  --------------------\n"
            "acl-deny  1.5        4\n"
            "no-route  0          9        /networkInterfaces/a\n");
}

TEST(Rates, NumbersAreShort) {
  const std::pair<double, const char*> kCases[] = {
      {0, "0"},        {7, "7"},         {0.25, "0.2"},    {999, "999"},      {999.6, "1.00k"},
      {1234, "1.23k"}, {12345, "12.3k"}, {123456, "123k"}, {18.2e9, "18.2G"}, {999'600, "1.00M"}};
  for (const auto& [value, text] : kCases) EXPECT_EQ(short_number(value), text);
}

TEST(Top, PrintsOnceWhereNobodyWatches) {
  FakeServer server;
  server.answer(kCounters, 200, kAfter);
  const Outcome table = run_against(server, "top --interval 10ms -o table");
  EXPECT_EQ(table.exit, 0) << table.err;
  EXPECT_THAT(table.out, HasSubstr("no-route  0          9        /networkInterfaces/a\n"));
  EXPECT_EQ(server.asked.size(), 2u);
  const Outcome json = run_against(server, "top --interval 10ms --count 3");
  EXPECT_EQ(json.exit, 0) << json.err;
  EXPECT_EQ(server.asked.size(), 6u);
  EXPECT_THAT(json.out, HasSubstr("\"packetsPerSecond\": 0.0"));
}

TEST(Top, WhatCannotBeDoneIsTold) {
  FakeServer server;
  server.answer(kCounters, 200, kAfter);
  for (const char* line :
       {"top --interval fast", "top --interval 1ms", "top --count 0", "top --count x"})
    EXPECT_EQ(run_against(server, line).exit, 2) << line;
  server.reachable = false;
  EXPECT_EQ(run_against(server, "top").exit, 5);
}

}  // namespace
}  // namespace isthmus::cli
