// What a packet worker tells of its frames to those who capture them.
//
//   if (recorder.is_on()) recorder.begin(port, frame);   // what a machine has sent, unchanged
//   ... recorder.delivered(to, frame) or recorder.lost(reason), as it is written to a wire
//   if (recorder.is_on()) recorder.end(verdict);         // what became of it
//
// A frame that a link kept has been told when it was sent. When it leaves the link it is begun
// again, and ends with leave_link(): told is who gets it, or, once more as what was sent, that it
// was dropped after all. Of an answer that the virtual router has written nobody was told that it
// was sent: it ends with end_of_answer().
//
// A drop is told where the frame was sent, and a frame that was sent stands before what came of it.
// Between begin and end the frame stays where it is, and no more of it changes than headers,
// which are in its first kHeadBytesMax bytes. While nobody captures, is_on() is all that it costs.
//
// Threads: belongs to one worker.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "dataplane/io/frame_queue.h"

namespace isthmus::dataplane::io {

// Ethernet with two VLAN tags, IPv6 with extension headers, and TCP with options; our choice.
constexpr size_t kHeadBytesMax = 256;

class FrameRecorder {
 public:
  bool is_on() const { return !queues_.empty(); }
  void add(std::shared_ptr<FrameQueue> queue) { queues_.push_back(std::move(queue)); }
  void remove(const FrameQueue& queue);

  void begin(PortId from, std::span<const uint8_t> frame);
  void delivered(PortId to, std::span<const uint8_t> frame);
  void lost(DropReason reason) { lost_ = reason; }
  void end(const Verdict& verdict);
  void leave_link(const Verdict& verdict);
  void end_of_answer() const;

 private:
  struct Received {
    FrameNote note;
    std::vector<uint8_t> frame;
  };
  void decide(const Verdict& verdict);
  bool is_wanted(const FrameNote& note) const;
  void tell(const FrameNote& note, std::span<const uint8_t> head,
            std::span<const uint8_t> rest) const;

  std::vector<std::shared_ptr<FrameQueue>> queues_;
  // Of the frame that is on its way.
  FrameNote sent_;
  std::vector<uint8_t> sent_head_;  // as it was sent
  std::span<const uint8_t> sent_rest_;
  std::vector<Received> received_;  // what came of it: it, or an answer
  DropReason lost_ = DropReason::None;
};

}  // namespace isthmus::dataplane::io
