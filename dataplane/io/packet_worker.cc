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
#include <unordered_map>
#include <vector>

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
    outgoing_.reserve(kFramesPerTurn);
    if (const int error = wait_for(wake_.get(), kWake); error != 0)
      throw std::system_error(error, std::generic_category(), "epoll_ctl");
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
  static constexpr uint64_t kWake = ~uint64_t{0};  // no port has this number

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

  using Wires = std::unordered_map<PortId, Wire, KeyHash>;

  // A frame that is being written.
  struct Outgoing {
    PortId to;
    std::span<const uint8_t> frame;
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
  void forward(const ReceivedFrame& frame, std::span<const uint8_t> header, Time time);
  void write(const Tables& tables, PortId port, std::span<const uint8_t> frame,
             std::span<const uint8_t> header);
  void add(const Tables& tables, const Outgoing& outgoing, const Wire& wire,
           std::span<const uint8_t> all);
  void flush(const Tables& tables);
  void note_written(const Tables& tables, const Outgoing& outgoing, int error);
  void lose(DropReason reason, const Port* at);
  void expire_flows(Time time);

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
  std::array<uint8_t, kOffloadHeaderBytes + kFrameBytesMax> out_{};
  std::vector<Outgoing> outgoing_;  // those in batch_
  std::optional<WriteBatch> batch_;
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
  if (may_sleep) reader_->offline();
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 may_sleep ? kUntilSomething : 0);
  if (may_sleep) reader_->online();
  return std::max(count, 0);
}

void PacketWorker::Loop::run() {
  batch_.emplace(kFramesPerTurn, options_.writes);
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
    expire_flows(time);
    reader_->quiescent();
  }
  reader_->offline();
  reader_.reset();
  batch_.reset();
}

bool PacketWorker::Loop::turn(std::span<const epoll_event> events, Time time) {
  int frames = 0;
  for (const epoll_event& event : events) {
    if (event.data.u64 != kWake) frames += read_some(static_cast<PortId>(event.data.u64), time);
  }
  return frames > 0;
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
    const auto frame = all.subspan(header_bytes_);
    forward({port, frame, segment_bytes(header)}, header, time);
  }
  const rcu::Guard guard(*reader_);
  flush(dataplane_.view(guard));
  return static_cast<int>(burst_.size());
}

// The tables are those of now, and not of when the turn began: a frame that was sent after a change
// was answered is judged by the change. A flow or a counter for which no memory is left costs a
// packet, not the daemon.
void PacketWorker::Loop::forward(const ReceivedFrame& frame, std::span<const uint8_t> header,
                                 Time time) {
  const rcu::Guard guard(*reader_);
  try {
    if (recorder_.is_on()) recorder_.begin(frame.from, frame.bytes);
    const Tables& tables = dataplane_.view(guard);
    const Verdict verdict = forwarder_.take(
        tables, frame, time,
        [&](PortId to, std::span<const uint8_t> out) { write(tables, to, out, header); });
    if (recorder_.is_on()) {
      flush(tables);  // a drop at a wire belongs to its frame
      recorder_.end(verdict);
    }
  } catch (const std::bad_alloc&) {
    forwarder_.worker().counters.dropped(DropReason::FlowTableFull);
  }
}

void PacketWorker::Loop::lose(DropReason reason, const Port* at) {
  forwarder_.worker().counters.dropped(reason, at == nullptr ? Tag::None : at->tag);
  if (recorder_.is_on()) recorder_.lost(reason);
}

// A frame that was forwarded stands behind its header already, and stays there until it is written;
// what the virtual router says has a header that asks for nothing, and is gone after this.
void PacketWorker::Loop::write(const Tables& tables, PortId port, std::span<const uint8_t> frame,
                               std::span<const uint8_t> header) {
  const auto found = wires_.find(port);
  if (found == wires_.end()) return lose(DropReason::NoWire, tables.port(port));
  const Wire& wire = found->second;
  if (frame.data() == header.data() + header.size())
    return add(tables, {port, frame}, wire, {header.data(), header.size() + frame.size()});
  flush(tables);  // what is in out_ has been written then
  std::fill_n(out_.begin(), header.size(), uint8_t{0});
  std::copy(frame.begin(), frame.end(), out_.begin() + static_cast<ptrdiff_t>(header.size()));
  const auto all = std::span(out_).first(header.size() + frame.size());
  add(tables, {port, all.subspan(header.size())}, wire, all);
}

void PacketWorker::Loop::add(const Tables& tables, const Outgoing& outgoing, const Wire& wire,
                             std::span<const uint8_t> all) {
  if (batch_->is_full()) flush(tables);
  batch_->add(wire, all);
  outgoing_.push_back(outgoing);
}

void PacketWorker::Loop::flush(const Tables& tables) {
  const std::span<const int> errors = batch_->flush();
  for (size_t i = 0; i < errors.size(); ++i) {
    try {
      note_written(tables, outgoing_[i], errors[i]);
    } catch (const std::bad_alloc&) {  // for a counter or a capture: it goes without this frame
    }
  }
  outgoing_.clear();
}

void PacketWorker::Loop::note_written(const Tables& tables, const Outgoing& outgoing, int error) {
  if (error != 0) {
    lose(is_device_down(error) ? DropReason::NoWire : DropReason::WireFull,
         tables.port(outgoing.to));
  } else if (recorder_.is_on()) {
    recorder_.delivered(outgoing.to, outgoing.frame);
  }
}

void PacketWorker::Loop::expire_flows(Time time) {
  if (time - expired_ < kExpiryPeriod) return;
  expired_ = time;
  forwarder_.worker().flows.expire(time, kExpiredPerPeriod);
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
