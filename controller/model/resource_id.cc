#include "controller/model/resource_id.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

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

Error illegal_name(std::string_view name, Kind kind) {
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

std::optional<Kind> kind_of_segment(Kind parent, std::string_view segment) {
  for (const KindInfo& row : kKinds) {
    if (row.parent == parent && equal_ignoring_case(row.segment, segment)) return row.kind;
  }
  return std::nullopt;
}

Result<ResourceId> ResourceId::parse(std::string_view path, Realm realm) {
  Segments segments{path};
  if (!segments.rest.empty() && segments.rest.front() == '/') segments.rest.remove_prefix(1);
  if (!segments.rest.empty() && segments.rest.back() == '/') segments.rest.remove_suffix(1);
  ResourceId id(realm, Kind::None, "");
  while (!segments.rest.empty()) {
    const std::string_view segment = segments.next();
    const auto kind = kind_of_segment(id.kind_, segment);
    if (!kind || segments.rest.empty()) {
      return fail(ErrorCode::ResourceNotFound, "",
                  fmt::format("'{}' does not name a resource.", path));
    }
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
  if (!is_legal_resource_name(name)) return tl::unexpected(illegal_name(name, kind));
  return ResourceId(realm_, kind, fmt::format("{}/{}/{}", path_, info(kind).segment, name));
}

std::string_view ResourceId::name() const {
  return std::string_view(path_).substr(path_.rfind('/') + 1);
}

ResourceId ResourceId::parent() const {
  if (empty() || info(kind_).parent == Kind::None) return {};
  const size_t name_slash = path_.rfind('/');
  return ResourceId(realm_, info(kind_).parent, path_.substr(0, path_.rfind('/', name_slash - 1)));
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
  if (empty() || !has_reference_spelling(kind_)) return path_;
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
