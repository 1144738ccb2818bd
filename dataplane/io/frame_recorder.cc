#include "dataplane/io/frame_recorder.h"

#include <algorithm>

namespace isthmus::dataplane::io {
namespace {

std::chrono::nanoseconds since_1970() {
  return std::chrono::system_clock::now().time_since_epoch();
}

}  // namespace

void FrameRecorder::remove(const FrameQueue& queue) {
  std::erase_if(queues_, [&queue](const auto& one) { return one.get() == &queue; });
}

void FrameRecorder::begin(PortId from, std::span<const uint8_t> frame) {
  const auto head = frame.first(std::min(frame.size(), kHeadBytesMax));
  sent_ = {since_1970(), from, Direction::Outbound, {}};
  sent_head_.assign(head.begin(), head.end());
  sent_rest_ = frame.subspan(head.size());
  received_.clear();
  lost_ = DropReason::None;
}

void FrameRecorder::delivered(PortId to, std::span<const uint8_t> frame) {
  const FrameNote note{since_1970(), to, Direction::Inbound, {.delivered = true}};
  if (is_wanted(note)) received_.push_back({note, {frame.begin(), frame.end()}});
}

void FrameRecorder::end(const Verdict& verdict) {
  decide(verdict);
  tell(sent_, sent_head_, sent_rest_);
  end_of_answer();
}

void FrameRecorder::leave_link(const Verdict& verdict) {
  decide(verdict);
  if (!sent_.verdict.delivered) tell(sent_, sent_head_, sent_rest_);
  end_of_answer();
}

void FrameRecorder::decide(const Verdict& verdict) {
  sent_.verdict = verdict;
  if (verdict.delivered && lost_ != DropReason::None) {
    sent_.verdict.delivered = false;
    sent_.verdict.reason = lost_;
  }
}

void FrameRecorder::end_of_answer() const {
  for (const Received& received : received_) tell(received.note, received.frame, {});
}

bool FrameRecorder::is_wanted(const FrameNote& note) const {
  return std::any_of(queues_.begin(), queues_.end(),
                     [&note](const auto& queue) { return queue->wants(note); });
}

void FrameRecorder::tell(const FrameNote& note, std::span<const uint8_t> head,
                         std::span<const uint8_t> rest) const {
  for (const auto& queue : queues_) {
    if (queue->wants(note)) queue->add(note, head, rest);
  }
}

}  // namespace isthmus::dataplane::io
