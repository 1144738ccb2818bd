// Moves frames between wires: one thread that reads what virtual machines send, asks the Forwarder,
// and writes to whom it belongs. It reads what there is of one wire, up to a limit, and writes what
// comes of it before it looks at the next wire: all of it at once (write_batch.h).
//
//   PacketWorker worker(dataplane, {});
//   worker.attach(port, std::move(tap));     // from here on its frames are forwarded
//   worker.detach(port);                     // nothing of it is read or written afterwards
//
// A wire is a file descriptor of which every read is one frame and every write sends one: a TAP
// device, a packet socket, or one end of a socketpair(SOCK_SEQPACKET); wire.h. In front of each
// frame of a wire of the kind Offloads stands a virtio_net_hdr, as of a TAP device with
// IFF_VNET_HDR: what it says of checksums and segments stays true when addresses of the link and
// the time to live change, so that it goes with the frame unchanged.
//
// The thread waits in two ways: after a frame it looks again and again for some microseconds, since
// waking up a thread costs more than a frame; then it sleeps until there is one, or until one has
// passed its link. waiting.h says when. With one processor it sleeps at once.
//
// Threads: everything here is for any thread. attach and detach return when it is done.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "dataplane/dataplane.h"
#include "dataplane/io/file.h"
#include "dataplane/io/frame_queue.h"
#include "dataplane/io/wire_writer.h"

namespace isthmus::dataplane::io {

struct PacketWorkerOptions {
  WireKind wires = WireKind::Plain;  // all of a worker are of one kind
  size_t flows_max = kFlowsMaxDefault;
  uint64_t hash_seed = 0;
  WriteWay writes = WriteWay::Batched;
  // How long it looks before it sleeps; 0 where there is one processor.
  std::chrono::microseconds spin = spin_default();
  static std::chrono::microseconds spin_default();
};

class PacketWorker {
 public:
  // `dataplane` outlives the worker. Throws std::system_error where the system has no descriptor or
  // thread left.
  PacketWorker(Dataplane& dataplane, PacketWorkerOptions options);
  ~PacketWorker();  // every wire is closed

  // In place of the wire that the port has, if it has one. Throws std::system_error for a
  // descriptor that is no wire, or cannot be waited for.
  void attach(PortId port, File wire);
  bool detach(PortId port);  // false: it has no wire
  size_t wires() const;

  // Frames from here on go to the queue, too, as its filter says; and no more after end_capture.
  void begin_capture(std::shared_ptr<FrameQueue> queue);
  void end_capture(const FrameQueue& queue);

  // Runs `look` on the worker's thread, between two frames, which wait for it. `now` is the time
  // that its flows go by.
  using Look = std::function<void(const Worker& worker, Time now)>;
  void look(const Look& look) const;

  void add_to(CounterTotals& totals) const;
  AccessLog::Taken take_access_log();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace isthmus::dataplane::io
