// Writes of frames to wires, in their order and all by one system call.
//
//   WriteBatch batch(64, WriteWay::Batched);
//   batch.add(wire, bytes);             // the bytes stay where they are until flush
//   for (int error : batch.flush()) ... // of each write, in order: 0 or an errno
//
// What it is for: to write a frame to a TAP device runs the receiver's network stack and wakes up
// who reads there. At the end of a system call the kernel may give the processor to whom it woke
// up, which then finds one frame and sleeps again: two context switches for each. At the end of one
// call that wrote them all it finds them all. docs/benchmarks/README.md has what that is worth.
//
// The one call is io_uring_enter (io_uring(7), Linux 6.1); of io_uring nothing else is used: when
// flush returns, every write has been done or given up, and none waits for room (EAGAIN). Where the
// system does not let have it, or has none, each frame is a write(2) of its own, and that is all
// the difference.
//
// Threads: belongs to the one that made it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/io/wire.h"

namespace isthmus::dataplane::io {

enum class WriteWay : uint8_t { Batched, OneByOne };

class WriteBatch {
 public:
  // `capacity` writes are the most between two flushes.
  WriteBatch(size_t capacity, WriteWay wanted);
  ~WriteBatch();

  // OneByOne where the system has nothing else, or io_uring has failed.
  WriteWay way() const { return ring_ ? WriteWay::Batched : WriteWay::OneByOne; }
  bool is_full() const { return writes_.size() == capacity_; }

  // It is not full. The wire stays in place until flush, too.
  void add(const Wire& wire, std::span<const uint8_t> bytes);
  // The answer is valid until the next flush.
  std::span<const int> flush();

 private:
  class Ring;
  struct Write {
    int descriptor;
    bool is_socket;
    std::span<const uint8_t> bytes;
  };

  const size_t capacity_;
  std::unique_ptr<Ring> ring_;  // absent: one by one
  std::vector<Write> writes_;
  std::vector<int> errors_;  // of the last flush
};

}  // namespace isthmus::dataplane::io
