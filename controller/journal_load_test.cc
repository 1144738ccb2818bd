// Clients write, read the journal and go back while it is cut: nothing acknowledged is lost, and
// revisions never go back.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "controller/controller.h"
#include "controller/store/sqlite_store.h"
#include "tests/support/keeping_encoding.h"
#include "tests/support/temporary_folder.h"

namespace isthmus {
namespace {

constexpr int kWriters = 3;
constexpr int kChangesEach = 80;
constexpr int kReaders = 2;
constexpr uint64_t kKept = 16;

Change put_network(const std::string& name, uint32_t low) {
  VirtualNetwork body;
  body.address_space = {net::Prefix::containing(net::IpAddress::v4(10u << 24 | low << 8), 24)};
  Operation operation;
  operation.draft = {*ResourceId::make(Kind::VirtualNetwork, name), "", {}, nullptr, body, {}};
  return {{operation}, name};
}

// Each network's name with its instance id and its address space: two models with the same are
// alike.
std::map<std::string, std::pair<std::string, std::string>> networks(const Model& model) {
  std::map<std::string, std::pair<std::string, std::string>> found;
  for (const ResourcePtr& resource : model.collection(Kind::VirtualNetwork)) {
    found[resource->id.path()] = {resource->instance_id.to_string(),
                                  resource->as<VirtualNetwork>().address_space.front().to_string()};
  }
  return found;
}

// Hands a call of the controller a callback, and waits for what it is called with.
template <class Answer, class Call>
Answer ask(const Call& call) {
  std::promise<Answer> promise;
  call([&promise](Answer answer) { promise.set_value(std::move(answer)); });
  return promise.get_future().get();
}

class JournalUnderLoad : public ::testing::Test {
 protected:
  void remember(const Result<Committed>& answer) {
    ASSERT_TRUE(answer.has_value()) << answer.error().text();
    const std::lock_guard lock(mutex_);
    acknowledged_[answer->model->revision()] = answer->model;
  }

  void write(Controller& controller, int writer) {
    for (int i = 0; i < kChangesEach; i++) {
      const auto low = static_cast<uint32_t>(writer * kChangesEach + i);
      remember(ask<Result<Committed>>([&](auto done) {
        controller.submit(put_network(fmt::format("net-{}-{}", writer, i % 4), low), done);
      }));
    }
  }

  void go_back_and_forth(Controller& controller) {
    std::mt19937_64 random(7);
    while (is_writing_) {
      const Revision present = controller.model()->revision();
      const Revision to = present - std::min<Revision>(present - 1, random() % (2 * kKept));
      const auto answer = ask<Result<Committed>>(
          [&](auto done) { controller.go_back(to, "undo", std::move(done)); });
      if (!answer) {
        EXPECT_EQ(answer.error().code, ErrorCode::RevisionNotKept) << answer.error().text();
        refused_++;
        continue;
      }
      remember(answer);
      const std::lock_guard lock(mutex_);
      ways_back_.push_back({to, answer->model});
    }
  }

  void read(Controller& controller, size_t limit) {
    Revision last = 0;
    while (is_writing_) {
      const Revision present = controller.model()->revision();
      const auto entries = ask<Result<Entries>>(
          [&](auto done) { controller.journal(last, limit, std::move(done)); });
      ASSERT_TRUE(entries.has_value()) << entries.error().text();
      if (entries->empty()) {
        EXPECT_GE(last, present) << "the newest entry is always kept";
        continue;
      }
      EXPECT_GT(entries->front().revision, last);
      for (size_t i = 1; i < entries->size(); i++)
        EXPECT_EQ((*entries)[i].revision, (*entries)[i - 1].revision + 1) << "a gap in the midst";
      last = entries->back().revision;
    }
  }

  std::atomic<bool> is_writing_ = true;
  std::atomic<int> refused_ = 0;
  std::mutex mutex_;  // guards the two below
  std::map<Revision, ModelPtr> acknowledged_;
  std::vector<std::pair<Revision, ModelPtr>> ways_back_;
};

TEST_F(JournalUnderLoad, NothingAcknowledgedIsLostAndRevisionsOnlyGrow) {
  const TemporaryFolder folder;
  const SqliteOptions options{.journal_entries_max = kKept, .checkpoint_pages = 20};
  const testing::KeepingEncoding encoding;
  auto store = open_sqlite_store(folder.file("state.db"), options).value();
  std::vector<Revision> announced;
  Revision present = 0;
  std::string digest;
  {
    ManualClock clock;
    dataplane::Dataplane dataplane;
    Controller controller(*store, encoding, dataplane, clock, {});
    ASSERT_TRUE(controller.start());
    controller.listen([&](const EntriesPtr& entries) {  // on the controller's thread alone
      for (const JournalEntry& entry : *entries) announced.push_back(entry.revision);
    });
    std::vector<std::thread> others;
    others.emplace_back([&] { go_back_and_forth(controller); });
    for (size_t i = 0; i < kReaders; i++)
      others.emplace_back([&, i] { read(controller, i == 0 ? 3 : 1000); });
    std::vector<std::thread> writers;
    for (int i = 0; i < kWriters; i++) writers.emplace_back([&, i] { write(controller, i); });
    for (std::thread& thread : writers) thread.join();
    is_writing_ = false;
    for (std::thread& thread : others) thread.join();
    present = controller.model()->revision();
    digest = controller.digest();
    controller.stop();
  }

  // Each acknowledged change has a revision of its own, and each revision was told once, in order.
  ASSERT_FALSE(announced.empty());
  EXPECT_EQ(announced.back(), present);
  for (size_t i = 1; i < announced.size(); i++) ASSERT_EQ(announced[i], announced[i - 1] + 1);
  EXPECT_GE(acknowledged_.size(), static_cast<size_t>(kWriters * kChangesEach));
  EXPECT_EQ(acknowledged_.rbegin()->first, present);

  // A way back led to what the revision was.
  for (const auto& [to, model] : ways_back_) {
    const auto then = acknowledged_.find(to);
    if (then == acknowledged_.end()) continue;
    EXPECT_EQ(networks(*model), networks(*then->second)) << "back to " << to;
  }
  RecordProperty("ways_back", static_cast<int>(ways_back_.size()));
  RecordProperty("refused", refused_);
  EXPECT_FALSE(ways_back_.empty());

  // The next process finds all of it, and no more of the journal than the limit.
  store.reset();
  store = open_sqlite_store(folder.file("state.db"), options).value();
  EXPECT_LE(store->journal(0, 1000).value().size(), kKept);
  ManualClock clock;
  dataplane::Dataplane dataplane;
  Controller again(*store, encoding, dataplane, clock, {});
  ASSERT_TRUE(again.start());
  EXPECT_EQ(again.model()->revision(), present);
  EXPECT_EQ(networks(*again.model()), networks(*acknowledged_.rbegin()->second));
  EXPECT_EQ(again.digest(), digest);
}

}  // namespace
}  // namespace isthmus
