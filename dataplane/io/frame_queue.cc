#include "dataplane/io/frame_queue.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>

namespace isthmus::dataplane::io {

FrameQueue::FrameQueue(CaptureFilter filter, size_t bytes_max)
    : filter_(filter), bytes_max_(bytes_max), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!wake_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

bool FrameQueue::wants(const FrameNote& note) const {
  if (filter_.what == CaptureFilter::What::Drops && !note.is_dropped()) return false;
  if (!filter_.port || *filter_.port == note.port) return true;
  return note.is_dropped() && note.verdict.out_port == *filter_.port;
}

// Who reads is woken by the first frame of a batch alone: a write costs more than the frame.
void FrameQueue::add(const FrameNote& note, std::span<const uint8_t> head,
                     std::span<const uint8_t> rest) {
  const size_t size = head.size() + rest.size();
  const std::lock_guard lock(mutex_);
  Counts& counts = counts_[note.port];
  ++counts.seen;
  if (batch_.bytes.size() + size > bytes_max_ || batch_.entries.size() >= kQueueFramesMax) {
    ++counts.missed;
    return;
  }
  batch_.entries.push_back({note, batch_.bytes.size(), size});
  batch_.bytes.insert(batch_.bytes.end(), head.begin(), head.end());
  batch_.bytes.insert(batch_.bytes.end(), rest.begin(), rest.end());
  const uint64_t one = 1;
  if (batch_.entries.size() > 1) return;
  if (::write(wake_.get(), &one, sizeof one) < 0) return;  // it is readable already
}

void FrameQueue::take(Batch& batch) {
  batch.entries.clear();
  batch.bytes.clear();
  const std::lock_guard lock(mutex_);
  uint64_t count = 0;
  if (::read(wake_.get(), &count, sizeof count) < 0) return;  // nothing has come
  std::swap(batch, batch_);
}

std::map<PortId, FrameQueue::Counts> FrameQueue::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace isthmus::dataplane::io
