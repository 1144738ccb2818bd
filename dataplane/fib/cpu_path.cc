#include "dataplane/fib/cpu_path.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace isthmus::dataplane {
namespace {

constexpr std::array kPaths = {CpuPath::Scalar, CpuPath::Avx2, CpuPath::Avx512};

// __builtin_cpu_supports asks the operating system too: it reads XCR0.
size_t count_supported() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2")) return 1;
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512vpopcntdq");
  return avx512 ? 3 : 2;
#else
  return 1;
#endif
}

CpuPath choose() {
  const auto paths = cpu_paths();
  const char* wanted = std::getenv("ISTHMUS_CPU");
  if (wanted == nullptr) return paths.back();
  const auto named = std::find_if(paths.begin(), paths.end(),
                                  [&](CpuPath path) { return to_string(path) == wanted; });
  return named == paths.end() ? paths.back() : *named;
}

}  // namespace

std::string_view to_string(CpuPath path) {
  constexpr std::array<std::string_view, 3> kNames = {"scalar", "avx2", "avx512"};
  return kNames[static_cast<size_t>(path)];
}

std::span<const CpuPath> cpu_paths() {
  static const size_t count = count_supported();
  return std::span(kPaths).first(count);
}

CpuPath cpu_path() {
  static const CpuPath chosen = choose();
  return chosen;
}

}  // namespace isthmus::dataplane
