#include "tools/isthmus/lab/question_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace isthmus::cli {
namespace {

using std::chrono::milliseconds;

constexpr char kNotAsked = 'e';  // two lines follow, why nothing could be asked and what helps

// It tells a line for each question, or kNotAsked and why.
[[noreturn]] void ask_in_child(Helper& helper, std::span<Question> questions, milliseconds patience,
                               int to) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::string told;
  if (const auto asked = ask(helper, questions, patience); asked) {
    for (const Question& question : questions)
      told += fmt::format("{}{}\n", static_cast<char>(question.end), question.why_not);
  } else {
    told = fmt::format("{}{}\n{}\n", kNotAsked, asked.error().message, asked.error().remedy);
  }
  std::string_view left = told;
  while (!left.empty()) {
    const ssize_t size = ::write(to, left.data(), left.size());
    if (size < 0) ::_exit(1);
    left.remove_prefix(static_cast<size_t>(size));
  }
  ::_exit(0);
}

std::vector<std::string> lines_from(int from) {
  std::string told;
  std::array<char, 4096> part;
  for (ssize_t size = 0; (size = ::read(from, part.data(), part.size())) > 0;)
    told.append(part.data(), static_cast<size_t>(size));
  std::vector<std::string> lines;
  for (size_t end = 0, begin = 0; (end = told.find('\n', begin)) != std::string::npos;
       begin = end + 1)
    lines.push_back(told.substr(begin, end - begin));
  return lines;
}

}  // namespace

Result<void> ask_apart(Helper& helper, std::span<Question> questions, milliseconds patience) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return failure(std::strerror(errno), {});
  File from(ends[0]), to(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return failure(fmt::format("cannot fork: {}", std::strerror(errno)), {});
  if (child == 0) ask_in_child(helper, questions, patience, to.get());
  to = File();
  const std::vector<std::string> lines = lines_from(from.get());
  ::waitpid(child, nullptr, 0);
  if (lines.size() == 2 && lines[0].starts_with(kNotAsked))
    return failure(lines[0].substr(1), lines[1]);
  if (lines.size() != questions.size()) return failure("the packets were not sent", {});
  for (size_t i = 0; i < lines.size(); ++i) {
    questions[i].end = static_cast<Question::End>(lines[i].front());
    questions[i].why_not = lines[i].substr(1);
  }
  return {};
}

}  // namespace isthmus::cli
