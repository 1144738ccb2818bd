#include "api/access/policy.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "controller/base/uuid.h"
#include "controller/model/resource_id.h"

namespace isthmus::api::access {
namespace {

// What is wrong with a place of the file.
struct Wrong {
  YAML::Mark mark;
  std::string what;
};

bool assign_uuid(std::string& field, std::string_view text) {
  field = lower_case(text);
  return Uuid::parse(field).has_value();
}

// A member of a rule: false when the text is not a value of it.
struct Member {
  std::string_view name;
  std::string_view legal;  // ends the sentence "'x' is not ..."
  bool (*assign)(PolicyRule&, std::string_view);
};
constexpr Member kMembers[] = {
    {"effect", "allow or deny",
     [](PolicyRule& rule, std::string_view text) {
       rule.allows = text == "allow";
       return rule.allows || text == "deny";
     }},
    {"principal", "a name",
     [](PolicyRule& rule, std::string_view text) {
       rule.principal = text;
       return !text.empty();
     }},
    {"action", kPeerAction,
     [](PolicyRule& rule, std::string_view text) {
       rule.action = text;
       return equal_ignoring_case(text, kPeerAction);
     }},
    {"subscription", "the UUID of a subscription",
     [](PolicyRule& rule, std::string_view text) { return assign_uuid(rule.subscription, text); }},
    {"tenant", "the UUID of a tenant",
     [](PolicyRule& rule, std::string_view text) { return assign_uuid(rule.tenant, text); }},
};

std::string member_names() {
  std::string names;
  for (const Member& member : kMembers) names.append(names.empty() ? "" : ", ").append(member.name);
  return names;
}

void read_member(PolicyRule& rule, const YAML::Node& key, const YAML::Node& value) {
  const std::string name = key.IsScalar() ? key.Scalar() : "";
  const auto member = std::find_if(std::begin(kMembers), std::end(kMembers),
                                   [&](const Member& m) { return m.name == name; });
  if (member == std::end(kMembers))
    throw Wrong{key.Mark(), fmt::format("a rule has no '{}'; it has {}", name, member_names())};
  const std::string text = value.IsScalar() ? value.Scalar() : "";
  if (!member->assign(rule, text))
    throw Wrong{value.Mark(), fmt::format("{}: '{}' is not {}", name, text, member->legal)};
}

PolicyRule read_rule(const YAML::Node& item) {
  if (!item.IsMap())
    throw Wrong{item.Mark(), "a rule is expected, as in {effect: deny, principal: ci}"};
  PolicyRule rule;
  std::set<std::string> seen;
  for (const auto& member : item) {
    if (member.first.IsScalar() && !seen.insert(member.first.Scalar()).second)
      throw Wrong{member.first.Mark(), member.first.Scalar() + " is given twice"};
    read_member(rule, member.first, member.second);
  }
  if (!seen.contains("effect")) throw Wrong{item.Mark(), "the effect is missing: allow or deny"};
  return rule;
}

Policy read_list(const YAML::Node& root) {
  Policy policy;
  if (root.IsNull()) return policy;
  if (!root.IsSequence())
    throw Wrong{root.Mark(), "a list of rules is expected: lines that start with '- '"};
  for (const YAML::Node& item : root) policy.push_back(read_rule(item));
  return policy;
}

tl::expected<Policy, std::string> read_policy(const std::string& path) {
  if (path.empty()) return Policy();
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) return tl::unexpected(fmt::format("cannot read the policy file {}", path));
  auto policy = parse_policy(text.str());
  if (!policy) return tl::unexpected(path + " " + policy.error());
  return policy;
}

bool fits(std::string_view wanted, std::string_view is) {
  return wanted.empty() || equal_ignoring_case(wanted, is);
}

}  // namespace

bool allows(const Policy& policy, const Ask& ask) {
  const auto rule = std::find_if(policy.begin(), policy.end(), [&](const PolicyRule& r) {
    return (r.principal.empty() || r.principal == ask.principal) && fits(r.action, ask.action) &&
           fits(r.subscription, ask.subscription) && fits(r.tenant, ask.tenant);
  });
  return rule == policy.end() || rule->allows;
}

tl::expected<Policy, std::string> parse_policy(const std::string& text) {
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

tl::expected<std::unique_ptr<PolicyFile>, std::string> PolicyFile::open(const std::string& path) {
  auto policy = read_policy(path);
  if (!policy) return tl::unexpected(std::move(policy.error()));
  return std::unique_ptr<PolicyFile>(
      new PolicyFile(path, std::make_shared<const Policy>(std::move(*policy))));
}

std::shared_ptr<const Policy> PolicyFile::policy() const {
  const std::lock_guard lock(mutex_);
  return policy_;
}

void PolicyFile::reload() {
  if (path_.empty()) return;
  auto read = read_policy(path_);
  if (!read) {
    spdlog::error("{}; the policy stays as it was", read.error());
    return;
  }
  spdlog::info("read anew: a policy of {} rules", read->size());
  auto policy = std::make_shared<const Policy>(std::move(*read));
  const std::lock_guard lock(mutex_);
  policy_.swap(policy);
}

}  // namespace isthmus::api::access
