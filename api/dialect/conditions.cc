#include "api/dialect/conditions.h"

namespace isthmus::api::dialect {
namespace {

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// W/"x", "x" or, from lenient clients, x. A * in quotes is a tag, which nothing has: it does not
// mean any.
std::string opaque_tag(std::string_view tag) {
  if (tag.starts_with("W/") || tag.starts_with("w/")) tag.remove_prefix(2);
  if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"' && tag != R"("*")")
    tag = tag.substr(1, tag.size() - 2);
  return std::string(tag);
}

// The elements of a list in which quoted text may hold commas.
std::vector<std::string> split_tags(std::string_view list) {
  std::vector<std::string> tags;
  size_t start = 0;
  bool quoted = false;
  for (size_t i = 0; i <= list.size(); ++i) {
    if (i < list.size() && list[i] == '"') quoted = !quoted;
    if (i < list.size() && (quoted || list[i] != ',')) continue;
    tags.push_back(opaque_tag(trimmed(list.substr(start, i - start))));
    start = i + 1;
  }
  return tags;
}

}  // namespace

Precondition read_conditions(const http::Headers& headers) {
  Precondition condition;
  const auto add = [](std::vector<std::string>& tags, const http::Header& field) {
    // An empty field is an empty tag, which nothing has: a condition never goes lost.
    for (std::string& tag : split_tags(field.value)) tags.push_back(std::move(tag));
  };
  for (const http::Header& field : headers) {
    if (http::equal_without_case(field.name, "If-Match")) add(condition.if_match, field);
    if (http::equal_without_case(field.name, "If-None-Match")) add(condition.if_none_match, field);
  }
  return condition;
}

}  // namespace isthmus::api::dialect
