#include "tools/isthmus/interrupt.h"

#include <poll.h>
#include <sys/signalfd.h>

#include <cerrno>
#include <system_error>

namespace isthmus::cli {

Interrupt::Interrupt() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  descriptor_ = dataplane::io::File(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!descriptor_) throw std::system_error(errno, std::generic_category(), "signalfd");
  pthread_sigmask(SIG_BLOCK, &signals, &before_);
}

// What has come is taken, so that it does not end the process now.
Interrupt::~Interrupt() {
  signalfd_siginfo signal{};
  while (::read(descriptor_.get(), &signal, sizeof signal) > 0) {
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool Interrupt::comes_within(std::chrono::milliseconds time) const {
  pollfd waiting{descriptor_.get(), POLLIN, 0};
  return ::poll(&waiting, 1, static_cast<int>(time.count())) > 0;
}

}  // namespace isthmus::cli
