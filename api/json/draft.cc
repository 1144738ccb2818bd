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

Result<void> read_annotations(const Value& resource, Draft& draft) {
  auto metadata = read_annotation(resource, "resourceMetadata", draft.pointer);
  if (!metadata) return tl::unexpected(std::move(metadata.error()));
  auto tags = read_annotation(resource, "tags", draft.pointer);
  if (!tags) return tl::unexpected(std::move(tags.error()));
  if (metadata->empty() && tags->empty()) return {};
  draft.annotations =
      std::make_shared<const Annotations>(Annotations{std::move(*metadata), std::move(*tags)});
  return {};
}

Result<Draft> read_child(const Value& item, const ResourceId& parent, Kind kind,
                         std::string pointer) {
  const KindInfo& row = info(kind);
  if (!item.IsObject()) {
    return tl::unexpected(
        invalid(pointer, fmt::format("An element of {} is not an object.", row.segment)));
  }
  const Value* name = find_member(item, "resourceId");
  const auto text = name == nullptr ? std::nullopt : scalar_text(*name);
  if (!text) {
    return tl::unexpected(invalid(
        pointer + "/resourceId", fmt::format("An element of {} needs a resourceId.", row.segment)));
  }
  auto id = parent.child(kind, *text);
  if (!id) {
    id.error().target = pointer + "/resourceId";
    return tl::unexpected(std::move(id.error()));
  }
  return read_resource(item, *id, std::move(pointer));
}

Result<void> read_children(const Value& properties, Draft& draft) {
  for (const KindInfo& row : kKinds) {
    if (row.parent != draft.id.kind()) continue;
    const Value* list = find_member(properties, row.segment);
    if (list == nullptr || is_blank(*list)) continue;
    const std::string pointer = fmt::format("{}/properties/{}", draft.pointer, row.segment);
    if (!list->IsArray())
      return tl::unexpected(invalid(pointer, fmt::format("{} is not a list.", row.segment)));
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
  if (auto ok = check_name(*document, id.name()); !ok) return tl::unexpected(std::move(ok.error()));
  return read_resource(*document, id, "");
}

}  // namespace isthmus::api::json
