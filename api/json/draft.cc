#include "api/json/draft.h"

#include <fmt/format.h>

#include "api/json/json_reader.h"
#include "api/json/parse.h"
#include "controller/model/text.h"

namespace isthmus::api::json {
namespace {

Error invalid(std::string pointer, std::string message) {
  return {ErrorCode::InvalidParameterValue, std::move(pointer), std::move(message), "", {}};
}

// Client-owned names and texts, echoed as they came. Numbers and booleans become text.
Result<std::vector<std::pair<std::string, std::string>>> read_annotation(
    const Value& resource, std::string_view name, const std::string& pointer) {
  std::vector<std::pair<std::string, std::string>> pairs;
  const Value* object = find_member(resource, name);
  if (object == nullptr || is_blank(*object)) return pairs;
  const std::string here = fmt::format("{}/{}", pointer, name);
  if (!object->IsObject())
    return tl::unexpected(invalid(here, fmt::format("{} is not an object.", name)));
  for (const auto& member : object->GetObject()) {
    if (member.value.IsNull()) continue;
    auto text = scalar_text(member.value);
    if (!text) {
      return tl::unexpected(invalid(
          here, fmt::format("{} in {} is not text.", in_quotes(text_of(member.name)), name)));
    }
    pairs.emplace_back(text_of(member.name), std::move(*text));
  }
  return pairs;
}

Result<Draft> read_resource(const Value& resource, const ResourceId& id, std::string pointer);

// "West Europe" is the display name of "westeurope", and both are written.
std::string read_location(const Value& resource) {
  const Value* location = find_member(resource, "location");
  if (location == nullptr || !location->IsString()) return {};
  std::string name = lower_case(text_of(*location));
  std::erase(name, ' ');
  return name;
}

// {"name": "Standard", "tier": "Regional"}
Result<Sku> read_sku(const Value& resource, const Draft& draft) {
  const Value* sku = find_member(resource, "sku");
  if (sku == nullptr || !has_sku(draft.id.kind())) return Sku{};
  if (!sku->IsObject())
    return tl::unexpected(invalid(draft.pointer + "/sku", "sku is not an object."));
  const auto text = [sku](std::string_view name) {
    const Value* value = find_member(*sku, name);
    return value == nullptr ? std::string() : scalar_text(*value).value_or("");
  };
  return Sku{text("name"), text("tier")};
}

Result<std::vector<std::string>> read_zones(const Value& resource, const Draft& draft) {
  std::vector<std::string> zones;
  const Value* list = find_member(resource, "zones");
  if (list == nullptr) return zones;
  const std::string here = draft.pointer + "/zones";
  if (!list->IsArray()) return tl::unexpected(invalid(here, "zones is not a list."));
  for (const Value& zone : list->GetArray()) {
    auto text = scalar_text(zone);
    if (!text) return tl::unexpected(invalid(here, "An element of zones is not text."));
    zones.push_back(std::move(*text));
  }
  return zones;
}

// What Azure's resources say beside their properties.
Result<void> read_azure_annotations(const Value& resource, const Draft& draft,
                                    Annotations& annotations) {
  annotations.location = read_location(resource);
  auto sku = read_sku(resource, draft);
  if (!sku) return tl::unexpected(std::move(sku.error()));
  annotations.sku = std::move(*sku);
  auto zones = read_zones(resource, draft);
  if (!zones) return tl::unexpected(std::move(zones.error()));
  annotations.zones = std::move(*zones);
  return {};
}

Result<void> read_annotations(const Value& resource, Draft& draft) {
  auto metadata = read_annotation(resource, "resourceMetadata", draft.pointer);
  if (!metadata) return tl::unexpected(std::move(metadata.error()));
  auto tags = read_annotation(resource, "tags", draft.pointer);
  if (!tags) return tl::unexpected(std::move(tags.error()));
  Annotations annotations{std::move(*metadata), std::move(*tags)};
  if (draft.id.realm() == Realm::Azure) {
    if (auto ok = read_azure_annotations(resource, draft, annotations); !ok) return ok;
  }
  if (annotations != Annotations{})
    draft.annotations = std::make_shared<const Annotations>(std::move(annotations));
  return {};
}

Result<Draft> read_child(const Value& item, const ResourceId& parent, Kind kind,
                         std::string pointer) {
  const std::string_view list = info(kind).segment_in(parent.realm());
  if (!item.IsObject())
    return tl::unexpected(
        invalid(pointer, fmt::format("An element of {} is not an object.", list)));
  const std::string_view member = name_member(parent.realm());
  const Value* name = find_member(item, member);
  const auto text = name == nullptr ? std::nullopt : scalar_text(*name);
  if (!text) {
    return tl::unexpected(invalid(fmt::format("{}/{}", pointer, member),
                                  fmt::format("An element of {} needs a {}.", list, member)));
  }
  auto id = parent.child(kind, *text);
  if (!id) {
    id.error().target = fmt::format("{}/{}", pointer, member);
    return tl::unexpected(std::move(id.error()));
  }
  return read_resource(item, *id, std::move(pointer));
}

Result<void> read_children(const Value& properties, Draft& draft) {
  const Realm realm = draft.id.realm();
  for (const KindInfo& row : kinds_in(realm)) {
    if (parent_of(row.kind, realm) != draft.id.kind()) continue;
    const Value* list = find_member(properties, row.segment_in(realm));
    if (list == nullptr || is_blank(*list)) continue;
    const std::string_view segment = row.segment_in(realm);
    const std::string pointer = fmt::format("{}/properties/{}", draft.pointer, segment);
    if (!list->IsArray())
      return tl::unexpected(invalid(pointer, fmt::format("{} is not a list.", segment)));
    DraftChildren children{row.kind, {}};
    for (rapidjson::SizeType i = 0; i < list->Size(); ++i) {
      if ((*list)[i].IsNull()) continue;
      auto child = read_child((*list)[i], draft.id, row.kind, fmt::format("{}/{}", pointer, i));
      if (!child) return tl::unexpected(std::move(child.error()));
      children.items.push_back(std::move(*child));
    }
    draft.children.push_back(std::move(children));
  }
  return {};
}

Result<Draft> read_resource(const Value& resource, const ResourceId& id, std::string pointer) {
  Draft draft{id, std::move(pointer), {}, nullptr, Body(id.kind()), {}};
  if (const Value* chosen = find_member(resource, "instanceId"); chosen && chosen->IsString())
    draft.instance_id = Uuid::parse(text_of(*chosen));
  if (auto ok = read_annotations(resource, draft); !ok)
    return tl::unexpected(std::move(ok.error()));
  const Value* properties = find_member(resource, "properties");
  const std::string inside = draft.pointer + "/properties";
  if (properties != nullptr && !properties->IsObject())
    return tl::unexpected(invalid(inside, "properties is not an object."));
  JsonReader reader(properties, draft.id, inside, Source::Client);
  describe_body(reader, draft.body);
  if (reader.problem()) return tl::unexpected(*reader.problem());
  if (properties == nullptr) return draft;
  if (auto ok = read_children(*properties, draft); !ok)
    return tl::unexpected(std::move(ok.error()));
  return draft;
}

}  // namespace

Result<Draft> read_draft(std::string_view body, const ResourceId& id, const Limits& limits) {
  auto document = parse_json(body, limits);
  if (!document) {
    return fail(ErrorCode::InvalidRequestContent, "", std::move(document.error().message));
  }
  if (!document->IsObject())
    return fail(ErrorCode::InvalidParameterValue, "", "The body is not a JSON object.");
  if (auto ok = check_name(*document, name_member(id.realm()), id.name()); !ok)
    return tl::unexpected(std::move(ok.error()));
  return read_resource(*document, id, "");
}

}  // namespace isthmus::api::json
