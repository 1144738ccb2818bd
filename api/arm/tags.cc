#include "api/arm/tags.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/json/json_reader.h"
#include "api/json/json_text.h"
#include "api/json/parse.h"
#include "controller/model/text.h"

namespace isthmus::api::arm {
namespace {

using Operation = TagChange::Operation;

struct OperationName {
  std::string_view name;
  Operation operation;
};
constexpr OperationName kOperations[] = {
    {"Merge", Operation::Merge}, {"Replace", Operation::Replace}, {"Delete", Operation::Delete}};

Result<Operation> read_operation(const json::Value& body) {
  const json::Value* given = json::find_member(body, "operation");
  if (given == nullptr) return Operation::Replace;
  const std::string text = json::scalar_text(*given).value_or("");
  for (const OperationName& row : kOperations) {
    if (equal_ignoring_case(row.name, text)) return row.operation;
  }
  return fail(ErrorCode::InvalidParameterValue, "/operation",
              fmt::format("{} is not an operation on tags.", in_quotes(text)),
              "Use one of Merge, Replace, Delete.");
}

auto find(Tags& tags, std::string_view name) {
  return std::find_if(tags.begin(), tags.end(),
                      [name](const auto& tag) { return equal_ignoring_case(tag.first, name); });
}

Result<Tags> read_tags(const json::Value& tags, std::string pointer) {
  if (!tags.IsObject())
    return fail(ErrorCode::InvalidParameterValue, std::move(pointer), "tags is not an object.");
  Tags read;
  for (const auto& member : tags.GetObject())
    read.emplace_back(json::text_of(member.name), json::scalar_text(member.value).value_or(""));
  return read;
}

}  // namespace

Tags TagChange::applied_to(Tags before) const {
  if (operation == Operation::Replace) return tags;
  for (const auto& [name, text] : tags) {
    const auto present = find(before, name);
    if (operation == Operation::Merge) {
      if (present == before.end()) {
        before.emplace_back(name, text);
      } else {
        present->second = text;
      }
    } else if (present != before.end() && (text.empty() || present->second == text)) {
      before.erase(present);
    }
  }
  return before;
}

Result<TagChange> read_tag_change(std::string_view body, const json::Limits& limits) {
  const auto document = json::parse_json(body, limits);
  if (!document) return fail(ErrorCode::InvalidRequestContent, "", document.error().message);
  TagChange change;
  auto operation = read_operation(*document);
  if (!operation) return tl::unexpected(std::move(operation.error()));
  change.operation = *operation;
  const json::Value* properties = json::find_member(*document, "properties");
  const json::Value* tags = properties ? json::find_member(*properties, "tags") : nullptr;
  if (tags == nullptr) return change;
  auto read = read_tags(*tags, "/properties/tags");
  if (!read) return tl::unexpected(std::move(read.error()));
  change.tags = std::move(*read);
  return change;
}

Result<std::optional<TagChange>> read_patched_tags(std::string_view body,
                                                   const json::Limits& limits) {
  const auto document = json::parse_json(body, limits);
  if (!document) return fail(ErrorCode::InvalidRequestContent, "", document.error().message);
  const json::Value* tags = json::find_member(*document, "tags");
  if (tags == nullptr) return std::nullopt;
  auto read = read_tags(*tags, "/tags");
  if (!read) return tl::unexpected(std::move(read.error()));
  return TagChange{Operation::Replace, std::move(*read)};
}

std::string tags_text(const Resource& resource) {
  json::JsonText out;
  out.object()
      .text("id", fmt::format("{}/providers/Microsoft.Resources/tags/default", resource.id.path()))
      .text("name", "default")
      .text("type", "Microsoft.Resources/tags");
  out.key("properties").object().key("tags").object();
  if (resource.annotations) {
    for (const auto& [name, text] : resource.annotations->tags) out.text(name, text);
  }
  out.end_object().end_object().end_object();
  return out.take();
}

}  // namespace isthmus::api::arm
