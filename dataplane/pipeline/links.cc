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

size_t held_by(const LinkFrame& frame) { return frame.bytes.size() + kLinkFrameBytes; }

}  // namespace

// A lost frame took its turn: it is lost behind the sender's end.
tl::expected<Time, DropReason> Links::admit(const PeerKey& key, const Link& link, size_t bytes,
                                            Time now) {
  Way& way = ways_[key];
  if (way.link != link) way = {.link = link, .bytes = way.bytes};
  const size_t held = bytes + kLinkFrameBytes;
  const Time begins = std::max(now, way.free_at);
  const bool is_full = begins - now > kLinkQueueMax || way.bytes + held > kLinkBytesMax ||
                       bytes_ + held > kLinksBytesMax;
  if (is_full) return tl::unexpected(DropReason::LinkFull);
  way.free_at = begins + time_on(link, bytes);
  if (is_lost(link)) return tl::unexpected(DropReason::LinkLoss);
  return way.free_at + link.latency;
}

void Links::add(const PeerKey& key, Time there, LinkFrame frame) {
  const size_t held = held_by(frame);
  frames_.emplace(std::pair(there, added_), std::pair(key, std::move(frame)));
  ++added_;
  bytes_ += held;
  ways_[key].bytes += held;
}

std::optional<LinkFrame> Links::next(Time now) {
  const auto first = frames_.begin();
  if (first == frames_.end() || first->first.first > now) return std::nullopt;
  auto [key, frame] = std::move(first->second);
  frames_.erase(first);
  bytes_ -= held_by(frame);
  ways_[key].bytes -= held_by(frame);
  return std::move(frame);
}

std::optional<Time> Links::next_at() const {
  if (frames_.empty()) return std::nullopt;
  return frames_.begin()->first.first;
}

void Links::forget_idle(Time now) {
  std::erase_if(ways_, [now](const auto& entry) {
    return entry.second.bytes == 0 && entry.second.free_at <= now;
  });
}

bool Links::is_lost(const Link& link) {
  if (link.loss_ppm == 0) return false;
  random_ = mix(random_, 0);
  return random_ % kMillion < link.loss_ppm;
}

}  // namespace isthmus::dataplane
