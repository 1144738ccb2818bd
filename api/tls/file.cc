#include "api/tls/file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace isthmus::api::tls {
namespace {

constexpr size_t kFileBytesMax = 1024 * 1024;  // ours: a bundle of every public CA has 0.2 MB
constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

class File {
 public:
  File(const std::string& path, int flags, mode_t mode = 0)
      : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return descriptor_ >= 0; }
  bool status(struct stat& status) const { return ::fstat(descriptor_, &status) == 0; }
  bool sync() const { return ::fsync(descriptor_) == 0; }
  bool set_mode(mode_t mode) const { return ::fchmod(descriptor_, mode) == 0; }

  bool read(std::string& text) const {
    char bytes[4096];
    while (text.size() <= kFileBytesMax) {
      const ssize_t count = ::read(descriptor_, bytes, sizeof bytes);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return count == 0;
      text.append(bytes, static_cast<size_t>(count));
    }
    errno = EFBIG;
    return false;
  }
  bool write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t count = ::write(descriptor_, text.data(), text.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return false;
      text.remove_prefix(static_cast<size_t>(count));
    }
    return true;
  }

 private:
  const int descriptor_;
};

tl::unexpected<std::string> cannot(std::string_view what, const std::string& path) {
  return tl::unexpected(fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

// O_NONBLOCK: a pipe without a writer must not hold the daemon up.
Expected<std::string> read_file(const std::string& path, mode_t forbidden) {
  const File file(path, O_RDONLY | O_NONBLOCK);
  struct stat status {};
  if (!file.is_open() || !file.status(status)) return cannot("read", path);
  if ((status.st_mode & forbidden) != 0)
    return tl::unexpected(fmt::format(
        "the key file {} is open to others than its owner (mode {:04o}); do: chmod 600 {}", path,
        status.st_mode & 07777U, path));
  std::string text;
  if (!file.read(text)) return cannot("read", path);
  return text;
}

}  // namespace

Expected<std::string> read_file(const std::string& path) { return read_file(path, 0); }
Expected<std::string> read_private_file(const std::string& path) {
  return read_file(path, kOthers);
}

Expected<void> write_file(const std::string& folder, const std::string& name, std::string_view text,
                          Access access) {
  const std::string path = fmt::format("{}/{}", folder, name);
  const std::string temporary = path + ".new";
  std::error_code error;
  if (std::filesystem::create_directories(folder, error))
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  if (error)
    return tl::unexpected(fmt::format("cannot make the folder {}: {}", folder, error.message()));
  ::unlink(temporary.c_str());  // of a write that was cut off, perhaps with another mode
  const auto mode = static_cast<mode_t>(access);
  const File file(temporary, O_WRONLY | O_CREAT | O_EXCL, mode);
  if (!file.is_open() || !file.set_mode(mode) || !file.write(text) || !file.sync() ||
      ::rename(temporary.c_str(), path.c_str()) != 0) {
    const int why = errno;
    ::unlink(temporary.c_str());
    errno = why;
    return cannot("write", path);
  }
  if (!File(folder, O_RDONLY | O_DIRECTORY).sync()) return cannot("write", folder);
  return {};
}

bool file_exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

}  // namespace isthmus::api::tls
