#include "tools/isthmus/resource.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace isthmus::cli {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Replaces each {key} of a template by replace(key).
template <class Replace>
std::string expand(std::string_view path, Replace replace) {
  std::string out;
  while (!path.empty()) {
    const size_t open = std::min(path.find('{'), path.size());
    out += path.substr(0, open);
    path.remove_prefix(open);
    if (path.empty()) break;
    const size_t close = path.find('}');
    out += replace(path.substr(1, close - 1));
    path.remove_prefix(close + 1);
  }
  return out;
}

// Everything with a group in its scope needs one.
bool lacks_group(std::string_view scope, const Arguments& arguments) {
  return scope.find("{resource-group}") != std::string_view::npos &&
         !arguments.has("resource-group");
}

std::string target_of(std::string_view scope, std::string_view path, const Arguments& arguments,
                      Realm realm) {
  return request_target(realm, filled(scope, arguments) + filled(path, arguments));
}

// "@name" as the realm spells it.
std::string spelled(std::string_view text, Realm realm) {
  constexpr std::string_view kName = "@name";
  std::string out(text);
  if (const size_t at = out.find(kName); at != std::string::npos)
    out.replace(at, kName.size(), info(realm).name);
  return out;
}

// A word that starts with '/' or a scheme is a reference already.
Result<std::string> reference_of(const Field& field, std::string_view word,
                                 const Arguments& arguments, Realm realm) {
  if (word.starts_with('/') || word.find("://") != std::string_view::npos) return std::string(word);
  for (std::string_view key : parents_of(field.target))
    if (!key.empty() && !arguments.has(key))
      return usage(fmt::format("--{} needs --{}", key_of(field.option), key));
  const std::string path = expand(field.target, [&](std::string_view key) {
    return std::string(key.empty() ? word : arguments.text(key));
  });
  return reference_to(path, arguments, realm);
}

class Body {
 public:
  Body(Json& resource, Realm realm)
      : resource_(resource), memory_(resource.GetAllocator()), realm_(realm) {}

  Realm realm() const { return realm_; }

  void set(std::string_view pointer, std::string_view text) {
    at(pointer).SetString(text.data(), static_cast<rapidjson::SizeType>(text.size()), memory_);
  }
  void set(std::string_view pointer, bool value) { at(pointer).SetBool(value); }
  void set(std::string_view pointer, int64_t value) { at(pointer).SetInt64(value); }
  void set(std::string_view pointer, const std::vector<std::string>& words) {
    Value& list = at(pointer).SetArray();
    for (const std::string& word : words) list.PushBack(Value(word.c_str(), memory_), memory_);
  }
  void set_tags(std::string_view pointer, const std::vector<std::string>& words) {
    Value& tags = at(pointer).SetObject();
    for (const std::string& word : words) {
      const size_t equals = std::min(word.find('='), word.size());
      const std::string value = word.substr(std::min(equals + 1, word.size()));
      if (!word.empty())
        tags.AddMember(Value(word.substr(0, equals).c_str(), memory_),
                       Value(value.c_str(), memory_), memory_);
    }
  }
  void erase(std::string_view pointer) {
    const std::string path = spelled(pointer, realm_);
    rapidjson::Pointer(path.data(), path.size()).Erase(resource_);
  }

 private:
  Value& at(std::string_view pointer) {
    const std::string path = spelled(pointer, realm_);
    return rapidjson::Pointer(path.data(), path.size()).Create(resource_, memory_);
  }
  Json& resource_;
  Json::AllocatorType& memory_;
  Realm realm_;
};

Result<void> apply_switch(const Field& field, std::string_view word, Body& body) {
  const std::optional<bool> on = word.empty() ? true : parse_switch(word);  // the option alone
  if (!on) return usage(fmt::format("--{} is true or false, not '{}'", key_of(field.option), word));
  if (field.encoding == Encoding::Switch)
    body.set(field.pointer, *on);
  else
    body.set(field.pointer, std::string_view(*on ? "Enabled" : "Disabled"));
  return {};
}

Result<void> apply_reference(const Field& field, std::string_view word, const Arguments& arguments,
                             Body& body) {
  const Result<std::string> reference = reference_of(field, word, arguments, body.realm());
  if (!reference) return tl::unexpected(reference.error());
  body.erase(field.pointer);  // it may be a whole embedded object
  body.set(fmt::format("{}/{}", field.pointer, info(body.realm()).reference), *reference);
  return {};
}

Result<void> apply_number(const Field& field, std::string_view word, Body& body) {
  int64_t number = 0;
  const char* const past = word.data() + word.size();
  const auto [end, error] = std::from_chars(word.data(), past, number);
  if (error != std::errc{} || end != past)
    return usage(fmt::format("--{} is a number, not '{}'", key_of(field.option), word));
  body.set(field.pointer, number);
  return {};
}

// Of the member and that of the plural's name, the one that is meant; the other goes.
void apply_one_or_many(const Field& field, const std::vector<std::string>& words, Body& body) {
  const std::string plural = plural_of(field.pointer);
  body.erase(words.size() == 1 ? std::string_view(plural) : field.pointer);
  if (words.size() == 1)
    body.set(field.pointer, std::string_view(words.front()));
  else
    body.set(plural, words);
}

Result<void> apply_member(const Field& field, const Arguments& arguments, Body& body) {
  const std::string_view word = arguments.text(key_of(field.option));
  switch (field.encoding) {
    case Encoding::List:
      body.set(field.pointer, arguments.words(key_of(field.option)));
      return {};
    case Encoding::Switch:
    case Encoding::Enabled:
      return apply_switch(field, word, body);
    case Encoding::Number:
      return apply_number(field, word, body);
    case Encoding::OneOrMany:
      apply_one_or_many(field, arguments.words(key_of(field.option)), body);
      return {};
    case Encoding::Tags:
      body.set_tags(field.pointer, arguments.words(key_of(field.option)));
      return {};
    case Encoding::Text:
    case Encoding::Reference:
      break;
  }
  if (word.empty())
    body.erase(field.pointer);
  else if (field.encoding == Encoding::Reference)
    return apply_reference(field, word, arguments, body);
  else
    body.set(field.pointer, word);
  return {};
}

Result<void> apply_field(const Field& field, const Arguments& arguments, Body& body) {
  if (!field.implied_pointer.empty()) body.set(field.implied_pointer, field.implied_value);
  return apply_member(field, arguments, body);
}

// The fields whose options were given and that this verb may set; those without a pointer only name
// things.
template <class Visit>
Result<void> for_given_fields(const Noun& noun, const Arguments& arguments, Realm realm,
                              Visit visit) {
  for (const Field& field : noun.fields) {
    const bool may_be_set = !field.pointer.empty() && holds_in(field.only_in, realm);
    if (!may_be_set || !arguments.has(key_of(field.option))) continue;
    if (Result<void> done = visit(field); !done) return done;
  }
  return {};
}

}  // namespace

std::string_view Arguments::text(std::string_view key) const {
  const std::vector<std::string>& all = words(key);
  return all.empty() ? std::string_view{} : std::string_view(all.front());
}

const std::vector<std::string>& Arguments::words(std::string_view key) const {
  static const std::vector<std::string> kNone;
  const auto found = values_.find(key);
  return found == values_.end() ? kNone : found->second;
}

std::string_view key_of(const Option& option) {
  std::string_view names = option.names;
  for (size_t comma; (comma = names.find(',')) != std::string_view::npos;) {
    const std::string_view first = names.substr(0, comma);
    if (first.starts_with("--")) return first.substr(2);
    names.remove_prefix(comma + 1);
  }
  return names.starts_with("--") ? names.substr(2) : names;
}

std::vector<std::string_view> parents_of(std::string_view path) {
  std::vector<std::string_view> keys;
  expand(path, [&](std::string_view key) {
    if (key != "name") keys.push_back(key);
    return std::string();
  });
  return keys;
}

std::string filled(std::string_view path, const Arguments& arguments) {
  return expand(path, [&](std::string_view key) { return encoded(arguments.text(key)); });
}

tl::unexpected<Problem> no_group() {
  return tl::unexpected(Problem{Exit::Usage,
                                {},
                                "--resource-group is required in the azure realm",
                                "-g GROUP, or ISTHMUS_GROUP; isthmus group list shows them",
                                {}});
}

std::string item_path(const Noun& noun, const Arguments& arguments, Realm realm) {
  return target_of(scope_of(realm, noun.path), noun.path, arguments, realm);
}

std::string collection_path(const Noun& noun, const Arguments& arguments, Realm realm) {
  const std::string_view scope = scope_of(realm, noun.path);
  return target_of(lacks_group(scope, arguments) ? scope_without_group() : scope,
                   noun.path.substr(0, noun.path.rfind('/')), arguments, realm);
}

Result<std::string> reference_to(std::string_view path, const Arguments& arguments, Realm realm) {
  const std::string_view scope = scope_of(realm, path);
  if (lacks_group(scope, arguments)) return no_group();
  return expand(scope, [&](std::string_view key) { return std::string(arguments.text(key)); }) +
         std::string(path);
}

Result<void> check_group(const Noun& noun, const Arguments& arguments, Realm realm) {
  if (lacks_group(scope_of(realm, noun.path), arguments)) return no_group();
  return {};
}

Result<Json> new_resource(const Noun& noun, const Arguments& arguments, Realm realm) {
  Json resource(rapidjson::kObjectType);
  Body body(resource, realm);
  body.set("/@name", arguments.text("name"));
  Json properties = *parse_json(spelled(noun.skeleton, realm));
  resource.AddMember("properties", Value(properties, resource.GetAllocator()),
                     resource.GetAllocator());
  const Result<void> done = for_given_fields(noun, arguments, realm, [&](const Field& field) {
    return apply_field(field, arguments, body);
  });
  if (!done) return tl::unexpected(done.error());
  return resource;
}

Result<void> change_resource(const Noun& noun, const Arguments& arguments, Realm realm,
                             Json& resource) {
  Body body(resource, realm);
  int changes = 0;
  Result<void> done = for_given_fields(noun, arguments, realm, [&](const Field& field) {
    ++changes;
    return apply_field(field, arguments, body);
  });
  if (!done) return done;
  if (changes == 0) return usage("nothing to change: give an option that says what");
  return {};
}

std::optional<bool> parse_switch(std::string_view word) {
  for (std::string_view yes : {"true", "yes", "on", "1", "t", "y"})
    if (equal_ignoring_case(word, yes)) return true;
  for (std::string_view no : {"false", "no", "off", "0", "f", "n"})
    if (equal_ignoring_case(word, no)) return false;
  return std::nullopt;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace isthmus::cli
