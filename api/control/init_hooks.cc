#include "api/control/init_hooks.h"

#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <future>
#include <iterator>

namespace isthmus::api::control {
namespace {

// A program is asked to end, and after two seconds made to.
constexpr std::chrono::milliseconds kPause{20};
constexpr int kPatience = 100;

constexpr std::string_view kLabEndings[] = {".yaml", ".yml", ".json"};

bool is_lab(std::string_view file) {
  for (const std::string_view ending : kLabEndings) {
    if (file.ends_with(ending)) return true;
  }
  return false;
}

// As a client would apply it.
std::string apply_lab(const std::string& file, http::Handler& control) {
  std::ifstream in(file, std::ios::binary);
  http::Request request;
  request.method = http::Method::Post;
  request.target = "/_isthmus/v1/apply";
  request.segments = {"_isthmus", "v1", "apply"};
  request.headers.add("Content-Type",
                      file.ends_with(".json") ? "application/json" : "application/yaml");
  request.body.assign(std::istreambuf_iterator<char>(in), {});
  request.principal = "init";
  if (in.bad() || !in.is_open()) return fmt::format("cannot be read: {}", std::strerror(errno));
  std::promise<http::Response> answered;
  control.handle(std::move(request),
                 [&answered](http::Response response) { answered.set_value(std::move(response)); });
  const http::Response response = answered.get_future().get();
  return response.status == 200 ? "" : "was refused: " + response.body;
}

std::vector<std::string> environment_with(const std::string& server) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, "ISTHMUS_SERVER=", 15) != 0) environment.emplace_back(*entry);
  }
  environment.push_back("ISTHMUS_SERVER=" + server);
  return environment;
}

// With the signals that the daemon has blocked for itself.
int spawn(const std::string& file, const std::string& server, pid_t& child) {
  std::vector<std::string> environment = environment_with(server);
  std::vector<char*> pointers;
  for (std::string& entry : environment) pointers.push_back(entry.data());
  pointers.push_back(nullptr);
  std::string path = file;
  char* arguments[] = {path.data(), nullptr};
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  for (const int signal : {SIGPIPE, SIGXFSZ}) sigaddset(&defaults, signal);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  const int error =
      posix_spawn(&child, path.c_str(), nullptr, &attributes, arguments, pointers.data());
  posix_spawnattr_destroy(&attributes);
  return error;
}

}  // namespace

InitHooks::InitHooks(std::vector<std::string> files)
    : files_(std::move(files)), trouble_(files_.empty() ? "" : "the init hooks have not begun") {}

InitHooks::~InitHooks() { stop(); }

ReadyCheck InitHooks::ready_check() {
  return {"init", [this] {
            const std::lock_guard lock(mutex_);
            return trouble_;
          }};
}

void InitHooks::start(http::Handler& control, std::string server) {
  if (files_.empty()) return;
  thread_ = std::thread([this, &control, server = std::move(server)] { run(control, server); });
}

void InitHooks::stop() {
  is_stopping_ = true;
  for (int waited = 0;; ++waited) {
    const pid_t program = program_;
    if (program <= 0) break;
    ::kill(-program, waited < kPatience ? SIGTERM : SIGKILL);
    std::this_thread::sleep_for(kPause);
  }
  if (thread_.joinable()) thread_.join();
}

void InitHooks::run(http::Handler& control, const std::string& server) {
  for (const std::string& file : files_) {
    tell(fmt::format("init hook {} is running", file));
    const std::string trouble = run_one(file, control, server);
    if (!trouble.empty()) {
      spdlog::error("init hook {} {}", file, trouble);
      return tell(fmt::format("init hook {} {}", file, trouble));
    }
    spdlog::info("init hook {} is done", file);
  }
  tell("");
}

std::string InitHooks::run_one(const std::string& file, http::Handler& control,
                               const std::string& server) {
  if (is_stopping_) return "was not run: the daemon stops";
  return is_lab(file) ? apply_lab(file, control) : run_program(file, server);
}

std::string InitHooks::run_program(const std::string& file, const std::string& server) {
  pid_t child = 0;
  if (const int error = spawn(file, server, child); error != 0)
    return fmt::format("cannot be run: {}", std::strerror(error));
  program_ = child;
  if (is_stopping_) ::kill(-child, SIGTERM);  // stop() may have looked before
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  program_ = 0;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return "";
  return WIFEXITED(status) ? fmt::format("ended with status {}", WEXITSTATUS(status))
                           : fmt::format("was ended by signal {}", WTERMSIG(status));
}

void InitHooks::tell(std::string trouble) {
  const std::lock_guard lock(mutex_);
  trouble_ = std::move(trouble);
}

}  // namespace isthmus::api::control
