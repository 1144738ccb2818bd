#include "api/http/guard.h"

#include <set>

#include <gtest/gtest.h>

namespace isthmus::api::http {
namespace {

struct Case {
  std::string_view why;
  std::string_view method, target;
  std::vector<FieldView> fields;
  std::string_view broken;  // the name of the rule; empty when all hold
  unsigned version = 11;
};

const std::vector<std::string> kHosts = {"localhost", "127.0.0.1", "[::1]", "lab.example"};

std::string_view broken_by(const Case& c) {
  Limits limits;
  limits.target_bytes = 40;
  limits.header_fields = 12;
  limits.body_bytes = 1000;
  const Head head{c.method, c.target, c.version, c.fields};
  for (const Stage stage : {Stage::BeforeBody, Stage::AfterBody}) {
    if (const GuardRule* rule = broken_rule(head, {limits, kHosts}, stage)) return rule->name;
  }
  return {};
}

const FieldView kHost{"Host", "localhost:8181"};
const FieldView kJson{"Content-Type", "application/json"};
const FieldView kLength{"Content-Length", "5"};

constexpr std::string_view kTargetLength = "the target has at most the allowed length";
constexpr std::string_view kVersion = "the version is HTTP/1.0 or HTTP/1.1";
constexpr std::string_view kTarget = "the target is a path, a URL, or * for OPTIONS";
constexpr std::string_view kOneHost = "there is exactly one Host";
constexpr std::string_view kHostForm = "Host is a host and perhaps a port";
constexpr std::string_view kEncodingOnce =
    "Transfer-Encoding comes once, in HTTP/1.1, without Content-Length";
constexpr std::string_view kChunked = "Transfer-Encoding is chunked";
constexpr std::string_view kLengthForm = "Content-Length comes at most once and is a number";
constexpr std::string_view kFieldCount = "there are at most the allowed number of fields";
constexpr std::string_view kBodyLength = "the body has at most the allowed length";
constexpr std::string_view kExpect = "nothing but 100-continue is expected";
constexpr std::string_view kOurHost = "Host is a name of this server";
constexpr std::string_view kMethod = "the method is one that the server knows";
constexpr std::string_view kOrigin = "a web page changes things on its own server only";
constexpr std::string_view kFetchSite = "a browser changes things from this origin only";
constexpr std::string_view kType =
    "a body is JSON, or YAML where documents are taken, or a form for a token";
constexpr std::string_view kCompressed = "a body is not compressed";

std::vector<Case> cases() {
  const std::string_view long_target = "/0123456789012345678901234567890123456789";
  return {
      {"plain GET", "GET", "/a", {kHost}, ""},
      {"plain PUT", "PUT", "/a", {kHost, kJson, kLength}, ""},
      {"a target at the limit", "GET", long_target.substr(0, 40), {kHost}, ""},
      {"a target over the limit", "GET", long_target, {kHost}, kTargetLength},
      {"HTTP/1.2", "GET", "/", {kHost}, kVersion, 12},
      {"HTTP/1.0 with Host", "GET", "/", {kHost}, "", 10},
      {"HTTP/1.0 without Host", "GET", "/", {}, "", 10},
      {"HTTP/1.0 with two Hosts", "GET", "/", {kHost, kHost}, kOneHost, 10},
      {"HTTP/1.0 with a foreign URL", "GET", "http://evil.example/", {}, kOurHost, 10},
      {"a space in the target", "GET", "/a b", {kHost}, kTarget},
      {"authority form", "CONNECT", "host:80", {kHost}, kTarget},
      {"asterisk for OPTIONS", "OPTIONS", "*", {kHost}, ""},
      {"asterisk for GET", "GET", "*", {kHost}, kTarget},
      {"absolute form", "GET", "http://localhost/a", {kHost}, ""},
      {"absolute form of another host", "GET", "http://evil.example/a", {kHost}, kOurHost},
      {"absolute form with a broken host", "GET", "http://a:b:c/", {kHost}, kHostForm},
      {"no Host", "GET", "/", {}, kOneHost},
      {"two Hosts", "GET", "/", {kHost, kHost}, kOneHost},
      {"a Host with a path", "GET", "/", {{"Host", "localhost/x"}}, kHostForm},
      {"a list of Hosts", "GET", "/", {{"Host", "a, b"}}, kHostForm},
      {"a broken Host beside an absolute form",
       "GET",
       "http://localhost/",
       {{"Host", "a b"}},
       kHostForm},
      {"an empty Host", "GET", "/", {{"Host", ""}}, kOurHost},
      {"any case of a Host", "GET", "/", {{"HOST", "LocalHost"}}, ""},
      {"a Host with the root's dot", "GET", "/", {{"Host", "localhost."}}, ""},
      {"an IPv6 Host", "GET", "/", {{"Host", "[::1]:8181"}}, ""},
      {"a configured Host", "GET", "/", {{"Host", "lab.example"}}, ""},
      {"a foreign Host", "GET", "/", {{"Host", "evil.example"}}, kOurHost},
      {"a Host that starts like ours", "GET", "/", {{"Host", "localhost.evil.example"}}, kOurHost},
      {"chunked", "PUT", "/", {kHost, kJson, {"Transfer-Encoding", "Chunked"}}, ""},
      {"chunked and a length",
       "PUT",
       "/",
       {kHost, kJson, kLength, {"Transfer-Encoding", "chunked"}},
       kEncodingOnce},
      {"chunked twice",
       "PUT",
       "/",
       {kHost, {"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}},
       kEncodingOnce},
      {"chunked in HTTP/1.0",
       "PUT",
       "/",
       {kHost, {"Transfer-Encoding", "chunked"}},
       kEncodingOnce,
       10},
      {"gzip, chunked", "PUT", "/", {kHost, {"Transfer-Encoding", "gzip, chunked"}}, kChunked},
      {"identity", "PUT", "/", {kHost, {"Transfer-Encoding", "identity"}}, kChunked},
      {"chunked twice in one field",
       "PUT",
       "/",
       {kHost, {"Transfer-Encoding", "chunked, chunked"}},
       kChunked},
      {"two lengths", "PUT", "/", {kHost, kJson, kLength, kLength}, kLengthForm},
      {"a list of lengths", "PUT", "/", {kHost, kJson, {"Content-Length", "5, 5"}}, kLengthForm},
      {"a signed length", "PUT", "/", {kHost, kJson, {"Content-Length", "+5"}}, kLengthForm},
      {"an empty length", "PUT", "/", {kHost, kJson, {"Content-Length", ""}}, kLengthForm},
      {"a length over 64 bits",
       "PUT",
       "/",
       {kHost, kJson, {"Content-Length", "18446744073709551616"}},
       kLengthForm},
      {"12 fields", "GET", "/", std::vector<FieldView>(11, {"X", "y"}), kOneHost},
      {"13 fields", "GET", "/",
       [] {
         std::vector<FieldView> f(12, {"X", "y"});
         f.push_back(kHost);
         return f;
       }(),
       kFieldCount},
      {"a body at the limit", "PUT", "/", {kHost, kJson, {"Content-Length", "1000"}}, ""},
      {"a body over the limit",
       "PUT",
       "/",
       {kHost, kJson, {"Content-Length", "1001"}},
       kBodyLength},
      {"100-continue", "PUT", "/", {kHost, kJson, kLength, {"Expect", "100-Continue"}}, ""},
      {"another expectation", "PUT", "/", {kHost, kJson, kLength, {"Expect", "200-ok"}}, kExpect},
      {"two expectations",
       "PUT",
       "/",
       {kHost, {"Expect", "100-continue"}, {"Expect", "100-continue"}},
       kExpect},
      {"TRACE", "TRACE", "/", {kHost}, kMethod},
      {"lower case get", "get", "/", {kHost}, kMethod},
      {"PUT from our page", "PUT", "/", {kHost, {"Origin", "http://localhost:8181"}}, ""},
      {"PUT from our page on the default port",
       "PUT",
       "/",
       {{"Host", "localhost"}, {"Origin", "http://LOCALHOST:80"}},
       ""},
      {"PUT from our page behind a TLS proxy",
       "PUT",
       "/",
       {{"Host", "localhost"}, {"Origin", "https://localhost"}},
       ""},
      {"PUT from our https page with ports",
       "PUT",
       "/",
       {{"Host", "localhost:443"}, {"Origin", "https://localhost"}},
       ""},
      {"PUT from another port", "PUT", "/", {kHost, {"Origin", "http://localhost:3000"}}, kOrigin},
      {"PUT from nowhere", "PUT", "/", {kHost, {"Origin", "null"}}, kOrigin},
      {"PUT from elsewhere", "PUT", "/", {kHost, {"Origin", "https://evil.example"}}, kOrigin},
      {"PUT from a broken origin", "PUT", "/", {kHost, {"Origin", "http://a b"}}, kOrigin},
      {"PUT from two origins",
       "PUT",
       "/",
       {kHost, {"Origin", "http://localhost:8181"}, {"Origin", "null"}},
       kOrigin},
      {"GET from elsewhere", "GET", "/", {kHost, {"Origin", "https://evil.example"}}, ""},
      {"GET that a page embeds", "GET", "/", {kHost, {"Sec-Fetch-Site", "cross-site"}}, ""},
      {"DELETE across sites", "DELETE", "/", {kHost, {"Sec-Fetch-Site", "cross-site"}}, kFetchSite},
      {"DELETE from a neighbour's page",
       "DELETE",
       "/",
       {kHost, {"Sec-Fetch-Site", "same-site"}},
       kFetchSite},
      {"DELETE from our page", "DELETE", "/", {kHost, {"Sec-Fetch-Site", "same-origin"}}, ""},
      {"DELETE typed by the user", "DELETE", "/", {kHost, {"Sec-Fetch-Site", "none"}}, ""},
      {"DELETE without a body needs no type",
       "DELETE",
       "/",
       {kHost, {"Content-Type", "text/plain"}},
       ""},
      {"an empty body needs no type", "PUT", "/", {kHost, {"Content-Length", "0"}}, ""},
      {"a body without a type", "PUT", "/", {kHost, kLength}, kType},
      {"a chunked body without a type",
       "PUT",
       "/",
       {kHost, {"Transfer-Encoding", "chunked"}},
       kType},
      {"a form",
       "PUT",
       "/",
       {kHost, kLength, {"Content-Type", "application/x-www-form-urlencoded"}},
       kType},
      {"a form for a token",
       "POST",
       "/adfs/OAuth2/v2.0/token?x=y",
       {kHost, kLength, {"Content-Type", "application/x-www-form-urlencoded;charset=utf-8"}},
       ""},
      {"a form for an identity's token",
       "POST",
       "/msi/token/",
       {kHost, kLength, {"Content-Type", "application/x-www-form-urlencoded"}},
       ""},
      {"a form beside them",
       "POST",
       "/oauth2/tokens",
       {kHost, kLength, {"Content-Type", "application/x-www-form-urlencoded"}},
       kType},
      {"YAML for a token",
       "POST",
       "/adfs/oauth2/token",
       {kHost, kLength, {"Content-Type", "application/yaml"}},
       kType},
      {"two types", "PUT", "/", {kHost, kLength, kJson, kJson}, kType},
      {"a list of types",
       "PUT",
       "/",
       {kHost, kLength, {"Content-Type", "application/json, text/plain"}},
       kType},
      {"UTF-8",
       "PUT",
       "/",
       {kHost, kLength, {"Content-Type", "Application/JSON ; charset=UTF-8"}},
       ""},
      {"UTF-8 in quotes",
       "PUT",
       "/",
       {kHost, kLength, {"Content-Type", "application/json;charset=\"utf-8\""}},
       ""},
      {"UTF-16",
       "PUT",
       "/",
       {kHost, kLength, {"Content-Type", "application/json; charset=utf-16"}},
       kType},
      {"YAML to the NC API",
       "PUT",
       "/networking/v1/x",
       {kHost, kLength, {"Content-Type", "application/yaml"}},
       kType},
      {"YAML to our API",
       "POST",
       "/_isthmus/v1/apply",
       {kHost, kLength, {"Content-Type", "application/yaml"}},
       ""},
      {"a snapshot's lines to our API",
       "PUT",
       "/_isthmus/v1/snapshots/x",
       {kHost, kLength, {"Content-Type", "application/jsonl"}},
       ""},
      {"a snapshot's lines to the NC API",
       "PUT",
       "/networking/v1/x",
       {kHost, kLength, {"Content-Type", "application/jsonl"}},
       kType},
      {"older YAML to our API",
       "POST",
       "/_ISTHMUS/v1/apply",
       {kHost, kLength, {"Content-Type", "application/x-yaml"}},
       ""},
      {"text YAML to our API",
       "POST",
       "/_isthmus/v1/apply",
       {kHost, kLength, {"Content-Type", "text/yaml"}},
       ""},
      {"plain text to our API",
       "POST",
       "/_isthmus/v1/apply",
       {kHost, kLength, {"Content-Type", "text/plain"}},
       kType},
      {"gzip", "PUT", "/", {kHost, kLength, kJson, {"Content-Encoding", "gzip"}}, kCompressed},
      {"identity", "PUT", "/", {kHost, kLength, kJson, {"Content-Encoding", "identity"}}, ""},
  };
}

TEST(Guard, EachRuleRefusesWhatItIsFor) {
  for (const Case& c : cases()) EXPECT_EQ(broken_by(c), c.broken) << c.why;
}

TEST(Guard, EveryRuleHasACase) {
  std::set<std::string_view> seen;
  for (const Case& c : cases()) seen.insert(c.broken);
  for (const GuardRule& rule : guard_rules()) EXPECT_TRUE(seen.contains(rule.name)) << rule.name;
}

TEST(Guard, RulesAnswerWithClientErrorsAndSentences) {
  for (const GuardRule& rule : guard_rules()) {
    EXPECT_TRUE((rule.status >= 400 && rule.status < 500) || rule.status == 501 ||
                rule.status == 505)
        << rule.name;
    EXPECT_FALSE(rule.code.empty()) << rule.name;
    EXPECT_TRUE(rule.message.ends_with('.') || rule.message.ends_with("'.")) << rule.name;
  }
}

TEST(Guard, WrongTypeNamesTheRemedy) {
  const auto rules = guard_rules();
  const auto rule =
      std::find_if(rules.begin(), rules.end(), [](const GuardRule& r) { return r.name == kType; });
  ASSERT_NE(rule, rules.end());
  EXPECT_EQ(rule->status, 415);
  EXPECT_NE(rule->message.find("-H 'Content-Type: application/json'"), std::string_view::npos);
}

TEST(Guard, ChunkExtensionsAreBounded) {
  const Limits limits;
  EXPECT_TRUE(chunk_extension_allowed(std::string(256, 'x'), limits));
  EXPECT_FALSE(chunk_extension_allowed(std::string(257, 'x'), limits));
}

TEST(Guard, FoldedLinesAreSeenInTheHeaderOnly) {
  EXPECT_TRUE(has_folded_line("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n"));
  EXPECT_TRUE(has_folded_line("A: b\r\n\tc"));
  EXPECT_FALSE(has_folded_line("A: b\r\nC: d\r\n\r\nbody\r\n body"));
  EXPECT_FALSE(has_folded_line(""));
}

}  // namespace
}  // namespace isthmus::api::http
