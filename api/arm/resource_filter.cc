#include "api/arm/resource_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "controller/model/text.h"

namespace isthmus::api::arm {
namespace {

bool same(std::string_view a, std::string_view b) { return equal_ignoring_case(a, b); }

template <class Holds>
bool has_tag(const Resource& resource, const Holds& holds) {
  if (!resource.annotations) return false;
  const auto& tags = resource.annotations->tags;
  return std::any_of(tags.begin(), tags.end(), holds);
}

struct Name {
  std::string_view name;
  bool (*holds)(const Resource& resource, std::string_view value);
};
constexpr std::array kNames = {
    Name{"resourceGroup",
         [](const Resource& resource, std::string_view value) {
           return same(resource.id.ancestor(Kind::ResourceGroup).name(), value);
         }},
    Name{"resourceType",
         [](const Resource& resource, std::string_view value) {
           return same(azure_type(resource.kind()), value);
         }},
    Name{"name", [](const Resource& resource,
                    std::string_view value) { return same(resource.id.name(), value); }},
    Name{"location",
         [](const Resource& resource, std::string_view value) {
           return resource.annotations && same(resource.annotations->location, value);
         }},
    Name{"tagName",
         [](const Resource& resource, std::string_view value) {
           return has_tag(resource, [value](const auto& tag) { return same(tag.first, value); });
         }},
    Name{"tagValue",
         [](const Resource& resource, std::string_view value) {
           return has_tag(resource, [value](const auto& tag) { return same(tag.second, value); });
         }},
};

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::string_view word_of(std::string_view& text) {
  text = trimmed(text);
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

// 'it''s': quotes inside are doubled.
std::optional<std::string> quoted_of(std::string_view& text) {
  text = trimmed(text);
  if (!text.starts_with('\'')) return std::nullopt;
  std::string value;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] != '\'') {
      value += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '\'') {
      value += text[i++];
    } else {
      text.remove_prefix(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

tl::unexpected<Error> refused(std::string_view text) {
  std::string names;
  for (const Name& row : kNames) names += fmt::format("{}{}", names.empty() ? "" : ", ", row.name);
  return fail(ErrorCode::InvalidParameterValue, "$filter",
              fmt::format("{} is not a filter of resources.", in_quotes(text)),
              fmt::format("Write NAME eq 'VALUE' and ...; the names are {}.", names));
}

}  // namespace

Result<ResourceFilter> ResourceFilter::parse(std::string_view text) {
  ResourceFilter filter;
  std::string_view rest = trimmed(text);
  while (!rest.empty()) {
    const std::string_view name = word_of(rest);
    const auto row = std::find_if(kNames.begin(), kNames.end(),
                                  [name](const Name& known) { return same(known.name, name); });
    if (row == kNames.end() || !same(word_of(rest), "eq")) return refused(text);
    auto value = quoted_of(rest);
    if (!value) return refused(text);
    filter.terms_.push_back({row->holds, std::move(*value)});
    if (trimmed(rest).empty()) break;
    if (!same(word_of(rest), "and") || trimmed(rest).empty()) return refused(text);
  }
  return filter;
}

bool ResourceFilter::holds(const Resource& resource) const {
  return std::all_of(terms_.begin(), terms_.end(),
                     [&](const Term& term) { return term.holds(resource, term.value); });
}

}  // namespace isthmus::api::arm
