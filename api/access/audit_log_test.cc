// The audit log's file: whole lines in order, through full disks, rotation and restarts.
#include "api/access/audit_log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "api/access/audit_record.h"
#include "tests/support/temporary_folder.h"

namespace isthmus::api::access {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kNow = 1'798'761'600'123;  // 2027-01-01T00:00:00.123Z

std::vector<std::string> lines_of(const std::string& file) {
  std::vector<std::string> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

struct Log {
  explicit Log(size_t bytes_max = 1 << 20) : bytes_max_(bytes_max) {
    spdlog::set_level(spdlog::level::off);  // what it complains of is on purpose
    open();
  }
  ~Log() { spdlog::set_level(spdlog::level::info); }
  void open() {
    log.reset();
    auto opened = AuditLog::open({file, bytes_max_, [] { return kNow; }});
    EXPECT_TRUE(opened) << opened.error();
    log = *opened;
  }
  bool write(std::string line) {
    std::promise<bool> told;
    log->write(std::move(line), [&](bool durable) { told.set_value(durable); });
    return told.get_future().get();
  }

  TemporaryFolder folder;
  const std::string file = folder.file("audit.jsonl");
  const size_t bytes_max_;
  std::shared_ptr<AuditLog> log;
};

// No file of this process grows beyond so many bytes, as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(size_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST(AuditLog, HasWholeLinesInOrderForItsOwnerAlone) {
  Log log;
  for (int i = 0; i < 100; ++i) log.log->write(std::to_string(i));
  EXPECT_TRUE(log.write("last"));
  const auto lines = lines_of(log.file);
  ASSERT_EQ(lines.size(), 101u);
  EXPECT_EQ(lines[42], "42");
  struct stat facts {};
  ASSERT_EQ(::stat(log.file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0600u);
}

TEST(AuditLog, GoesOnWhereItWasAfterARestart) {
  Log log;
  log.log->write("before");
  log.open();  // the destructor writes what waits
  EXPECT_TRUE(log.write("after"));
  EXPECT_THAT(lines_of(log.file), ElementsAre("before", "after"));
  log.log.reset();
  std::ofstream(log.file, std::ios::app) << R"({"time":"20)";  // a machine that lost its power
  log.open();
  EXPECT_TRUE(log.write("next"));
  EXPECT_THAT(lines_of(log.file), ElementsAre("before", "after", R"({"time":"20)", "next"));
}

TEST(AuditLog, IsNotOpenedWhereOthersReadOrNothingCanBe) {
  TemporaryFolder folder;
  const auto open = [](const std::string& file) {
    const auto opened = AuditLog::open({file, 1000, [] { return kNow; }});
    return opened ? std::string() : opened.error();
  };
  std::ofstream(folder.file("open")) << "x\n";
  ::chmod(folder.file("open").c_str(), 0640);
  EXPECT_THAT(open(folder.file("open")), HasSubstr("chmod 600"));
  EXPECT_THAT(open(folder.file("none/audit")), HasSubstr("No such file or directory"));
  EXPECT_THAT(open(folder.path().string()), HasSubstr("cannot write"));
  std::filesystem::create_symlink(folder.file("elsewhere"), folder.file("link"));
  EXPECT_THAT(open(folder.file("link")), HasSubstr("cannot write")) << "not through a link";
  ASSERT_EQ(::mkfifo(folder.file("fifo").c_str(), 0600), 0);
  EXPECT_THAT(open(folder.file("fifo")), HasSubstr("not an ordinary file"));
}

TEST(AuditLog, TellsWhoWaitsThatADiskIsFullAndLaterWhatIsMissing) {
  Log log;
  EXPECT_TRUE(log.write("first"));
  {
    const FullDisk full(10);
    EXPECT_FALSE(log.write("second, which is longer than the rest of the disk"));
    EXPECT_FALSE(log.write("third"));
  }
  EXPECT_TRUE(log.write("fourth"));
  const auto lines = lines_of(log.file);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0], "first");
  EXPECT_EQ(lines[1], "seco") << "what found room, in a line of its own";
  EXPECT_EQ(lines[2], R"({"time":"2027-01-01T00:00:00Z","event":"lost","lines":2})");
  EXPECT_EQ(lines[3], "fourth");
}

TEST(AuditLog, StartsANewFileAtItsSizeAndDeletesNone) {
  Log log(100);
  const std::string line(60, 'x');
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(log.write(line));
  EXPECT_EQ(lines_of(log.file).size(), 1u);
  for (const char* kept : {".20270101T000000Z", ".20270101T000000Z.1", ".20270101T000000Z.2"})
    EXPECT_EQ(lines_of(log.file + kept).size(), 1u) << kept;
  EXPECT_TRUE(log.write(std::string(200, 'y'))) << "a line that is longer has a file of its own";
}

TEST(AuditLog, GoesToTheFileThatHasTheNameWhenItIsOpenedAnew) {
  Log log;
  EXPECT_TRUE(log.write("old"));
  std::filesystem::rename(log.file, log.file + ".1");  // as logrotate does
  EXPECT_TRUE(log.write("still old"));
  log.log->reopen();
  EXPECT_TRUE(log.write("new"));
  EXPECT_THAT(lines_of(log.file + ".1"), ElementsAre("old", "still old"));
  EXPECT_THAT(lines_of(log.file), ElementsAre("new"));

  ::chmod(log.file.c_str(), 0666);
  log.log->reopen();
  EXPECT_FALSE(log.write("seen by others"));
  ::chmod(log.file.c_str(), 0600);
  EXPECT_TRUE(log.write("private again"));
}

TEST(AuditRecord, IsOneLineWhateverIsInIt) {
  http::Request request;
  request.method = http::Method::Put;
  request.target = "/networking/v1/virtualNetworks/a%0Ab?x=%0A&$top=1";
  request.segments = {"networking", "v1", "virtualNetworks", "a\n{\"forged\":1}\r\x1b[2J\x7f\"\\"};
  request.peer = "127.0.0.1";
  request.request_id = "id";
  request.headers.add("x-ms-client-request-id", "mine\n\"");
  request.headers.add("If-Match", "\"W/7\"");
  request.headers.add("Authorization", "Bearer canary");
  request.body = "canary";
  AuditRecord record = audit_record(request);
  record.principal = "ci";
  record.role = "contributor";
  http::Response answer;
  answer.status = 201;
  answer.headers = {{"ETag", "\"8\""}};
  note_answer(record, answer);
  const std::string line = to_line(record, kNow);
  EXPECT_EQ(
      line,
      R"({"time":"2027-01-01T00:00:00.123Z","event":"call","principal":"ci",)"
      R"("role":"contributor","source":"127.0.0.1","method":"PUT",)"
      R"("path":"/networking/v1/virtualNetworks/a\u000a{\"forged\":1}\u000d\u001b[2J\u007f\"\\",)"
      R"("query":"x=%0A&$top=1","requestId":"id","clientRequestId":"mine\u000a\"",)"
      R"("decision":"allowed","status":201,"etagBefore":"W/7","etagAfter":"8"})");
  EXPECT_THAT(line, Not(HasSubstr("canary")));
  request.headers.add("x-ms-client-request-id", "second");
  request.peer = "\xff\xfe";
  for (const char c : to_line(audit_record(request), kNow))
    EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f);
}

}  // namespace
}  // namespace isthmus::api::access
