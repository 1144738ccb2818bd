// Frames of network interfaces, written as a pcapng stream into a descriptor: a pipe, a socket or a
// file of whoever captures.
//
// An interface of the stream is a network interface, by its path. What its machine sent goes out,
// what it got comes in. A frame that was dropped says so in its comment:
//
//   dropped: no-route at route by /networkInterfaces/web1/ipConfigurations/ip: no prefix of the
//   sender's table contains the destination
//
// A reader who is too slow misses frames, and nobody waits for him; at the end the statistics of
// each interface say how many. Only whole blocks are written, unless the reader stops reading.
//
// Threads: one of its own. It ends by itself when the reader is gone.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "controller/controller.h"
#include "dataplane/io/packet_worker.h"

namespace isthmus::api::wires {

// How long the rest is written to a reader who takes none of it.
constexpr std::chrono::milliseconds kCapturePatience{1000};

class Capture {
 public:
  // `worker` and `controller` outlive it. Throws std::system_error where the system has no
  // descriptor or thread left, or `out` cannot be written to.
  Capture(dataplane::io::PacketWorker& worker, const Controller& controller,
          dataplane::io::CaptureFilter filter, dataplane::io::File out);
  ~Capture();  // stops, and waits for it
  // What was captured so far is written, with the statistics; then it has ended.
  void stop();
  bool has_ended() const { return has_ended_.load(std::memory_order_relaxed); }

 private:
  class Stream;
  void run();
  void copy(Stream& stream);  // until it is to stop, or the reader is gone

  dataplane::io::PacketWorker& worker_;
  const Controller& controller_;
  const std::shared_ptr<dataplane::io::FrameQueue> queue_;
  const dataplane::io::File stop_;
  dataplane::io::File out_;
  std::atomic<bool> has_ended_{false};
  std::thread thread_;
};

}  // namespace isthmus::api::wires
