// The links between domains: where packets are on their way that takes time.
//
//   Links links(seed);
//   const DropReason lost = links.enter(key, link, std::move(frame), now);   // None: it is on its
//   way while (auto frame = links.next(now)) {...}                               // what is there
//   by now
//
// Each direction between two domains is a link of its own (program.h, Link). A frame waits for its
// turn, takes as long as its bytes need at the link's rate, is lost or not, and is there after the
// latency. Frames of one direction do not overtake each other, not even where the link has become
// faster meanwhile. A frame that an offload will cut into segments is one frame here.
//
// Bounded: who would wait longer than kLinkQueueMax for his turn is dropped, and who comes when
// kLinkBytesMax bytes are on their way.
//
// Pure: time is an argument, and never goes backwards; the same seed loses the same frames.
// Threads: belongs to one worker.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "dataplane/hash.h"
#include "dataplane/pipeline/pipeline.h"

namespace isthmus::dataplane {

constexpr Time kLinkQueueMax = std::chrono::milliseconds(100);  // our choice
constexpr size_t kLinkBytesMax = 64 << 20;                      // of a worker; our choice

// A frame on its way.
struct LinkFrame {
  PortId from{};
  Verdict verdict;                  // that let it on its way
  std::vector<uint8_t> bytes = {};  // the frame, behind what stands in front of it
  size_t header_bytes = 0;          // that stand in front
};

class Links {
 public:
  explicit Links(uint64_t seed = 0) : random_(seed) {}

  // Why it does not arrive; None: it will.
  DropReason enter(const PeerKey& key, const Link& link, LinkFrame frame, Time now);
  // The first of those that are there by now.
  std::optional<LinkFrame> next(Time now);
  // When the next one is there; nothing: none is on its way.
  std::optional<Time> next_at() const;
  // Forgets directions that nothing is on.
  void forget_idle(Time now);
  size_t frames() const { return frames_.size(); }

 private:
  struct Way {       // one direction between two domains
    Time free_at{};  // when the frame that entered last has left the sender's end
    Time last_at{};  // when the last of all is there
  };
  bool is_lost(const Link& link);

  std::unordered_map<PeerKey, Way, KeyHash> ways_;
  // By the time that they are there, and those of the same time as they came.
  std::map<std::pair<Time, uint64_t>, LinkFrame> frames_;
  size_t bytes_ = 0;
  uint64_t entered_ = 0;
  uint64_t random_;
};

}  // namespace isthmus::dataplane
