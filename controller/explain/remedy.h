// What would mend a drop, as one sentence with the command to type.
#pragma once

#include <optional>
#include <string>

#include "controller/model/networks.h"
#include "dataplane/pipeline/pipeline.h"

namespace isthmus {

// Why an address is not reached from there, and what would make it.
struct Unreachable {
  std::string why;
  std::string remedy;
};
Unreachable why_unreachable(const Model& model, const Viewpoint& from, net::IpAddress address);
// The same, where a virtual network of the realm has the address.
std::optional<Unreachable> why_network_unreachable(const Model& model, const Viewpoint& from,
                                                   net::IpAddress address);

// `sender` is where the packet was when a stage dropped it.
std::string remedy(const Model& model, const Viewpoint& sender, const dataplane::Verdict& verdict,
                   net::IpAddress destination);

}  // namespace isthmus
