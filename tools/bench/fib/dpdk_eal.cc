#include "tools/bench/fib/dpdk_eal.h"

#include <rte_config.h>  // first: the other headers rely on it

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "tools/bench/fib/contender.h"

namespace isthmus::bench::dpdk {
namespace {

constexpr size_t kHeapMegabytesMax = 8192;  // address space; memory only where tables touch it

// Half of the machine's memory at most. The mapping is made whole at the start.
size_t heap_megabytes() {
  const auto pages = static_cast<size_t>(::sysconf(_SC_PHYS_PAGES));
  const auto page_bytes = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  return std::min(kHeapMegabytesMax, pages * page_bytes / 2 >> 20);
}

bool initialise() {
  // AVX-512 lookups are only chosen where 512 bits are allowed. --in-memory would be the natural
  // choice, but DPDK 22.11 refuses it together with --no-huge.
  std::vector<std::string> words = {"isthmus-bench",
                                    "--no-huge",
                                    "--no-shconf",
                                    "--no-pci",
                                    "--no-telemetry",
                                    "--log-level=3",
                                    "--force-max-simd-bitwidth=512",
                                    "-m",
                                    std::to_string(heap_megabytes()),
                                    "-l",
                                    std::to_string(::sched_getcpu())};
  std::vector<char*> arguments;
  arguments.reserve(words.size());
  for (std::string& word : words) arguments.push_back(word.data());
  cpu_set_t before;
  ::sched_getaffinity(0, sizeof before, &before);
  const bool done = rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) >= 0;
  ::sched_setaffinity(0, sizeof before, &before);
  return done;
}

}  // namespace

void start() {
  static const bool started = initialise();
  if (!started)
    throw Unavailable(std::string("DPDK does not start here: ") + rte_strerror(rte_errno));
}

size_t heap_bytes() {
  size_t sum = 0;
  for (int socket = 0; socket < 8; ++socket) {
    rte_malloc_socket_stats stats{};
    if (rte_malloc_get_socket_stats(socket, &stats) == 0) sum += stats.heap_allocsz_bytes;
  }
  return sum;
}

std::string fresh_name() {
  static unsigned count = 0;
  return "bench" + std::to_string(count++);
}

}  // namespace isthmus::bench::dpdk
