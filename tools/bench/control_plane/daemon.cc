#include "tools/bench/control_plane/daemon.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tools/bench/control_plane/client.h"
#include "tools/bench/control_plane/interrupt.h"
#include "tools/bench/control_plane/seconds.h"

namespace isthmus::bench::control_plane {
namespace {

namespace fs = std::filesystem;

constexpr double kStartSecondsMax = 120;
constexpr double kBytesPerMb = 1e6;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

fs::path make_folder(const std::string& directory) {
  const fs::path parent = directory.empty() ? fs::temp_directory_path() : fs::path(directory);
  std::string pattern = (parent / "isthmus-bench.XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) fail("cannot make a folder in " + parent.string());
  return pattern;
}

std::string last_words(const fs::path& log) {
  std::ifstream file(log);
  std::string last;
  for (std::string line; std::getline(file, line);) last = line;
  return last;
}

}  // namespace

Daemon::Daemon(std::string program, const std::string& directory)
    : program_(std::move(program)), folder_(make_folder(directory)) {}

Daemon::~Daemon() {
  kill();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

// Nothing between fork and exec allocates.
void Daemon::spawn() {
  std::vector<std::string> words = {program_,
                                    "--listen",
                                    "127.0.0.1:0",
                                    "--port-file",
                                    (folder_ / "port").string(),
                                    "--state",
                                    (folder_ / "state.db").string(),
                                    "--peerings-per-network",
                                    "1000000"};
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const std::string log = (folder_ / "log").string();
  const pid_t parent = ::getpid();
  process_ = ::fork();
  if (process_ < 0) fail("cannot start a process");
  if (process_ > 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // it has died in between
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  ::execv(program_.c_str(), pointers.data());
  ::_exit(127);
}

bool Daemon::is_ready() {
  unsigned port = 0;
  if (!(std::ifstream(folder_ / "port") >> port)) return false;
  port_ = static_cast<uint16_t>(port);
  try {
    Client(port_).get("/readyz");
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

void Daemon::throw_if_ended() {
  if (::waitpid(process_, nullptr, WNOHANG) != process_) return;
  process_ = 0;
  throw std::runtime_error("isthmusd has ended: " + last_words(folder_ / "log"));
}

double Daemon::start() {
  std::error_code ignored;
  fs::remove(folder_ / "port", ignored);  // of its last life
  const Stopwatch watch;
  spawn();
  while (!is_ready()) {
    throw_if_interrupted();
    throw_if_ended();
    if (watch.seconds() > kStartSecondsMax)
      throw std::runtime_error("isthmusd does not become ready: " + last_words(folder_ / "log"));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return watch.seconds();
}

void Daemon::kill() {
  if (process_ == 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  process_ = 0;
}

double Daemon::processor_seconds() const {
  std::ifstream file(fmt::format("/proc/{}/stat", process_));  // proc(5)
  const std::string text(std::istreambuf_iterator<char>(file), {});
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user_ticks = 0;
  double system_ticks = 0;
  fields >> user_ticks >> system_ticks;
  return (user_ticks + system_ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double Daemon::resident_mb() const {
  std::ifstream statm(fmt::format("/proc/{}/statm", process_));  // in pages (proc(5))
  double size = 0;
  double resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / kBytesPerMb;
}

double Daemon::state_mb() const {
  double bytes = 0;
  for (const char* name : {"state.db", "state.db-wal"}) {
    std::error_code error;
    const auto size = fs::file_size(folder_ / name, error);
    if (!error) bytes += static_cast<double>(size);
  }
  return bytes / kBytesPerMb;
}

double Daemon::sync_ms() const {
  const fs::path path = folder_ / "sync";
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) fail("cannot write " + path.string());
  const std::array<char, 4096> block{};
  const Stopwatch watch;
  const bool done =
      ::write(file, block.data(), block.size()) == ssize_t{block.size()} && ::fdatasync(file) == 0;
  const double seconds = watch.seconds();
  ::close(file);
  if (!done) fail("cannot write " + path.string());
  return seconds * 1e3;
}

}  // namespace isthmus::bench::control_plane
