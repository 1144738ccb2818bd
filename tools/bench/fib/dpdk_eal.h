// DPDK's environment, without huge pages, devices or other processes.
#pragma once

#include <cstddef>
#include <string>

namespace isthmus::bench::dpdk {

// Starts it at the first call, on the CPU that this thread runs on, and leaves the thread's own
// affinity as it was. Throws Unavailable.
void start();
// Bytes that its heap has given out.
size_t heap_bytes();
// A name that no table had yet.
std::string fresh_name();

}  // namespace isthmus::bench::dpdk
