// A fault to inject: which calls it is for, what becomes of them, and how often. A value.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/front/token_bucket.h"
#include "api/http/message.h"

namespace isthmus::api::front {

using std::chrono::milliseconds;

constexpr milliseconds kDelayMax{300'000};  // of one call, however many faults hold it up
constexpr size_t kFaultsMax = 100;
constexpr size_t kFaultHeadersMax = 16;
constexpr size_t kFaultTextBytesMax = 1024;  // of a message and of a header's value

// Which calls. Letters of a path compare without case.
struct FaultMatch {
  std::string path = "/**";           // a pattern; path_glob.h
  std::vector<http::Method> methods;  // none: every one; GET is HEAD too
  std::string principal;              // who asks; empty: anybody
  friend bool operator==(const FaultMatch&, const FaultMatch&) = default;
};

// From `min` to `max`, evenly.
struct Delay {
  milliseconds min{0};
  milliseconds max{0};
  friend bool operator==(const Delay&, const Delay&) = default;
};

struct Fault {
  // Before: the call never happens. After: it does, but its answer is lost. Operation: the
  // operation that it begins fails, with the code and message.
  enum class When : uint8_t { Before, After, Operation };

  std::string name;
  FaultMatch match;
  // What becomes of the call: an answer, or a cut connection, or a limit; a delay alone or with one
  // of the first two.
  int status = 0;  // 0: no answer is injected
  std::string code;
  std::string message;
  std::vector<http::Header> headers;
  std::optional<uint32_t> retry_after_s;
  bool close = false;
  std::optional<Rate> throttle;
  std::optional<Delay> delay;
  When when = When::Before;
  // How often, of the calls that match.
  double rate = 1;                // the part that is hit, from 0 to 1
  std::optional<uint64_t> count;  // so many are hit, then none
  uint64_t after = 0;             // the first so many are not
  uint64_t seed = 0;              // equal calls in equal order are hit alike

  bool answers() const { return status != 0 || close; }
  bool fails_operation() const { return when == When::Operation; }
};

// Whether the fault is for this call. Never for /_isthmus/v1/faults, so that it can be taken away
// again; for /livez and /readyz only where the pattern is that very path.
bool is_for(const FaultMatch& match, const http::Request& request);

// For the n-th call that matches, from 0: whether chance hits it, and how long it is held up.
bool is_hit(const Fault& fault, uint64_t n);
milliseconds delay_of(const Fault& fault, uint64_t n);

}  // namespace isthmus::api::front
