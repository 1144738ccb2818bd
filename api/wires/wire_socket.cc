#include "api/wires/wire_socket.h"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <random>
#include <system_error>
#include <thread>
#include <vector>

#include "controller/model/either_realm.h"
#include "controller/model/text.h"

namespace isthmus::api::wires {
namespace {

using dataplane::PortId;
using dataplane::io::File;

struct Message {
  std::string text;
  std::vector<File> files;
};

// Nothing: the connection is at its end. Descriptors beyond the first few are closed by the system.
std::optional<Message> receive(int connection) {
  constexpr size_t kFilesMax = 4;
  char text[kMessageBytesMax];
  alignas(cmsghdr) char control[CMSG_SPACE(kFilesMax * sizeof(int))];
  iovec part{text, sizeof text};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  const ssize_t size = ::recvmsg(connection, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (size <= 0) return std::nullopt;
  Message message{std::string(text, static_cast<size_t>(size)), {}};
  for (cmsghdr* item = CMSG_FIRSTHDR(&header); item != nullptr; item = CMSG_NXTHDR(&header, item)) {
    if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) continue;
    for (size_t at = CMSG_LEN(0); at + sizeof(int) <= item->cmsg_len; at += sizeof(int)) {
      int descriptor = -1;
      std::memcpy(&descriptor, reinterpret_cast<const char*>(item) + at, sizeof descriptor);
      message.files.emplace_back(descriptor);
    }
  }
  return message;
}

tl::expected<File, std::string> listen_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return tl::unexpected(
        fmt::format("The path of the socket for wires, {}, is longer than {} "
                    "bytes: choose a shorter one.",
                    in_quotes(path), sizeof address.sun_path - 1));
  path.copy(address.sun_path, path.size());
  const auto* name = reinterpret_cast<const sockaddr*>(&address);
  const File probe(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (::connect(probe.get(), name, sizeof address) == 0 || errno == EAGAIN)
    return tl::unexpected(
        fmt::format("Somebody listens at the socket for wires {} already.", in_quotes(path)));
  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0 && S_ISSOCK(there.st_mode)) ::unlink(path.c_str());
  File listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // The file gets the mode that the socket has before (unix(7)).
  if (!listener || ::fchmod(listener.get(), 0600) < 0 ||
      ::bind(listener.get(), name, sizeof address) < 0 || ::listen(listener.get(), SOMAXCONN) < 0)
    return tl::unexpected(fmt::format("Cannot listen at the socket for wires {}: {}.",
                                      in_quotes(path), std::generic_category().message(errno)));
  return listener;
}

dataplane::io::PacketWorkerOptions worker_options() {
  dataplane::io::PacketWorkerOptions options;
  options.wires = dataplane::io::WireKind::Offloads;
  options.hash_seed = std::random_device{}();
  return options;
}

}  // namespace

class WireSocket::Loop {
 public:
  Loop(std::string path, File listener, Controller& controller, dataplane::Dataplane& dataplane)
      : path_(std::move(path)),
        controller_(controller),
        worker_(dataplane, worker_options()),
        listener_(std::move(listener)),
        stop_(::eventfd(0, EFD_CLOEXEC)) {
    thread_ = std::thread([this] { run(); });
  }
  ~Loop() {
    const uint64_t one = 1;
    if (::write(stop_.get(), &one, sizeof one) < 0) spdlog::error("the socket for wires hangs");
    thread_.join();
    ::unlink(path_.c_str());
  }
  dataplane::CounterTotals totals() const {
    dataplane::CounterTotals totals;
    worker_.add_to(totals);
    return totals;
  }

 private:
  void run();
  void accept();
  bool serve(const File& connection);  // false: it has ended
  std::string answer(const File& connection, Message message);
  std::string attach(const File& connection, const Resource& nic, Message& message);
  std::string detach(const Resource& nic);
  void end(const File& connection);

  const std::string path_;
  Controller& controller_;
  dataplane::io::PacketWorker worker_;
  const File listener_;
  const File stop_;
  std::vector<File> connections_;
  std::map<PortId, int> holders_;  // of an interface's wire the connection, by its descriptor
  std::thread thread_;
};

void WireSocket::Loop::run() {
  for (;;) {
    std::vector<pollfd> waiting = {{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    for (const File& one : connections_) waiting.push_back({one.get(), POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), -1) < 0) continue;
    if (waiting[0].revents != 0) break;
    for (size_t i = connections_.size(); i > 0; --i) {
      if (waiting[i + 1].revents == 0 || serve(connections_[i - 1])) continue;
      end(connections_[i - 1]);
      connections_.erase(connections_.begin() + static_cast<ptrdiff_t>(i - 1));
    }
    if (waiting[1].revents != 0) accept();
  }
  for (const File& connection : connections_) end(connection);
}

void WireSocket::Loop::accept() {
  File socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  // Who waits goes on waiting where there is no descriptor for him.
  if (!socket) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  if (socket && connections_.size() < kConnectionsMax) connections_.push_back(std::move(socket));
}

bool WireSocket::Loop::serve(const File& connection) {
  auto message = receive(connection.get());
  if (!message) return false;
  const std::string text = answer(connection, std::move(*message));
  return ::send(connection.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

std::string WireSocket::Loop::answer(const File& connection, Message message) {
  const std::string_view text = message.text;
  const size_t blank = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, blank);
  const std::string_view path = text.substr(std::min(blank + 1, text.size()));
  if (word != "attach" && word != "detach")
    return fmt::format(
        "InvalidRequest: {} is no word of this socket: write attach or detach, and "
        "the path of a network interface.",
        in_quotes(word));
  const auto id = parse_in_either_realm(path);
  const ModelPtr model = controller_.model();
  const Resource* nic = id && id->kind() == Kind::NetworkInterface ? model->find(*id) : nullptr;
  if (nic == nullptr)
    return fmt::format("ResourceNotFound: There is no network interface {}.", in_quotes(path));
  return word == "attach" ? attach(connection, *nic, message) : detach(*nic);
}

std::string WireSocket::Loop::attach(const File& connection, const Resource& nic,
                                     Message& message) {
  if (message.files.size() != 1)
    return fmt::format("InvalidRequest: attach comes with one descriptor, and not with {}.",
                       message.files.size());
  const PortId port{nic.serial};
  try {
    worker_.attach(port, std::move(message.files.front()));
  } catch (const std::system_error& error) {
    return fmt::format("InvalidRequest: The descriptor for {} is no wire: {}.", nic.id.path(),
                       error.code().message());
  }
  holders_[port] = connection.get();
  spdlog::info("a wire is in {}", nic.id.path());
  return "done";
}

std::string WireSocket::Loop::detach(const Resource& nic) {
  const PortId port{nic.serial};
  holders_.erase(port);
  if (!worker_.detach(port))
    return fmt::format("ResourceNotFound: No wire is in {}.", nic.id.path());
  spdlog::info("the wire of {} is out", nic.id.path());
  return "done";
}

// What another connection has taken over is the other's.
void WireSocket::Loop::end(const File& connection) {
  std::erase_if(holders_, [&](const auto& holder) {
    const bool is_its_own = holder.second == connection.get();
    if (is_its_own) worker_.detach(holder.first);
    return is_its_own;
  });
}

WireSocket::WireSocket(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
WireSocket::~WireSocket() = default;

tl::expected<std::unique_ptr<WireSocket>, std::string> WireSocket::open(
    const std::string& path, Controller& controller, dataplane::Dataplane& dataplane) {
  auto listener = listen_at(path);
  if (!listener) return tl::unexpected(std::move(listener.error()));
  try {
    return std::unique_ptr<WireSocket>(
        new WireSocket(std::make_unique<Loop>(path, std::move(*listener), controller, dataplane)));
  } catch (const std::system_error& error) {
    return tl::unexpected(fmt::format("Packets cannot be forwarded: {}.", error.code().message()));
  }
}

dataplane::CounterTotals WireSocket::totals() const { return loop_->totals(); }

}  // namespace isthmus::api::wires
