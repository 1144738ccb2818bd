#include "tests/cases/json_text.h"

#include <rapidjson/document.h>
#include <rapidjson/pointer.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>

#include "controller/model/resource_id.h"

namespace isthmus::testing {
namespace {

using rapidjson::Document;
using rapidjson::Value;
using Allocator = Document::AllocatorType;

std::string compact(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return buffer.GetString();
}

Value object_with(const char* name, Value value, Allocator& allocator) {
  Value object(rapidjson::kObjectType);
  object.AddMember(rapidjson::StringRef(name), value, allocator);
  return object;
}

bool lists_children(std::string_view name, Realm realm) {
  const auto kinds = kinds_in(realm);
  return std::any_of(kinds.begin(), kinds.end(), [&](const KindInfo& row) {
    return row.parent != Kind::None && row.segment_in(realm) == name;
  });
}

void expand_properties(Value& properties, const ShortForm& form, Allocator& allocator);

// {"web": "10.0.0.0/24", "db": {...}} to a list of children.
Value expand_children(Value& children, const ShortForm& form, Allocator& allocator) {
  Value list(rapidjson::kArrayType);
  for (auto& member : children.GetObject()) {
    Value properties = std::move(member.value);
    if (properties.IsString())
      properties = object_with("addressPrefix", std::move(properties), allocator);
    else
      expand_properties(properties, form, allocator);
    Value child(rapidjson::kObjectType);
    child.AddMember(rapidjson::StringRef(form.name_member()), member.name, allocator);
    child.AddMember("properties", properties, allocator);
    list.PushBack(child, allocator);
  }
  return list;
}

// A path of the realm, as its clients write it.
Value reference_to(const std::string& path, const ShortForm& form, Allocator& allocator) {
  const bool is_whole = !form.is_azure() || path.starts_with("/subscriptions");
  const std::string id = is_whole ? path : form.azure_base + path;
  Value text(id.data(), static_cast<rapidjson::SizeType>(id.size()), allocator);
  return object_with(form.is_azure() ? "id" : "resourceRef", std::move(text), allocator);
}

bool is_path(std::string_view text) { return text.size() > 1 && text[0] == '/'; }

void expand_properties(Value& properties, const ShortForm& form, Allocator& allocator) {
  for (auto& member : properties.GetObject()) {
    const std::string_view name = member.name.GetString();
    if (name == "addressSpace" && member.value.IsArray()) {
      member.value = object_with("addressPrefixes", std::move(member.value), allocator);
    } else if (member.value.IsObject() && lists_children(name, form.realm())) {
      member.value = expand_children(member.value, form, allocator);
    } else if (member.value.IsString() && is_path(member.value.GetString())) {
      member.value = reference_to(member.value.GetString(), form, allocator);
    }
  }
}

bool is_chosen_by_the_controller(std::string_view name) {
  return name == "etag" || name == "instanceId" || name == "virtualSubnetId";
}

bool has_all_of(const Value& answer, const Value& example) {
  if (example.IsObject() && answer.IsObject()) {
    return std::all_of(example.MemberBegin(), example.MemberEnd(), [&answer](const auto& member) {
      if (is_chosen_by_the_controller(member.name.GetString())) return true;
      const auto found = answer.FindMember(member.name);
      return found != answer.MemberEnd() && has_all_of(found->value, member.value);
    });
  }
  if (example.IsArray() && answer.IsArray()) {
    return std::equal(example.Begin(), example.End(), answer.Begin(), answer.End(),
                      [](const Value& a, const Value& b) { return has_all_of(b, a); });
  }
  return answer == example;
}

const Value* find(const Document& document, std::string_view pointer) {
  if (document.HasParseError()) return nullptr;
  return rapidjson::Pointer(pointer.data(), pointer.size()).Get(document);
}

}  // namespace

std::string expand_body(std::string_view body, std::string_view resource_name,
                        const ShortForm& form) {
  Document document;
  document.Parse(body.data(), body.size());
  const bool is_object = !document.HasParseError() && document.IsObject();
  const bool is_short =
      is_object &&
      std::none_of(document.MemberBegin(), document.MemberEnd(), [](const auto& member) {
        return equal_ignoring_case(member.name.GetString(), "properties");
      });
  if (!is_short) return std::string(body);
  Document sent(rapidjson::kObjectType);
  Allocator& allocator = document.GetAllocator();
  Value name(resource_name.data(), static_cast<rapidjson::SizeType>(resource_name.size()),
             allocator);
  sent.AddMember(rapidjson::StringRef(form.name_member()), name, allocator);
  if (!form.location.empty())
    sent.AddMember("location", rapidjson::StringRef(form.location.c_str()), allocator);
  expand_properties(document, form, allocator);
  sent.AddMember("properties", document.Move(), allocator);
  return compact(sent);
}

std::string value_at(std::string_view json, std::string_view pointer) {
  Document document;
  document.Parse(json.data(), json.size());
  const Value* value = find(document, pointer);
  return value == nullptr ? "absent" : compact(*value);
}

std::string text_at(std::string_view json, std::string_view pointer) {
  Document document;
  document.Parse(json.data(), json.size());
  const Value* value = find(document, pointer);
  return value != nullptr && value->IsString() ? value->GetString() : "";
}

std::string pretty(std::string_view json) {
  Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError()) return std::string(json);
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
  writer.SetIndent(' ', 2);
  document.Accept(writer);
  return buffer.GetString();
}

bool is_like(std::string_view answer, std::string_view example) {
  Document a;
  Document b;
  a.Parse(answer.data(), answer.size());
  b.Parse(example.data(), example.size());
  return !a.HasParseError() && !b.HasParseError() && has_all_of(a, b);
}

}  // namespace isthmus::testing
