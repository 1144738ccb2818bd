#include "controller/model/resource_id.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "controller/base/uuid.h"

namespace isthmus {
namespace {

constexpr size_t kNameBytesMax = 128;  // decisions: N13

constexpr auto kFolded = [] {
  std::array<uint8_t, 256> table{};
  for (int c = 0; c < 256; ++c) {
    table[c] = static_cast<uint8_t>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  table['/'] = 1;  // below every character that a name may hold
  return table;
}();

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr size_t kAzureNameBytesMax = 80;
constexpr size_t kAzureGroupBytesMax = 90;
constexpr std::string_view kProviders = "/providers/";

bool is_word(char c) { return is_letter_or_digit(c) || c == '_'; }

struct Segments {
  std::string_view rest;
  std::string_view next() {
    const size_t slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
    return segment;
  }
};

// Does a type, or one above it, have a spelling of its own in references?
constexpr bool has_reference_spelling(Kind kind) {
  for (; kind != Kind::None; kind = info(kind).parent) {
    if (info(kind).segment != info(kind).reference_segment) return true;
  }
  return false;
}

Error illegal_name(std::string_view name, Kind kind, Realm realm) {
  if (realm == Realm::Azure) {
    return {ErrorCode::InvalidResourceName,
            "/name",
            fmt::format("Resource name {} is invalid. The name can be up to {} characters long. It "
                        "must begin with a word character, and it must end with a word character. "
                        "The name may contain word characters or '.', '-'.",
                        name.substr(0, kNameBytesMax),
                        kind == Kind::ResourceGroup ? kAzureGroupBytesMax : kAzureNameBytesMax),
            "",
            {}};
  }
  return {ErrorCode::InvalidResourceId,
          "/resourceId",
          fmt::format("'{}' is not a legal resource id of a {}.", name.substr(0, kNameBytesMax),
                      info(kind).noun),
          "Use 1 to 128 letters, digits, '.', '_' or '-', starting with a letter or a digit.",
          {}};
}

}  // namespace

bool is_legal_resource_name(std::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax || !is_letter_or_digit(name[0])) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
  });
}

bool is_legal_azure_name(Kind kind, std::string_view name) {
  if (kind == Kind::Subscription) return Uuid::parse(name).has_value();
  const bool is_group = kind == Kind::ResourceGroup;
  if (name.empty() || name.size() > (is_group ? kAzureGroupBytesMax : kAzureNameBytesMax))
    return false;
  const auto may_stand = [is_group](char c) {
    return is_word(c) || c == '.' || c == '-' || (is_group && (c == '(' || c == ')'));
  };
  if (!std::all_of(name.begin(), name.end(), may_stand)) return false;
  return is_group ? name.back() != '.' : is_word(name.front()) && is_word(name.back());
}

std::strong_ordering compare_paths(std::string_view a, std::string_view b) {
  const size_t shared = std::min(a.size(), b.size());
  for (size_t i = 0; i < shared; ++i) {
    const uint8_t x = kFolded[static_cast<uint8_t>(a[i])];
    const uint8_t y = kFolded[static_cast<uint8_t>(b[i])];
    if (x != y) return x <=> y;
  }
  return a.size() <=> b.size();
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::is_eq(compare_paths(a, b));
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::span<const KindInfo> kinds_in(Realm realm) {
  static const auto rows_in = [](Realm of) {
    std::vector<KindInfo> rows;
    for (const KindInfo& row : kKinds) {
      if (row.is_in(of)) rows.push_back(row);
    }
    return rows;
  };
  static const std::vector<KindInfo> onprem = rows_in(Realm::Onprem);
  static const std::vector<KindInfo> azure = rows_in(Realm::Azure);
  return realm == Realm::Azure ? azure : onprem;
}

std::optional<Kind> kind_of_segment(Kind parent, std::string_view segment, Realm realm) {
  for (const KindInfo& row : kKinds) {
    if (row.is_in(realm) && parent_of(row.kind, realm) == parent &&
        equal_ignoring_case(row.segment_in(realm), segment))
      return row.kind;
  }
  return std::nullopt;
}

std::string azure_type(Kind kind) {
  const Kind parent = parent_of(kind, Realm::Azure);
  const std::string_view segment = info(kind).azure_segment;
  const bool is_first =
      parent == Kind::None || kind == Kind::ResourceGroup || parent == Kind::ResourceGroup;
  return fmt::format("{}/{}", is_first ? info(kind).azure_provider : azure_type(parent), segment);
}

Result<ResourceId> ResourceId::parse(std::string_view path, Realm realm) {
  Segments segments{path};
  if (!segments.rest.empty() && segments.rest.front() == '/') segments.rest.remove_prefix(1);
  if (!segments.rest.empty() && segments.rest.back() == '/') segments.rest.remove_suffix(1);
  const auto no_resource = [path] {
    return fail(ErrorCode::ResourceNotFound, "",
                fmt::format("'{}' does not name a resource.", path));
  };
  ResourceId id(realm, Kind::None, "");
  while (!segments.rest.empty()) {
    std::string_view segment = segments.next();
    std::string_view provider;
    if (id.kind_ == Kind::ResourceGroup) {  // the provider of the type stands before it
      if (!equal_ignoring_case(segment, "providers")) return no_resource();
      provider = segments.next();
      segment = segments.next();
    }
    const auto kind = kind_of_segment(id.kind_, segment, realm);
    if (!kind || segments.rest.empty()) return no_resource();
    if (id.kind_ == Kind::ResourceGroup &&
        !equal_ignoring_case(provider, info(*kind).azure_provider))
      return no_resource();
    auto next = id.child(*kind, segments.next());
    if (!next) return next;
    id = std::move(*next);
  }
  if (id.empty())
    return fail(ErrorCode::ResourceNotFound, "", "An empty path does not name a resource.");
  return id;
}

Result<ResourceId> ResourceId::make(Kind top_level, std::string_view name, Realm realm) {
  return ResourceId(realm, Kind::None, "").child(top_level, name);
}

Result<ResourceId> ResourceId::child(Kind kind, std::string_view name) const {
  const bool is_legal =
      realm_ == Realm::Azure ? is_legal_azure_name(kind, name) : is_legal_resource_name(name);
  if (!is_legal) return tl::unexpected(illegal_name(name, kind, realm_));
  const bool has_provider = kind_ == Kind::ResourceGroup;
  return ResourceId(realm_, kind,
                    fmt::format("{}{}{}/{}/{}", path_, has_provider ? kProviders : "",
                                has_provider ? info(kind).azure_provider : "",
                                info(kind).segment_in(realm_), name));
}

std::string_view ResourceId::name() const {
  return std::string_view(path_).substr(path_.rfind('/') + 1);
}

ResourceId ResourceId::parent() const {
  const Kind parent = empty() ? Kind::None : parent_of(kind_, realm_);
  if (parent == Kind::None) return {};
  const size_t name_slash = path_.rfind('/');
  size_t end = path_.rfind('/', name_slash - 1);
  if (parent == Kind::ResourceGroup) end -= kProviders.size() + info(kind_).azure_provider.size();
  return ResourceId(realm_, parent, path_.substr(0, end));
}

ResourceId ResourceId::ancestor(Kind kind) const {
  ResourceId id = *this;
  while (!id.empty() && id.kind_ != kind) id = id.parent();
  return id;
}

bool ResourceId::contains(const ResourceId& other) const {
  if (realm_ != other.realm_ || other.path_.size() < path_.size()) return false;
  if (!equal_ignoring_case(path_, std::string_view(other.path_).substr(0, path_.size())))
    return false;
  return other.path_.size() == path_.size() || other.path_[path_.size()] == '/';
}

std::string ResourceId::reference() const {
  if (empty() || realm_ == Realm::Azure || !has_reference_spelling(kind_)) return path_;
  const KindInfo& row = info(kind_);
  return fmt::format("{}/{}/{}", parent().reference(), row.reference_segment, name());
}

std::string ResourceId::key() const {
  std::string key = realm_ == Realm::Onprem ? "onprem:" : "azure:";
  for (char c : path_) key += c == '/' ? '/' : static_cast<char>(kFolded[static_cast<uint8_t>(c)]);
  return key;
}

std::strong_ordering operator<=>(const ResourceId& a, const ResourceId& b) {
  if (a.realm_ != b.realm_) return a.realm_ <=> b.realm_;
  return compare_paths(a.path_, b.path_);
}

}  // namespace isthmus
