// The audit log's file: lines in, lines on the disk, and word of it to whoever waits.
//
// Lines are only ever appended, whole ones, and every batch is synced before anybody is told. A
// line that cannot be written is lost, which the log itself says as soon as it can be written
// again; who waited is told at once, and does not act. A file that has grown to its size is renamed
// to FILE.TIME and a new one begun: nothing here deletes anything.
//
// Threads: one of its own writes; write(), reopen() and drain() from any.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <tl/expected.hpp>

#include "api/access/private_file.h"

namespace isthmus::api::access {

struct AuditOptions {
  std::string file;                      // mode 0600; made where there is none
  size_t bytes_max = 100 * 1024 * 1024;  // then FILE becomes FILE.TIME
  std::function<int64_t()> now_ms;       // since the Unix epoch
};

class AuditLog {
 public:
  // The error is a sentence: the file cannot be written, or others may read it.
  static tl::expected<std::shared_ptr<AuditLog>, std::string> open(AuditOptions options);
  ~AuditLog();  // writes what waits
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;

  // Told once, by the thread of the log or, where the line is turned away, by the caller's.
  using Told = std::function<void(bool durable)>;
  // `line` is without its end, and has no control character. `told` may be empty.
  void write(std::string line, Told told = {});

  // What SIGHUP does: the next line goes to the file that has the name then (logrotate).
  void reopen();
  // Waits until everything that was handed over is written, and whoever waited was told.
  void drain();

 private:
  struct Entry {
    std::string line;
    Told told;
  };

  explicit AuditLog(AuditOptions options) : options_(std::move(options)) {}
  void run();
  bool append(const std::vector<Entry>& batch);
  // These say nothing, or why not.
  std::string open_file();
  std::string write_batch(const std::vector<Entry>& batch);
  std::string start_new_file();
  std::string lost_line() const;

  static constexpr size_t kWaitingMax = 10'000;  // ours: some seconds of a busy controller

  const AuditOptions options_;
  std::mutex mutex_;  // guards the next six
  std::condition_variable work_, idle_;
  std::vector<Entry> waiting_;
  bool is_writing_ = false, wants_reopen_ = false, stops_ = false;
  uint64_t turned_away_ = 0;  // lines for which there was no room

  // Of the thread alone, once it runs.
  Descriptor file_;
  size_t bytes_ = 0;
  bool is_torn_ = false;  // the file's last line may have no end
  bool is_failing_ = false;
  uint64_t lost_ = 0;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace isthmus::api::access
