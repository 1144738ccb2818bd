#include "tools/isthmus/lab/machines.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "api/control/suggest.h"
#include "api/wires/line_socket.h"
#include "tools/lab/helper.h"
#include "tools/lab/namespaces.h"

namespace isthmus::cli {
namespace {

using api::wires::Patience;

constexpr size_t kUnderWay = 32;  // questions, so that neither side's queue is ever full
constexpr std::string_view kDone = "done";
constexpr char kProgram[] = "isthmus-lab";

// "done", "done made"; or "CODE: a sentence".
Result<std::string> read_answer(std::string_view text) {
  if (text == kDone) return std::string();
  if (text.starts_with("done ")) return std::string(text.substr(kDone.size() + 1));
  const size_t colon = text.find(": ");
  if (colon == std::string_view::npos) return failure(std::string(text), {});
  const std::string code(text.substr(0, colon));
  return tl::unexpected(Problem{code == "ResourceNotFound" ? Exit::NotFound : Exit::Failure,
                                code,
                                std::string(text.substr(colon + 2)),
                                {},
                                {}});
}

tl::unexpected<Problem> is_gone() {
  return failure("the connection has ended", "isthmus lab up starts a helper that has ended");
}

// Beside this program, or where packages put it.
Result<std::filesystem::path> helper_program() {
  std::error_code error;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const auto& place : {folder / kProgram, folder / "../libexec/isthmus" / kProgram})
    if (std::filesystem::exists(place, error)) return place;
  return failure(
      fmt::format("the lab needs the program {}, and it is not in {}", kProgram, folder.string()),
      "tools/dev build makes it beside isthmus");
}

// In the child: nothing here may wait for a lock that another thread had.
[[noreturn]] void become_helper(const char* program, const char* wires, const char* log,
                                int ready) {
  ::setsid();
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int lines = ::open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(lines, STDOUT_FILENO);
  ::dup2(lines, STDERR_FILENO);
  char number[16];
  std::snprintf(number, sizeof number, "%d", ready);
  ::execl(program, program, wires, number, nullptr);
  ::_exit(127);
}

// What the helper says when it begins: "ready", or why not.
std::string first_words(int from) {
  std::string words;
  std::array<char, 512> part;
  for (ssize_t size = 0; (size = ::read(from, part.data(), part.size())) > 0;)
    words.append(part.data(), static_cast<size_t>(size));
  while (words.ends_with('\n')) words.pop_back();
  return words;
}

}  // namespace

Result<std::string> ask(const File& connection, const std::string& line,
                        std::span<const int> files) {
  if (!api::wires::send_line(connection.get(), line, files, Patience::Wait)) return is_gone();
  const auto answer = api::wires::receive_line(connection.get(), Patience::Wait);
  return answer ? read_answer(answer->text) : is_gone();
}

Result<File> connect_to_wires(const std::string& socket) {
  auto connection = api::wires::connect_to(socket);
  if (connection) return std::move(*connection);
  return tl::unexpected(Problem{Exit::Unreachable,
                                {},
                                connection.error(),
                                "it is for the user who runs isthmusd, on its machine",
                                {}});
}

Result<Interfaces> ask_interfaces(Session& session) {
  Result<Json> answer = session.api.get("/_isthmus/v1/interfaces");
  if (!answer) return tl::unexpected(answer.error());
  Interfaces interfaces{text_at(*answer, "/wires"), copy((*answer)["interfaces"])};
  if (interfaces.wires.empty()) return tl::unexpected(forwards_nothing());
  if (struct stat there{}; ::stat(interfaces.wires.c_str(), &there) < 0)
    return failure(
        fmt::format("the server's socket for wires, {}, is not on this machine", interfaces.wires),
        "run isthmus lab where isthmusd runs");
  return interfaces;
}

Result<const Value*> interface_named(const Json& interfaces, std::string_view word) {
  std::vector<std::string> names;
  const Value* found = nullptr;
  for (const Value& one : interfaces.GetArray()) {
    names.push_back(text_at(one, "/name"));
    if (text_at(one, "/resourceRef") == word) return &one;
    if (!equal_ignoring_case(names.back(), word)) continue;
    if (found != nullptr)
      return usage(fmt::format("several interfaces are called {}: write the path of one", word));
    found = &one;
  }
  if (found != nullptr) return found;
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string_view near = api::nearest(word, views);
  return tl::unexpected(
      Problem{Exit::NotFound,
              {},
              fmt::format("no interface is called {}", word),
              near.empty() ? "isthmus nic list lists them" : fmt::format("did you mean {}?", near),
              {}});
}

bool Helper::is_there(const std::string& wires) {
  return api::wires::connect_to(lab::helper_socket(wires)).has_value();
}

Result<Helper> Helper::connect(const std::string& wires) {
  auto connection = api::wires::connect_to(lab::helper_socket(wires));
  if (!connection) return failure("no lab is up", "isthmus lab up makes the machines");
  return Helper(std::move(*connection));
}

Result<Helper> Helper::start(const std::string& wires) {
  if (auto there = connect(wires)) return there;
  const auto program = helper_program();
  if (!program) return tl::unexpected(program.error());
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return failure(std::strerror(errno), {});
  File from(ends[0]), to(ends[1]);
  const std::string log = wires + ".lab.log", path = program->string();
  const pid_t child = ::fork();
  if (child < 0) return failure(fmt::format("cannot fork: {}", std::strerror(errno)), {});
  if (child == 0) {
    ::fcntl(to.get(), F_SETFD, 0);
    become_helper(path.c_str(), wires.c_str(), log.c_str(), to.get());
  }
  to = File();
  const std::string words = first_words(from.get());
  if (words == "ready") return connect(wires);
  ::waitpid(child, nullptr, 0);
  return failure(words.empty() ? fmt::format("{} did not start", path) : words,
                 "isthmus lab doctor says what is missing");
}

Result<void> Helper::ask(const std::vector<std::string>& lines,
                         const std::function<void(size_t, const Result<std::string>&)>& answered) {
  size_t asked = 0;
  for (size_t done = 0; done < lines.size(); ++done) {
    for (; asked < std::min(lines.size(), done + kUnderWay); ++asked)
      if (!api::wires::send_line(connection_.get(), lines[asked], {}, Patience::Wait))
        return is_gone();
    const auto answer = api::wires::receive_line(connection_.get(), Patience::Wait);
    if (!answer) return is_gone();
    answered(done, read_answer(answer->text));
  }
  return {};
}

Result<std::string> Helper::ask(const std::string& line, std::span<const int> files) {
  return cli::ask(connection_, line, files);
}

Result<std::vector<MachineInfo>> Helper::list() {
  std::vector<MachineInfo> machines;
  if (!api::wires::send_line(connection_.get(), "list", {}, Patience::Wait)) return is_gone();
  for (;;) {
    const auto line = api::wires::receive_line(connection_.get(), Patience::Wait);
    if (!line) return is_gone();
    const auto [word, rest] = api::wires::split_line(line->text);
    if (word != "machine") return machines;
    const auto json = parse_json(rest);
    if (!json) return is_gone();
    machines.push_back({text_at(*json, "/resourceRef"), text_at(*json, "/name"),
                        text_at(*json, "/address"), text_at(*json, "/trouble")});
  }
}

Result<Entrance> Helper::enter(const std::string& nic) {
  if (!api::wires::send_line(connection_.get(), "enter " + nic, {}, Patience::Wait))
    return is_gone();
  auto line = api::wires::receive_line(connection_.get(), Patience::Wait);
  if (!line) return is_gone();
  if (auto done = read_answer(line->text); !done) return tl::unexpected(done.error());
  if (line->files.empty()) return is_gone();
  Entrance entrance{std::move(line->files[0]), {}};
  if (line->files.size() > 1) entrance.user = std::move(line->files[1]);
  return entrance;
}

Result<void> Helper::go_into(const std::string& nic) {
  auto entrance = enter(nic);
  if (!entrance) return tl::unexpected(entrance.error());
  if (is_in_user_namespace_) entrance->user = File();  // into one's own there is no way (EINVAL)
  is_in_user_namespace_ = is_in_user_namespace_ || entrance->user;
  return cli::go_into(*entrance);
}

Result<OpenLab> open_lab(Session& session) {
  const auto interfaces = ask_interfaces(session);
  if (!interfaces) return tl::unexpected(interfaces.error());
  auto helper = Helper::connect(interfaces->wires);
  if (!helper) return tl::unexpected(helper.error());
  auto machines = helper->list();
  if (!machines) return tl::unexpected(machines.error());
  return OpenLab{std::move(*helper), std::move(*machines)};
}

Result<MachineInfo> machine_named(const std::vector<MachineInfo>& machines, std::string_view word) {
  std::vector<const MachineInfo*> fitting;
  std::vector<std::string_view> names;
  for (const MachineInfo& machine : machines) {
    names.push_back(machine.name);
    if (machine.nic == word) return machine;
    if (equal_ignoring_case(machine.name, word)) fitting.push_back(&machine);
  }
  if (fitting.size() == 1) return *fitting.front();
  if (fitting.size() > 1)
    return usage(fmt::format("{} machines are called {}: write {} or another path", fitting.size(),
                             word, fitting.front()->nic));
  const std::string_view near = api::nearest(word, names);
  return tl::unexpected(Problem{Exit::NotFound,
                                {},
                                fmt::format("no machine is called {}", word),
                                near.empty() ? "isthmus lab status lists those that are up"
                                             : fmt::format("did you mean {}?", near),
                                {}});
}

Result<void> go_into(const Entrance& entrance) {
  std::error_code error;
  if (entrance.user) error = lab::enter_user(entrance.user.get());
  if (!error) error = lab::enter_network(entrance.network.get());
  if (!error) return {};
  return failure(fmt::format("the machine cannot be entered: {}", error.message()),
                 "who has made the lab may enter it, and root");
}

Result<Prediction> predict(Session& session, const MachineInfo& from, const MachineInfo& to,
                           std::string_view protocol, uint16_t port) {
  Json question(rapidjson::kObjectType);
  auto& memory = question.GetAllocator();
  const auto member = [&](const char* name, std::string_view value) {
    question.AddMember(rapidjson::StringRef(name), Value(std::string(value).c_str(), memory),
                       memory);
  };
  member("from", from.nic);
  member("to", to.nic);
  member("protocol", protocol);
  if (protocol != "icmp") question.AddMember("port", port, memory);
  const auto reply =
      session.api.post("/_isthmus/v1/explain", to_text(question), "application/json");
  if (!reply) return tl::unexpected(reply.error());
  return Prediction{text_at(reply->json, "/verdict") == "delivered",
                    text_at(reply->json, "/reason")};
}

tl::unexpected<Problem> cannot_use(std::string_view nic, std::string_view address) {
  return failure(fmt::format("the machine of {} cannot use the address {}: {}", nic, address,
                             std::strerror(errno)),
                 "isthmus lab up gives machines the addresses that their interfaces have now");
}

Result<std::chrono::milliseconds> patience_of(const Arguments& arguments) {
  auto patience = parse_duration(arguments.has("timeout") ? arguments.text("timeout") : "500ms");
  if (patience && patience->count() == 0) return usage("--timeout is 1ms or more");
  return patience;
}

std::string counted(size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace isthmus::cli
