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
  sent_.note = {since_1970(), from, Direction::Outbound, {}};
  sent_.frame.assign(frame.begin(), frame.end());
  received_.clear();
  lost_ = DropReason::None;
}

void FrameRecorder::delivered(PortId to, std::span<const uint8_t> frame) {
  received_.push_back({{since_1970(), to, Direction::Inbound, {.delivered = true}},
                       std::vector<uint8_t>(frame.begin(), frame.end())});
}

void FrameRecorder::end(const Verdict& verdict) {
  sent_.note.verdict = verdict;
  if (verdict.delivered && lost_ != DropReason::None) {
    sent_.note.verdict.delivered = false;
    sent_.note.verdict.reason = lost_;
  }
  tell(sent_);
  for (const Noted& noted : received_) tell(noted);
}

void FrameRecorder::tell(const Noted& noted) const {
  for (const auto& queue : queues_) {
    if (queue->wants(noted.note)) queue->add(noted.note, noted.frame);
  }
}

}  // namespace isthmus::dataplane::io
