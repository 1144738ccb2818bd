#include "api/access/principals.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <ctime>
#include <map>

namespace isthmus::api::access {
namespace {

constexpr size_t kNameLengthMax = 64;
constexpr std::string_view kDigestForm = "64 hexadecimal digits, the SHA-256 of it";

// What is wrong with a place of the file.
struct Wrong {
  YAML::Mark mark;
  std::string what;
};

// A member of an item: false when the text is not a value of it.
struct Member {
  std::string_view name;
  std::string_view legal;  // ends the sentence "'x' is not ..."
  bool (*assign)(Principal&, std::string_view);
};

constexpr Member kMembers[] = {
    {"name", "a name: letters, digits and . _ - @, at most 64 of them",
     [](Principal& p, std::string_view text) {
       p.name = text;
       return is_principal_name(text);
     }},
    {"role", "reader, contributor or owner",
     [](Principal& p, std::string_view text) {
       const auto role = role_named(text);
       p.role = role.value_or(Role::Reader);
       return role.has_value();
     }},
    {"token-sha256", kDigestForm,
     [](Principal& p, std::string_view text) {
       p.token = digest_from_hex(text);
       return p.token.has_value();
     }},
    {"certificate", kDigestForm,
     [](Principal& p, std::string_view text) {
       p.certificate = digest_from_hex(text);
       return p.certificate.has_value();
     }},
    {"expires", "a time such as 2027-01-01T00:00:00Z",
     [](Principal& p, std::string_view text) {
       p.expires_ms = time_from_text(text);
       return p.expires_ms.has_value();
     }},
};

std::string member_names() {
  std::string names;
  for (const Member& member : kMembers) names.append(names.empty() ? "" : ", ").append(member.name);
  return names;
}

void read_member(Principal& principal, const YAML::Node& key, const YAML::Node& value) {
  const std::string name = key.IsScalar() ? key.Scalar() : "";
  const auto member = std::find_if(std::begin(kMembers), std::end(kMembers),
                                   [&](const Member& m) { return m.name == name; });
  if (member == std::end(kMembers))
    throw Wrong{key.Mark(),
                fmt::format("a principal has no '{}'; it has {}", name, member_names())};
  const std::string text = value.IsScalar() ? value.Scalar() : "";
  if (!member->assign(principal, text))
    throw Wrong{value.Mark(), fmt::format("{}: '{}' is not {}", name, text, member->legal)};
}

Principal read_principal(const YAML::Node& item) {
  if (!item.IsMap())
    throw Wrong{item.Mark(),
                "a principal is expected, as in {name: ci, role: reader, token-sha256: ...}"};
  Principal principal;
  std::map<std::string, int> seen;
  for (const auto& member : item) {
    if (member.first.IsScalar() && ++seen[member.first.Scalar()] > 1)
      throw Wrong{member.first.Mark(), member.first.Scalar() + " is given twice"};
    read_member(principal, member.first, member.second);
  }
  for (const char* needed : {"name", "role"})
    if (seen[needed] == 0) throw Wrong{item.Mark(), fmt::format("the {} is missing", needed)};
  if (!principal.token && !principal.certificate)
    throw Wrong{item.Mark(),
                fmt::format("'{}' has neither token-sha256 nor certificate", principal.name)};
  return principal;
}

// Two of one name could not be told apart in the journal, and two of one token not at all.
void check_against(const Principals& others, const Principal& added, const YAML::Mark& mark) {
  for (const Principal& other : others) {
    if (other.name == added.name)
      throw Wrong{mark, fmt::format("there is a principal '{}' already", added.name)};
    if ((added.token && other.token == added.token) ||
        (added.certificate && other.certificate == added.certificate))
      throw Wrong{mark,
                  fmt::format("'{}' has the token or certificate of '{}'", added.name, other.name)};
  }
}

Principals read_list(const YAML::Node& root) {
  Principals principals;
  if (root.IsNull()) return principals;  // an empty file lets nobody in
  if (!root.IsSequence())
    throw Wrong{root.Mark(), "a list of principals is expected: lines that start with '- '"};
  for (const YAML::Node& item : root) {
    Principal principal = read_principal(item);
    check_against(principals, principal, item.Mark());
    principals.push_back(std::move(principal));
  }
  return principals;
}

const Principal* with_digest(const Principals& principals, std::optional<Digest> Principal::*member,
                             const Digest& digest) {
  const Principal* found = nullptr;
  for (const Principal& principal : principals) {
    const std::optional<Digest>& own = principal.*member;
    if (equal_in_constant_time(own.value_or(Digest{}), digest) && own) found = &principal;
  }
  return found;
}

}  // namespace

tl::expected<Principals, std::string> parse_principals(const std::string& text) {
  const auto at = [](const YAML::Mark& mark, const std::string& what) {
    return tl::unexpected(mark.is_null() ? what : fmt::format("line {}: {}", mark.line + 1, what));
  };
  try {
    return read_list(YAML::Load(text));
  } catch (const Wrong& wrong) {
    return at(wrong.mark, wrong.what);
  } catch (const YAML::Exception& error) {
    return at(error.mark, error.msg);
  }
}

std::string to_line(const Principal& principal) {
  std::string line =
      fmt::format("- {{name: {}, role: {}", principal.name, to_string(principal.role));
  if (principal.token) line += ", token-sha256: " + to_hex(*principal.token);
  if (principal.certificate) line += ", certificate: " + to_hex(*principal.certificate);
  if (principal.expires_ms) line += ", expires: " + time_text(*principal.expires_ms);
  return line + "}";
}

bool is_principal_name(std::string_view name) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-@";
  return !name.empty() && name.size() <= kNameLengthMax &&
         name.find_first_not_of(kLetters) == std::string_view::npos &&
         kLetters.find(name.front()) < kLetters.size() - 4;
}

const Principal* with_token(const Principals& principals, const Digest& token) {
  return with_digest(principals, &Principal::token, token);
}

const Principal* with_certificate(const Principals& principals, const Digest& certificate) {
  return with_digest(principals, &Principal::certificate, certificate);
}

std::optional<int64_t> time_from_text(std::string_view text) {
  const std::string whole = std::string(text) + (text.size() == 10 ? "T00:00:00Z" : "");
  std::tm tm{};
  const char* end = strptime(whole.c_str(), "%Y-%m-%dT%H:%M:%SZ", &tm);
  if (end == nullptr || *end != '\0') return std::nullopt;
  const std::time_t seconds = timegm(&tm);
  // Also what strptime forgives: "2027-2-1", and the 31st of a month that has 30 days.
  if (time_text(seconds * 1000) != whole) return std::nullopt;
  return int64_t{seconds} * 1000;
}

std::string time_text(int64_t time_ms) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(static_cast<std::time_t>(time_ms / 1000)));
}

}  // namespace isthmus::api::access
