// An isthmusd of the benchmark's own, on a state file of its own, in a folder that goes with it.
//
// What ends is only the process that was started here; it ends too when this program is killed.
// One thread: the one that starts the daemon.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace isthmus::bench::control_plane {

class Daemon {
 public:
  // `directory` is where its folder is made; empty for the folder of temporary files.
  Daemon(std::string program, const std::string& directory);
  ~Daemon();  // kills it, and removes the folder
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Seconds from before the process exists until /readyz answers 200. Throws std::runtime_error.
  double start();
  void kill();  // SIGKILL, as a crash would

  uint16_t port() const { return port_; }
  // Of its processor, since it started: what others run meanwhile does not count.
  double processor_seconds() const;
  double resident_mb() const;
  double state_mb() const;  // of the state file and its log
  // Milliseconds that 4 KiB take onto the disk of the state file: what durable means here.
  double sync_ms() const;

 private:
  void spawn();
  bool is_ready();
  void throw_if_ended();

  std::string program_;
  std::filesystem::path folder_;
  pid_t process_ = 0;  // 0: none
  uint16_t port_ = 0;
};

}  // namespace isthmus::bench::control_plane
