#include "tools/bench/control_plane/interrupt.h"

#include <atomic>
#include <csignal>
#include <stdexcept>

namespace isthmus::bench::control_plane {
namespace {

std::atomic<bool> interrupted{false};  // the one thing that a signal's handler can reach
static_assert(std::atomic<bool>::is_always_lock_free);

void note(int) { interrupted = true; }

}  // namespace

void note_interrupts() {
  std::signal(SIGINT, &note);
  std::signal(SIGTERM, &note);
}

void throw_if_interrupted() {
  if (interrupted) throw std::runtime_error("interrupted");
}

}  // namespace isthmus::bench::control_plane
