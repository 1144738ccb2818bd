#include "tools/lab/namespaces.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <exception>
#include <filesystem>

namespace isthmus::lab {
namespace {

std::error_code last_error() { return {errno, std::generic_category()}; }

File open_namespace(const char* path) { return File(::open(path, O_RDONLY | O_CLOEXEC)); }

std::error_code write_file(const char* path, std::string_view text) {
  const File file(::open(path, O_WRONLY | O_CLOEXEC));
  if (!file || ::write(file.get(), text.data(), text.size()) < 0) return last_error();
  return {};
}

}  // namespace

File own_network_namespace() { return open_namespace("/proc/thread-self/ns/net"); }
File own_user_namespace() { return open_namespace("/proc/thread-self/ns/user"); }

std::error_code leave_for_new_network() {
  return ::unshare(CLONE_NEWNET) < 0 ? last_error() : std::error_code();
}

std::error_code become_root_of_own() {
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  if (user == 0) return {};
  if (::unshare(CLONE_NEWUSER) < 0) return last_error();
  if (auto error = write_file("/proc/self/setgroups", "deny")) return error;
  if (auto error = write_file("/proc/self/uid_map", fmt::format("0 {} 1", user))) return error;
  return write_file("/proc/self/gid_map", fmt::format("0 {} 1", group));
}

std::error_code enter_network(int network_namespace) {
  return ::setns(network_namespace, CLONE_NEWNET) < 0 ? last_error() : std::error_code();
}

std::error_code enter_user(int user_namespace) {
  return ::setns(user_namespace, CLONE_NEWUSER) < 0 ? last_error() : std::error_code();
}

Inside::Inside(int network_namespace, const File& home)
    : home_(home), error_(enter_network(network_namespace)) {}

Inside::~Inside() {
  if (enter_network(home_.get())) std::terminate();
}

std::vector<pid_t> processes_in(std::span<const int> network_namespaces) {
  std::vector<ino_t> wanted;
  for (const int descriptor : network_namespaces) {
    struct stat status {};
    if (::fstat(descriptor, &status) == 0) wanted.push_back(status.st_ino);
  }
  std::sort(wanted.begin(), wanted.end());
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    pid_t process = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), process);
    if (error != std::errc{} || end != name.data() + name.size()) continue;
    struct stat status {};
    const std::string path = fmt::format("/proc/{}/ns/net", name);
    if (process == ::getpid() || ::stat(path.c_str(), &status) < 0) continue;
    if (std::binary_search(wanted.begin(), wanted.end(), status.st_ino)) found.push_back(process);
  }
  return found;
}

}  // namespace isthmus::lab
