// What the way between two virtual networks is like, where it is no mere memory. Neither realm has
// a word for it: it is part of a lab, and a lab document says it (api/control/lab/document.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "controller/model/resource_id.h"

namespace isthmus {

constexpr uint64_t kLinkLatencyMaxUs = 10'000'000;  // our choice: farther than the Moon
constexpr uint32_t kLinkLossMaxPpm = 1'000'000;

// The way from one network to another. It stays when the peering between them is made again, and
// goes with either network.
struct NetworkLink {
  ResourceId to;
  uint64_t latency_us = 0;            // at most kLinkLatencyMaxUs
  uint32_t loss_ppm = 0;              // packets lost of a million
  uint64_t rate_bits_per_second = 0;  // 0: no limit
  friend bool operator==(const NetworkLink&, const NetworkLink&) = default;
};
using NetworkLinks = std::vector<NetworkLink>;  // sorted by where they lead, one to each

// As a lab document writes them, in the largest unit that needs no fraction: "5ms", "0.1%",
// "1gbit".
std::string latency_text(uint64_t us);
std::string loss_text(uint32_t ppm);
std::string rate_text(uint64_t bits_per_second);

}  // namespace isthmus
