#include "api/wires/line_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "controller/model/text.h"

namespace isthmus::api::wires {
namespace {

constexpr int kKind = SOCK_SEQPACKET | SOCK_CLOEXEC;

int flag_of(Patience patience) { return patience == Patience::Never ? MSG_DONTWAIT : 0; }

tl::expected<sockaddr_un, std::string> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return tl::unexpected(
        fmt::format("The path of a socket, {}, is longer than {} bytes: choose a shorter one.",
                    in_quotes(path), sizeof address.sun_path - 1));
  path.copy(address.sun_path, path.size());
  return address;
}

const sockaddr* plain(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

std::string why() { return std::generic_category().message(errno); }

}  // namespace

tl::expected<File, std::string> listen_at(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return tl::unexpected(address.error());
  const File probe(::socket(AF_UNIX, kKind | SOCK_NONBLOCK, 0));
  if (::connect(probe.get(), plain(*address), sizeof *address) == 0 || errno == EAGAIN)
    return tl::unexpected(
        fmt::format("Somebody listens at the socket {} already.", in_quotes(path)));
  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0 && S_ISSOCK(there.st_mode)) ::unlink(path.c_str());
  File listener(::socket(AF_UNIX, kKind | SOCK_NONBLOCK, 0));
  // The file gets the mode that the socket has before (unix(7)).
  if (!listener || ::fchmod(listener.get(), 0600) < 0 ||
      ::bind(listener.get(), plain(*address), sizeof *address) < 0 ||
      ::listen(listener.get(), SOMAXCONN) < 0)
    return tl::unexpected(
        fmt::format("Cannot listen at the socket {}: {}.", in_quotes(path), why()));
  return listener;
}

tl::expected<File, std::string> connect_to(const std::string& path) {
  const auto address = address_of(path);
  if (!address) return tl::unexpected(address.error());
  File connection(::socket(AF_UNIX, kKind, 0));
  if (::connect(connection.get(), plain(*address), sizeof *address) < 0)
    return tl::unexpected(
        fmt::format("Cannot connect to the socket {}: {}.", in_quotes(path), why()));
  return connection;
}

std::optional<Line> receive_line(int socket, Patience patience) {
  std::string text(kLineBytesMax, '\0');
  alignas(cmsghdr) char control[CMSG_SPACE(kFilesPerLineMax * sizeof(int))];
  iovec part{text.data(), text.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  const ssize_t size = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | flag_of(patience));
  if (size <= 0) return std::nullopt;
  text.resize(static_cast<size_t>(size));
  Line line{std::move(text), {}};
  for (cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr; item = CMSG_NXTHDR(&header, item)) {
    if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) continue;
    for (size_t at = CMSG_LEN(0); at + sizeof(int) <= item->cmsg_len; at += sizeof(int)) {
      int descriptor = -1;
      std::memcpy(&descriptor, reinterpret_cast<const char*>(item) + at, sizeof descriptor);
      line.files.emplace_back(descriptor);
    }
  }
  return line;
}

bool send_line(int socket, std::string_view text, std::span<const int> files, Patience patience) {
  alignas(cmsghdr) char control[CMSG_SPACE(kFilesPerLineMax * sizeof(int))] = {};
  if (files.size() > kFilesPerLineMax) return false;
  iovec part{const_cast<char*>(text.data()), text.size()};  // sendmsg only reads it
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (!files.empty()) {
    header.msg_control = control;
    header.msg_controllen = CMSG_SPACE(files.size_bytes());
    cmsghdr* item = CMSG_FIRSTHDR(&header);
    item->cmsg_level = SOL_SOCKET;
    item->cmsg_type = SCM_RIGHTS;
    item->cmsg_len = CMSG_LEN(files.size_bytes());
    std::memcpy(CMSG_DATA(item), files.data(), files.size_bytes());
  }
  return ::sendmsg(socket, &header, MSG_NOSIGNAL | flag_of(patience)) >= 0;
}

Command split_line(std::string_view text) {
  const size_t blank = std::min(text.find(' '), text.size());
  return {text.substr(0, blank), text.substr(std::min(blank + 1, text.size()))};
}

}  // namespace isthmus::api::wires
