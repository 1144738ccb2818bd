#include "api/front/fault.h"

#include <algorithm>

#include "api/front/path_glob.h"

namespace isthmus::api::front {
namespace {

// SplitMix64 (Steele, Lea, Flood 2014): the n-th number of a seed without the ones before it.
uint64_t random_number(uint64_t seed, uint64_t n) {
  uint64_t z = seed + (n + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

// From 0 up to 1, which it never is: 53 bits, as a double holds them.
double random_part(uint64_t seed, uint64_t n) {
  return static_cast<double>(random_number(seed, n) >> 11) * 0x1p-53;
}

constexpr uint64_t kDelayStream = 0x5851F42D4C957F2DU;  // other numbers than those that decide

std::string path_of(const http::Request& request) {
  std::string path = request.path();
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

bool is_for(const FaultMatch& match, const http::Request& request) {
  const std::string path = path_of(request);
  if (matches_path("/_isthmus/v1/faults/**", path)) return false;
  const bool asks_health =
      http::equal_without_case(path, "/livez") || http::equal_without_case(path, "/readyz");
  if (asks_health && has_wildcard(match.path)) return false;
  const http::Method method =
      request.method == http::Method::Head ? http::Method::Get : request.method;
  const bool is_method =
      match.methods.empty() ||
      std::find(match.methods.begin(), match.methods.end(), method) != match.methods.end();
  return is_method && (match.principal.empty() || match.principal == request.who()) &&
         matches_path(match.path, path);
}

bool is_hit(const Fault& fault, uint64_t n) {
  return fault.rate >= 1 || random_part(fault.seed, n) < fault.rate;
}

milliseconds delay_of(const Fault& fault, uint64_t n) {
  if (!fault.delay) return milliseconds(0);
  const Delay& delay = *fault.delay;
  const double span = static_cast<double>((delay.max - delay.min).count() + 1);
  const double part = random_part(fault.seed ^ kDelayStream, n);
  return delay.min + milliseconds(static_cast<int64_t>(part * span));
}

}  // namespace isthmus::api::front
