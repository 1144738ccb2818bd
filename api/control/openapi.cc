#include "api/control/openapi.h"

#include <rapidjson/document.h>
#include <rapidjson/pointer.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "api/config/version.h"
#include "api/control/docs/assets.h"

namespace isthmus::api::control {
namespace {

using rapidjson::Document;
using rapidjson::Value;
using Memory = Document::AllocatorType;

constexpr std::string_view kLabDefinitions = "#/definitions/";
constexpr std::string_view kLabSchema = "#/components/schemas/LabDocument/definitions/";

Value text(std::string_view words, Memory& memory) {
  return Value(words.data(), static_cast<rapidjson::SizeType>(words.size()), memory);
}

const Value* find(const Value& object, std::string_view name) {
  if (!object.IsObject()) return nullptr;
  const auto found = object.FindMember(rapidjson::StringRef(name.data(), name.size()));
  return found == object.MemberEnd() ? nullptr : &found->value;
}

void set(Value& object, std::string_view name, Value value, Memory& memory) {
  object.AddMember(text(name, memory), value, memory);
}

Document parsed(std::string_view json) {
  Document document;
  document.Parse(json.data(), json.size());
  assert(!document.HasParseError());  // built in, and a test reads it
  return document;
}

std::string to_text(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

std::string key_of(const CallShape& call) {
  return std::string(http::to_string(call.method)) + " " + std::string(call.path);
}

std::string lower(std::string_view word) {
  std::string out(word);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

constexpr std::string_view kDaemonTag = "daemon";
constexpr std::string_view kDaemonCalls = "health, counters, and what this API is";

// What groups calls: "snapshots" of /_isthmus/v1/snapshots/{name}, else "daemon".
std::string_view tag_of(std::string_view path) {
  constexpr std::string_view kPrefix = "/_isthmus/v1/";
  if (!path.starts_with(kPrefix)) return kDaemonTag;
  path.remove_prefix(kPrefix.size());
  return path.substr(0, path.find('/'));
}

// {name} and the like, which are names of resources everywhere.
void add_path_parameters(std::string_view path, Value& parameters, Memory& memory) {
  for (size_t open = path.find('{'); open != std::string_view::npos;
       open = path.find('{', open + 1)) {
    Value parameter(rapidjson::kObjectType);
    set(parameter, "name", text(path.substr(open + 1, path.find('}', open) - open - 1), memory),
        memory);
    set(parameter, "in", text("path", memory), memory);
    set(parameter, "required", Value(true), memory);
    Value schema(rapidjson::kObjectType);
    set(schema, "$ref", text("#/components/schemas/Name", memory), memory);
    set(parameter, "schema", std::move(schema), memory);
    parameters.PushBack(parameter, memory);
  }
}

// A parameter that nobody describes is a text.
void add_query_parameters(const CallShape& call, const Value* described, Value& parameters,
                          Memory& memory) {
  for (const std::string_view name : call.parameters) {
    Value parameter(rapidjson::kObjectType);
    const Value* query = described == nullptr ? nullptr : find(*described, "query");
    const Value* found = query == nullptr ? nullptr : find(*query, name);
    if (found != nullptr) {
      parameter.CopyFrom(*found, memory);
    } else {
      Value schema(rapidjson::kObjectType);
      set(schema, "type", text("string", memory), memory);
      set(parameter, "schema", std::move(schema), memory);
    }
    set(parameter, "name", text(name, memory), memory);
    set(parameter, "in", text("query", memory), memory);
    parameters.PushBack(parameter, memory);
  }
}

// The answers that it is described with, and those that every call may give.
Value answers_of(const Value* described, Memory& memory) {
  Value answers(rapidjson::kObjectType);
  if (const Value* own = described == nullptr ? nullptr : find(*described, "answers"))
    answers.CopyFrom(*own, memory);
  for (const std::string_view status : {"4XX", "5XX"}) {
    Value problem(rapidjson::kObjectType);
    set(problem, "$ref", text("#/components/responses/Problem", memory), memory);
    set(answers, status, std::move(problem), memory);
  }
  return answers;
}

Value operation(const CallShape& call, const Value* described, Memory& memory) {
  Value result(rapidjson::kObjectType);
  if (const Value* id = described == nullptr ? nullptr : find(*described, "id"))
    set(result, "operationId", Value(*id, memory), memory);
  set(result, "summary", text(call.summary, memory), memory);
  Value tags(rapidjson::kArrayType);
  tags.PushBack(text(tag_of(call.path), memory), memory);
  set(result, "tags", std::move(tags), memory);
  Value parameters(rapidjson::kArrayType);
  add_path_parameters(call.path, parameters, memory);
  add_query_parameters(call, described, parameters, memory);
  if (!parameters.Empty()) set(result, "parameters", std::move(parameters), memory);
  if (const Value* body = described == nullptr ? nullptr : find(*described, "body"))
    set(result, "requestBody", Value(*body, memory), memory);
  set(result, "responses", answers_of(described, memory), memory);
  return result;
}

// A part of a document refers to its own definitions by where they then are.
void move_references(Value& value, Memory& memory) {
  if (value.IsArray()) {
    for (Value& element : value.GetArray()) move_references(element, memory);
  } else if (value.IsObject()) {
    for (auto& member : value.GetObject()) {
      const std::string_view target =
          member.value.IsString() ? std::string_view(member.value.GetString()) : "";
      if (member.name == "$ref" && target.starts_with(kLabDefinitions)) {
        const std::string moved =
            std::string(kLabSchema) + std::string(target.substr(kLabDefinitions.size()));
        member.value = text(moved, memory);
      } else {
        move_references(member.value, memory);
      }
    }
  }
}

Value lab_schema(Memory& memory) {
  Value schema(parsed(docs::lab_schema()), memory);
  schema.RemoveMember("$schema");
  schema.RemoveMember("$id");
  move_references(schema, memory);
  return schema;
}

Value information(Memory& memory) {
  Value licence(rapidjson::kObjectType);
  set(licence, "name", text("MIT", memory), memory);
  set(licence, "identifier", text("MIT", memory), memory);
  Value result(rapidjson::kObjectType);
  set(result, "title", text("Isthmus: its own API", memory), memory);
  set(result, "version", text(config::kVersion, memory), memory);
  set(result, "description",
      text("What the emulated product has no call for. The Network Controller's own API is at "
           "/networking/v1.",
           memory),
      memory);
  set(result, "license", std::move(licence), memory);
  return result;
}

Value tags_of(std::span<const CallShape> calls, Memory& memory) {
  Value tags(rapidjson::kArrayType);
  std::string_view last;
  for (const CallShape& call : calls) {
    if (tag_of(call.path) == last) continue;
    last = tag_of(call.path);
    const bool known = std::any_of(tags.Begin(), tags.End(), [&](const Value& tag) {
      return tag["name"].GetString() == last;
    });
    if (known) continue;
    Value tag(rapidjson::kObjectType);
    set(tag, "name", text(last, memory), memory);
    const bool is_daemon = last == kDaemonTag;  // the first call of the others tells enough
    set(tag, "description", text(is_daemon ? kDaemonCalls : call.summary, memory), memory);
    tags.PushBack(tag, memory);
  }
  return tags;
}

// Nothing, a token or a certificate: what a daemon asks for is its own choice (docs/access.md).
constexpr std::string_view kSecurity = R"([{}, {"token": []}, {"certificate": []}])";
constexpr std::string_view kSecuritySchemes =
    R"({"token": {"type": "http", "scheme": "bearer"}, "certificate": {"type": "mutualTLS"}})";

Value parsed_value(std::string_view json, Memory& memory) {
  Document document;
  document.Parse(json.data(), json.size());
  return Value(document, memory);
}

}  // namespace

std::string openapi_document(std::span<const CallShape> calls) {
  const Document described = parsed(docs::calls());
  Document document(rapidjson::kObjectType);
  Memory& memory = document.GetAllocator();
  set(document, "openapi", text("3.1.0", memory), memory);
  set(document, "info", information(memory), memory);
  Value servers(rapidjson::kArrayType);
  Value here(rapidjson::kObjectType);
  set(here, "url", text("/", memory), memory);
  servers.PushBack(here, memory);
  set(document, "servers", std::move(servers), memory);
  set(document, "security", parsed_value(kSecurity, memory), memory);
  set(document, "tags", tags_of(calls, memory), memory);
  set(document, "paths", Value(rapidjson::kObjectType), memory);
  for (const CallShape& call : calls) {
    Value& paths = document["paths"];
    if (find(paths, call.path) == nullptr)
      set(paths, call.path, Value(rapidjson::kObjectType), memory);
    Value& path = paths[std::string(call.path).c_str()];
    const Value* about = find(described["calls"], key_of(call));
    set(path, lower(http::to_string(call.method)), operation(call, about, memory), memory);
  }
  set(document, "components", Value(described["components"], memory), memory);
  set(document["components"], "securitySchemes", parsed_value(kSecuritySchemes, memory), memory);
  set(document["components"]["schemas"], "LabDocument", lab_schema(memory), memory);
  return to_text(document);
}

}  // namespace isthmus::api::control
