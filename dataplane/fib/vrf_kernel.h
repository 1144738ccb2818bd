// The lookup loops of the tables of virtual networks, one build for each kind of processor
// (cpu_path.h): vrf_scalar.cc, vrf_avx2.cc, vrf_avx512.cc. They share vrf_burst.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/fib/vrf_format.h"

namespace isthmus::dataplane::vrf {

using Address6 = uint8_t[16];  // network order

struct Kernel {
  void (*lookup4)(const Line* lines, const Entry* roots, const uint32_t* addresses,
                  uint32_t* values, size_t n);
  void (*lookup6)(const Line* lines, const Entry* roots, const Address6* addresses,
                  uint32_t* values, size_t n);
  // The root of packet i is directory[tables[i]].
  void (*mixed4)(const Line* lines, const Entry* directory, const uint32_t* tables,
                 const uint32_t* addresses, uint32_t* values, size_t n);
  void (*mixed6)(const Line* lines, const Entry* directory, const uint32_t* tables,
                 const Address6* addresses, uint32_t* values, size_t n);
};

extern const Kernel kKernelScalar;
extern const Kernel kKernelAvx2;
extern const Kernel kKernelAvx512;

}  // namespace isthmus::dataplane::vrf
