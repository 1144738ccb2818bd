// docs/api/lab.schema.json against the parser: every example, random labs, and wrong documents that
// both refuse.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <valijson/adapters/rapidjson_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "api/control/lab/export.h"
#include "api/control/lab/parse.h"
#include "api/control/lab/tree.h"
#include "tests/support/random_lab.h"

namespace isthmus::api::lab {
namespace {

namespace fs = std::filesystem;
using Json = rapidjson::Document;

std::string contents(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The document as a schema sees it.
void to_json(const TreeNode& node, rapidjson::Value& out, Json::AllocatorType& memory) {
  switch (node.type) {
    case NodeType::Null:
      out.SetNull();
      return;
    case NodeType::Bool:
      out.SetBool(node.text[0] == 't' || node.text[0] == 'T');
      return;
    case NodeType::Integer:
    case NodeType::Float: {
      double number = 0;
      std::from_chars(node.text.data(), node.text.data() + node.text.size(), number);
      if (node.type == NodeType::Integer) {
        out.SetInt64(static_cast<int64_t>(number));
      } else {
        out.SetDouble(number);
      }
      return;
    }
    case NodeType::Text:
      out.SetString(node.text.c_str(), static_cast<rapidjson::SizeType>(node.text.size()), memory);
      return;
    case NodeType::List:
      out.SetArray();
      for (const TreeNode& element : node.elements) {
        rapidjson::Value value;
        to_json(element, value, memory);
        out.PushBack(value, memory);
      }
      return;
    case NodeType::Map:
      out.SetObject();
      for (const Member& member : node.members) {
        rapidjson::Value value;
        to_json(member.value, value, memory);
        out.AddMember(rapidjson::Value(member.name.c_str(), memory), value, memory);
      }
      return;
  }
}

class LabSchema : public ::testing::Test {
 protected:
  LabSchema() {
    Json json;
    json.Parse(contents(fs::path(ISTHMUS_SOURCE_DIR) / "docs/api/lab.schema.json").c_str());
    if (json.HasParseError()) throw std::runtime_error("lab.schema.json is not JSON");
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(valijson::adapters::RapidJsonAdapter(json), schema_);
  }

  bool allows(const std::string& text) const {
    const auto tree = read_tree(text);
    if (!tree) return false;
    Json json;
    to_json(*tree, json, json.GetAllocator());
    return valijson::Validator().validate(schema_, valijson::adapters::RapidJsonAdapter(json),
                                          nullptr);
  }

 private:
  valijson::Schema schema_;
};

TEST_F(LabSchema, AllowsEveryExample) {
  size_t examples = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(ISTHMUS_SOURCE_DIR) / "docs/examples")) {
    if (entry.path().extension() != ".yaml") continue;
    ++examples;
    const std::string text = contents(entry.path());
    EXPECT_TRUE(allows(text)) << entry.path();
    EXPECT_TRUE(parse_lab(text, LabFormat::Yaml)) << entry.path();
  }
  EXPECT_GE(examples, 4u);
}

TEST_F(LabSchema, AllowsWhatIsPrinted) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    for (const Realm realm : {Realm::Onprem, Realm::Azure}) {
      const std::string text = print(testing::RandomLab(seed, realm).next());
      ASSERT_TRUE(allows(text)) << "seed " << seed << "\n" << text;
    }
  }
}

TEST_F(LabSchema, RefusesWhatTheParserRefuses) {
  constexpr std::string_view kWrong[] = {
      "",
      "version: 2",
      "version: \"1\"",
      "realm: onprem",
      "version: 1\nnets: {}",
      "version: 1\nrealm: mars",
      "version: 1\nrealm: azure\ngroup: lab.",
      "version: 1\nrealm: azure\npeerings: [{from: a, to: b, subnets: a/s}]",
      "version: 1\nrealm: azure\npeerings: [{between: [a, b], subnets: [s]}]",
      "version: 1\nrealm: azure\npeerings: [{between: [a, b], onlyIpv6: both}]",
      "version: 1\nrealm: azure\nvms: {v: {at: a/b, interface: [v]}}",
      "version: 1\nnetworks: []",
      "version: 1\nnetworks: {a: {}}",
      "version: 1\nnetworks: {a: {prefixes: []}}",
      "version: 1\nnetworks: {a: {prefixes: 10.0.0.0/8}}",
      "version: 1\nnetworks: {a: {prefixes: [ten]}}",
      "version: 1\nnetworks: {-a: {prefixes: [10.0.0.0/8]}}",
      "version: 1\nnetworks: {a: {prefixes: [10.0.0.0/8], subnets: {s: {prefx: 10.0.0.0/8}}}}",
      "version: 1\nnetworks: {a: {prefixes: [10.0.0.0/8], subnets: {s: 7}}}",
      "version: 1\nnetworks: {a: {prefixes: [10.0.0.0/8], colour: red}}",
      "version: 1\npeerings: {}",
      "version: 1\npeerings: [{between: [a]}]",
      "version: 1\npeerings: [{from: a}]",
      "version: 1\npeerings: [{between: [a, b], from: a}]",
      "version: 1\npeerings: [{from: a, to: b, access: both}]",
      "version: 1\nroutes: {r: [{prefix: 10.0.0.0/8}]}",
      "version: 1\nroutes: {r: [{prefix: 10.0.0.0/8, next: firewall}]}",
      "version: 1\naccess: {l: [{allow: in}]}",
      "version: 1\naccess: {l: [{priority: 1}]}",
      "version: 1\naccess: {l: [{allow: in, deny: in, priority: 1}]}",
      "version: 1\naccess: {l: [{allow: sideways, priority: 1}]}",
      "version: 1\naccess: {l: [{allow: in, priority: 0}]}",
      "version: 1\naccess: {l: [{allow: in, priority: \"7\"}]}",
      "version: 1\naccess: {l: [{allow: in, protocol: TCP, priority: 1}]}",
      "version: 1\naccess: {l: [{allow: in, port: 65536, priority: 1}]}",
      "version: 1\naccess: {l: {default: {in: permit}}}",
      "version: 1\nvms: {v: {}}",
      "version: 1\nvms: {v: {at: a}}",
      "version: 1\nvms: {v: {at: a/b, forward: 1}}",
      "version: 1\nvms: {v: {at: a/b, mac: 00}}",
      "version: 1\nlinks: {a-b: {latency: 5}}",
      "version: 1\nlinks: {a-b: {jitter: 5ms}}",
      "version: 1\nexpect: [{from: a, to: b}]",
      "version: 1\nexpect: [{from: a, to: b, result: maybe}]",
      "version: 1\nexpect: [{from: a, to: b, result: reach, port: 443}]",
      "version: 1\nexpect: [{from: a, to: b, result: reach, port: 443/tcp, protocol: tcp}]",
  };
  for (const std::string_view text : kWrong) {
    EXPECT_FALSE(allows(std::string(text))) << text;
    EXPECT_FALSE(parse_lab(text, LabFormat::Yaml)) << text;
  }
}

}  // namespace
}  // namespace isthmus::api::lab
