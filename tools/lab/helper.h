// isthmus-lab: holds the machines of a lab, so that isthmusd needs no privilege and `isthmus lab`
// may come and go. It makes network namespaces and TAP devices, hands the devices' descriptors to
// the daemon's socket for wires, and again when the daemon was started anew.
//
// It listens at a unix socket of its own (api/wires/line_socket.h); a line is a word and what it is
// about, an answer "done", or "CODE: a sentence":
//
//   make MACHINE   a machine as machine_spec.h has it; in place of the one of this interface,
//   unless
//                  that is the same. "done made" or "done kept"
//   attach DEVICE MACHINE   the same in the network namespace that comes as a descriptor, by a
//   device
//                  of this name; what else is there stays as it is
//   enter NIC      "done" with the machine's network namespace, and where the helper is in a user
//                  namespace of its own, with that
//   drop NIC       away with it
//   list           a line "machine {JSON}" for each, then "done"
//   stop           away with all of them; the helper ends after the answer
//
// Nothing outlives the process: namespaces and devices go with their last descriptor.
//
// Threads: run() is one.
#pragma once

#include <string>
#include <tl/expected.hpp>

namespace isthmus::lab {

// Where the helper of the daemon with this socket for wires listens.
std::string helper_socket(const std::string& wires);

struct HelperOptions {
  std::string wires;  // the daemon's socket
  int ready = -1;     // a descriptor: "ready\n" is written to it, or why not; then it is closed
};

// Until it is told to stop, or by a signal. The exit status.
int run_helper(const HelperOptions& options);

}  // namespace isthmus::lab
