// The journal: what it tells, following it, and going back.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/control_world.h"

namespace isthmus::testing {
namespace {

using ::testing::HasSubstr;
using Method = ControlWorld::Method;

constexpr std::string_view kJournal = "/_isthmus/v1/journal";

TEST(Journal, TellsEachChangeWithItsTimeAndAuthor) {
  ControlWorld world;
  ASSERT_EQ(world.apply(std::string(kTwoNetworks)).status, 200);
  const auto answer = world.get(kJournal);
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(at(answer.body, "/revision"), "2");
  EXPECT_EQ(at(answer.body, "/entries"), "array of 2");
  EXPECT_EQ(at(answer.body, "/entries/0/who"), "isthmus");
  EXPECT_EQ(at(answer.body, "/entries/1/revision"), "2");
  EXPECT_EQ(at(answer.body, "/entries/1/who"), "127.0.0.1");
  EXPECT_EQ(at(answer.body, "/entries/1/time"), "1970-01-01T00:00:00.0000000+00:00");
  EXPECT_EQ(at(answer.body, "/entries/1/changes/0/change"), "created");
  EXPECT_THAT(at(answer.body, "/entries/1/changes/0/resource"), HasSubstr("/virtualNetworks/a"));
}

TEST(Journal, IsReadFromARevisionOn) {
  ControlWorld world;
  ASSERT_EQ(world.apply(std::string(kTwoNetworks)).status, 200);
  world.erase("/networkInterfaces/v");
  world.erase("/networkInterfaces/w");
  EXPECT_EQ(at(world.get("/_isthmus/v1/journal?after=2&limit=1").body, "/entries/0/revision"), "3");
  EXPECT_EQ(at(world.get("/_isthmus/v1/journal?limit=1").body, "/entries/0/revision"), "4");
  EXPECT_EQ(at(world.get("/_isthmus/v1/journal?after=4").body, "/entries"), "array of 0");
  expect_problem(world.get("/_isthmus/v1/journal?after=now"), 400, "InvalidParameterValue");
  expect_problem(world.get("/_isthmus/v1/journal?limit=-1"), 400, "InvalidParameterValue");
}

TEST(Journal, GoesBackToARevisionAndForthAgain) {
  ControlWorld world;
  ASSERT_EQ(world.apply(std::string(kTwoNetworks)).status, 200);
  const std::string before = world.get("/_isthmus/v1/export").body;
  const std::string digest = world.controller().digest();
  world.erase("/virtualNetworks/a/virtualNetworkPeerings/a-to-b");
  world.erase("/networkInterfaces/v");
  const std::string after = world.get("/_isthmus/v1/export").body;
  ASSERT_NE(before, after);

  const auto back = world.call(Method::Post, "/_isthmus/v1/journal/2/restore");
  ASSERT_EQ(back.status, 200) << back.body;
  EXPECT_EQ(at(back.body, "/restored"), "2");
  EXPECT_EQ(at(back.body, "/revision"), "5");
  EXPECT_EQ(world.get("/_isthmus/v1/export").body, before);
  EXPECT_EQ(world.controller().digest(), digest);
  // It is a change like any other, and can be undone.
  ASSERT_EQ(world.call(Method::Post, "/_isthmus/v1/journal/4/restore").status, 200);
  EXPECT_EQ(world.get("/_isthmus/v1/export").body, after);
}

TEST(Journal, DoesNotGoWhereItHasNotBeen) {
  ControlWorld world;
  const auto ahead = world.call(Method::Post, "/_isthmus/v1/journal/7/restore");
  expect_problem(ahead, 400, "InvalidParameterValue");
  EXPECT_EQ(at(ahead.body, "/detail"), "Revision 7 is yet to come: the present one is 1.");
  expect_problem(world.call(Method::Post, "/_isthmus/v1/journal/first/restore"), 400,
                 "InvalidParameterValue");
}

// ---- events

class Listener {
 public:
  explicit Listener(const ControlWorld::Response& response) : stream_(response.stream) {}
  // The next piece; waits for it.
  std::optional<std::string> next() {
    ask();
    return arrived_.get_future().get();
  }
  void ask() {
    arrived_ = {};
    stream_->next([this](std::optional<std::string> piece) { arrived_.set_value(piece); });
  }
  std::optional<std::string> arrived() { return arrived_.get_future().get(); }

 private:
  std::shared_ptr<api::http::BodyStream> stream_;
  std::promise<std::optional<std::string>> arrived_;
};

TEST(Events, ComeAsTheyHappen) {
  ControlWorld world;
  const auto response = world.get("/_isthmus/v1/events");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "text/event-stream");
  Listener listener(response);
  EXPECT_EQ(listener.next(), "retry: 1000\n: events after revision 1\n\n");
  listener.ask();
  ASSERT_EQ(world.apply(std::string(kTwoNetworks)).status, 200);
  const std::string event = listener.arrived().value_or("nothing");
  EXPECT_THAT(event, HasSubstr("id: 2\nevent: change\ndata: {\"revision\":2,"));
  EXPECT_TRUE(event.ends_with("}\n\n")) << event;
}

// Law: from wherever one starts, and however often one is cut off, every revision comes once and in
// order; more of them than memory keeps come from the journal.
TEST(Events, MissNothingWhereverOneStarts) {
  ControlWorld world;
  constexpr uint64_t kChanges = 1500;
  ASSERT_EQ(world.apply("version: 1\nnetworks: {a: {prefixes: [10.0.0.0/16]}}\n").status, 200);
  for (uint64_t i = 3; i <= kChanges; ++i) {
    const auto document = fmt::format(
        "version: 1\nnetworks: {{a: {{prefixes: [10.0.0.0/16], location: place-{}}}}}\n", i);
    ASSERT_EQ(world.apply(document).status, 200);
  }
  const uint64_t last = world.controller().model()->revision();
  uint64_t seen = 0;
  while (seen < last) {
    Listener listener(world.get(fmt::format("/_isthmus/v1/events?after={}", seen)));
    static_cast<void>(listener.next());  // the greeting
    const std::string piece = listener.next().value_or("");
    size_t place = 0;
    ASSERT_NE(piece.find("id: "), std::string::npos) << piece << " after " << seen;
    while ((place = piece.find("id: ", place)) != std::string::npos) {
      ASSERT_EQ(std::stoull(piece.substr(place + 4)), seen + 1);
      ++seen;
      ++place;
    }
  }
  EXPECT_EQ(seen, last);
}

TEST(Events, GoOnAfterTheLastOneThatAClientSaw) {
  ControlWorld world;
  ASSERT_EQ(world.apply(std::string(kTwoNetworks)).status, 200);
  world.erase("/networkInterfaces/v");
  api::http::Request request;
  request.segments = {"_isthmus", "v1", "events"};
  request.headers.add("Last-Event-ID", "2");
  std::promise<ControlWorld::Response> answered;
  world.handler().handle(std::move(request), [&](ControlWorld::Response response) {
    answered.set_value(std::move(response));
  });
  Listener listener(answered.get_future().get());
  static_cast<void>(listener.next());
  EXPECT_THAT(listener.next().value_or(""), HasSubstr("id: 3\n"));
  expect_problem(world.get("/_isthmus/v1/events?after=x"), 400, "InvalidParameterValue");
}

TEST(Events, EndWithTheDaemon) {
  std::optional<Listener> listener;
  {
    ControlWorld world;
    listener.emplace(world.get("/_isthmus/v1/events"));
    static_cast<void>(listener->next());
    listener->ask();
  }
  EXPECT_EQ(listener->arrived(), std::nullopt);
}

}  // namespace
}  // namespace isthmus::testing
