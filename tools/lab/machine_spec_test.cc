#include "tools/lab/machine_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace isthmus::lab {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kWhole = R"({"resourceRef": "/networkInterfaces/web1", "name": "web1",
  "instanceId": "i1", "mac": "00-1D-D8-B7-1C-00", "forwards": true, "addresses": [
    {"address": "10.1.0.4", "subnet": "10.1.0.0/24", "router": "10.1.0.1", "network": "/virtualNetworks/red"},
    {"address": "fd00::4", "subnet": "fd00::/64", "router": "fd00::1"}]})";

TEST(MachineSpec, IsReadFromWhatTheDaemonTells) {
  const auto spec = parse_machine(kWhole);
  ASSERT_TRUE(spec) << spec.error();
  EXPECT_EQ(spec->nic, "/networkInterfaces/web1");
  EXPECT_EQ(spec->name, "web1");
  EXPECT_EQ(spec->instance, "i1");
  EXPECT_EQ(spec->mac.dashed(), "00-1D-D8-B7-1C-00");
  EXPECT_TRUE(spec->forwards);
  ASSERT_EQ(spec->addresses.size(), 2u);
  EXPECT_EQ(spec->addresses[0].subnet.to_string(), "10.1.0.0/24");
  EXPECT_EQ(spec->addresses[1].router.to_string(), "fd00::1");
}

TEST(MachineSpec, IsTheSameOnlyWithTheSameInterface) {
  std::string other(kWhole);
  other.replace(other.find("i1"), 2, "i2");
  EXPECT_EQ(*parse_machine(kWhole), *parse_machine(kWhole));
  EXPECT_NE(*parse_machine(kWhole), *parse_machine(other)) << "it was deleted and made anew";
}

struct Wrong {
  const char* what;
  const char* with;
  const char* said;
};

TEST(MachineSpec, SaysWhatIsWrong) {
  for (const Wrong& wrong : {
           Wrong{"/networkInterfaces/web1", "web1", "'resourceRef'"},
           Wrong{"00-1D-D8-B7-1C-00", "00-1D", "'mac'"},
           Wrong{"10.1.0.4", "10.1.0.400", "'address'"},
           Wrong{"10.1.0.0/24", "10.9.0.0/24", "'subnet'"},
           Wrong{"10.1.0.1\"", "fd00::1\"", "'router'"},
           Wrong{"\"addresses\"", "\"adresses\"", "'addresses'"},
       }) {
    std::string text(kWhole);
    text.replace(text.find(wrong.what), std::string_view(wrong.what).size(), wrong.with);
    const auto spec = parse_machine(text);
    ASSERT_FALSE(spec) << text;
    EXPECT_THAT(spec.error(), HasSubstr(wrong.said));
  }
  for (const char* text : {"", "{", "[]", "7", "{}"}) EXPECT_FALSE(parse_machine(text)) << text;
}

}  // namespace
}  // namespace isthmus::lab
