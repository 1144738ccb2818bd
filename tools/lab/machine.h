// A machine of a lab: a network namespace whose eth0 is a TAP device, and the descriptor that its
// frames come out of. Everything goes with the Machine, but for what runs in the namespace.
#pragma once

#include "tools/lab/machine_spec.h"
#include "tools/lab/namespaces.h"

namespace isthmus::lab {

struct Machine {
  MachineSpec spec;
  File network_namespace;
  File wire;
  bool is_guest = false;  // the namespace is somebody else's, with all that runs in it
  std::string trouble;    // why the daemon does not forward its frames; empty where it does
};

// `home` is the namespace of the calling thread, which it is in again afterwards. The error is a
// sentence, and nothing is left then.
tl::expected<Machine, std::string> make_machine(MachineSpec spec, const File& home);

// The same in a network namespace that is there, by a device of this name.
tl::expected<Machine, std::string> make_guest(MachineSpec spec, File network_namespace,
                                              std::string_view device, const File& home);

// Ends what runs in the machines, asking first, and lets go of them. Of guests only the device
// goes.
void take_down(std::vector<Machine> machines);

}  // namespace isthmus::lab
