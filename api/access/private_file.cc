#include "api/access/private_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace isthmus::api::access {
namespace {

constexpr size_t kBytesMax = 16 * 1024 * 1024;  // ours: 100,000 principals

tl::unexpected<std::string> cannot(std::string_view verb, const std::string& path, int why) {
  return tl::unexpected(fmt::format("cannot {} {}: {}", verb, path, std::strerror(why)));
}

}  // namespace

void Descriptor::reset(int number) {
  if (number_ >= 0) ::close(number_);
  number_ = number;
}

bool sync_folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const Descriptor descriptor(
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return descriptor.is_open() && ::fsync(descriptor.get()) == 0;
}

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

std::string not_private(int descriptor, const std::string& path) {
  struct stat facts {};
  if (::fstat(descriptor, &facts) != 0)
    return fmt::format("cannot look at {}: {}", path, std::strerror(errno));
  if (!S_ISREG(facts.st_mode)) return path + " is not an ordinary file";
  if (facts.st_uid != ::geteuid() && facts.st_uid != 0)
    return fmt::format("{} belongs to another user: chown it", path);
  if ((facts.st_mode & 077) == 0) return {};
  return fmt::format(
      "{} has the mode {:04o}, so that others than its owner may use it: chmod 600 {}", path,
      facts.st_mode & 07777, path);
}

tl::expected<std::string, std::string> read_private_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) return cannot("read", path, errno);
  if (std::string why = not_private(file.get(), path); !why.empty()) return tl::unexpected(why);
  std::string text;
  char piece[4096];
  for (;;) {
    const ssize_t count = ::read(file.get(), piece, sizeof piece);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return cannot("read", path, errno);
    if (count == 0) return text;
    text.append(piece, static_cast<size_t>(count));
    if (text.size() > kBytesMax) return tl::unexpected(path + " is larger than 16 MB");
  }
}

tl::expected<void, std::string> write_private_file(const std::string& path, std::string_view text) {
  const std::string temporary = path + ".new";
  ::unlink(temporary.c_str());  // of a run that was cut off
  const Descriptor file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.is_open()) return cannot("write", temporary, errno);
  if (!write_all(file.get(), text) || ::fsync(file.get()) != 0 ||
      ::rename(temporary.c_str(), path.c_str()) != 0 || !sync_folder_of(path)) {
    const int why = errno;
    ::unlink(temporary.c_str());
    return cannot("write", path, why);
  }
  return {};
}

}  // namespace isthmus::api::access
