#include "dataplane/io/packet_worker.h"

#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "dataplane/io/alarm.h"
#include "dataplane/io/frame_recorder.h"
#include "dataplane/io/waiting.h"

namespace isthmus::dataplane::io {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kFramesPerTurn = 64;         // of one wire, before the next one has its turn
constexpr size_t kBurstBytes = 256 << 10;  // read at once: what caches keep until it is written
constexpr int kEventsPerTurn = 128;        // our choice
constexpr auto kExpiryPeriod = std::chrono::seconds(1);
constexpr size_t kExpiredPerPeriod = 100'000;  // flows, so that no pause is long

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

int checked(int result, const char* what) {
  if (result < 0) fail(what);
  return result;
}

// Of a virtio_net_hdr: gso_type says whether the frame is cut into segments, gso_size into which,
// in the order of this machine.
uint32_t segment_bytes(std::span<const uint8_t> header) {
  constexpr size_t kGsoType = 1, kGsoSize = 4;
  if (header.empty() || header[kGsoType] == 0) return 0;
  uint16_t size = 0;
  std::memcpy(&size, header.data() + kGsoSize, sizeof size);
  return size;
}

Time now() { return std::chrono::duration_cast<Time>(Clock::now().time_since_epoch()); }

}  // namespace

std::chrono::microseconds PacketWorkerOptions::spin_default() {
  return std::chrono::microseconds(std::thread::hardware_concurrency() > 1 ? 50 : 0);
}

class PacketWorker::Loop {
 public:
  Loop(Dataplane& dataplane, PacketWorkerOptions options)
      : dataplane_(dataplane),
        options_(options),
        header_bytes_(options.wires == WireKind::Offloads ? kOffloadHeaderBytes : 0),
        epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
        wake_(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
        forwarder_(options.flows_max, options.hash_seed) {
    burst_.reserve(kFramesPerTurn);  // the thread does not allocate for it
    arriving_.reserve(kFramesPerTurn);
    for (const auto& [descriptor, name] :
         {std::pair(wake_.get(), kWake), {alarm_.descriptor(), kAlarm}}) {
      if (const int error = wait_for(descriptor, name); error != 0)
        throw std::system_error(error, std::generic_category(), "epoll_ctl");
    }
    thread_ = std::thread([this] { run(); });
  }
  ~Loop() {
    ask({.kind = Request::Kind::Stop});
    thread_.join();
  }

  void attach(PortId port, File wire) {
    Wire prepared(std::move(wire), options_.wires);
    if (const int error = ask({Request::Kind::Attach, port, std::move(prepared)}); error != 0)
      throw std::system_error(error, std::generic_category(), "a wire cannot be waited for");
  }
  bool detach(PortId port) { return ask({.kind = Request::Kind::Detach, .port = port}) == 0; }
  void begin_capture(std::shared_ptr<FrameQueue> queue) {
    run([this, &queue] { recorder_.add(std::move(queue)); });
  }
  void end_capture(const FrameQueue& queue) {
    run([this, &queue] { recorder_.remove(queue); });
  }
  void look(const Look& look) {
    run([this, &look] { look(forwarder_.worker(), now()); });
  }
  size_t wires() const { return wire_count_.load(std::memory_order_relaxed); }
  AccessLog::Taken take_access_log() { return forwarder_.worker().access_log.take(); }
  void add_to(CounterTotals& totals) const { forwarder_.worker().counters.add_to(totals); }

 private:
  static constexpr uint64_t kWake = ~uint64_t{0};  // no port has these numbers
  static constexpr uint64_t kAlarm = kWake - 1;

  // What another thread asks of the loop's, which answers an errno. `wire` is afterwards the one
  // that is out: whoever asked closes it, since to close a TAP device takes milliseconds.
  struct Request {
    enum class Kind : uint8_t { Attach, Detach, Run, Stop };
    Kind kind = Kind::Stop;
    PortId port{};
    Wire wire{};
    std::function<void()> work{};  // of Run
    std::optional<int> answer{};
  };

  int ask(Request request) {
    std::unique_lock lock(mutex_);
    requests_.push_back(&request);
    has_requests_.store(true, std::memory_order_release);
    const uint64_t one = 1;
    if (::write(wake_.get(), &one, sizeof one) < 0 && errno != EAGAIN) fail("write to an eventfd");
    answered_.wait(lock, [&request] { return request.answer.has_value(); });
    return *request.answer;
  }

  void run(std::function<void()> work) {
    ask({.kind = Request::Kind::Run, .work = std::move(work)});
  }

  void run();
  bool serve_requests();
  int serve(Request& request);
  Wire unplug(Wires::iterator wire);
  // An errno, 0 where it is waited for.
  int wait_for(int descriptor, uint64_t name) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = name}};
    return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) < 0 ? errno : 0;
  }
  int ready(std::span<epoll_event> events, bool may_sleep);
  bool turn(std::span<const epoll_event> events, Time time);
  int read_some(PortId port, Time time);
  void forward(const ReceivedFrame& frame, Time time);
  int leave_links(Time time);
  void leave_link(LinkFrame& frame, Time time);
  void expire(Time time);

  Dataplane& dataplane_;
  const PacketWorkerOptions options_;
  const size_t header_bytes_;
  const File epoll_;
  const File wake_;

  // The loop's thread only.
  Forwarder forwarder_;
  FrameRecorder recorder_;
  Wires wires_;
  std::array<uint8_t, kBurstBytes + kOffloadHeaderBytes + kFrameBytesMax> buffer_{};
  std::vector<std::span<uint8_t>> burst_;  // frames in buffer_, each behind its header
  std::vector<LinkFrame> arriving_;        // from links
  std::optional<WireWriter> writer_;
  Alarm alarm_;  // when the next one leaves its link
  Time expired_{};
  std::optional<rcu::Reader> reader_;

  std::mutex mutex_;  // guards requests_ and their answers
  std::condition_variable answered_;
  std::vector<Request*> requests_;
  std::atomic<bool> has_requests_{false};
  std::atomic<size_t> wire_count_{0};
  std::thread thread_;
};

int PacketWorker::Loop::serve(Request& request) {
  const auto present = wires_.find(request.port);
  switch (request.kind) {
    case Request::Kind::Stop:
      return 0;
    case Request::Kind::Run:
      request.work();
      return 0;
    case Request::Kind::Detach:
      if (present == wires_.end()) return ENOENT;
      request.wire = unplug(present);
      return 0;
    case Request::Kind::Attach:
      break;
  }
  if (const int error = wait_for(request.wire.get(), static_cast<uint64_t>(request.port));
      error != 0)
    return error;  // the wire that is in stays in
  Wire replaced = present == wires_.end() ? Wire() : unplug(present);
  wires_.emplace(request.port, std::exchange(request.wire, std::move(replaced)));
  wire_count_.store(wires_.size(), std::memory_order_relaxed);
  return 0;
}

// Closing a descriptor does not take it out of the epoll set while another process has the same
// wire open.
Wire PacketWorker::Loop::unplug(Wires::iterator wire) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, wire->second.get(), nullptr);
  Wire unplugged = std::move(wire->second);
  wires_.erase(wire);
  wire_count_.store(wires_.size(), std::memory_order_relaxed);
  return unplugged;
}

// False: it is to stop.
bool PacketWorker::Loop::serve_requests() {
  const std::lock_guard lock(mutex_);
  uint64_t count = 0;
  while (::read(wake_.get(), &count, sizeof count) > 0) {
  }
  has_requests_.store(false, std::memory_order_relaxed);
  bool goes_on = true;
  for (Request* request : requests_) {
    goes_on = goes_on && request->kind != Request::Kind::Stop;
    request->answer = serve(*request);
  }
  requests_.clear();
  answered_.notify_all();
  return goes_on;
}

// Nothing of the tables is held while it sleeps.
int PacketWorker::Loop::ready(std::span<epoll_event> events, bool may_sleep) {
  constexpr int kUntilSomething = -1;
  if (may_sleep) {
    alarm_.set(forwarder_.links().next_at());
    reader_->offline();
  }
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 may_sleep ? kUntilSomething : 0);
  if (may_sleep) reader_->online();
  return std::max(count, 0);
}

void PacketWorker::Loop::run() {
  writer_.emplace(wires_, forwarder_.worker().counters, recorder_, header_bytes_, kFramesPerTurn,
                  options_.writes);
  reader_.emplace(dataplane_.grace_periods());
  reader_->online();
  std::array<epoll_event, kEventsPerTurn> events;
  Waiting waiting(options_.spin, now());
  bool goes_on = true;
  while (goes_on) {
    const bool may_sleep = waiting.may_sleep();
    const int count = ready(events, may_sleep);
    const Time time = now();
    if (has_requests_.load(std::memory_order_acquire)) goes_on = serve_requests();
    if (turn(std::span(events).first(static_cast<size_t>(count)), time)) {
      waiting.worked(time);
    } else if (!may_sleep) {
      ::sched_yield();
      waiting.offered(time, now());
    }
    expire(time);
    reader_->quiescent();
  }
  reader_->offline();
  reader_.reset();
  writer_.reset();
}

bool PacketWorker::Loop::turn(std::span<const epoll_event> events, Time time) {
  int frames = 0;
  for (const epoll_event& event : events) {
    if (event.data.u64 == kWake) continue;
    if (event.data.u64 == kAlarm) {
      alarm_.acknowledge();
    } else {
      frames += read_some(static_cast<PortId>(event.data.u64), time) + leave_links(time);
    }
  }
  return frames + leave_links(time) > 0;
}

// Reads what there is before it forwards the first of it, and writes them together.
int PacketWorker::Loop::read_some(PortId port, Time time) {
  const auto wire = wires_.find(port);
  if (wire == wires_.end()) return 0;  // detached since the event
  burst_.clear();
  size_t used = 0;
  for (int i = 0; i < kFramesPerTurn && used < kBurstBytes; ++i) {
    const auto rest = std::span(buffer_).subspan(used, header_bytes_ + kFrameBytesMax);
    const ssize_t size = wire->second.read(rest);
    if (size <= 0) {
      if (wire->second.has_ended(size)) unplug(wire);  // the other end is gone
      break;
    }
    if (static_cast<size_t>(size) < header_bytes_) continue;
    burst_.push_back(rest.first(static_cast<size_t>(size)));
    used += burst_.back().size();
  }
  for (const auto all : burst_) {
    const auto header = all.first(header_bytes_);
    forward({port, all.subspan(header_bytes_), segment_bytes(header), header_bytes_}, time);
  }
  const rcu::Guard guard(*reader_);
  writer_->flush(dataplane_.view(guard));
  return static_cast<int>(burst_.size());
}

// The tables are those of now, and not of when the turn began: a frame that was sent after a change
// was answered is judged by the change. A flow or a counter for which no memory is left costs a
// packet, not the daemon.
void PacketWorker::Loop::forward(const ReceivedFrame& frame, Time time) {
  const rcu::Guard guard(*reader_);
  try {
    if (recorder_.is_on()) recorder_.begin(frame.from, frame.bytes);
    const Tables& tables = dataplane_.view(guard);
    const Verdict verdict = forwarder_.take(
        tables, frame, time, [&](const SentFrame& sent) { writer_->write(tables, sent); });
    if (recorder_.is_on()) {
      writer_->flush(tables);  // a drop at a wire belongs to its frame
      recorder_.end(verdict);
    }
  } catch (const std::bad_alloc&) {
    forwarder_.worker().counters.dropped(DropReason::FlowTableFull);
  }
}

// Everything that is there by then, so that no more waits for this thread than has entered.
int PacketWorker::Loop::leave_links(Time time) {
  int frames = 0;
  do {
    arriving_.clear();
    while (arriving_.size() < kFramesPerTurn) {
      auto frame = forwarder_.links().next(time);
      if (!frame) break;
      arriving_.push_back(std::move(*frame));
    }
    if (arriving_.empty()) break;
    for (LinkFrame& frame : arriving_) leave_link(frame, time);
    const rcu::Guard guard(*reader_);
    writer_->flush(dataplane_.view(guard));
    frames += static_cast<int>(arriving_.size());
  } while (arriving_.size() == kFramesPerTurn);
  return frames;
}

void PacketWorker::Loop::leave_link(LinkFrame& frame, Time time) {
  const rcu::Guard guard(*reader_);
  try {
    if (recorder_.is_on())
      recorder_.begin(frame.from, std::span(frame.bytes).subspan(frame.header_bytes));
    const Tables& tables = dataplane_.view(guard);
    const Verdict verdict = forwarder_.leave_link(
        tables, frame, time, [&](const SentFrame& sent) { writer_->write(tables, sent); });
    if (recorder_.is_on()) {
      writer_->flush(tables);
      frame.is_routers ? recorder_.end_of_answer() : recorder_.leave_link(verdict);
    }
  } catch (const std::bad_alloc&) {
    forwarder_.worker().counters.dropped(DropReason::FlowTableFull);
  }
}

void PacketWorker::Loop::expire(Time time) {
  if (time - expired_ < kExpiryPeriod) return;
  expired_ = time;
  forwarder_.worker().flows.expire(time, kExpiredPerPeriod);
  forwarder_.links().forget_idle(time);
}

PacketWorker::PacketWorker(Dataplane& dataplane, PacketWorkerOptions options)
    : loop_(std::make_unique<Loop>(dataplane, options)) {}
PacketWorker::~PacketWorker() = default;
void PacketWorker::attach(PortId port, File wire) { loop_->attach(port, std::move(wire)); }
bool PacketWorker::detach(PortId port) { return loop_->detach(port); }
void PacketWorker::begin_capture(std::shared_ptr<FrameQueue> queue) {
  loop_->begin_capture(std::move(queue));
}
void PacketWorker::end_capture(const FrameQueue& queue) { loop_->end_capture(queue); }
void PacketWorker::look(const Look& look) const { loop_->look(look); }
size_t PacketWorker::wires() const { return loop_->wires(); }
AccessLog::Taken PacketWorker::take_access_log() { return loop_->take_access_log(); }
void PacketWorker::add_to(CounterTotals& totals) const { loop_->add_to(totals); }

}  // namespace isthmus::dataplane::io
