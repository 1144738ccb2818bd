#include "api/wires/wire_socket.h"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <random>
#include <system_error>
#include <thread>
#include <vector>

#include "api/wires/capture.h"
#include "api/wires/line_socket.h"
#include "controller/explain/access_hit.h"
#include "controller/model/either_realm.h"
#include "controller/model/text.h"

namespace isthmus::api::wires {
namespace {

using dataplane::PortId;

constexpr int kAccessLogPeriodMs = 1000;  // our choice

const Resource* find_nic(const Model& model, std::string_view path) {
  const auto id = parse_in_either_realm(path);
  return id && id->kind() == Kind::NetworkInterface ? model.find(*id) : nullptr;
}

std::string no_nic(std::string_view path) {
  return fmt::format("ResourceNotFound: There is no network interface {}.", in_quotes(path));
}

dataplane::io::PacketWorkerOptions worker_options(dataplane::io::WriteWay writes) {
  dataplane::io::PacketWorkerOptions options;
  options.writes = writes;
  options.wires = dataplane::io::WireKind::Offloads;
  options.hash_seed = std::random_device{}();
  return options;
}

}  // namespace

class WireSocket::Loop {
 public:
  Loop(std::string path, File listener, Controller& controller, dataplane::Dataplane& dataplane,
       dataplane::io::WriteWay writes)
      : path_(std::move(path)),
        controller_(controller),
        worker_(dataplane, worker_options(writes)),
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
  const dataplane::io::PacketWorker& worker() const { return worker_; }

 private:
  void run();
  void accept();
  bool serve(const File& connection);  // false: it has ended
  std::string answer(const File& connection, Line message);
  std::string attach(const File& connection, const Resource& nic, Line& message);
  std::string detach(const Resource& nic);
  std::string capture(const File& connection, std::string_view what, Line& message);
  void end(const File& connection);
  void log_access();

  const std::string path_;
  Controller& controller_;
  dataplane::io::PacketWorker worker_;
  const File listener_;
  const File stop_;
  std::vector<File> connections_;
  std::map<PortId, int> holders_;  // of an interface's wire the connection, by its descriptor
  struct Captor {
    int connection;
    std::unique_ptr<Capture> capture;
  };
  std::vector<Captor> captors_;
  std::thread thread_;
};

void WireSocket::Loop::log_access() {
  const auto taken = worker_.take_access_log();
  if (taken.hits.empty() && taken.left_out == 0) return;
  const ModelPtr model = controller_.model();
  for (const dataplane::AccessHit& hit : taken.hits)
    spdlog::info("access list: {}", text_of(*model, hit));
  if (taken.left_out > 0) spdlog::info("access list: {} more were left out", taken.left_out);
}

void WireSocket::Loop::run() {
  for (;;) {
    std::vector<pollfd> waiting = {{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    for (const File& one : connections_) waiting.push_back({one.get(), POLLIN, 0});
    const int timeout_ms = worker_.wires() > 0 ? kAccessLogPeriodMs : -1;
    const int count = ::poll(waiting.data(), waiting.size(), timeout_ms);
    log_access();
    if (count <= 0) continue;
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
  auto message = receive_line(connection.get(), Patience::Never);
  if (!message) return false;
  return send_line(connection.get(), answer(connection, std::move(*message)), {}, Patience::Never);
}

std::string WireSocket::Loop::answer(const File& connection, Line message) {
  const auto [word, rest] = split_line(message.text);
  if (word == "capture") return capture(connection, rest, message);
  if (word != "attach" && word != "attach-if-free" && word != "detach")
    return fmt::format(
        "InvalidRequest: {} is no word of this socket: write attach, attach-if-free, detach or "
        "capture, and the path of a network interface.",
        in_quotes(word));
  const ModelPtr model = controller_.model();
  const Resource* nic = find_nic(*model, rest);
  if (nic == nullptr) return no_nic(rest);
  if (word == "detach") return detach(*nic);
  if (word == "attach-if-free" && holders_.contains(PortId{nic->serial}))
    return fmt::format("WireExists: A wire is in {} already.", nic->id.path());
  return attach(connection, *nic, message);
}

std::string WireSocket::Loop::attach(const File& connection, const Resource& nic, Line& message) {
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

std::string WireSocket::Loop::capture(const File& connection, std::string_view what,
                                      Line& message) {
  constexpr std::string_view kAll = "all";
  constexpr std::string_view kDrops = " drops";
  using dataplane::io::CaptureFilter;
  if (message.files.size() != 1)
    return fmt::format("InvalidRequest: capture comes with one descriptor, and not with {}.",
                       message.files.size());
  CaptureFilter filter;
  if (what.ends_with(kDrops)) {
    filter.what = CaptureFilter::What::Drops;
    what.remove_suffix(kDrops.size());
  }
  if (what != kAll) {
    const ModelPtr model = controller_.model();
    const Resource* nic = find_nic(*model, what);
    if (nic == nullptr) return no_nic(what);
    filter.port = PortId{nic->serial};
  }
  std::erase_if(captors_, [](const Captor& captor) { return captor.capture->has_ended(); });
  if (captors_.size() >= kCapturesMax)
    return fmt::format("TooManyRequests: {} captures run already: end one of them.",
                       captors_.size());
  try {
    captors_.push_back(
        {connection.get(), std::make_unique<Capture>(worker_, controller_, filter,
                                                     std::move(message.files.front()))});
  } catch (const std::system_error& error) {
    return fmt::format("InvalidRequest: Nothing can be captured into the descriptor: {}.",
                       error.code().message());
  }
  return "done";
}

// What another connection has taken over is the other's.
void WireSocket::Loop::end(const File& connection) {
  for (Captor& captor : captors_) {
    if (captor.connection != connection.get()) continue;
    captor.capture->stop();
    captor.connection = -1;
  }
  std::erase_if(holders_, [&](const auto& holder) {
    const bool is_its_own = holder.second == connection.get();
    if (is_its_own) worker_.detach(holder.first);
    return is_its_own;
  });
}

WireSocket::WireSocket(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
WireSocket::~WireSocket() = default;

tl::expected<std::unique_ptr<WireSocket>, std::string> WireSocket::open(
    const std::string& path, Controller& controller, dataplane::Dataplane& dataplane,
    dataplane::io::WriteWay writes) {
  auto listener = listen_at(path);
  if (!listener) return tl::unexpected(std::move(listener.error()));
  try {
    return std::unique_ptr<WireSocket>(new WireSocket(
        std::make_unique<Loop>(path, std::move(*listener), controller, dataplane, writes)));
  } catch (const std::system_error& error) {
    return tl::unexpected(fmt::format("Packets cannot be forwarded: {}.", error.code().message()));
  }
}

dataplane::CounterTotals WireSocket::totals() const { return loop_->totals(); }
dataplane::io::FlowList WireSocket::flows(const dataplane::io::FlowQuery& query) const {
  return list_flows(loop_->worker(), query);
}

}  // namespace isthmus::api::wires
