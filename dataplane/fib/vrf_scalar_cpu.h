// What vrf_burst.h asks of a processor, with nothing that not every one has.
#pragma once

#include "dataplane/fib/vrf_burst.h"

namespace isthmus::dataplane::vrf {
namespace {

struct ScalarCpu {
  template <class Family>
  static constexpr bool kGathersTables = false;

  // How many keys are at most this one. Counting them all takes no branch, which halving does as
  // compilers see it, and is twice as fast.
  template <int kKeys, class Key>
  static inline unsigned at_most(const Key* keys, Key key) {
    unsigned count = 0;
    for (int i = 0; i < kKeys; ++i) count += keys[i] <= key ? 1 : 0;
    return count;
  }
  static inline unsigned find(const Leaf& node, uint16_t key) {
    return at_most<kLeafRanges - 1>(node.keys + 1, key);
  }
  static inline unsigned find(const Branch& node, uint16_t key) {
    return at_most<kBranchKeys>(node.keys, key);
  }
  static inline unsigned find(const Span4& node, uint32_t key) {
    return at_most<kSpanKeys4>(node.keys, key);
  }
  static inline unsigned find(const Span6& node, uint64_t key) {
    return at_most<kSpanKeys6>(node.keys, key);
  }

  static inline Waiting classify(const Entry* entries) {
    Waiting waiting;
    for (size_t i = 0; i < kBurst; ++i) {
      const unsigned head = head_of(entries[i]);
      waiting.tables |= uint64_t{head == head_of(Kind::Table)} << i;
      waiting.branches |= uint64_t{head == head_of(Kind::Branch)} << i;
      waiting.spans |= uint64_t{head == head_of(Kind::Span)} << i;
    }
    return waiting;
  }
};

}  // namespace
}  // namespace isthmus::dataplane::vrf
