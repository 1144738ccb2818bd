// What would mend a drop, as one sentence with the command to type.
#pragma once

#include <string>

#include "controller/model/model.h"
#include "dataplane/pipeline/pipeline.h"

namespace isthmus {

// Why a network does not reach an address, and what would make it.
struct Unreachable {
  std::string why;
  std::string remedy;
};
Unreachable why_unreachable(const Model& model, const Resource& network, net::IpAddress address);

// `sender` is the network whose stage dropped the packet.
std::string remedy(const Model& model, const Resource& sender, const dataplane::Verdict& verdict,
                   net::IpAddress destination);

}  // namespace isthmus
