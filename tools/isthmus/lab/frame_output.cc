#include "tools/isthmus/lab/frame_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "tools/isthmus/lab/frame_line.h"

namespace isthmus::cli {
namespace {

using dataplane::io::File;

std::string words_of(int error) { return std::generic_category().message(error); }

// An errno, 0 where all of it is written.
int write_all(const File& file, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(file.get(), bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno;
    bytes = bytes.subspan(static_cast<size_t>(size));
  }
  return 0;
}

}  // namespace

Result<FrameOutput> FrameOutput::open(Session& session, const Arguments& arguments) {
  if (!arguments.has("write") && session.output.as_table()) return FrameOutput(session, {}, {});
  std::string name(arguments.has("write") ? arguments.text("write") : "-");
  File file(name == "-" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                        : ::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) return usage(fmt::format("cannot write {}: {}", name, words_of(errno)));
  if (::isatty(file.get()) == 1)
    return usage("a capture is no text for a terminal: leave out -w, or write it to a file");
  return FrameOutput(session, std::move(file), std::move(name));
}

bool FrameOutput::take(const Block& block) {
  if (!file_) return print(block);
  if (error_ == 0) error_ = write_all(file_, block.bytes);
  return error_ == 0;
}

bool FrameOutput::print(const Block& block) {
  if (!block.frame) return true;
  session_->output.print_text(line_of(*block.frame) + "\n");
  session_->output.flush();
  return session_->output.works();
}

Result<void> FrameOutput::end() const {
  const bool has_failed = error_ != 0 && error_ != EPIPE;  // a reader may have enough
  if (has_failed) return failure(fmt::format("cannot write {}: {}", name_, words_of(error_)), "");
  return {};
}

}  // namespace isthmus::cli
