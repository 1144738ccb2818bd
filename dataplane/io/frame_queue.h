// Frames on their way from a packet worker to somebody who captures them.
//
//   FrameQueue queue({.port = nic});          // shared with PacketWorker::begin_capture
//   queue.take(batch);                        // by the one who captures, after wake() is readable
//
// The worker never waits for its reader: the queue is bounded, and what does not fit is counted as
// missed. The mutex is held to add one frame, or to swap two batches.
//
// Threads: add() and wants() belong to the worker, take() and counts() to one reader.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/io/file.h"
#include "dataplane/pipeline/pipeline.h"

namespace isthmus::dataplane::io {

constexpr size_t kQueueBytesMax = 16u << 20;  // of frames; our choice: 250 of the largest
constexpr size_t kQueueFramesMax = 16 << 10;  // our choice: 10 ms of a million a second

struct CaptureFilter {
  enum class What : uint8_t { Everything, Drops };
  // What its machine sends and gets, and what was dropped on its way to it; absent: all ports.
  std::optional<PortId> port{};
  What what = What::Everything;
};

// What a frame was to one port.
struct FrameNote {
  std::chrono::nanoseconds time{};  // since 1970, UTC
  PortId port{};                    // its machine sent it (Outbound) or got it (Inbound)
  Direction direction = Direction::Outbound;
  Verdict verdict;  // of what was sent; what is got was delivered

  bool is_dropped() const { return verdict.reason != DropReason::None; }
};

class FrameQueue {
 public:
  struct Entry {
    FrameNote note;
    size_t offset = 0;  // in Batch::bytes
    size_t size = 0;
  };
  struct Batch {
    std::vector<Entry> entries;
    std::vector<uint8_t> bytes;
    std::span<const uint8_t> frame(const Entry& entry) const {
      return std::span(bytes).subspan(entry.offset, entry.size);
    }
  };
  struct Counts {
    uint64_t seen = 0;
    uint64_t missed = 0;  // of these
  };

  // Throws std::system_error where the system has no descriptor left.
  explicit FrameQueue(CaptureFilter filter, size_t bytes_max = kQueueBytesMax);

  const CaptureFilter& filter() const { return filter_; }
  bool wants(const FrameNote& note) const;
  // The frame is `head` and `rest`.
  void add(const FrameNote& note, std::span<const uint8_t> head, std::span<const uint8_t> rest);

  int wake() const { return wake_.get(); }  // readable when there is something to take
  // In place of what is in `batch`, whose memory is used again.
  void take(Batch& batch);
  std::map<PortId, Counts> counts() const;

 private:
  const CaptureFilter filter_;
  const size_t bytes_max_;
  const File wake_;

  mutable std::mutex mutex_;  // guards what follows
  Batch batch_;
  std::map<PortId, Counts> counts_;
};

}  // namespace isthmus::dataplane::io
