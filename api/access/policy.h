// Who may do what in which subscription of Azure, where a file narrows it (decisions: A7).
//
//   # isthmusd --policy policy.yaml
//   - {effect: allow, principal: network-team}
//   - {effect: deny, action: Microsoft.Network/virtualNetworks/peer/action, subscription: 2222...}
//
// A list at the top, one rule an item. The first rule that an ask fits decides; where none does, it
// is allowed.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace isthmus::api::access {

// The one action that a policy speaks of: to have a network of the subscription peered with.
constexpr std::string_view kPeerAction = "Microsoft.Network/virtualNetworks/peer/action";

struct Ask {
  std::string_view principal;
  std::string_view action;
  std::string_view subscription;  // UUIDs, in any case
  std::string_view tenant;
};

struct PolicyRule {
  bool allows = true;
  std::string principal, action, subscription, tenant;  // empty: any
  friend bool operator==(const PolicyRule&, const PolicyRule&) = default;
};
using Policy = std::vector<PolicyRule>;

bool allows(const Policy& policy, const Ask& ask);

// The error is one sentence with its line: "line 3: ...". Pure.
tl::expected<Policy, std::string> parse_policy(const std::string& text);

// The policy as it is now. Threads: policy() from any; reload() from the one that handles signals.
class PolicyFile {
 public:
  // An empty path: everything is allowed.
  static tl::expected<std::unique_ptr<PolicyFile>, std::string> open(const std::string& path);

  std::shared_ptr<const Policy> policy() const;

  // What SIGHUP does. A file that is wrong is logged, and the policy stays as it was.
  void reload();

 private:
  PolicyFile(std::string path, std::shared_ptr<const Policy> policy)
      : path_(std::move(path)), policy_(std::move(policy)) {}

  const std::string path_;
  mutable std::mutex mutex_;  // guards policy_
  std::shared_ptr<const Policy> policy_;
};

}  // namespace isthmus::api::access
