#include "api/access/policy.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "api/access/record_list.h"
#include "controller/base/uuid.h"
#include "controller/model/resource_id.h"

namespace isthmus::api::access {
namespace {

bool assign_uuid(std::string& field, std::string_view text) {
  field = lower_case(text);
  return Uuid::parse(field).has_value();
}

constexpr RecordMember<PolicyRule> kRuleMembers[] = {
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

void check_rule(const Policy&, const PolicyRule&, const std::set<std::string>& given,
                const YAML::Mark& mark) {
  if (!given.contains("effect")) throw WrongRecord{mark, "the effect is missing: allow or deny"};
}

constexpr RecordForm<PolicyRule> kRuleForm{"a rule", "rules", "{effect: deny, principal: ci}",
                                           kRuleMembers, &check_rule};

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
  return read_records(kRuleForm, text);
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
