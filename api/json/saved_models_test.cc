// Saved models in a folder and in memory; files that are not whole; folders that cannot be written.
#include "api/json/saved_models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/random_resource.h"
#include "tests/support/temporary_folder.h"

namespace isthmus::api::json {
namespace {

using isthmus::testing::Dump;
using isthmus::testing::RandomResources;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

SavedModel a_backup(const std::string& id, uint64_t seed) {
  SavedModel backup{id, R"(\\server\"share")", {}, Uuid{seed, 2}, 1'798'797'600'123, {}};
  backup.credential = *ResourceId::parse("/credentials/share");
  RandomResources resources(seed);
  for (const KindInfo& row : kinds_in(Realm::Onprem))
    backup.resources.push_back(std::make_shared<const Resource>(resources.next(row.kind)));
  return backup;
}

void expect_same(const Result<SavedModel>& found, const SavedModel& wanted) {
  ASSERT_TRUE(found) << found.error().text();
  EXPECT_EQ(found->id, wanted.id);
  EXPECT_EQ(found->path, wanted.path);
  EXPECT_EQ(found->credential, wanted.credential);
  EXPECT_EQ(found->made_by, wanted.made_by);
  EXPECT_EQ(found->time_ms, wanted.time_ms);
  ASSERT_EQ(found->resources.size(), wanted.resources.size());
  for (size_t i = 0; i < wanted.resources.size(); ++i)
    EXPECT_EQ(Dump::of(*found->resources[i]), Dump::of(*wanted.resources[i]));
}

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

class KeptBackups : public ::testing::TestWithParam<bool> {
 protected:
  TemporaryFolder folder_;
  const std::string place_ = GetParam() ? folder_.file("made/when/needed") : "";
  SavedModels backups_{place_, "backup"};
};
INSTANTIATE_TEST_SUITE_P(Backups, KeptBackups, ::testing::Bool(),
                         [](const auto& row) { return row.param ? "InAFolder" : "InMemory"; });

TEST_P(KeptBackups, AreReadAsTheyWereSaved) {
  EXPECT_THAT(backups_.ids(), IsEmpty());
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    const SavedModel backup = a_backup("b", seed);
    ASSERT_TRUE(backups_.save(backup));
    expect_same(backups_.load("b"), backup);
  }
}

TEST_P(KeptBackups, AreNamedWithoutCase) {
  ASSERT_TRUE(backups_.save(a_backup("Monday", 1)));
  ASSERT_TRUE(backups_.save(a_backup("a.backup", 2)));
  ASSERT_TRUE(backups_.save(a_backup("MONDAY", 3)));
  EXPECT_THAT(backups_.ids(), ElementsAre("a.backup", "monday"));
  expect_same(backups_.load("monDAY"), a_backup("MONDAY", 3));
  EXPECT_TRUE(backups_.remove("mOnday"));
  EXPECT_FALSE(backups_.remove("monday"));
  EXPECT_THAT(backups_.ids(), ElementsAre("a.backup"));
  const auto gone = backups_.load("Monday");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::ResourceNotFound);
  EXPECT_EQ(gone.error().message, "There is no backup 'Monday'.");
}

TEST_P(KeptBackups, MayHoldNothing) {
  const SavedModel empty{"b", "p", {}, {}, 0, {}};
  ASSERT_TRUE(backups_.save(empty));
  expect_same(backups_.load("b"), empty);
}

TEST(Backups, OutliveTheObject) {
  const TemporaryFolder folder;
  ASSERT_TRUE(SavedModels(folder.path(), "backup").save(a_backup("b", 1)));
  expect_same(SavedModels(folder.path(), "backup").load("b"), a_backup("b", 1));
}

TEST(Backups, AreFilesOfTheirOwnerAlone) {
  const TemporaryFolder folder;
  ASSERT_TRUE(SavedModels(folder.path(), "backup").save(a_backup("b", 1)));
  EXPECT_EQ(std::filesystem::status(folder.file("b.backup")).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(Backups, LookAtNoOtherFile) {
  const TemporaryFolder folder;
  SavedModels backups(folder.path(), "backup");
  ASSERT_TRUE(backups.save(a_backup("b", 1)));
  write(folder.file("notes.txt"), "mine");
  write(folder.file("c.backup.new"), "half of one");
  EXPECT_THAT(backups.ids(), ElementsAre("b"));
}

// A file that is cut at any line, or in a line, is told from a whole one.
TEST(Backups, AreWholeOrRefused) {
  const TemporaryFolder folder;
  const SavedModels backups(folder.path(), "backup");
  ASSERT_TRUE(SavedModels(folder.path(), "backup").save(a_backup("b", 1)));
  const std::string path = folder.file("b.backup");
  const std::string whole = read(path);
  ASSERT_TRUE(whole.ends_with("}\n"));
  const auto refused = [&](const std::string& text) {
    write(path, text);
    const auto found = backups.load("b");
    if (found) return std::string();
    EXPECT_EQ(found.error().code, ErrorCode::StorageUnavailable);
    EXPECT_EQ(found.error().remedy, "Delete it, and make another one.");
    return found.error().message;
  };
  size_t lines = 0;
  for (size_t end = whole.find('\n'); end + 1 < whole.size(); end = whole.find('\n', end + 1)) {
    EXPECT_EQ(refused(whole.substr(0, end + 1)), "The backup 'b' cannot be read: it is cut off.");
    EXPECT_NE(refused(whole.substr(0, end + 20)), "");
    ++lines;
  }
  EXPECT_EQ(lines, kinds_in(Realm::Onprem).size()) << "a header, and a line for each resource";
  EXPECT_THAT(refused(""), HasSubstr("its first line is not its header"));
  EXPECT_THAT(refused("{"), HasSubstr("its first line is not its header"));
  EXPECT_THAT(refused("[]\n"), HasSubstr("its first line is not its header"));
  EXPECT_THAT(refused("{}\n"), HasSubstr("it is not of version 1"));
  std::string other = whole;
  other.replace(other.find("\"version\":1"), 11, "\"version\":2");
  EXPECT_THAT(refused(other), HasSubstr("it is not of version 1"));
  EXPECT_NE(refused(whole + whole.substr(whole.find('\n') + 1)), "") << "more than it says";
  EXPECT_EQ(refused(whole), "");
}

TEST(Backups, SayWhyTheyCannotBeSaved) {
  const TemporaryFolder folder;
  write(folder.file("file"), "");
  SavedModels backups(folder.file("file/below"), "backup");
  const auto saved = backups.save(a_backup("b", 1));
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, ErrorCode::StorageUnavailable);
  EXPECT_EQ(saved.error().message, "The backup cannot be written: Not a directory.")
      << "where it would be is for the log, and not for clients";
  EXPECT_THAT(saved.error().remedy, HasSubstr("the daemon may write"));
  EXPECT_THAT(backups.ids(), IsEmpty());
}

TEST(Backups, KeepTheOldOneWhereTheNewOneFails) {
  const TemporaryFolder folder;
  SavedModels backups(folder.path(), "backup");
  ASSERT_TRUE(backups.save(a_backup("b", 1)));
  std::filesystem::create_directory(folder.file("b.backup.new"));  // in the way of the new one
  const auto saved = backups.save(a_backup("b", 2));
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, ErrorCode::StorageUnavailable);
  expect_same(backups.load("b"), a_backup("b", 1));
  std::filesystem::remove(folder.file("b.backup.new"));
  ASSERT_TRUE(backups.save(a_backup("b", 2)));
  expect_same(backups.load("b"), a_backup("b", 2));
}

}  // namespace
}  // namespace isthmus::api::json
