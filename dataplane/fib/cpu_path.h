// Which of the builds of the lookup loops this processor runs.
//
// Each is a source file of its own (*_avx512.cc, *_avx2.cc, *_scalar.cc), compiled for what its
// name says; nothing else in the program needs more than the architecture's baseline. All give the
// same answers.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace isthmus::dataplane {

enum class CpuPath : uint8_t { Scalar, Avx2, Avx512 };

std::string_view to_string(CpuPath path);

// What this processor and its operating system can run, the slowest first.
std::span<const CpuPath> cpu_paths();

// The fastest of them; or the one that the environment names by ISTHMUS_CPU=scalar|avx2|avx512,
// where it can be run. Decided at the first call.
CpuPath cpu_path();

}  // namespace isthmus::dataplane
