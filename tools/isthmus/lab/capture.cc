#include "tools/isthmus/lab/capture.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "api/wires/line_socket.h"
#include "tools/isthmus/interrupt.h"
#include "tools/isthmus/lab/frame_line.h"
#include "tools/isthmus/lab/machines.h"
#include "tools/isthmus/tasks.h"

namespace isthmus::cli {
namespace {

using dataplane::io::File;

constexpr size_t kReadBytes = 1u << 16;

std::string system_words() { return std::generic_category().message(errno); }

// The end of a pipe, into which the daemon writes for as long as the connection is there.
struct Tapped {
  File connection;
  File stream;
};

Result<Tapped> begin(const std::string& socket, const CaptureWish& wish) {
  auto connection = api::wires::connect_to(socket);
  if (!connection)
    return tl::unexpected(Problem{Exit::Unreachable,
                                  {},
                                  connection.error(),
                                  "it is for the user who runs isthmusd, on its machine",
                                  {}});
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return failure("no pipe: " + system_words(), "");
  File stream(ends[0]);
  const File daemons(ends[1]);
  constexpr int kPipeBytes = 1 << 20;  // as much as an ordinary user may have
  ::fcntl(daemons.get(), F_SETPIPE_SZ, kPipeBytes);
  const auto answered =
      ask(*connection, fmt::format("capture {}{}", wish.what, wish.only_drops ? " drops" : ""),
          std::array{daemons.get()});
  if (!answered) return tl::unexpected(answered.error());
  return Tapped{std::move(*connection), std::move(stream)};
}

// Takes the blocks that are there. False: there were enough frames, or nobody wants more.
bool take_blocks(CaptureStream& stream, const CaptureWish& wish, CaptureSummary& summary,
                 const std::function<bool(const Block&)>& take) {
  bool goes_on = true;
  while (const auto block = stream.next()) {
    summary.missed += block->missed;
    if (block->frame && summary.frames == wish.count) continue;
    summary.frames += block->frame.has_value();
    goes_on = take(*block) && goes_on;
  }
  return goes_on && summary.frames < wish.count;
}

}  // namespace

// Who hangs up gets the rest of the stream: what was captured before, and the statistics.
Result<CaptureSummary> capture(const std::string& socket, const CaptureWish& wish,
                               const std::function<bool(const Block&)>& take) {
  const Interrupt interrupt;
  Result<Tapped> tapped = begin(socket, wish);
  if (!tapped) return tl::unexpected(tapped.error());
  CaptureSummary summary;
  CaptureStream stream;
  std::vector<uint8_t> buffer(kReadBytes);
  for (;;) {
    pollfd waiting[] = {{tapped->stream.get(), POLLIN, 0}, {interrupt.descriptor(), POLLIN, 0}};
    const bool is_connected = static_cast<bool>(tapped->connection);
    if (::poll(waiting, is_connected ? 2 : 1, -1) < 0) continue;
    if (is_connected && waiting[1].revents != 0) tapped->connection = File();
    if (waiting[0].revents == 0) continue;
    const ssize_t size = ::read(tapped->stream.get(), buffer.data(), buffer.size());
    if (size <= 0) return summary;
    stream.add(std::span(buffer).first(static_cast<size_t>(size)));
    if (!take_blocks(stream, wish, summary, take)) tapped->connection = File();
    if (stream.is_broken()) return failure("what the daemon sends is no capture", "");
  }
}

namespace {

Result<CaptureWish> wish_of(Session& session, const Arguments& arguments) {
  CaptureWish wish;
  wish.only_drops = arguments.has("drops");
  if (arguments.has("count")) {
    const std::string_view text = arguments.text("count");
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), wish.count);
    if (error != std::errc() || end != text.data() + text.size() || wish.count == 0)
      return usage(fmt::format("--count is a whole number from 1 on, not '{}'", text));
  }
  wish.what = arguments.text("NIC");
  if (wish.what == "all") return wish;
  Result<std::string> path = reference_of_nic(session, arguments);
  if (!path) return tl::unexpected(path.error());
  wish.what = std::move(*path);
  return wish;
}

bool write_all(const File& file, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(file.get(), bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(size));
  }
  return true;
}

Result<CaptureSummary> capture_into(const std::string& socket, const CaptureWish& wish,
                                    const std::string& name) {
  const bool is_standard = name == "-";
  const File file(is_standard
                      ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                      : ::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) return usage(fmt::format("cannot write {}: {}", name, system_words()));
  if (::isatty(file.get()) == 1)
    return usage("a capture is no text for a terminal: leave out -w, or write it to a file");
  int error = 0;
  Result<CaptureSummary> summary = capture(socket, wish, [&](const Block& block) {
    if (error == 0 && !write_all(file, block.bytes)) error = errno;
    return error == 0;
  });
  const bool reader_left = error == EPIPE;
  if (error != 0 && !reader_left) {
    errno = error;
    return failure(fmt::format("cannot write {}: {}", name, system_words()), "");
  }
  return summary;
}

Result<CaptureSummary> capture_as_lines(Session& session, const std::string& socket,
                                        const CaptureWish& wish) {
  return capture(socket, wish, [&](const Block& block) {
    if (!block.frame) return true;
    session.output.print_text(line_of(*block.frame) + "\n");
    session.output.flush();
    return session.output.works();
  });
}

std::string words_of(const CaptureSummary& summary) {
  std::string words =
      fmt::format("{} frame{} captured", summary.frames, summary.frames == 1 ? "" : "s");
  if (summary.missed > 0)
    words += fmt::format(", {} missed: they came faster than they were read", summary.missed);
  return words;
}

}  // namespace

// On a terminal it prints lines; into a pipe goes the stream, as Wireshark and tshark read it with
// `-k -i -` and `-r -`.
Result<void> lab_capture(Session& session, const Arguments& arguments) {
  const Result<CaptureWish> wish = wish_of(session, arguments);
  if (!wish) return tl::unexpected(wish.error());
  const Result<Interfaces> interfaces = ask_interfaces(session);
  if (!interfaces) return tl::unexpected(interfaces.error());
  const std::string& socket = interfaces->wires;
  const std::string file(arguments.has("write") ? arguments.text("write") : "-");
  const bool as_lines = !arguments.has("write") && session.output.as_table();
  const Result<CaptureSummary> summary =
      as_lines ? capture_as_lines(session, socket, *wish) : capture_into(socket, *wish, file);
  if (!summary) return tl::unexpected(summary.error());
  session.err << words_of(*summary) << "\n";
  return {};
}

}  // namespace isthmus::cli
