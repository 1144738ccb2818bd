// The controller with a store that fails: what is acknowledged is kept, what is refused leaves no
// trace.
#include "controller/controller.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <new>

#include "controller/program/program.h"
#include "controller/store/faulty_store.h"
#include "controller/store/sqlite_store.h"
#include "tests/support/keeping_encoding.h"
#include "tests/support/random_changes.h"

namespace isthmus {
namespace {

std::unique_ptr<Store> memory_store() { return std::move(*open_sqlite_store(":memory:", {})); }

// A controller with its surroundings. Restart: a second World on the same store.
struct World {
  explicit World(Store& store_to_use, const ResourceEncoding& encoding_to_use)
      : controller(store_to_use, encoding_to_use, dataplane, clock, {}) {}

  Result<Committed> change(Change change) {
    std::promise<Result<Committed>> answer;
    controller.submit(std::move(change),
                      [&answer](Result<Committed> result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }

  ManualClock clock;
  dataplane::Dataplane dataplane;
  Controller controller;
};

Change put_network(const std::string& name, uint32_t second_octet) {
  VirtualNetwork body;
  body.address_space = {
      net::Prefix::containing(net::IpAddress::v4(10u << 24 | second_octet << 16), 16)};
  Operation operation;
  operation.draft = {*ResourceId::make(Kind::VirtualNetwork, name), "", {}, nullptr, body, {}};
  return {{operation}, "test"};
}

const Resource* network(const Model& model, const std::string& name) {
  return model.find(*ResourceId::make(Kind::VirtualNetwork, name));
}

TEST(Controller, StartsWithTheContentsOfAFreshController) {
  auto store = memory_store();
  const testing::KeepingEncoding encoding;
  World world(*store, encoding);
  ASSERT_TRUE(world.controller.start());
  EXPECT_EQ(world.controller.model()->revision(), 1u);
  EXPECT_EQ(world.controller.model()->count(Kind::LogicalNetwork), 1u);
  EXPECT_EQ(world.controller.model()->count(Kind::MacPool), 1u);
}

TEST(Controller, ProgramsTheSameDataplaneAfterARestart) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    auto store = memory_store();
    const testing::KeepingEncoding encoding;
    testing::RandomChanges changes(seed);
    std::string digest;
    Revision revision = 0;
    {
      World world(*store, encoding);
      ASSERT_TRUE(world.controller.start());
      for (int i = 0; i < 300; ++i) static_cast<void>(world.change(changes.next()));
      digest = world.controller.digest();
      revision = world.controller.model()->revision();
      EXPECT_EQ(world.dataplane.contents(), compile(*world.controller.model()));
    }
    World again(*store, encoding);
    ASSERT_TRUE(again.controller.start());
    EXPECT_EQ(again.controller.digest(), digest);
    EXPECT_EQ(again.controller.model()->revision(), revision);
  }
}

TEST(Controller, RefusedByTheStoreIsAsIfItNeverHappened) {
  FaultyStore store(memory_store(),
                    script_of({Fate::Done, Fate::NotDone}));  // the first commit is the seed
  const testing::KeepingEncoding encoding;
  World world(store, encoding);
  ASSERT_TRUE(world.controller.start());
  const std::string before = world.controller.digest();
  const auto refused = world.change(put_network("red", 1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::StorageUnavailable);
  EXPECT_EQ(world.controller.digest(), before);
  EXPECT_EQ(network(*world.controller.model(), "red"), nullptr);
  EXPECT_TRUE(world.change(put_network("red", 1)));  // and the next one is fine
}

TEST(Controller, AnUnknownOutcomeIsSettledByWhatTheStoreHolds) {
  struct Case {
    Fate fate;
    bool happened;
  };
  for (const Case& c : {Case{Fate::UnknownHappened, true}, Case{Fate::UnknownLost, false}}) {
    FaultyStore store(memory_store(), script_of({Fate::Done, c.fate}));
    const testing::KeepingEncoding encoding;
    World world(store, encoding);
    ASSERT_TRUE(world.controller.start());
    const auto answer = world.change(put_network("red", 1));
    EXPECT_EQ(answer.has_value(), c.happened);
    EXPECT_EQ(network(*world.controller.model(), "red") != nullptr, c.happened);
    EXPECT_EQ(world.dataplane.contents(), compile(*world.controller.model()));
    EXPECT_TRUE(world.change(put_network("blue", 2)));
  }
}

// Commits its second batch, and then finds no memory to say so.
class ForgetfulStore final : public Store {
 public:
  Result<StoreContents> load() override { return inner_->load(); }
  CommitReport commit(const Batch& batch, Revision expected_revision) override {
    CommitReport report = inner_->commit(batch, expected_revision);
    if (++commits_ == 2) throw std::bad_alloc();
    return report;
  }
  Result<std::vector<JournalEntry>> journal(Revision after, size_t limit) override {
    return inner_->journal(after, limit);
  }
  Result<std::vector<RecordChange>> undo(Revision to) override { return inner_->undo(to); }

 private:
  std::unique_ptr<Store> inner_ = memory_store();
  int commits_ = 0;
};

TEST(Controller, NoMemoryAfterTheCommitIsAnUnknownOutcomeThatTheStoreSettles) {
  ForgetfulStore store;  // the first commit is the seed
  const testing::KeepingEncoding encoding;
  World world(store, encoding);
  ASSERT_TRUE(world.controller.start());
  const auto answer = world.change(put_network("red", 1));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::OutcomeUnknown);
  EXPECT_TRUE(world.change(put_network("blue", 2)));
  EXPECT_NE(network(*world.controller.model(), "red"), nullptr);
  EXPECT_EQ(world.dataplane.contents(), compile(*world.controller.model()));
}

TEST(Controller, WhoFindsNoMemoryForAnAnswerOrAnEventLeavesTheOthersTheirs) {
  auto store = memory_store();
  const testing::KeepingEncoding encoding;
  World world(*store, encoding);
  ASSERT_TRUE(world.controller.start());
  world.controller.listen([](const auto&) { throw std::bad_alloc(); });
  world.controller.submit(put_network("red", 1), [](auto) { throw std::bad_alloc(); });
  EXPECT_TRUE(world.change(put_network("blue", 2)));
  EXPECT_NE(network(*world.controller.model(), "red"), nullptr);
}

TEST(Controller, UntilTheStoreCanBeReadAgainWritesSayThatTheOutcomeIsUnknown) {
  for (const Fate fate : {Fate::UnknownHappened, Fate::UnknownLost}) {
    FaultyStore store(memory_store(), script_of({Fate::Done, fate}));
    const testing::KeepingEncoding encoding;
    World world(store, encoding);
    ASSERT_TRUE(world.controller.start());
    store.refuse_reads(2);
    for (int i = 0; i < 2; ++i) {
      const auto answer = world.change(put_network("red", 1));
      ASSERT_FALSE(answer);
      EXPECT_EQ(answer.error().code, ErrorCode::OutcomeUnknown);
      EXPECT_EQ(network(*world.controller.model(), "red"),
                nullptr);  // reads go on with what is known
    }
    EXPECT_TRUE(world.change(put_network("blue", 2)));
    EXPECT_EQ(network(*world.controller.model(), "red") != nullptr, fate == Fate::UnknownHappened);
    EXPECT_EQ(world.dataplane.contents(), compile(*world.controller.model()));
  }
}

// Every fate at every place of a short life: nothing acknowledged is lost, nothing refused is
// there, both sides agree.
TEST(Controller, SurvivesAnyFailureOfAnyCommit) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937_64 random(seed);
    FaultyStore store(memory_store(), [&random](uint64_t commit) {
      return commit == 1 || random() % 3 != 0 ? Fate::Done : static_cast<Fate>(1 + random() % 3);
    });
    const testing::KeepingEncoding encoding;
    World world(store, encoding);
    ASSERT_TRUE(world.controller.start());
    testing::RandomChanges changes(seed);
    for (int i = 0; i < 60; ++i) {
      const ModelPtr before = world.controller.model();
      const auto answer = world.change(changes.next());
      const ModelPtr after = world.controller.model();
      ASSERT_EQ(answer.has_value() && answer->model->revision() == after->revision(),
                answer.has_value());
      if (!answer) {
        ASSERT_EQ(before->revision(), after->revision());
      }
      ASSERT_EQ(world.dataplane.contents(), compile(*after));
      ASSERT_EQ(store.inner().load()->revision, after->revision());
    }
  }
}

// Changes that are decided together: the controller's thread is held while they come in.
class WaitingTogether {
 public:
  explicit WaitingTogether(World& world) : world_(world) {
    std::promise<void> begun;
    world_.controller.submit(
        [gate = may_go_.get_future().share(), &begun](const Model& model,
                                                      int64_t) -> Result<Applied> {
          begun.set_value();
          gate.wait();
          return Applied{model, {}, {}};
        },
        "test", [](const Result<Committed>&) {});
    begun.get_future().wait();
  }
  // `seen` is called on the controller's thread, with the answer.
  void submit(Change change, std::function<void(const Result<Committed>&)> seen = {}) {
    auto answer = std::make_shared<std::promise<Result<Committed>>>();
    answers_.push_back(answer->get_future());
    world_.controller.submit(std::move(change), [answer, seen](Result<Committed> result) {
      if (seen) seen(result);
      answer->set_value(std::move(result));
    });
  }
  std::vector<Result<Committed>> answers() {
    may_go_.set_value();
    std::vector<Result<Committed>> all;
    for (auto& answer : answers_) all.push_back(answer.get());
    return all;
  }

 private:
  World& world_;
  std::promise<void> may_go_;
  std::vector<std::future<Result<Committed>>> answers_;
};

TEST(Controller, AnswersChangesThatWaitTogetherEachByItsOwnVerdict) {
  auto store = memory_store();
  const testing::KeepingEncoding encoding;
  World world(*store, encoding);
  ASSERT_TRUE(world.controller.start());
  WaitingTogether batch(world);
  for (uint32_t i = 0; i < 6; ++i) {
    Change change = put_network(fmt::format("n{}", i), i);
    if (i % 2 == 1) change.operations[0].precondition.if_match = {"nothing"};
    batch.submit(std::move(change));
  }
  const uint64_t transactions = world.controller.stats().transactions;
  const auto answers = batch.answers();
  for (uint32_t i = 0; i < answers.size(); ++i) {
    EXPECT_EQ(answers[i].has_value(), i % 2 == 0) << i;
    if (answers[i]) {
      EXPECT_NE(network(*answers[i]->model, fmt::format("n{}", i)), nullptr);
    } else {
      EXPECT_EQ(answers[i].error().code, ErrorCode::PreconditionFailed);
    }
  }
  EXPECT_EQ(world.controller.stats().transactions - transactions, 1u);
}

Change create_network(const std::string& name, uint32_t second_octet) {
  Change change = put_network(name, second_octet);
  change.operations[0].precondition.if_none_match = {"*"};
  return change;
}

// A refusal is an answer too: what it tells of, every reader must see from then on.
TEST(Controller, IsRefusedBecauseOfAnotherChangeOnlyOnceThatIsThere) {
  auto store = memory_store();
  const testing::KeepingEncoding encoding;
  World world(*store, encoding);
  ASSERT_TRUE(world.controller.start());
  WaitingTogether batch(world);
  batch.submit(put_network("red", 1));
  batch.submit(create_network("red", 1), [&world](const Result<Committed>& answer) {
    EXPECT_FALSE(answer);
    EXPECT_NE(network(*world.controller.model(), "red"), nullptr);
  });
  const auto answers = batch.answers();
  EXPECT_TRUE(answers[0]);
  ASSERT_FALSE(answers[1]);
  EXPECT_EQ(answers[1].error().code, ErrorCode::PreconditionFailed);
}

TEST(Controller, IsNotRefusedBecauseOfAChangeThatCameToNothing) {
  FaultyStore store(memory_store(), script_of({Fate::Done, Fate::NotDone}));
  const testing::KeepingEncoding encoding;
  World world(store, encoding);
  ASSERT_TRUE(world.controller.start());
  WaitingTogether batch(world);
  batch.submit(put_network("red", 1));
  batch.submit(create_network("red", 1));
  for (const auto& answer : batch.answers()) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::StorageUnavailable);
  }
  EXPECT_EQ(network(*world.controller.model(), "red"), nullptr);
}

TEST(Controller, ResetReturnsToAFreshController) {
  auto store = memory_store();
  const testing::KeepingEncoding encoding;
  World world(*store, encoding);
  ASSERT_TRUE(world.controller.start());
  const std::string fresh = world.controller.digest();
  testing::RandomChanges changes(1);
  for (int i = 0; i < 100; ++i) static_cast<void>(world.change(changes.next()));
  ASSERT_NE(world.controller.digest(), fresh);
  std::promise<Result<Committed>> answer;
  world.controller.reset(
      "test", [&answer](Result<Committed> result) { answer.set_value(std::move(result)); });
  ASSERT_TRUE(answer.get_future().get());
  EXPECT_EQ(world.controller.digest(), fresh);
  EXPECT_EQ(world.controller.model()->count(),
            4u + 7u);  // network, subnet, pool, MAC pool; settings
}

TEST(Controller, DiagnosesAModelWithTheTablesProgrammedFromIt) {
  auto store = memory_store();
  const testing::KeepingEncoding encoding;
  World world(*store, encoding);
  ASSERT_TRUE(world.controller.start());
  std::atomic<bool> is_over = false;
  std::thread reader([&] {
    while (!is_over) {
      world.controller.diagnose([](const Model& model, const dataplane::Tables& tables) {
        EXPECT_EQ(dataplane::contents(tables), compile(model));
      });
    }
  });
  testing::RandomChanges changes(7);
  for (int i = 0; i < 200; ++i) static_cast<void>(world.change(changes.next()));
  is_over = true;
  reader.join();
}

TEST(Controller, RefusesWhatComesAfterItStopped) {
  auto store = memory_store();
  const testing::KeepingEncoding encoding;
  World world(*store, encoding);
  ASSERT_TRUE(world.controller.start());
  world.controller.stop();
  const auto answer = world.change(put_network("red", 1));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::StorageUnavailable);
}

}  // namespace
}  // namespace isthmus
