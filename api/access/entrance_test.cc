#include "api/access/entrance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>

#include "tests/support/temporary_folder.h"

namespace isthmus::api::access {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// What is logged while it lives.
class Logged {
 public:
  Logged() : before_(spdlog::default_logger()) {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)));
  }
  ~Logged() { spdlog::set_default_logger(before_); }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
};

TEST(Entrance, WarnsOfDoorsThatAreOpenToOthers) {
  config::Config config;
  const Logged logged;
  ASSERT_TRUE(Entrance::open(config));
  EXPECT_THAT(logged.text(), IsEmpty()) << "loopback";
  config.listen.address = "0.0.0.0";
  ASSERT_TRUE(Entrance::open(config));
  EXPECT_THAT(logged.text(), HasSubstr("whoever reaches 0.0.0.0 may do everything here"));
}

TEST(Entrance, SaysWhereTheOwnersTokenIsAndNotWhich) {
  const TemporaryFolder folder;
  config::Config config;
  config.auth.token = true;
  config.state = folder.file("state.db");
  const Logged logged;
  ASSERT_TRUE(Entrance::open(config));
  EXPECT_THAT(logged.text(), HasSubstr(config.state + ".token"));
  EXPECT_THAT(logged.text(), Not(HasSubstr("isthmus_")));
}

TEST(Entrance, IsNotOpenedWithoutTheFilesThatItNeeds) {
  const TemporaryFolder folder;
  config::Config config;
  config.auth.token = true;
  config.access = folder.file("access.yaml");
  EXPECT_THAT(Entrance::open(config).error(), HasSubstr("access.yaml: No such file"));
  config.auth = {};
  config.audit = folder.file("none/audit");
  EXPECT_THAT(Entrance::open(config).error(), HasSubstr("none/audit: No such file"));
}

}  // namespace
}  // namespace isthmus::api::access
