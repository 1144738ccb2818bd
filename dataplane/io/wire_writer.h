// Writes what a worker has for its wires: frames that come together are written together
// (write_batch.h), and what was lost is counted, and told to who captures.
//
//   writer.write(tables, sent);   // for each
//   writer.flush(tables);         // then: nothing of them is looked at any more
//
// Threads: belongs to one worker, from its construction on.
#pragma once

#include <array>
#include <span>
#include <unordered_map>
#include <vector>

#include "dataplane/io/frame_recorder.h"
#include "dataplane/io/wire.h"
#include "dataplane/io/write_batch.h"
#include "dataplane/pipeline/forwarder.h"

namespace isthmus::dataplane::io {

// The largest frame: an IP packet of 64 KiB, as offloads make them, and what stands before it.
constexpr size_t kFrameBytesMax = 65536 + 64;

using Wires = std::unordered_map<PortId, Wire, KeyHash>;

class WireWriter {
 public:
  // In front of each frame on the wires stand `header_bytes`. What it is given outlives it.
  WireWriter(const Wires& wires, Counters& counters, FrameRecorder& recorder, size_t header_bytes,
             size_t frames_max, WriteWay way);

  // A frame that was received, and its header, stay where they are until the next flush.
  void write(const Tables& tables, const SentFrame& sent);
  void flush(const Tables& tables);

 private:
  // A frame that is being written.
  struct Outgoing {
    PortId to;
    std::span<const uint8_t> frame;
  };
  void add(const Tables& tables, const Wire& wire, PortId to, std::span<const uint8_t> all);
  void note_written(const Tables& tables, const Outgoing& outgoing, int error);
  void lose(DropReason reason, const Port* at);

  const Wires& wires_;
  Counters& counters_;
  FrameRecorder& recorder_;
  const size_t header_bytes_;
  WriteBatch batch_;
  std::vector<Outgoing> outgoing_;                                       // those in batch_
  std::array<uint8_t, kOffloadHeaderBytes + kFrameBytesMax> written_{};  // by the virtual router
};

}  // namespace isthmus::dataplane::io
