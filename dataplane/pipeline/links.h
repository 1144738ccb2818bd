// The links between domains: where packets are on their way that takes time.
//
//   if (const auto there = links.admit(key, link, bytes, now)) links.add(key, *there, frame);
//
//   while (auto frame = links.next(now)) deliver(*frame);
//
// Each direction between two domains is a link of its own (program.h, Link). A frame waits for its
// turn, takes as long as its bytes need at the link's rate, is lost or not, and is there after the
// latency. Frames do not overtake each other. A link that is changed begins anew: what is on the
// old one stays there for as long as it takes. A frame that an offload will cut into segments is
// one frame here.
//
// Bounded: who would wait longer than kLinkQueueMax for his turn is dropped, and who comes when
// kLinkBytesMax bytes are on their way in his direction, or kLinksBytesMax in all.
//
// Pure: time is an argument, and never goes backwards; the same seed loses the same frames.
// Threads: belongs to one worker.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <tl/expected.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "dataplane/hash.h"
#include "dataplane/pipeline/pipeline.h"

namespace isthmus::dataplane {

// Our choice. The bytes are of a worker; each frame counts kLinkFrameBytes more than its own.
constexpr Time kLinkQueueMax = std::chrono::milliseconds(100);
constexpr size_t kLinkBytesMax = 64 << 20;
constexpr size_t kLinksBytesMax = 256 << 20;
constexpr size_t kLinkFrameBytes = 256;

// A frame on its way.
struct LinkFrame {
  PortId from{};
  Verdict verdict;                  // that let it on its way
  std::vector<uint8_t> bytes = {};  // the frame, behind what stands in front of it
  size_t header_bytes = 0;          // that stand in front
  bool is_routers = false;          // the virtual router has written it
};

class Links {
 public:
  explicit Links(uint64_t seed = 0) : random_(seed) {}

  // When a frame of so many bytes will be there, or why it will not.
  tl::expected<Time, DropReason> admit(const PeerKey& key, const Link& link, size_t bytes,
                                       Time now);
  // That frame.
  void add(const PeerKey& key, Time there, LinkFrame frame);

  // The first of those that are there by now.
  std::optional<LinkFrame> next(Time now);
  // When the next one is there; nothing: none is on its way.
  std::optional<Time> next_at() const;
  // Forgets directions that nothing is on.
  void forget_idle(Time now);

  size_t frames() const { return frames_.size(); }
  size_t directions() const { return ways_.size(); }

 private:
  struct Way {  // one direction between two domains
    Link link;
    Time free_at{};  // when the frame that entered last has left the sender's end
    size_t bytes = 0;
  };
  bool is_lost(const Link& link);

  std::unordered_map<PeerKey, Way, KeyHash> ways_;
  // By the time that they are there, and those of the same time as they came.
  std::map<std::pair<Time, uint64_t>, std::pair<PeerKey, LinkFrame>> frames_;
  size_t bytes_ = 0;
  uint64_t added_ = 0;
  uint64_t random_;
};

}  // namespace isthmus::dataplane
