#include "tools/isthmus/nouns.h"

#include <algorithm>

namespace isthmus::cli {
namespace {

std::string group_in(std::string_view id) {
  constexpr std::string_view kGroups = "/resourceGroups/";
  const size_t at = id.find(kGroups);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = id.substr(at + kGroups.size());
  return std::string(rest.substr(0, rest.find('/')));
}

std::string reference_at(const Value& resource, std::string_view pointer) {
  const Value* reference = find(resource, pointer);
  if (reference == nullptr) return {};
  return reference->IsObject() ? reference_in(*reference) : as_cell(*reference);
}

}  // namespace

std::span<const Noun> nouns() {
  static const std::vector<Noun> kAll = [] {
    std::vector<Noun> all;
    for (const auto& some : {network_nouns(), access_nouns(), interface_nouns()})
      all.insert(all.end(), some.begin(), some.end());
    return all;
  }();
  return kAll;
}

const Noun* find_noun(std::string_view words) {
  for (const Noun& noun : nouns())
    if (noun.words == words) return &noun;
  return nullptr;
}

std::string_view last_segment(std::string_view reference) {
  return reference.substr(reference.rfind('/') + 1);
}

std::string short_reference(std::string_view reference) {
  constexpr std::string_view kProvider = "/providers/Microsoft.Network";
  const size_t provider = reference.find(kProvider);
  const size_t start = provider == std::string_view::npos ? 0 : provider + kProvider.size();
  return std::string(reference.substr(start));
}

std::string plural_of(std::string_view pointer) {
  return std::string(pointer) + (pointer.ends_with('x') ? "es" : "s");
}

std::vector<Column> columns_in(Realm realm, std::span<const Column> columns) {
  std::vector<Column> some;
  std::copy_if(columns.begin(), columns.end(), std::back_inserter(some),
               [realm](const Column& column) { return holds_in(column.only_in, realm); });
  return some;
}

std::string cell(const Column& column, const Value& resource) {
  switch (column.show) {
    case Column::Show::Text:
      return text_at(resource, column.pointer);
    case Column::Show::OneOrMany: {
      const std::string one = text_at(resource, column.pointer);
      const Value* many = find(resource, plural_of(column.pointer));
      return one.empty() && many != nullptr ? as_cell(*many) : one;
    }
    case Column::Show::OwnName:
      return name_in(resource);
    case Column::Show::Name:
      return std::string(last_segment(reference_at(resource, column.pointer)));
    case Column::Show::Path:
      return short_reference(reference_at(resource, column.pointer));
    case Column::Show::Group:
      return group_in(reference_in(resource));
    case Column::Show::Count: {
      const Value* value = find(resource, column.pointer);
      return std::to_string(value != nullptr && value->IsArray() ? value->Size() : 0);
    }
  }
  return {};
}

}  // namespace isthmus::cli
