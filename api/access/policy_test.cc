#include "api/access/policy.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_folder.h"

namespace isthmus::api::access {
namespace {

constexpr std::string_view kOne = "11111111-1111-1111-1111-111111111111";
constexpr std::string_view kTwo = "22222222-2222-2222-2222-222222222222";
constexpr std::string_view kTenant = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa";

bool may(const char* text, std::string_view who, std::string_view subscription) {
  const auto policy = parse_policy(text);
  EXPECT_TRUE(policy) << policy.error();
  return policy && allows(*policy, {who, kPeerAction, subscription, kTenant});
}

TEST(Policy, AllowsWhatNoRuleSpeaksOf) {
  EXPECT_TRUE(may("", "ann", kTwo));
  EXPECT_TRUE(may("- {effect: deny, principal: ci}", "ann", kTwo));
}

TEST(Policy, IsDecidedByTheFirstRuleThatFits) {
  constexpr const char* kText = R"(
- {effect: allow, principal: ann}
- {effect: deny, subscription: 22222222-2222-2222-2222-222222222222,
   action: microsoft.network/virtualNetworks/peer/action})";
  EXPECT_TRUE(may(kText, "ann", kTwo));
  EXPECT_FALSE(may(kText, "ci", kTwo));
  EXPECT_TRUE(may(kText, "ci", kOne));
}

TEST(Policy, KnowsTenantsAndIsReadAsJsonToo) {
  EXPECT_FALSE(may(R"([{"effect": "deny", "tenant": "AAAAAAAA-aaaa-aaaa-aaaa-aaaaaaaaaaaa"}])",
                   "ann", kTwo));
  EXPECT_TRUE(may(R"([{"effect": "deny", "tenant": "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb"}])",
                  "ann", kTwo));
}

TEST(Policy, ErrorsNameTheLine) {
  struct Row {
    const char* text;
    const char* error;
  };
  constexpr Row kRows[] = {
      {"effect: deny", "line 1: a list of rules is expected: lines that start with '- '"},
      {"- deny", "line 1: a rule is expected, as in {effect: deny, principal: ci}"},
      {"- {principal: ci}", "line 1: the effect is missing: allow or deny"},
      {"\n- {effect: maybe}", "line 2: effect: 'maybe' is not allow or deny"},
      {"- {effect: deny, who: ci}",
       "line 1: a rule has no 'who'; it has effect, principal, action, subscription, tenant"},
      {"- effect: deny\n  subscription: two",
       "line 2: subscription: 'two' is not the UUID of a subscription"},
      {"- {effect: deny, action: delete}",
       "line 1: action: 'delete' is not Microsoft.Network/virtualNetworks/peer/action"},
      {"- {effect: deny, effect: allow}", "line 1: effect is given twice"},
      {"- {effect: [", "line 1: end of sequence flow not found"},
  };
  for (const Row& row : kRows) {
    const auto policy = parse_policy(row.text);
    ASSERT_FALSE(policy) << row.text;
    EXPECT_EQ(policy.error(), row.error);
  }
}

TEST(PolicyFile, IsReadAnewAndKeepsWhatItHadWhereThatGoesWrong) {
  const TemporaryFolder folder;
  const std::string path = folder.file("policy.yaml");
  EXPECT_EQ(PolicyFile::open(path).error(), "cannot read the policy file " + path);
  const auto write = [&](const char* text) { std::ofstream(path) << text; };
  write("- {effect: maybe}");
  EXPECT_EQ(PolicyFile::open(path).error(), path + " line 1: effect: 'maybe' is not allow or deny");
  write("- {effect: deny}");
  const auto file = PolicyFile::open(path);
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->policy()->size(), 1U);
  write("- {effect: deny}\n- {effect: allow}");
  (*file)->reload();
  EXPECT_EQ((*file)->policy()->size(), 2U);
  write("- deny");
  (*file)->reload();
  EXPECT_EQ((*file)->policy()->size(), 2U);
  EXPECT_TRUE((*PolicyFile::open(""))->policy()->empty());
}

}  // namespace
}  // namespace isthmus::api::access
