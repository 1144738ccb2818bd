// The bounds of one server, each with its own answer. Zero never means "no limit".
#pragma once

#include <chrono>
#include <cstddef>

namespace isthmus::api::http {

using std::chrono::milliseconds;

struct Limits {
  size_t target_bytes = 8 * 1024;        // 414
  size_t header_bytes = 8 * 1024;        // 431; all fields together, without the request line
  size_t header_fields = 100;            // 431
  size_t body_bytes = 1024 * 1024;       // 413
  size_t chunk_extension_bytes = 256;    // 400; of one chunk
  size_t connections = 1024;             // 503
  size_t connections_per_address = 64;   // 503; loopback is exempt
  size_t body_bytes_per_second = 1024;   // 408; counted from kBodyRateGrace on
  milliseconds header_timeout{10'000};   // 408; from the first byte to the end of the header
  milliseconds body_timeout{30'000};     // 408
  milliseconds idle_timeout{60'000};     // closed without an answer; between requests
  milliseconds request_timeout{60'000};  // 503; from the first byte to the last one of the answer
  milliseconds stop_timeout{10'000};     // how long a stop waits for running requests
};

// A body may be slower than body_bytes_per_second this long: one retransmission is no attack.
constexpr milliseconds kBodyRateGrace{3'000};
// A connection whose client sent, ended its side and has waited this long to be accepted is
// dropped.
constexpr milliseconds kGivenUp{500};

}  // namespace isthmus::api::http
