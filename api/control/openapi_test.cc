// The OpenAPI document against the table of routes, against itself, and against real answers.
#include "api/control/openapi.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <regex>
#include <set>
#include <valijson/adapters/rapidjson_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "api/control/calls.h"
#include "api/control/docs/assets.h"
#include "tests/support/control_world.h"
#include "tests/support/front.h"

namespace isthmus::api::control {
namespace {

using http::Method;
using isthmus::testing::at;
using isthmus::testing::ControlWorld;
using isthmus::testing::expect_problem;
using isthmus::testing::file_text;
using isthmus::testing::header_of;
using isthmus::testing::kTwoNetworks;
using ::testing::HasSubstr;
using Json = rapidjson::Document;

Json parsed(std::string_view text) {
  Json json;
  json.Parse(text.data(), text.size());
  EXPECT_FALSE(json.HasParseError()) << text;
  return json;
}
Json document() { return parsed(openapi_document(call_shapes())); }

const rapidjson::Value* find(const rapidjson::Value& json, const std::string& pointer) {
  return rapidjson::Pointer(pointer.c_str()).Get(json);
}

// As a part of a JSON pointer.
std::string step(std::string_view name) {
  std::string out;
  for (const char c : name) out += c == '/' ? "~1" : c == '~' ? "~0" : std::string(1, c);
  return out;
}
std::string lower(std::string_view word) {
  std::string out(word);
  for (char& c : out) c = static_cast<char>(std::tolower(c));
  return out;
}

TEST(OpenApi, HasEveryCallAndNoOther) {
  const Json api = document();
  size_t calls = 0;
  for (const auto& path : api["paths"].GetObject()) calls += path.value.MemberCount();
  EXPECT_EQ(calls, call_shapes().size());
  for (const CallShape& call : call_shapes())
    EXPECT_NE(find(api, fmt::format("/paths/{}/{}/summary", step(call.path),
                                    lower(http::to_string(call.method)))),
              nullptr)
        << call.path;
}

// Whoever adds a row to the table of routes says in docs/calls.json what it takes and answers.
TEST(OpenApi, EveryCallIsDescribedWithAllItsParameters) {
  const Json described = parsed(docs::calls());
  std::set<std::string> known;
  for (const CallShape& call : call_shapes()) {
    const std::string key = fmt::format("{} {}", http::to_string(call.method), call.path);
    known.insert(key);
    const rapidjson::Value* about = find(described, "/calls/" + step(key));
    ASSERT_NE(about, nullptr) << "api/control/docs/calls.json says nothing of " << key;
    EXPECT_NE(find(*about, "/id"), nullptr) << key;
    EXPECT_NE(find(*about, "/answers"), nullptr) << key;
    for (const std::string_view name : call.parameters)
      EXPECT_NE(find(*about, fmt::format("/query/{}/description", name)), nullptr)
          << key << " does not describe the parameter " << name;
    const rapidjson::Value* query = find(*about, "/query");
    EXPECT_EQ(query == nullptr ? 0 : query->MemberCount(), call.parameters.size())
        << key << " describes a parameter that it does not have";
  }
  for (const auto& call : described["calls"].GetObject())
    EXPECT_TRUE(known.contains(call.name.GetString())) << call.name.GetString() << " is no call";
}

TEST(OpenApi, EveryCallHasANameOfItsOwn) {
  std::set<std::string> ids;
  const Json api = document();
  for (const auto& path : api["paths"].GetObject())
    for (const auto& call : path.value.GetObject())
      EXPECT_TRUE(ids.insert(call.value["operationId"].GetString()).second)
          << path.name.GetString();
}

void check_references(const rapidjson::Value& value, const Json& api) {
  if (value.IsArray()) {
    for (const auto& element : value.GetArray()) check_references(element, api);
  } else if (value.IsObject()) {
    for (const auto& member : value.GetObject()) {
      if (member.name == "$ref" && member.value.IsString()) {
        const std::string target = member.value.GetString();
        ASSERT_TRUE(target.starts_with("#/")) << target;
        EXPECT_NE(find(api, target.substr(1)), nullptr) << target << " leads nowhere";
      } else {
        check_references(member.value, api);
      }
    }
  }
}

TEST(OpenApi, EveryReferenceLeadsSomewhere) {
  const Json api = document();
  check_references(api, api);
}

// Whether the value is what the part of the document at `pointer` says.
class Schema {
 public:
  Schema(const Json& api, const rapidjson::Value& part) {
    root_.CopyFrom(part, root_.GetAllocator());
    root_.AddMember("components", rapidjson::Value(api["components"], root_.GetAllocator()),
                    root_.GetAllocator());
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(valijson::adapters::RapidJsonAdapter(root_), schema_);
  }
  void expect_valid(const std::string& body) const {
    const Json json = parsed(body);
    valijson::Validator validator;
    valijson::ValidationResults results;
    EXPECT_TRUE(validator.validate(schema_, valijson::adapters::RapidJsonAdapter(json), &results))
        << body;
    valijson::ValidationResults::Error error;
    while (results.popError(error)) ADD_FAILURE() << error.description;
  }

 private:
  Json root_{rapidjson::kObjectType};
  valijson::Schema schema_;
};

// Follows one $ref.
const rapidjson::Value& resolved(const Json& api, const rapidjson::Value& value) {
  const rapidjson::Value* reference = find(value, "/$ref");
  return reference == nullptr ? value : *find(api, std::string(reference->GetString()).substr(1));
}

void expect_described(const Json& api, std::string_view method, std::string_view path,
                      const http::Response& answer) {
  SCOPED_TRACE(fmt::format("{} {}", method, path));
  const rapidjson::Value* responses =
      find(api, fmt::format("/paths/{}/{}/responses", step(path), lower(method)));
  ASSERT_NE(responses, nullptr);
  const rapidjson::Value* response = find(*responses, fmt::format("/{}", answer.status));
  if (response == nullptr) response = find(*responses, fmt::format("/{}XX", answer.status / 100));
  ASSERT_NE(response, nullptr) << "an answer that is not described: " << answer.status;
  if (answer.body.empty()) return;
  const std::string type = answer.content_type.substr(0, answer.content_type.find(';'));
  const rapidjson::Value* content =
      find(resolved(api, *response), fmt::format("/content/{}", step(type)));
  ASSERT_NE(content, nullptr) << "a content type that is not described: " << type;
  if (type.ends_with("json")) Schema(api, (*content)["schema"]).expect_valid(answer.body);
}

TEST(OpenApi, DescribesRealAnswers) {
  ControlWorld world;
  const Json api = document();
  const auto check = [&](Method method, std::string_view path, const std::string& target,
                         std::string body = "", std::string_view type = "application/json") {
    expect_described(api, http::to_string(method), path,
                     world.call(method, target, std::move(body), body.empty() ? "" : type));
  };
  expect_described(api, "POST", "/_isthmus/v1/apply", world.apply(std::string(kTwoNetworks)));
  expect_described(api, "POST", "/_isthmus/v1/apply",
                   world.apply(std::string(kTwoNetworks), "?dryRun=true"));
  expect_described(api, "POST", "/_isthmus/v1/apply", world.apply("version: 2\n"));
  for (const char* path :
       {"/livez", "/readyz", "/metrics", "/docs", "/_isthmus/v1/version", "/_isthmus/v1/config",
        "/_isthmus/v1/stats", "/_isthmus/v1/export", "/_isthmus/v1/host-faults", "/openapi.json"})
    check(Method::Get, path, path);
  check(Method::Get, "/docs/{name}", "/docs/show.js");
  check(Method::Get, "/_isthmus/v1/routes", "/_isthmus/v1/routes?nic=v&losers=true");
  check(Method::Get, "/_isthmus/v1/routes", "/_isthmus/v1/routes");
  check(Method::Post, "/_isthmus/v1/explain", "/_isthmus/v1/explain", R"({"from":"v","to":"w"})");
  check(Method::Post, "/_isthmus/v1/snapshots", "/_isthmus/v1/snapshots", R"({"name":"a"})");
  check(Method::Post, "/_isthmus/v1/snapshots", "/_isthmus/v1/snapshots", R"({"name":"a"})");
  check(Method::Get, "/_isthmus/v1/snapshots", "/_isthmus/v1/snapshots");
  check(Method::Get, "/_isthmus/v1/snapshots/{name}", "/_isthmus/v1/snapshots/a");
  check(Method::Get, "/_isthmus/v1/snapshots/{name}/diff/{other}",
        "/_isthmus/v1/snapshots/a/diff/now");
  check(Method::Post, "/_isthmus/v1/snapshots/{name}/restore", "/_isthmus/v1/snapshots/a/restore");
  check(Method::Delete, "/_isthmus/v1/snapshots/{name}", "/_isthmus/v1/snapshots/a");
  check(Method::Post, "/_isthmus/v1/faults", "/_isthmus/v1/faults", R"({"status":503,"count":1})");
  check(Method::Put, "/_isthmus/v1/faults/{name}", "/_isthmus/v1/faults/b", R"({"delay":"1s"})");
  check(Method::Get, "/_isthmus/v1/faults", "/_isthmus/v1/faults");
  check(Method::Get, "/_isthmus/v1/faults/{name}", "/_isthmus/v1/faults/b");
  check(Method::Delete, "/_isthmus/v1/faults", "/_isthmus/v1/faults");
  front::CallRecord call;
  call.method = "GET";
  world.handler().requests().add(std::move(call));
  check(Method::Get, "/_isthmus/v1/requests", "/_isthmus/v1/requests");
  check(Method::Get, "/_isthmus/v1/journal", "/_isthmus/v1/journal");
  check(Method::Get, "/_isthmus/v1/clock", "/_isthmus/v1/clock");
  check(Method::Post, "/_isthmus/v1/whatif", "/_isthmus/v1/whatif",
        R"({"changes":[{"method":"DELETE","path":"/networking/v1/networkInterfaces/v"}]})");
  check(Method::Post, "/_isthmus/v1/reset", "/_isthmus/v1/reset");
}

// Whatever control.md sends with curl -d is a body that its call takes.
TEST(OpenApi, DescribesTheBodiesOfTheReference) {
  const Json api = document();
  const std::string reference = file_text("docs/api/control.md");
  const std::regex sent(R"(localhost:8181(/_isthmus/v1/[a-z/-]+)[^\n]*\n? *[^\n]*-d '([^']*)')");
  int found = 0;
  for (std::sregex_iterator it(reference.begin(), reference.end(), sent), end; it != end; ++it) {
    const std::string path = (*it)[1];
    SCOPED_TRACE(path);
    const rapidjson::Value* body = nullptr;
    for (const char* form : {"post", "put"}) {
      const std::string exact = fmt::format("/paths/{}/{}/requestBody", step(path), form);
      const std::string named = fmt::format(
          "/paths/{}/{}/requestBody", step(path.substr(0, path.rfind('/')) + "/{name}"), form);
      if (body == nullptr) body = find(api, exact);
      if (body == nullptr) body = find(api, named);
    }
    ASSERT_NE(body, nullptr);
    Schema(api, *find(resolved(api, *body), "/content/application~1json/schema"))
        .expect_valid((*it)[2]);
    ++found;
  }
  EXPECT_GE(found, 3);
}

TEST(OpenApi, ItsExamplesAreWhatTheirSchemasSay) {
  const Json api = document();
  int found = 0;
  const auto check = [&](const rapidjson::Value& body) {
    for (const auto& content : body["content"].GetObject()) {
      const rapidjson::Value* example = find(content.value, "/example");
      if (example == nullptr || example->IsString()) continue;  // YAML in a text
      rapidjson::StringBuffer text;
      rapidjson::Writer<rapidjson::StringBuffer> writer(text);
      example->Accept(writer);
      Schema(api, content.value["schema"]).expect_valid(text.GetString());
      ++found;
    }
  };
  for (const auto& path : api["paths"].GetObject())
    for (const auto& call : path.value.GetObject())
      if (const rapidjson::Value* body = find(call.value, "/requestBody"))
        check(resolved(api, *body));
  EXPECT_GE(found, 5);
}

TEST(Docs, AreServedFromTheDaemonAlone) {
  ControlWorld world;
  const http::Response page = world.get("/docs");
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(header_of(page, "Content-Security-Policy"), HasSubstr("default-src 'self'"));
  EXPECT_THAT(header_of(page, "Content-Security-Policy"), HasSubstr("frame-ancestors 'none'"));
  EXPECT_EQ(header_of(page, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(page.body.find("://"), std::string::npos) << "nothing is loaded from elsewhere";
  const std::regex part(R"RX((?:src|href)="(/[^"]*)")RX");
  int parts = 0;
  for (std::sregex_iterator it(page.body.begin(), page.body.end(), part), end; it != end; ++it) {
    EXPECT_EQ(world.get((*it)[1].str()).status, 200) << (*it)[1];
    ++parts;
  }
  EXPECT_EQ(parts, 4) << "style, viewer, start, and the document";
  EXPECT_FALSE(std::regex_search(page.body, std::regex("<script>|<style|style=|onload=")));
  const http::Response viewer = world.get("/docs/swagger-ui-bundle.js");
  EXPECT_EQ(header_of(viewer, "Content-Encoding"), "gzip");
  EXPECT_EQ(header_of(viewer, "X-Content-Type-Options"), "nosniff");
  EXPECT_TRUE(viewer.body.starts_with("\x1f\x8b"));
  expect_problem(world.get("/docs/LICENSE"), 404, "ResourceNotFound");
}

}  // namespace
}  // namespace isthmus::api::control
