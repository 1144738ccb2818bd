#include "api/json/store_encoding.h"

#include <fmt/format.h>

#include <limits>

#include "api/json/json_reader.h"
#include "api/json/json_writer.h"
#include "api/json/parse.h"

namespace isthmus::api::json {
namespace {

constexpr uint64_t kVersion =
    1;  // of the document; a change that an old reader cannot take adds one
constexpr std::string_view kRealms[] = {"onprem", "azure"};  // in the order of Realm

// What a client sent was bounded; what the store holds was.
constexpr Limits kNoLimits = {128, std::numeric_limits<size_t>::max(),
                              std::numeric_limits<size_t>::max()};

using Pairs = std::vector<std::pair<std::string, std::string>>;

void write_pairs(JsonText& out, std::string_view name, const Pairs& pairs) {
  if (pairs.empty()) return;
  out.key(name);
  out.array();  // an array of pairs: names that differ in case alone stay apart
  for (const auto& [key, text] : pairs) {
    out.text(key);
    out.text(text);
  }
  out.end_array();
}

Pairs read_pairs(const Value& document, std::string_view name) {
  Pairs pairs;
  const Value* list = find_member(document, name);
  if (list == nullptr || !list->IsArray()) return pairs;
  for (rapidjson::SizeType i = 0; i + 1 < list->Size(); i += 2) {
    pairs.emplace_back(scalar_text((*list)[i]).value_or(""),
                       scalar_text((*list)[i + 1]).value_or(""));
  }
  return pairs;
}

void write_texts(JsonText& out, std::string_view name, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  out.key(name);
  out.array();
  for (const std::string& text : texts) out.text(text);
  out.end_array();
}

std::vector<std::string> read_texts(const Value& document, std::string_view name) {
  std::vector<std::string> texts;
  const Value* list = find_member(document, name);
  if (list == nullptr || !list->IsArray()) return texts;
  for (const Value& text : list->GetArray()) texts.push_back(scalar_text(text).value_or(""));
  return texts;
}

tl::unexpected<Error> unreadable(std::string_view document, std::string_view why) {
  return fail(ErrorCode::StorageUnavailable, "",
              fmt::format("A document of the state file is not readable: {} ({}).", why,
                          in_quotes(document)));
}

std::string_view text_member(const Value& document, std::string_view name) {
  const Value* value = find_member(document, name);
  return value != nullptr && value->IsString() ? text_of(*value) : std::string_view();
}

uint64_t number_member(const Value& document, std::string_view name) {
  const Value* value = find_member(document, name);
  return value != nullptr && value->IsUint64() ? value->GetUint64() : 0;
}

// Documents of older state files have no times.
Stamp read_stamp(const Value& document, std::string_view revision, std::string_view time) {
  return {number_member(document, revision), static_cast<int64_t>(number_member(document, time))};
}

}  // namespace

std::string StoreEncoding::encode(const Resource& resource) const {
  thread_local JsonText out;
  out.object();
  out.number("version", kVersion);
  out.text("realm", kRealms[static_cast<size_t>(resource.id.realm())]);
  out.text("path", resource.id.path());
  out.number("serial", resource.serial);
  out.text("instanceId", resource.instance_id.to_string());
  out.number("putRevision", resource.put.revision);
  out.number("putTime", static_cast<uint64_t>(resource.put.time_ms));
  out.number("changedRevision", resource.changed.revision);
  out.number("changedTime", static_cast<uint64_t>(resource.changed.time_ms));
  if (resource.annotations) {
    write_pairs(out, "metadata", resource.annotations->metadata);
    write_pairs(out, "tags", resource.annotations->tags);
    out.text_unless_empty("location", resource.annotations->location);
    out.text_unless_empty("sku", resource.annotations->sku.name);
    out.text_unless_empty("tier", resource.annotations->sku.tier);
    write_texts(out, "zones", resource.annotations->zones);
  }
  out.key("properties");
  out.object();
  JsonWriter writer(out, resource.id.realm(), Audience::Store);
  describe_body(writer, resource.body);
  out.end_object();
  out.end_object();
  return out.take();
}

Result<Resource> StoreEncoding::decode(std::string_view text) const {
  const auto document = parse_json(text, kNoLimits);
  if (!document) return unreadable(text, document.error().message);
  if (number_member(*document, "version") != kVersion)
    return unreadable(text, fmt::format("it is not of version {}", kVersion));
  const bool azure = text_member(*document, "realm") == kRealms[1];
  const auto id =
      ResourceId::parse(text_member(*document, "path"), azure ? Realm::Azure : Realm::Onprem);
  const auto instance_id = Uuid::parse(text_member(*document, "instanceId"));
  const Value* properties = find_member(*document, "properties");
  if (!id || !instance_id || properties == nullptr || !properties->IsObject())
    return unreadable(text, "path, instanceId or properties are wrong");

  Resource resource;
  resource.id = *id;
  resource.serial = static_cast<Serial>(number_member(*document, "serial"));
  resource.instance_id = *instance_id;
  resource.put = read_stamp(*document, "putRevision", "putTime");
  resource.changed = read_stamp(*document, "changedRevision", "changedTime");
  Annotations annotations{
      read_pairs(*document, "metadata"),
      read_pairs(*document, "tags"),
      std::string(text_member(*document, "location")),
      {std::string(text_member(*document, "sku")), std::string(text_member(*document, "tier"))},
      read_texts(*document, "zones")};
  if (annotations != Annotations{})
    resource.annotations = std::make_shared<const Annotations>(std::move(annotations));
  resource.body = Body(id->kind());
  JsonReader reader(properties, resource.id, "/properties", Source::Store);
  describe_body(reader, resource.body);
  if (reader.problem()) return unreadable(text, reader.problem()->message);
  return resource;
}

}  // namespace isthmus::api::json
