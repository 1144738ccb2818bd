#include "tools/isthmus/lab/capture.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "tools/isthmus/interrupt.h"
#include "tools/isthmus/lab/frame_output.h"
#include "tools/isthmus/lab/machines.h"
#include "tools/isthmus/tasks.h"

namespace isthmus::cli {
namespace {

using dataplane::io::File;

constexpr size_t kReadBytes = 1u << 16;

std::string system_words() { return std::generic_category().message(errno); }

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

Result<OpenCapture> begin_capture(const std::string& socket, const CaptureWish& wish) {
  auto connection = connect_to_wires(socket);
  if (!connection) return tl::unexpected(connection.error());
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
  return OpenCapture{std::move(*connection), std::move(stream)};
}

// Who hangs up gets the rest of the stream: what was captured before, and the statistics.
Result<CaptureSummary> capture(const std::string& socket, const CaptureWish& wish,
                               const std::function<bool(const Block&)>& take) {
  const Interrupt interrupt;
  Result<OpenCapture> open = begin_capture(socket, wish);
  if (!open) return tl::unexpected(open.error());
  CaptureSummary summary;
  CaptureStream stream;
  std::vector<uint8_t> buffer(kReadBytes);
  for (;;) {
    pollfd waiting[] = {{open->stream.get(), POLLIN, 0}, {interrupt.descriptor(), POLLIN, 0}};
    const bool is_connected = static_cast<bool>(open->connection);
    if (::poll(waiting, is_connected ? 2 : 1, -1) < 0) continue;
    if (is_connected && waiting[1].revents != 0) open->connection = File();
    if (waiting[0].revents == 0) continue;
    const ssize_t size = ::read(open->stream.get(), buffer.data(), buffer.size());
    if (size <= 0) return summary;
    stream.add(std::span(buffer).first(static_cast<size_t>(size)));
    if (!take_blocks(stream, wish, summary, take)) open->connection = File();
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

std::string words_of(const CaptureSummary& summary) {
  std::string words =
      fmt::format("{} frame{} captured", summary.frames, summary.frames == 1 ? "" : "s");
  if (summary.missed > 0)
    words += fmt::format(", {} missed: they came faster than they were read", summary.missed);
  return words;
}

}  // namespace

Result<void> lab_capture(Session& session, const Arguments& arguments) {
  const Result<CaptureWish> wish = wish_of(session, arguments);
  if (!wish) return tl::unexpected(wish.error());
  const Result<Interfaces> interfaces = ask_interfaces(session);
  if (!interfaces) return tl::unexpected(interfaces.error());
  Result<FrameOutput> output = FrameOutput::open(session, arguments);
  if (!output) return tl::unexpected(output.error());
  const Result<CaptureSummary> summary = capture(
      interfaces->wires, *wish, [&output](const Block& block) { return output->take(block); });
  if (auto written = output->end(); !written) return written;
  if (!summary) return tl::unexpected(summary.error());
  session.err << words_of(*summary) << "\n";
  return {};
}

}  // namespace isthmus::cli
