#include "tools/lab/helper.h"

#include <fmt/format.h>
#include <poll.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <vector>

#include "api/wires/line_socket.h"
#include "tools/lab/machine.h"
#include "tools/lab/tap.h"

namespace isthmus::lab {
namespace {

using api::wires::Command;
using api::wires::Line;
using api::wires::Patience;

constexpr int kRetryMs = 100;  // to reach a daemon that was there
constexpr std::string_view kDone = "done";

tl::unexpected<std::string> refuse(std::string_view code, std::string_view sentence) {
  return tl::unexpected(fmt::format("{}: {}", code, sentence));
}

// The daemon's socket for wires: one question at a time.
class Daemon {
 public:
  explicit Daemon(std::string path) : path_(std::move(path)) {}
  int descriptor() const { return connection_.get(); }
  bool is_there() const { return static_cast<bool>(connection_); }
  tl::expected<void, std::string> connect() {
    auto connection = api::wires::connect_to(path_);
    if (!connection) return tl::unexpected(connection.error());
    connection_ = std::move(*connection);
    return {};
  }
  void hang_up() { connection_ = File(); }

  // Empty: it is done.
  std::string ask(std::string_view line, std::span<const int> files) {
    constexpr std::string_view kGone = "The daemon does not answer.";
    if (!connection_ || !api::wires::send_line(connection_.get(), line, files, Patience::Wait))
      return std::string(kGone);
    const auto answer = api::wires::receive_line(connection_.get(), Patience::Wait);
    if (!answer) return std::string(kGone);
    return answer->text == kDone ? "" : answer->text;
  }

 private:
  const std::string path_;
  File connection_;
};

class Helper {
 public:
  Helper(std::string wires, File listener, File home, File user)
      : daemon_(std::move(wires)),
        listener_(std::move(listener)),
        home_(std::move(home)),
        user_(std::move(user)) {}

  tl::expected<void, std::string> connect() { return daemon_.connect(); }
  void run(int signals);

 private:
  using Answer = tl::expected<std::string, std::string>;
  bool serve(const File& connection);  // false: it has ended
  Answer make(std::string_view machine);
  Answer attach(std::string_view words, std::vector<File> files);
  Answer take_in(Machine machine);
  Answer drop(std::string_view nic);
  bool enter(const File& connection, std::string_view nic);
  bool list(const File& connection);
  void take_all_down();
  void plug_in(Machine& machine);
  void find_daemon();

  Daemon daemon_;
  const File listener_;
  const File home_;
  const File user_;                                       // none where root has started it
  std::map<std::string, Machine, std::less<>> machines_;  // by the path of the interface
  std::vector<File> connections_;
  bool goes_on_ = true;
};

bool say(const File& connection, std::string_view text, std::span<const int> files = {}) {
  return api::wires::send_line(connection.get(), text, files, Patience::Wait);
}

std::string no_machine(std::string_view nic) {
  return fmt::format("ResourceNotFound: No machine is behind {}; isthmus lab up makes it.", nic);
}

void Helper::run(int signals) {
  while (goes_on_) {
    std::vector<pollfd> waiting = {
        {signals, POLLIN, 0}, {listener_.get(), POLLIN, 0}, {daemon_.descriptor(), POLLIN, 0}};
    for (const File& connection : connections_) waiting.push_back({connection.get(), POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), daemon_.is_there() ? -1 : kRetryMs) < 0) continue;
    if (waiting[0].revents != 0) break;
    // The daemon says nothing unasked: it is gone.
    if (daemon_.is_there() && waiting[2].revents != 0) daemon_.hang_up();
    if (!daemon_.is_there()) find_daemon();
    for (size_t i = connections_.size(); i > 0; --i) {
      if (waiting[i + 2].revents != 0 && !serve(connections_[i - 1]))
        connections_.erase(connections_.begin() + static_cast<ptrdiff_t>(i - 1));
    }
    if (waiting[1].revents == 0) continue;
    File connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (connection) connections_.push_back(std::move(connection));
  }
  take_all_down();
}

bool Helper::serve(const File& connection) {
  auto line = api::wires::receive_line(connection.get(), Patience::Never);
  if (!line) return false;
  const auto [word, rest] = api::wires::split_line(line->text);
  if (word == "enter") return enter(connection, rest);
  if (word == "list") return list(connection);
  Answer answer =
      refuse("InvalidRequest", "The words are make, attach, enter, drop, list and stop.");
  if (word == "make") answer = make(rest);
  if (word == "attach") answer = attach(rest, std::move(line->files));
  if (word == "drop") answer = drop(rest);
  if (word == "stop") {
    take_all_down();
    goes_on_ = false;
    answer = std::string(kDone);
  }
  return say(connection, answer ? *answer : answer.error());
}

Helper::Answer Helper::make(std::string_view text) {
  auto spec = parse_machine(text);
  if (!spec) return refuse("InvalidRequest", spec.error());
  const auto present = machines_.find(spec->nic);
  if (present != machines_.end()) {
    Machine& machine = present->second;
    if (machine.spec == *spec && !machine.trouble.empty()) plug_in(machine);
    if (machine.spec == *spec && machine.trouble.empty()) return "done kept";
    drop(std::string(spec->nic));
  }
  auto made = make_machine(std::move(*spec), home_);
  return made ? take_in(std::move(*made)) : refuse("MachineNotMade", made.error());
}

Helper::Answer Helper::attach(std::string_view words, std::vector<File> files) {
  const auto [device, text] = api::wires::split_line(words);
  auto spec = parse_machine(text);
  if (!spec) return refuse("InvalidRequest", spec.error());
  if (files.size() != 1 || device.empty() || device.size() > kInterfaceNameMax)
    return refuse("InvalidRequest", "attach has a device of at most 15 bytes, and a namespace.");
  if (machines_.contains(spec->nic))
    return refuse("MachineExists", fmt::format("A machine is behind {} already.", spec->nic));
  auto made = make_guest(std::move(*spec), std::move(files.front()), device, home_);
  return made ? take_in(std::move(*made)) : refuse("MachineNotMade", made.error());
}

// A machine that cannot be plugged in is not there.
Helper::Answer Helper::take_in(Machine machine) {
  const std::string nic = machine.spec.nic;
  Machine& held = machines_.emplace(nic, std::move(machine)).first->second;
  plug_in(held);
  if (held.trouble.empty()) return "done made";
  const std::string trouble = held.trouble;
  drop(nic);
  return tl::unexpected(trouble);
}

void Helper::plug_in(Machine& machine) {
  const int wire = machine.wire.get();
  machine.trouble = daemon_.ask("attach " + machine.spec.nic, {&wire, 1});
}

// Whoever closes a device last waits for it: the daemon lets go of it first.
Helper::Answer Helper::drop(std::string_view nic) {
  const auto present = machines_.find(nic);
  if (present == machines_.end()) return tl::unexpected(no_machine(nic));
  daemon_.ask(fmt::format("detach {}", nic), {});
  std::vector<Machine> machines;
  machines.push_back(std::move(present->second));
  machines_.erase(present);
  take_down(std::move(machines));
  return std::string(kDone);
}

void Helper::take_all_down() {
  std::vector<Machine> machines;
  for (auto& [nic, machine] : machines_) {
    daemon_.ask("detach " + nic, {});
    machines.push_back(std::move(machine));
  }
  machines_.clear();
  take_down(std::move(machines));
}

bool Helper::enter(const File& connection, std::string_view nic) {
  const auto present = machines_.find(nic);
  if (present == machines_.end()) return say(connection, no_machine(nic));
  const std::array files = {present->second.network_namespace.get(), user_.get()};
  return say(connection, kDone, std::span(files).first(user_ ? 2 : 1));
}

std::string as_json(const Machine& machine) {
  rapidjson::StringBuffer text;
  rapidjson::Writer writer(text);
  const auto member = [&writer](const char* name, const std::string& value) {
    writer.Key(name);
    writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  };
  writer.StartObject();
  member("resourceRef", machine.spec.nic);
  member("name", machine.spec.name);
  member("address", machine.spec.addresses.front().address.to_string());
  member("wire", machine.trouble.empty() ? "in" : "out");
  if (!machine.trouble.empty()) member("trouble", machine.trouble);
  writer.EndObject();
  return text.GetString();
}

bool Helper::list(const File& connection) {
  for (const auto& [nic, machine] : machines_)
    if (!say(connection, "machine " + as_json(machine))) return false;
  return say(connection, kDone);
}

void Helper::find_daemon() {
  if (!daemon_.connect()) return;
  for (auto& [nic, machine] : machines_) plug_in(machine);
}

File block_signals() {
  sigset_t ending;
  sigemptyset(&ending);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&ending, signal);
  ::sigprocmask(SIG_BLOCK, &ending, nullptr);
  return File(::signalfd(-1, &ending, SFD_CLOEXEC));
}

// From here on the process is root of what it makes, and in a network of its own.
tl::expected<File, std::string> settle() {
  const bool is_root = ::geteuid() == 0;
  if (auto error = become_root_of_own())
    return tl::unexpected(fmt::format(
        "No user namespace can be had: {}. isthmus lab doctor tells more.", error.message()));
  if (auto error = leave_for_new_network())
    return tl::unexpected(fmt::format(
        "No network namespace can be had: {}. isthmus lab doctor tells more.", error.message()));
  return is_root ? File() : own_user_namespace();
}

tl::expected<std::unique_ptr<Helper>, std::string> open(const HelperOptions& options) {
  auto user = settle();
  if (!user) return tl::unexpected(user.error());
  auto listener = api::wires::listen_at(helper_socket(options.wires));
  if (!listener) return tl::unexpected(listener.error());
  auto helper = std::make_unique<Helper>(options.wires, std::move(*listener),
                                         own_network_namespace(), std::move(*user));
  if (auto connected = helper->connect(); !connected) {
    ::unlink(helper_socket(options.wires).c_str());
    return tl::unexpected(connected.error());
  }
  return helper;
}

}  // namespace

std::string helper_socket(const std::string& wires) { return wires + ".lab"; }

int run_helper(const HelperOptions& options) {
  File ready(options.ready);
  const File signals = block_signals();
  const auto helper = open(options);
  const std::string word = helper ? "ready\n" : helper.error() + "\n";
  if (ready && ::write(ready.get(), word.data(), word.size()) < 0) return 1;
  if (!helper) {
    fmt::print(stderr, "isthmus-lab: {}", word);
    return 1;
  }
  { const File told = std::move(ready); }  // who waits for more of it goes on
  (*helper)->run(signals.get());
  ::unlink(helper_socket(options.wires).c_str());
  return 0;
}

}  // namespace isthmus::lab
