// What is done once before the daemon says that it is ready: lab documents are applied, programs
// are run, one after another. Until then, and for good when one of them fails, /readyz is 503 and
// says which.
//
// A program finds the daemon's address in ISTHMUS_SERVER. A restart runs the hooks again: applying
// a lab document twice changes nothing.
//
// Threads: a thread of its own runs them. start(), stop() and the destructor belong to one thread.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/control/control_handler.h"

namespace isthmus::api::control {

class InitHooks {
 public:
  explicit InitHooks(std::vector<std::string> files);
  ~InitHooks();  // stops
  InitHooks(const InitHooks&) = delete;
  InitHooks& operator=(const InitHooks&) = delete;

  ReadyCheck ready_check();
  // The handler must outlive the hooks.
  void start(http::Handler& control, std::string server);
  // Ends the program that runs, and waits.
  void stop();

 private:
  void run(http::Handler& control, const std::string& server);
  std::string run_one(const std::string& file, http::Handler& control, const std::string& server);
  std::string run_program(const std::string& file, const std::string& server);
  void tell(std::string trouble);

  const std::vector<std::string> files_;
  std::mutex mutex_;  // guards trouble_
  std::string trouble_;
  std::atomic<bool> is_stopping_{false};
  std::atomic<pid_t> program_{0};
  std::thread thread_;
};

}  // namespace isthmus::api::control
