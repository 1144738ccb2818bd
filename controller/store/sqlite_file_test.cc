#include "controller/store/sqlite_file.h"

#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "controller/store/sqlite_store.h"
#include "tests/support/store_model.h"
#include "tests/support/temporary_folder.h"

namespace isthmus {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

Batch put(Revision revision, std::string document = "{}") {
  return {{{"key " + std::to_string(revision), std::move(document)}},
          {{revision, 0, "tester", "{}"}}};
}

std::string bytes_of(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// The error of an attempt that must fail, and leave the file as it is.
Error refused(const std::string& path) {
  const std::string before = bytes_of(path);
  auto store = open_sqlite_store(path);
  EXPECT_FALSE(store.has_value());
  EXPECT_EQ(bytes_of(path), before);
  if (store) return {};
  EXPECT_EQ(store.error().code, ErrorCode::StorageUnavailable);
  EXPECT_THAT(store.error().message, HasSubstr(path));
  EXPECT_FALSE(store.error().remedy.empty());
  return store.error();
}

TEST(SqliteFile, IsCreatedWithItsFolderForItsOwnerOnly) {
  const TemporaryFolder folder;
  const std::string path = folder.file("not/yet/there/state.db");
  const auto store = open_sqlite_store(path).value();
  ASSERT_EQ(store->commit(put(1), 0).outcome, Commit::Done);
  for (const std::string& name : {path, path + "-wal"}) {
    EXPECT_EQ(fs::status(name).permissions(), fs::perms::owner_read | fs::perms::owner_write)
        << name;
  }
  EXPECT_FALSE(fs::exists(path + "-shm")) << "shared memory would invite a second process";
}

TEST(SqliteFile, AnEmptyFileBecomesAStore) {
  const TemporaryFolder folder;
  write_file(folder.file("state.db"), "");
  EXPECT_TRUE(open_sqlite_store(folder.file("state.db")).has_value());
}

TEST(SqliteFile, ARelativePathThatLooksLikeAUriIsAPath) {
  const TemporaryFolder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  EXPECT_TRUE(open_sqlite_store("file:state.db?mode=memory").has_value());
  fs::current_path(before);
  EXPECT_TRUE(fs::exists(folder.file("file:state.db?mode=memory")));
}

TEST(SqliteFile, ASecondStoreOfTheSameProcessIsRefused) {
  const TemporaryFolder folder;
  const std::string path = folder.file("state.db");
  const auto first = open_sqlite_store(path).value();
  EXPECT_EQ(open_sqlite_store(path).error().text(),
            "'" + path +
                "' is in use by another process, most likely another isthmusd: database is locked."
                " Stop that one, or choose another file with --state.");
  EXPECT_EQ(first->commit(put(1), 0).outcome, Commit::Done);
}

// A process that holds a store until it is killed.
class Holder {
 public:
  explicit Holder(const std::string& path) {
    int ready[2];
    if (::pipe(ready) != 0) std::abort();
    child_ = ::fork();
    if (child_ == 0) hold(path, ready[1]);
    ::close(ready[1]);
    char byte = 0;
    held_ = ::read(ready[0], &byte, 1) == 1 && byte == 'y';
    ::close(ready[0]);
  }
  ~Holder() { kill(); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  bool held() const { return held_; }
  void kill() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    child_ = 0;
  }

 private:
  [[noreturn]] static void hold(const std::string& path, int ready) {
    auto store = open_sqlite_store(path);
    const bool done = store && (*store)->commit(put(1), 0).outcome == Commit::Done;
    if (::write(ready, done ? "y" : "n", 1) != 1) ::_exit(1);
    while (true) ::pause();
  }

  pid_t child_ = 0;
  bool held_ = false;
};

TEST(SqliteFile, ASecondProcessIsRefusedUntilTheFirstIsKilled) {
  const TemporaryFolder folder;
  const std::string path = folder.file("state.db");
  Holder first(path);
  ASSERT_TRUE(first.held());
  EXPECT_THAT(open_sqlite_store(path).error().message, HasSubstr("is in use by another process"));
  first.kill();
  const auto second = open_sqlite_store(path);
  ASSERT_TRUE(second.has_value()) << second.error().text();
  EXPECT_EQ((*second)->load().value().revision, 1u);
}

TEST(SqliteFile, GarbageIsRefused) {
  const TemporaryFolder folder;
  write_file(folder.file("state.db"), std::string(10'000, 'g'));
  EXPECT_THAT(refused(folder.file("state.db")).message, HasSubstr("is not a state file"));
}

TEST(SqliteFile, ADatabaseOfAnotherProgramIsRefused) {
  const TemporaryFolder folder;
  const std::string path = folder.file("state.db");
  SQLite::Database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("CREATE TABLE bookmarks (url TEXT)");
  EXPECT_THAT(refused(path).message, HasSubstr("is a database of another program"));
}

TEST(SqliteFile, ANewerSchemaIsRefused) {
  const TemporaryFolder folder;
  const std::string path = folder.file("state.db");
  ASSERT_TRUE(open_sqlite_store(path).has_value());
  SQLite::Database(path, SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 7");
  const Error error = refused(path);
  EXPECT_THAT(error.message,
              HasSubstr("has schema version 7, and this isthmusd knows versions up to 2"));
  EXPECT_THAT(error.remedy, HasSubstr("Use the isthmusd that wrote it"));
}

TEST(SqliteFile, AFolderIsRefused) {
  const TemporaryFolder folder;
  const auto store = open_sqlite_store(folder.path().string());
  ASSERT_FALSE(store.has_value());
  EXPECT_THAT(store.error().message, HasSubstr("cannot be opened"));
}

// Ordinary users are refused by permissions; the superuser tries as one.
class OrdinaryUser {
 public:
  OrdinaryUser() : dropped_(::geteuid() == 0 && ::seteuid(65534) == 0) {}
  ~OrdinaryUser() {
    if (dropped_ && ::seteuid(0) != 0) std::abort();
  }
  OrdinaryUser(const OrdinaryUser&) = delete;
  OrdinaryUser& operator=(const OrdinaryUser&) = delete;

 private:
  bool dropped_;
};

TEST(SqliteFile, AFolderWithoutWritePermissionIsRefused) {
  const TemporaryFolder folder;
  fs::permissions(folder.path(),
                  fs::perms::owner_all | fs::perms::others_read | fs::perms::others_exec);
  const fs::path sealed = folder.path() / "sealed";
  fs::create_directory(sealed);
  fs::permissions(sealed, fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read |
                              fs::perms::others_exec);
  const OrdinaryUser user;
  if (::geteuid() == 0) GTEST_SKIP() << "this user cannot become an ordinary one";
  for (const char* name : {"state.db", "deeper/state.db"}) {
    const auto store = open_sqlite_store((sealed / name).string());
    ASSERT_FALSE(store.has_value()) << name;
    EXPECT_THAT(store.error().text(), HasSubstr("Permission denied")) << name;
  }
}

TEST(SqliteFile, AFileWithoutWritePermissionIsRefused) {
  const TemporaryFolder folder;
  const std::string path = folder.file("state.db");
  ASSERT_TRUE(open_sqlite_store(path).has_value());
  fs::permissions(folder.path(), fs::perms::all);
  fs::permissions(path, fs::perms::owner_read | fs::perms::others_read);
  const OrdinaryUser user;
  if (::geteuid() == 0) GTEST_SKIP() << "this user cannot become an ordinary one";
  const auto store = open_sqlite_store(path);
  ASSERT_FALSE(store.has_value());
  EXPECT_THAT(store.error().message, HasSubstr("cannot be opened: Permission denied"));
}

// Runs in a process of its own with a small file system mounted at `folder`. The exit code says how
// it went; what failed is printed by the test framework in there.
constexpr int kPassed = 0;
constexpr int kFailed = 1;
constexpr int kNoMount = 77;

// A mount namespace of its own; an ordinary user needs to be the superuser of a user namespace.
bool own_mounts() {
  if (::unshare(CLONE_NEWNS) == 0) return true;
  const std::string user = "0 " + std::to_string(::geteuid()) + " 1";
  const std::string group = "0 " + std::to_string(::getegid()) + " 1";
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", user);
  write_file("/proc/self/gid_map", group);
  return ::geteuid() == 0;
}

bool mount_small_disk(const fs::path& folder) {
  return own_mounts() && ::mount("", "/", "", MS_REC | MS_PRIVATE, "") == 0 &&
         ::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=1m") == 0;
}

int on_small_disk(const fs::path& folder, const std::function<void()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!mount_small_disk(folder)) ::_exit(kNoMount);
    body();
    std::fflush(stdout);
    ::_exit(testing::Test::HasFailure() ? kFailed : kPassed);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : kFailed;
}

void fill_up_and_go_on(const std::string& path, const std::string& ballast) {
  write_file(ballast, std::string(300 << 10, 'b'));
  auto store = open_sqlite_store(path).value();
  StoreModel model;
  const std::string document(8000, 'd');
  CommitReport report;
  while (report.outcome == Commit::Done && model.revision < 1000) {
    const Batch batch = put(model.revision + 1, document);
    report = store->commit(batch, model.revision);
    if (report.outcome == Commit::Done) model.apply(batch);
  }
  EXPECT_GT(model.revision, 10u);
  EXPECT_EQ(report.outcome, Commit::NotDone);
  EXPECT_EQ(report.reason, "database or disk is full");
  EXPECT_TRUE(model.equals(store->load().value())) << "reading goes on";
  store.reset();
  auto reopened = open_sqlite_store(path);
  ASSERT_TRUE(reopened.has_value()) << "a full disk is no obstacle: " << reopened.error().text();
  EXPECT_TRUE(model.equals((*reopened)->load().value()));

  fs::remove(ballast);
  const Batch batch = put(model.revision + 1, document);
  EXPECT_EQ((*reopened)->commit(batch, model.revision).outcome, Commit::Done);
  model.apply(batch);
  reopened->reset();
  EXPECT_TRUE(model.equals(open_sqlite_store(path).value()->load().value()));
}

TEST(SqliteFile, AFullDiskRefusesChangesUntilThereIsRoom) {
  const TemporaryFolder folder;
  const int code = on_small_disk(
      folder.path(), [&] { fill_up_and_go_on(folder.file("state.db"), folder.file("ballast")); });
  if (code == kNoMount) GTEST_SKIP() << "this user cannot mount a small file system";
  EXPECT_EQ(code, kPassed);
}

}  // namespace
}  // namespace isthmus
