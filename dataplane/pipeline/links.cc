#include "dataplane/pipeline/links.h"

#include <algorithm>

namespace isthmus::dataplane {
namespace {

constexpr uint32_t kMillion = 1'000'000;

Time time_on(const Link& link, size_t bytes) {
  constexpr uint64_t kNanosecondsPerSecond = 1'000'000'000;
  if (link.rate_bits_per_second == 0) return Time(0);
  return Time(
      static_cast<Time::rep>(bytes * 8 * kNanosecondsPerSecond / link.rate_bits_per_second));
}

}  // namespace

// A lost frame took its turn: it is lost behind the sender's end.
DropReason Links::enter(const PeerKey& key, const Link& link, LinkFrame frame, Time now) {
  const size_t size = frame.bytes.size();
  if (bytes_ + size > kLinkBytesMax) return DropReason::LinkFull;
  Way& way = ways_[key];
  const Time begins = std::max(now, way.free_at);
  if (begins - now > kLinkQueueMax) return DropReason::LinkFull;
  const Time ends = begins + time_on(link, size - frame.header_bytes);
  if (is_lost(link)) {
    way.free_at = ends;
    return DropReason::LinkLoss;
  }
  const Time there = std::max(ends + link.latency, way.last_at);
  frames_.emplace(std::pair(there, entered_), std::move(frame));
  ++entered_;
  bytes_ += size;
  way = {.free_at = ends, .last_at = there};
  return DropReason::None;
}

std::optional<LinkFrame> Links::next(Time now) {
  const auto first = frames_.begin();
  if (first == frames_.end() || first->first.first > now) return std::nullopt;
  LinkFrame frame = std::move(first->second);
  frames_.erase(first);
  bytes_ -= frame.bytes.size();
  return frame;
}

std::optional<Time> Links::next_at() const {
  if (frames_.empty()) return std::nullopt;
  return frames_.begin()->first.first;
}

void Links::forget_idle(Time now) {
  std::erase_if(ways_, [now](const auto& entry) {
    return entry.second.free_at <= now && entry.second.last_at <= now;
  });
}

bool Links::is_lost(const Link& link) {
  if (link.loss_ppm == 0) return false;
  random_ = mix(random_, 0);
  return random_ % kMillion < link.loss_ppm;
}

}  // namespace isthmus::dataplane
