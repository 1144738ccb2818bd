// What a machine of a lab is set up with: an element of /_isthmus/v1/interfaces
// (docs/api/control.md).
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "dataplane/net/ip.h"
#include "dataplane/net/link.h"

namespace isthmus::lab {

struct MachineAddress {
  net::IpAddress address;
  net::Prefix subnet;
  net::IpAddress router;
  friend bool operator==(const MachineAddress&, const MachineAddress&) = default;
};

struct MachineSpec {
  std::string nic;       // the path of its network interface, which it is known by
  std::string name;      // short; several may have the same
  std::string instance;  // another one when the interface was made anew
  net::Mac mac;
  bool forwards = false;                  // passes on packets of others
  std::vector<MachineAddress> addresses;  // not empty; the first is told to people
  friend bool operator==(const MachineSpec&, const MachineSpec&) = default;
};

// The error is a sentence.
tl::expected<MachineSpec, std::string> parse_machine(std::string_view json);

}  // namespace isthmus::lab
