#include "tools/isthmus/realm.h"

#include <fmt/format.h>

#include "tools/isthmus/resource.h"

namespace isthmus::cli {
namespace {

constexpr RealmInfo kRealms[] = {
    {Realm::Onprem, "onprem", "resourceId", "resourceRef"},
    {Realm::Azure, "azure", "name", "id"},
};

constexpr std::string_view kSubscriptionScope = "/subscriptions/{subscription}";
constexpr std::string_view kGroupScope =
    "/subscriptions/{subscription}/resourceGroups/{resource-group}/providers/Microsoft.Network";
constexpr std::string_view kListScope = "/subscriptions/{subscription}/providers/Microsoft.Network";
constexpr std::string_view kAzureVersion = "?api-version=2024-05-01";  // any date is taken

Result<Realm> realm_named(std::string_view word) {
  for (const RealmInfo& row : kRealms)
    if (equal_ignoring_case(row.word, word)) return row.realm;
  return usage(fmt::format("ISTHMUS_REALM is onprem or azure, not '{}'", word));
}

// Which realm was said, and by what; nothing where none was.
struct Said {
  OnlyIn realm;
  std::string_view by;
};

Result<Said> said_by(const RealmWords& words) {
  if (words.names_a_group) {
    if (words.option.empty() || words.option == info(Realm::Azure).word)
      return Said{Realm::Azure, "-g"};
    return usage("-g exists in the azure realm only, and --realm says " + words.option);
  }
  const std::string& word = words.option.empty() ? words.environment : words.option;
  if (word.empty()) return Said{};
  const std::string_view by = words.option.empty() ? "ISTHMUS_REALM" : "--realm";
  return realm_named(word).map([by](Realm realm) { return Said{realm, by}; });
}

std::string first_of(const Value& object, std::initializer_list<const char*> pointers) {
  for (const char* pointer : pointers)
    if (std::string text = text_at(object, pointer); !text.empty()) return text;
  return {};
}

}  // namespace

const RealmInfo& info(Realm realm) { return kRealms[static_cast<size_t>(realm)]; }

std::string_view scope_of(Realm realm, std::string_view path) {
  if (realm == Realm::Onprem) return {};
  return path.starts_with("/resourceGroups") ? kSubscriptionScope : kGroupScope;
}

std::string_view scope_without_group() { return kListScope; }

std::string request_target(Realm realm, std::string_view path) {
  if (realm == Realm::Onprem) return std::string(kControllerPrefix) + std::string(path);
  return std::string(path) + std::string(kAzureVersion);
}

std::string request_target(std::string_view reference) {
  constexpr std::string_view kAzure = "/subscriptions/";
  const bool is_azure = equal_ignoring_case(reference.substr(0, kAzure.size()), kAzure);
  return request_target(is_azure ? Realm::Azure : Realm::Onprem, reference);
}

std::string name_in(const Value& resource) { return first_of(resource, {"/resourceId", "/name"}); }

std::string reference_in(const Value& reference) {
  return first_of(reference, {"/resourceRef", "/id"});
}

Result<Realm> choose_realm(const RealmWords& words, std::string_view what, OnlyIn only_in) {
  const Result<Said> said = said_by(words);
  if (!said) return tl::unexpected(said.error());
  const Realm realm = said->realm.value_or(only_in.value_or(Realm::Onprem));
  if (holds_in(only_in, realm)) return realm;
  return usage(fmt::format("{} exists in the {} realm only, and {} says {}", what,
                           info(*only_in).word, said->by, info(realm).word));
}

}  // namespace isthmus::cli
