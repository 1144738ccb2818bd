#include "api/json/json_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "controller/rules/apply.h"

namespace isthmus::api::json {
namespace {

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

// Ids of other realms and controllers: absolute URIs, and what the other realm names.
bool belongs_elsewhere(std::string_view text, Realm realm) {
  if (realm == Realm::Azure) return !starts_with_ignoring_case(text, "/subscriptions/");
  return text.find("://") != std::string_view::npos ||
         starts_with_ignoring_case(text, "/subscriptions/") ||
         starts_with_ignoring_case(text, "/providers/");
}

// "/networking/v1/virtualNetworks/red" -> "/virtualNetworks/red": some clients send the whole path.
std::string_view without_version(std::string_view path) {
  constexpr std::string_view kRoot = "/networking/";
  if (!starts_with_ignoring_case(path, kRoot)) return path;
  const size_t slash = path.find('/', kRoot.size());
  return slash == std::string_view::npos ? std::string_view() : path.substr(slash);
}

// "/virtualNetworks/{id}/subnets/{id}", for messages.
std::string path_form(Kind kind) {
  if (kind == Kind::None) return "";
  return fmt::format("{}/{}/{{id}}", path_form(info(kind).parent), info(kind).segment);
}

bool has_member(const Value& object, std::string_view name) {
  const auto members = object.GetObject();
  return std::any_of(members.begin(), members.end(), [name](const auto& member) {
    return equal_ignoring_case(text_of(member.name), name);
  });
}

}  // namespace

const Value* find_member(const Value& object, std::string_view name) {
  if (!object.IsObject()) return nullptr;
  for (const auto& member : object.GetObject()) {
    if (equal_ignoring_case(text_of(member.name), name))
      return member.value.IsNull() ? nullptr : &member.value;
  }
  return nullptr;
}

Result<void> check_name(const Value& body, std::string_view member, std::string_view name) {
  const Value* given = find_member(body, member);
  if (given == nullptr || is_blank(*given)) return {};
  const auto text = scalar_text(*given);
  if (text && equal_ignoring_case(*text, name)) return {};
  return fail(ErrorCode::InvalidParameterValue, fmt::format("/{}", member),
              fmt::format("The {} {} of the body is not the '{}' of the URI.", member,
                          text ? in_quotes(*text) : "", name));
}

bool is_blank(const Value& value) { return value.IsString() && value.GetStringLength() == 0; }

std::optional<std::string> scalar_text(const Value& value) {
  if (value.IsString()) return std::string(text_of(value));
  if (value.IsBool()) return value.GetBool() ? "true" : "false";
  if (value.IsUint64()) return std::to_string(value.GetUint64());
  if (value.IsInt64()) return std::to_string(value.GetInt64());
  if (value.IsDouble()) return fmt::format("{}", value.GetDouble());
  return std::nullopt;
}

std::optional<bool> to_bool(const Value& value) {
  if (value.IsBool()) return value.GetBool();
  if (!value.IsString()) return std::nullopt;
  if (equal_ignoring_case(text_of(value), "true")) return true;
  if (equal_ignoring_case(text_of(value), "false")) return false;
  return std::nullopt;
}

std::optional<uint64_t> to_unsigned(const Value& value, uint64_t max) {
  uint64_t number = 0;
  if (value.IsUint64()) {
    number = value.GetUint64();
  } else if (value.IsDouble()) {  // 101.0: some languages have no other numbers
    const double real = value.GetDouble();
    constexpr double kExactMax = 9007199254740992.0;  // 2^53
    if (!(real >= 0 && real <= kExactMax) || real != std::floor(real)) return std::nullopt;
    number = static_cast<uint64_t>(real);
  } else if (value.IsString()) {
    const std::string_view text = text_of(value);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  } else {
    return std::nullopt;
  }
  return number <= max ? std::optional(number) : std::nullopt;
}

std::string with_article(std::string_view noun) {
  const bool vowel = std::string_view("aeiouAEIOU").find(noun.front()) != std::string_view::npos;
  return fmt::format("{} {}", vowel ? "an" : "a", noun);
}

const Value* JsonReader::given(std::string_view name, Presence presence) {
  const bool is_ours = presence == Presence::ReadOnly || presence == Presence::Hidden;
  if (problem_ || (is_ours && source_ == Source::Client)) return nullptr;
  const Value* value = object_ == nullptr ? nullptr : find_member(*object_, name);
  if (value != nullptr && presence != Presence::Required && is_blank(*value)) return nullptr;
  if (value == nullptr && presence == Presence::Required) {
    std::string owner = with_article(owner_.noun);
    owner.front() = 'A';
    problem_ = Error{ErrorCode::InvalidParameterValue,
                     fmt::format("{}/{}", pointer_, name),
                     fmt::format("{} needs {}, which is missing.", owner, name),
                     "",
                     {}};
  }
  return value;
}

void JsonReader::read(const Value& value, bool& field) {
  if (const auto known = to_bool(value)) {
    field = *known;
  } else if (const auto text = scalar_text(value)) {
    refuse(*text, "write true or false");
  } else {
    refuse_form("true or false");
  }
}

void JsonReader::reference(std::string_view name, ResourceId& target, Presence presence,
                           Kinds kinds, Hold) {
  if (name == kItself) {
    if (object_ != nullptr && !problem_) read_reference(*object_, target, presence, kinds);
    return;
  }
  const Value* value = given(name, presence);
  if (value == nullptr) return;
  const Step step(*this, name);
  read_reference(*value, target, presence, kinds);
}

// An empty reference in a list is none.
void JsonReader::references(std::string_view name, std::vector<ResourceId>& targets, Kinds kinds,
                            Shown) {
  each(name, [&](const Value& value) {
    ResourceId target;
    read_reference(value, target, Presence::Optional, kinds);
    if (!target.empty()) targets.push_back(std::move(target));
  });
}

void JsonReader::read_reference(const Value& value, ResourceId& target, Presence presence,
                                Kinds kinds) {
  const std::string_view kForm = owner_.realm == Realm::Azure
                                     ? R"(a reference: {"id": "/subscriptions/..."})"
                                     : R"(a reference: {"resourceRef": "/..."})";
  if (!value.IsObject()) return refuse_form(kForm);
  const std::string_view name = reference_name(owner_.realm);
  const Value* text = find_member(value, name);
  if (text == nullptr || is_blank(*text)) {
    // {} and an empty resourceRef mean no reference; another object is a mistake worth telling.
    const bool means_none = value.MemberCount() == 0 || has_member(value, name);
    if (!means_none || presence == Presence::Required) refuse_form(kForm);
    return;
  }
  if (!text->IsString()) return refuse_form(kForm);
  auto id = parse_reference(text_of(*text), kinds);
  if (id) {
    target = std::move(*id);
    return;
  }
  problem_ = std::move(id.error());
}

// Paths of properties are written with dots in Azure's messages.
Result<ResourceId> JsonReader::invalid_azure_id(std::string_view text) const {
  std::string path = pointer_.substr(std::min<size_t>(1, pointer_.size()));
  std::replace(path.begin(), path.end(), '/', '.');
  return fail(ErrorCode::LinkedInvalidPropertyId, pointer_ + "/id",
              fmt::format("Property id {} at path '{}.id' is invalid. Expect fully qualified "
                          "resource Id that start with '/subscriptions/{{subscriptionId}}' or "
                          "'/providers/{{resourceProviderNamespace}}/'.",
                          in_quotes(text), path));
}

Result<ResourceId> JsonReader::parse_reference(std::string_view text, Kinds kinds) const {
  const bool elsewhere = belongs_elsewhere(text, owner_.realm);
  auto id =
      elsewhere ? Result<ResourceId>() : ResourceId::parse(without_version(text), owner_.realm);
  if (!elsewhere && id) return id;
  if (owner_.realm == Realm::Azure) return invalid_azure_id(text);
  const auto how = elsewhere ? BrokenReference::OtherController : BrokenReference::Missing;
  return fail(
      reference_error(owner_.kind, place_.name, how), pointer_,
      fmt::format(
          "{} in {} of {} {}.", in_quotes(text), place_.name, with_article(owner_.noun),
          elsewhere ? "is not a resource of this Network Controller" : "does not name a resource"),
      fmt::format("Write {}.", path_form(*kinds.begin())));
}

// The texts of Azure, which quote nothing.
void JsonReader::refuse_azure_prefix(std::string_view text) {
  if (problem_) return;
  const std::string quoted = in_quotes(text);
  const std::string_view shown = std::string_view(quoted).substr(1, quoted.size() - 2);
  if (const auto cidr = net::parse_cidr(text)) {
    problem_ = Error{
        ErrorCode::InvalidCIDRNotation,
        pointer_,
        fmt::format("The address prefix {} in resource {} has an invalid CIDR notation. For the "
                    "given prefix length, the address prefix should be {}.",
                    shown, owner_.path,
                    net::Prefix::containing(cidr->address, cidr->length).to_string()),
        "",
        {}};
  } else {
    problem_ =
        Error{ErrorCode::InvalidAddressPrefixFormat,
              pointer_,
              fmt::format("Address prefix {} of resource {} is not formatted correctly. It should "
                          "follow CIDR notation, for example 10.0.0.0/24.",
                          shown, owner_.path),
              "",
              {}};
  }
}

void JsonReader::refuse(std::string_view shown, std::string_view why) {
  if (problem_) return;
  problem_ = Error{ErrorCode::InvalidParameterValue,
                   pointer_,
                   fmt::format("{} is not {} {} of {}: {}.", in_quotes(shown),
                               place_.in_list ? "valid in" : "a valid", place_.name,
                               with_article(owner_.noun), why),
                   "",
                   {}};
}

void JsonReader::refuse_form(std::string_view wanted) {
  if (problem_) return;
  problem_ = Error{ErrorCode::InvalidParameterValue,
                   pointer_,
                   fmt::format("{}{} of {} is not {}.", place_.in_list ? "An element of " : "",
                               place_.name, with_article(owner_.noun), wanted),
                   "",
                   {}};
}

void JsonReader::refuse_number(const Value& value, uint64_t max) {
  const auto text = scalar_text(value);
  if (!text) return refuse_form("a number");
  refuse(*text, fmt::format("write a whole number from 0 to {}", max));
}

}  // namespace isthmus::api::json
