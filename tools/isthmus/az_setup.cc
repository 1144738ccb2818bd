// isthmus az setup: makes az know the server as a cloud, and signs in there. Each command that it
// runs is told as one would type it.
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ostream>

#include "tools/isthmus/azure_environment.h"

namespace isthmus::cli {
namespace {

using Words = std::vector<std::string>;

constexpr const char* kCloud = "isthmus";
constexpr std::string_view kHidden = "--password";  // whose value is not shown

enum class Told : uint8_t { Quietly, Aloud };

std::string as_typed(const Words& words) {
  std::string line;
  for (size_t i = 0; i < words.size(); ++i) {
    const bool is_secret = i > 0 && words[i - 1] == kHidden;
    line += (i == 0 ? "" : " ") + (is_secret ? "..." : shell_quoted(words[i]));
  }
  return line;
}

// This process's environment with those variables in it.
Words environment_with(const std::vector<Variable>& variables) {
  Words lines;
  for (char** line = environ; *line != nullptr; ++line) {
    const std::string_view text = *line;
    const std::string_view name = text.substr(0, text.find('='));
    const bool is_replaced = std::any_of(variables.begin(), variables.end(),
                                         [&](const Variable& v) { return v.name == name; });
    if (!is_replaced) lines.emplace_back(text);
  }
  for (const auto& [name, value] : variables) lines.push_back(fmt::format("{}={}", name, value));
  return lines;
}

std::vector<char*> pointers_to(Words& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Where data of this command would go, az's own output does not: it goes where messages go.
struct Redirections {
  explicit Redirections(Told told) {
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (told == Told::Quietly)
      posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  }
  ~Redirections() { posix_spawn_file_actions_destroy(&actions); }
  Redirections(const Redirections&) = delete;
  Redirections& operator=(const Redirections&) = delete;
  posix_spawn_file_actions_t actions;
};

// The exit status of az with these words.
Result<int> run_az(Words words, const AzureEnvironment& environment, Told told) {
  Words lines = environment_with(environment.variables);
  const Redirections redirections(told);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, words.front().c_str(), &redirections.actions, nullptr,
                                   pointers_to(words).data(), pointers_to(lines).data());
  if (error == ENOENT)
    return failure("there is no az on this machine",
                   "apt-get install azure-cli, or curl and the SDKs without it: isthmus env");
  if (error != 0) return failure(fmt::format("cannot run az: {}", std::strerror(error)), "");
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// A cloud of this name that is there already is told where the server is now.
Result<Words> words_for_the_cloud(const AzureEnvironment& environment) {
  const Result<int> shown =
      run_az({"az", "cloud", "show", "--name", kCloud}, environment, Told::Quietly);
  if (!shown) return tl::unexpected(shown.error());
  const std::string& url = environment.url;
  if (*shown != 0)
    return Words{"az", "cloud", "register", "--name", kCloud, "--endpoint-resource-manager", url};
  return Words{"az",          "cloud",
               "update",      "--name",
               kCloud,        "--endpoint-resource-manager",
               url,           "--endpoint-active-directory",
               url + "/adfs", "--endpoint-active-directory-resource-id",
               url + "/",     "--endpoint-active-directory-graph-resource-id",
               url + "/"};
}

Result<void> set_up(Session& session, const Arguments& arguments) {
  const auto environment = prepare_azure_environment(session, arguments);
  if (!environment) return tl::unexpected(environment.error());
  const Result<Words> cloud = words_for_the_cloud(*environment);
  if (!cloud) return tl::unexpected(cloud.error());
  const std::vector<Words> steps = {
      *cloud,
      {"az", "cloud", "set", "--name", kCloud},
      {"az", "login", "--service-principal", "--username", environment->user, "--password",
       environment->secret, "--tenant", environment->tenant, "--output", "none"}};
  for (const Words& step : steps) {
    session.err << as_typed(step) << std::endl;
    const Result<int> status = run_az(step, *environment, Told::Aloud);
    if (!status) return tl::unexpected(status.error());
    if (*status != 0)
      return failure(fmt::format("'{}' has failed, with status {}", as_typed(step), *status),
                     "az says above why");
  }
  for (const auto& [name, value] : environment->variables) {
    const char* now = std::getenv(name.c_str());
    if (name == "AZURE_CONFIG_DIR" && (now == nullptr || now != value))
      session.err << "az is set up; for this shell: eval \"$(isthmus --server "
                  << session.api.server() << " env)\"\n";
  }
  return {};
}

}  // namespace

Result<void> az(Session& session, const Arguments& arguments) {
  if (arguments.text("VERB") == "setup") return set_up(session, arguments);
  return usage(fmt::format("az knows setup, not '{}'", arguments.text("VERB")));
}

}  // namespace isthmus::cli
