// Hashes of the keys of program.h, mixed well enough for structures that use every bit of them.
#pragma once

#include <cstdint>
#include <functional>

#include "dataplane/program.h"

namespace isthmus::dataplane {

// The finalizer of splitmix64 (Steele, Lea and Flood, OOPSLA 2014): a bijection in which every
// input bit changes about half of the output bits.
constexpr uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}
constexpr uint64_t mix(uint64_t seed, uint64_t x) { return mix(seed + 0x9E3779B97F4A7C15ULL + x); }
constexpr uint64_t mix(uint64_t seed, const net::IpAddress& address) {
  return mix(mix(seed + static_cast<uint64_t>(address.family()), address.bits().hi),
             address.bits().lo);
}

struct KeyHash {
  uint64_t operator()(uint32_t id) const noexcept { return mix(0, id); }
  uint64_t operator()(PortId id) const noexcept { return mix(0, static_cast<uint32_t>(id)); }
  uint64_t operator()(AclId id) const noexcept { return mix(0, static_cast<uint32_t>(id)); }
  uint64_t operator()(const TableKey& key) const noexcept {
    return mix(0, pair(static_cast<uint32_t>(key.domain), key.route_table));
  }
  uint64_t operator()(const PeerKey& key) const noexcept {
    return mix(0, pair(static_cast<uint32_t>(key.from), static_cast<uint32_t>(key.to)));
  }
  uint64_t operator()(const EndpointKey& key) const noexcept {
    return mix(static_cast<uint32_t>(key.domain), key.address);
  }
  uint64_t operator()(const Action& action) const noexcept {
    const uint64_t kind = static_cast<uint64_t>(action.kind);
    return mix(pair(static_cast<uint32_t>(kind), static_cast<uint32_t>(action.domain)),
               action.address);
  }

 private:
  static constexpr uint64_t pair(uint32_t a, uint32_t b) { return uint64_t{a} << 32 | b; }
};

}  // namespace isthmus::dataplane
