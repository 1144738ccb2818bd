#include "api/wires/capture.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include "api/config/version.h"
#include "controller/program/values.h"
#include "dataplane/io/pcapng.h"

namespace isthmus::api::wires {
namespace {

using dataplane::DropReason;
using dataplane::PortId;
using dataplane::Verdict;
using dataplane::io::CaptureFilter;
using dataplane::io::File;
using dataplane::io::FrameQueue;
using Clock = std::chrono::steady_clock;
namespace pcapng = dataplane::io::pcapng;

// Made non-blocking, as a wire is: nobody waits in a write.
File made_ready(File out) {
  const int flags = ::fcntl(out.get(), F_GETFL);
  if (flags >= 0 && (flags & O_ACCMODE) == O_RDONLY) errno = EBADF;
  if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY ||
      ::fcntl(out.get(), F_SETFL, flags | O_NONBLOCK) < 0)
    throw std::system_error(errno, std::generic_category(), "a descriptor to capture into");
  return out;
}

template <class Id>
std::string path_of(const Model& model, Id id, std::string_view otherwise) {
  const Resource* resource = program::resource_of(model, id);
  return resource == nullptr ? std::string(otherwise) : resource->id.path();
}

std::string comment_on(const Model& model, const Verdict& verdict) {
  if (verdict.reason == DropReason::None) return {};
  const dataplane::DropReasonInfo& reason = info(verdict.reason);
  const std::string by = path_of(model, verdict.tag, "");
  return fmt::format("dropped: {} at {}{}{}: {}", reason.text, name(verdict.stage),
                     by.empty() ? "" : " by ", by, reason.sentence);
}

std::chrono::nanoseconds since_1970() {
  return std::chrono::system_clock::now().time_since_epoch();
}

}  // namespace

// What is on its way to the reader, and the numbers that it knows interfaces by.
class Capture::Stream {
 public:
  Stream(const Controller& controller, int out) : controller_(controller), out_(out) {
    pcapng::append_section_header(bytes_,
                                  fmt::format("isthmusd {}", std::string(config::kVersion)));
  }
  void add(const FrameQueue::Batch& batch) {
    const ModelPtr model = controller_.model();
    for (const FrameQueue::Entry& entry : batch.entries) {
      const auto& note = entry.note;
      const uint32_t number = number_of(*model, note.port);
      const std::string comment = comment_on(*model, note.verdict);
      pcapng::append_frame(bytes_,
                           {number, note.time, note.direction, batch.frame(entry), comment});
    }
  }
  void add(const std::map<PortId, FrameQueue::Counts>& counts) {
    for (const auto& [port, count] : counts) number_of(*controller_.model(), port);
    for (const auto& [port, number] : numbers_) {
      const auto found = counts.find(port);
      const FrameQueue::Counts count = found == counts.end() ? FrameQueue::Counts{} : found->second;
      pcapng::append_statistics(bytes_, {number, since_1970(), count.seen, count.missed});
    }
  }
  void name(PortId port) { number_of(*controller_.model(), port); }

  // As much as the reader takes now. False: he is gone.
  bool write() {
    while (written_ < bytes_.size()) {
      const ssize_t size = ::write(out_, bytes_.data() + written_, bytes_.size() - written_);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return errno == EAGAIN;
      written_ += static_cast<size_t>(size);
    }
    bytes_.clear();
    written_ = 0;
    return true;
  }
  bool has_rest() const { return written_ < bytes_.size(); }

 private:
  uint32_t number_of(const Model& model, PortId port) {
    const auto [entry, is_new] = numbers_.try_emplace(port, static_cast<uint32_t>(numbers_.size()));
    if (is_new)
      pcapng::append_interface(bytes_, path_of(model, port, "a network interface that is gone"));
    return entry->second;
  }

  const Controller& controller_;
  const int out_;
  std::map<PortId, uint32_t> numbers_;
  std::vector<uint8_t> bytes_;
  size_t written_ = 0;
};

Capture::Capture(dataplane::io::PacketWorker& worker, const Controller& controller,
                 CaptureFilter filter, File out)
    : worker_(worker),
      controller_(controller),
      queue_(std::make_shared<FrameQueue>(filter)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      out_(made_ready(std::move(out))) {
  if (!stop_) throw std::system_error(errno, std::generic_category(), "eventfd");
  worker_.begin_capture(queue_);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {
    worker_.end_capture(*queue_);
    throw;
  }
}

Capture::~Capture() {
  stop();
  thread_.join();
}

void Capture::stop() {
  const uint64_t one = 1;
  if (::write(stop_.get(), &one, sizeof one) < 0) spdlog::error("a capture does not stop");
}

void Capture::copy(Stream& stream) {
  FrameQueue::Batch batch;
  for (;;) {
    const auto wants_out = static_cast<short>(stream.has_rest() ? POLLOUT : 0);
    const int wake = stream.has_rest() ? -1 : queue_->wake();  // first what is on its way
    pollfd waiting[] = {{stop_.get(), POLLIN, 0}, {out_.get(), wants_out, 0}, {wake, POLLIN, 0}};
    if (::poll(waiting, std::size(waiting), -1) < 0) continue;
    if (waiting[0].revents != 0 || (waiting[1].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
      return;
    if (!stream.has_rest()) {
      queue_->take(batch);
      stream.add(batch);
    }
    if (!stream.write()) return;
  }
}

void Capture::run() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);  // a reader who is gone is an error of a write
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  Stream stream(controller_, out_.get());
  if (queue_->filter().port) stream.name(*queue_->filter().port);
  if (stream.write()) copy(stream);

  worker_.end_capture(*queue_);
  FrameQueue::Batch batch;
  queue_->take(batch);
  stream.add(batch);
  stream.add(queue_->counts());
  const auto give_up = Clock::now() + kCapturePatience;
  while (stream.write() && stream.has_rest() && Clock::now() < give_up) {
    pollfd waiting{out_.get(), POLLOUT, 0};
    ::poll(&waiting, 1, static_cast<int>(kCapturePatience.count()));
  }
  out_ = File();
  has_ended_.store(true, std::memory_order_relaxed);
}

}  // namespace isthmus::api::wires
