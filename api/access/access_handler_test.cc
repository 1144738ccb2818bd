// The access check before a handler that remembers what it was asked.
#include "api/access/access_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>
#include <future>
#include <stdexcept>

#include "tests/support/control_world.h"
#include "tests/support/temporary_folder.h"

namespace isthmus::api::access {
namespace {

using isthmus::testing::at;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kNow = 1'798'761'600'123;

class Remembering final : public http::Handler {
 public:
  void handle(http::Request request, http::Done done) override {
    asked.push_back(std::string(http::to_string(request.method)) + " by " + request.who());
    if (request.body == "throw") throw std::runtime_error("on purpose");
    http::Response response;
    response.status = 201;
    done(std::move(response));
  }
  std::vector<std::string> asked;
};

struct World {
  World() {
    spdlog::set_level(spdlog::level::off);
    std::ofstream(file) << to_line({"reader", Role::Reader, sha256("reads"), {}, {}}) << "\n"
                        << to_line({"ci", Role::Contributor, sha256("changes"), {}, {}}) << "\n";
    ::chmod(file.c_str(), 0600);
    roster = std::move(*Roster::of_file(file));
    options.accepts.token = true;
    options.roster = roster.get();
    options.needed = [](const http::Request& request) { return role_for(request.method); };
    options.now_ms = [] { return kNow; };
  }
  ~World() { spdlog::set_level(spdlog::level::info); }

  void audit(bool required) {
    options.audit = *AuditLog::open({audit_file, 1 << 20, [] { return kNow; }});
    options.audit_required = required;
  }
  http::Response call(http::Method method, std::string_view token, std::string body = {}) {
    if (!handler) handler = std::make_unique<AccessHandler>(options, next);
    http::Request request;
    request.method = method;
    request.target = "/a";
    request.segments = {"a"};
    request.peer = "127.0.0.1";
    request.request_id = "id";
    request.body = std::move(body);
    if (!token.empty()) request.headers.add("Authorization", "Bearer " + std::string(token));
    std::promise<http::Response> answer;
    handler->handle(std::move(request),
                    [&](http::Response response) { answer.set_value(std::move(response)); });
    return answer.get_future().get();
  }
  // What each line says of event, principal, decision and status.
  std::vector<std::string> audited() {
    options.audit->drain();
    std::vector<std::string> lines;
    std::ifstream in(audit_file);
    for (std::string line; std::getline(in, line);) {
      lines.push_back(at(line, "/event") + " " + at(line, "/principal") + " " +
                      at(line, "/decision") + " " + at(line, "/status"));
    }
    return lines;
  }

  TemporaryFolder folder;
  const std::string file = folder.file("access.yaml"), audit_file = folder.file("audit");
  std::unique_ptr<Roster> roster;
  AccessOptions options;
  Remembering next;
  std::unique_ptr<AccessHandler> handler;  // made with the first call
};

std::string header(const http::Response& response, std::string_view name) {
  for (const http::Header& field : response.headers)
    if (field.name == name) return field.value;
  return {};
}

using http::Method;

TEST(AccessHandler, PassesOnWithTheNameOfWhoAsks) {
  World world;
  EXPECT_EQ(world.call(Method::Get, "reads").status, 201);
  EXPECT_EQ(world.call(Method::Put, "changes").who, "ci") << "for the access log";
  EXPECT_THAT(world.next.asked, ElementsAre("GET by reader", "PUT by ci"));
}

TEST(AccessHandler, RefusesBeforeAnythingIsLookedAt) {
  World world;
  const http::Response stranger = world.call(Method::Get, "");
  EXPECT_EQ(stranger.status, 401);
  EXPECT_EQ(at(stranger.body, "/error/code"), "AuthenticationFailed");
  EXPECT_EQ(header(stranger, "WWW-Authenticate"), R"(Bearer realm="isthmus")");
  const http::Response reader = world.call(Method::Put, "reads");
  EXPECT_EQ(reader.status, 403);
  EXPECT_EQ(at(reader.body, "/error/code"), "AuthorizationFailed");
  EXPECT_EQ(reader.who, "reader");
  EXPECT_THAT(world.next.asked, IsEmpty());
}

TEST(AccessHandler, AsksNobodyWithoutAccepts) {
  World world;
  world.options.accepts = {};
  EXPECT_EQ(world.call(Method::Put, "").status, 201);
  EXPECT_THAT(world.next.asked, ElementsAre("PUT by 127.0.0.1"));
}

TEST(AccessHandler, AuditsChangesAndRefusals) {
  World world;
  world.audit(false);
  world.call(Method::Get, "reads");
  world.call(Method::Put, "changes");
  world.call(Method::Put, "reads");
  world.call(Method::Get, "nobody's");
  EXPECT_EQ(world.call(Method::Put, "changes", "throw").status, 500);
  EXPECT_THAT(world.audited(), ElementsAre("call ci allowed 201", "call reader refused 403",
                                           "call  refused 401", "call ci allowed 500"));
}

TEST(AccessHandler, SaysWhatItIsAboutToDoWhereTheAuditIsRequired) {
  World world;
  world.audit(true);
  EXPECT_EQ(world.call(Method::Put, "changes").status, 201);
  EXPECT_EQ(world.call(Method::Put, "changes", "throw").status, 500);
  EXPECT_THAT(world.audited(), ElementsAre("intent ci allowed ", "outcome ci allowed 201",
                                           "intent ci allowed ", "outcome ci allowed 500"));
}

TEST(AccessHandler, ChangesNothingThatTheAuditCannotSay) {
  World world;
  world.audit(true);
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit full{1, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &full);
  const http::Response refused = world.call(Method::Put, "changes");
  const http::Response read = world.call(Method::Get, "reads");
  world.options.audit->drain();
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(at(refused.body, "/error/code"), "AuditUnavailable");
  EXPECT_EQ(header(refused, "Retry-After"), "5");
  EXPECT_EQ(read.status, 201) << "what changes nothing goes on";
  EXPECT_EQ(world.call(Method::Put, "changes").status, 201);
  EXPECT_THAT(world.next.asked, ElementsAre("GET by reader", "PUT by ci"));
}

TEST(Roster, StaysAsItWasWhenTheFileIsWrong) {
  World world;
  EXPECT_EQ(world.call(Method::Get, "new").status, 401);
  std::ofstream(world.file, std::ios::app)
      << to_line({"new", Role::Reader, sha256("new"), {}, {}}) << "\n";
  world.roster->reload();
  EXPECT_EQ(world.call(Method::Get, "new").status, 201);
  std::ofstream(world.file, std::ios::app) << "- nonsense\n";
  world.roster->reload();
  EXPECT_EQ(world.call(Method::Get, "new").status, 201);
  std::ofstream(world.file) << "";  // nobody
  ::chmod(world.file.c_str(), 0644);
  world.roster->reload();
  EXPECT_EQ(world.call(Method::Get, "new").status, 201) << "what others can write says nothing";
  ::chmod(world.file.c_str(), 0600);
  world.roster->reload();
  EXPECT_EQ(world.call(Method::Get, "new").status, 401);
}

TEST(Roster, MakesAnOwnersTokenOnceAndKeepsItPrivate) {
  spdlog::set_level(spdlog::level::off);
  const TemporaryFolder folder;
  const std::string file = folder.file("state.db.token");
  const auto token = [&] {
    std::string text;
    std::ifstream(file) >> text;
    return text;
  };
  auto roster = Roster::of_owner_token(file);
  ASSERT_TRUE(roster) << roster.error();
  struct stat facts {};
  ASSERT_EQ(::stat(file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0600u);
  const std::string first = token();
  const Principal* owner = with_token(*(*roster)->principals(), sha256(first));
  ASSERT_NE(owner, nullptr);
  EXPECT_EQ(owner->role, Role::Owner);
  EXPECT_TRUE(Roster::of_owner_token(file));
  EXPECT_EQ(token(), first);
  std::filesystem::remove(file);
  (*roster)->reload();
  EXPECT_NE(token(), first) << "removing the file is how a token is replaced";
  EXPECT_EQ(with_token(*(*roster)->principals(), sha256(first)), nullptr);
  ::chmod(file.c_str(), 0604);
  EXPECT_THAT(Roster::of_owner_token(file).error(), HasSubstr("chmod 600"));
  ::chmod(file.c_str(), 0600);
  std::ofstream(file) << "two words\n";
  EXPECT_THAT(Roster::of_owner_token(file).error(), HasSubstr("does not hold a token"));
  spdlog::set_level(spdlog::level::info);
}

}  // namespace
}  // namespace isthmus::api::access
