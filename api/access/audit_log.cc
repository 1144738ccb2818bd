#include "api/access/audit_log.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "api/access/principals.h"

namespace isthmus::api::access {
namespace {

// The first name of FILE.20270101T100000Z, FILE.20270101T100000Z.1, ... that is free.
std::string free_name(const std::string& file, int64_t now_ms) {
  const std::string stamped = fmt::format("{}.{:%Y%m%dT%H%M%SZ}", file,
                                          fmt::gmtime(static_cast<std::time_t>(now_ms / 1000)));
  std::string name = stamped;
  std::error_code ignored;
  for (int i = 1; std::filesystem::exists(name, ignored); ++i)
    name = fmt::format("{}.{}", stamped, i);
  return name;
}

// A write that the machine's end cut off left a line without an end.
bool ends_in_a_line(int descriptor, size_t bytes) {
  char last = '\n';
  return bytes == 0 ||
         (::pread(descriptor, &last, 1, static_cast<off_t>(bytes - 1)) == 1 && last == '\n');
}

}  // namespace

tl::expected<std::shared_ptr<AuditLog>, std::string> AuditLog::open(AuditOptions options) {
  std::shared_ptr<AuditLog> log(new AuditLog(std::move(options)));
  if (std::string why = log->open_file(); !why.empty()) return tl::unexpected(std::move(why));
  log->thread_ = std::thread([raw = log.get()] { raw->run(); });
  return log;
}

AuditLog::~AuditLog() {
  {
    const std::lock_guard lock(mutex_);
    stops_ = true;
  }
  work_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void AuditLog::write(std::string line, Told told) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < kWaitingMax) {
      waiting_.push_back({std::move(line), std::move(told)});
      work_.notify_one();
      return;
    }
    ++turned_away_;
  }
  if (told) told(false);
}

void AuditLog::reopen() {
  {
    const std::lock_guard lock(mutex_);
    wants_reopen_ = true;
  }
  work_.notify_one();
}

void AuditLog::drain() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return waiting_.empty() && !is_writing_ && !wants_reopen_; });
}

void AuditLog::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [this] { return !waiting_.empty() || wants_reopen_ || stops_; });
    if (waiting_.empty() && !wants_reopen_) return;
    const std::vector<Entry> batch = std::exchange(waiting_, {});
    const bool reopens = std::exchange(wants_reopen_, false);
    lost_ += std::exchange(turned_away_, 0);
    is_writing_ = true;
    lock.unlock();
    if (reopens) file_.reset();
    const bool durable = append(batch);
    for (const Entry& entry : batch) {
      if (entry.told) entry.told(durable);
    }
    lock.lock();
    is_writing_ = false;
    idle_.notify_all();
  }
}

std::string AuditLog::open_file() {
  const std::string& name = options_.file;
  file_.reset(::open(name.c_str(),
                     O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!file_.is_open()) return fmt::format("cannot write {}: {}", name, std::strerror(errno));
  if (std::string why = not_private(file_.get(), name); !why.empty()) {
    file_.reset();
    return why;
  }
  const off_t end = ::lseek(file_.get(), 0, SEEK_END);
  bytes_ = end < 0 ? 0 : static_cast<size_t>(end);
  is_torn_ = !ends_in_a_line(file_.get(), bytes_);
  if (bytes_ == 0 && !sync_folder_of(name))  // new, perhaps: its name is to last too
    return fmt::format("cannot sync the folder of {}: {}", name, std::strerror(errno));
  return {};
}

std::string AuditLog::lost_line() const {
  return fmt::format(R"({{"time":"{}","event":"lost","lines":{}}})", time_text(options_.now_ms()),
                     lost_);
}

// Says once that it fails, and once that it works again: not a line for each request.
bool AuditLog::append(const std::vector<Entry>& batch) {
  std::string why;
  if (!file_.is_open()) why = open_file();
  if (why.empty() && !batch.empty()) why = write_batch(batch);
  if (why.empty()) {
    if (std::exchange(is_failing_, false))
      spdlog::info("the audit log {} is written again", options_.file);
    return true;
  }
  lost_ += batch.size();
  file_.reset();  // after a failed sync, nobody knows what this descriptor still holds
  if (!std::exchange(is_failing_, true)) spdlog::error("the audit log: {}", why);
  return false;
}

std::string AuditLog::write_batch(const std::vector<Entry>& batch) {
  std::string lines;
  for (const Entry& entry : batch) lines += entry.line + "\n";
  if (bytes_ > 0 && bytes_ + lines.size() > options_.bytes_max) {
    if (std::string why = start_new_file(); !why.empty()) return why;
  }
  const std::string text = (is_torn_ ? "\n" : "") + (lost_ > 0 ? lost_line() + "\n" : "") + lines;
  if (!write_all(file_.get(), text) || ::fdatasync(file_.get()) != 0)
    return fmt::format("cannot write {}: {}", options_.file, std::strerror(errno));
  is_torn_ = false;
  bytes_ += text.size();
  lost_ = 0;
  return {};
}

// Where renaming cannot be done the log goes on in the file that it has: too long beats incomplete.
std::string AuditLog::start_new_file() {
  const std::string kept = free_name(options_.file, options_.now_ms());
  if (::rename(options_.file.c_str(), kept.c_str()) == 0) return open_file();
  spdlog::error("cannot rename {} to {}: {}", options_.file, kept, std::strerror(errno));
  return {};
}

}  // namespace isthmus::api::access
