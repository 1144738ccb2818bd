// Two machines on one wire, without anything in between: what a path is compared with.
#pragma once

#include "tools/lab/machine.h"

namespace isthmus::lab {

struct VethPair {
  File one;  // the network namespaces; each has an eth0
  File other;
  net::IpAddress one_address;
  net::IpAddress other_address;
};

// Takes both ends along when it goes. The calling thread, which may make network namespaces, is in
// its own again afterwards. The error is a sentence.
tl::expected<VethPair, std::string> make_veth_pair();

}  // namespace isthmus::lab
