#include "tools/isthmus/query.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>

extern char** environ;

namespace isthmus::cli {
namespace {

// Two ends, closed with the object and in every child.
class Pipe {
 public:
  Pipe() : open_(::pipe2(ends_.data(), O_CLOEXEC) == 0) {}
  ~Pipe() {
    close_read();
    close_write();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  bool is_open() const { return open_; }
  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void close_read() { close(ends_[0]); }
  void close_write() { close(ends_[1]); }

 private:
  static void close(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }
  std::array<int, 2> ends_{-1, -1};
  bool open_;
};

void write_all(int file, const std::string& text) {
  size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = ::write(file, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;  // the reader has gone; its exit status says why
    written += static_cast<size_t>(count);
  }
}

std::string read_all(int file) {
  std::string text;
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t count = ::read(file, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(buffer.data(), static_cast<size_t>(count));
  }
}

// Starts jp between the two pipes; an error number when it cannot be started.
int start(const std::string& expression, const Pipe& input, const Pipe& output, pid_t& child) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.read_end(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.write_end(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.write_end(), STDERR_FILENO);
  std::string program = "jp", dashes = "--", text = expression;
  char* const arguments[] = {program.data(), dashes.data(), text.data(), nullptr};
  const int error = ::posix_spawnp(&child, "jp", &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

Result<std::string> run_query(const std::string& expression, const std::string& json) {
  std::signal(SIGPIPE, SIG_IGN);  // a jp that refuses the expression does not read its input
  Pipe input, output;
  if (!input.is_open() || !output.is_open())
    return failure(std::string("cannot open a pipe to jp: ") + std::strerror(errno), {});
  pid_t child = 0;
  if (const int error = start(expression, input, output, child); error == ENOENT)
    return failure("--query needs the program jp, which is not installed", "apt-get install jp");
  else if (error != 0)
    return failure(std::string("cannot start jp: ") + std::strerror(error), {});
  input.close_read();
  output.close_write();
  write_all(input.write_end(), json);  // jp reads all of it before it answers
  input.close_write();
  std::string answer = read_all(output.read_end());
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return usage("--query '" + expression + "' is not understood: " + first_line(answer));
  return answer;
}

}  // namespace isthmus::cli
