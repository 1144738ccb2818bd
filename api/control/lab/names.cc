#include "api/control/lab/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace isthmus::api::lab {
namespace {

constexpr size_t kNameBytesMax = 128;      // of a resource id
constexpr size_t kAzureNameBytesMax = 80;  // of a resource in Azure

}  // namespace

std::vector<std::string> choose_names(size_t count, const NameSources& sources) {
  struct WithoutCase {
    bool operator()(const std::string& a, const std::string& b) const {
      return std::is_lt(compare_paths(a, b));
    }
  };
  std::set<std::string, WithoutCase> taken;
  std::vector<std::string> names(count);
  for (size_t i = 0; i < count; ++i) {
    names[i] = sources.given(i);
    if (!names[i].empty()) taken.insert(names[i]);
  }
  for (size_t i = 0; i < count; ++i) {
    if (!names[i].empty()) continue;
    const std::string kept = sources.kept(i);
    if (!kept.empty() && taken.insert(kept).second) names[i] = kept;
  }
  for (size_t i = 0; i < count; ++i) {
    const std::string made = names[i].empty() ? sources.made(i) : "";
    for (size_t n = 2; names[i].empty(); ++n) {
      const std::string candidate = n == 2 ? made : fmt::format("{}-{}", made, n - 1);
      if (taken.insert(candidate).second) names[i] = candidate;
    }
  }
  return names;
}

std::string default_peering_name(std::string_view from, std::string_view to, Realm realm) {
  const bool is_azure = realm == Realm::Azure;
  std::string name = fmt::format("{}-to-{}", from, to);
  if (name.size() <= (is_azure ? kAzureNameBytesMax : kNameBytesMax)) return name;
  // Two long names are cut; what tells them apart is a digest of both.
  const size_t shown = is_azure ? 30 : 50;
  const std::string digest = Uuid::derive({}, 0, name).to_string().substr(0, 8);
  return fmt::format("{}-to-{}-{}", from.substr(0, shown), to.substr(0, shown), digest);
}

std::string default_route_name(net::Prefix prefix) {
  std::string name = "to-" + prefix.to_string();
  std::replace(name.begin(), name.end(), '/', '_');
  std::replace(name.begin(), name.end(), ':', '-');
  return name;
}

std::string default_rule_name(RuleType type, uint32_t priority) {
  return fmt::format("{}-{}", type == RuleType::Inbound ? "in" : "out", priority);
}

}  // namespace isthmus::api::lab
