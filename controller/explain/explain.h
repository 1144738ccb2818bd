// What happens to a packet, and why: the dataplane's own trace, told in the words of the model.
//
// The verdict comes from the stages that forward real packets; this adds the names of the resources
// that decided, the routes that lost, and for a drop what would mend it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controller/base/error.h"
#include "controller/model/model.h"
#include "dataplane/net/ip.h"
#include "dataplane/tables.h"

namespace isthmus {

struct ExplainQuestion {
  std::string from;  // a network interface, or address@network of one
  std::string to;    // a network interface, address@network, or an address as the sender writes it
  std::string protocol;          // tcp, udp, icmp or any
  std::optional<uint16_t> port;  // destination port; tcp and udp only
};

struct ExplainStep {
  std::string
      stage;  // of the pipeline, or "appliance" where a virtual machine forwards the packet itself
  std::string verdict;   // passed, dropped, delivered, forwarded
  std::string resource;  // path of what decided; may be empty
  std::string rule;      // the access rule or route that decided; may be empty
  std::string detail;
};

// The packet that was asked about.
struct ExplainPacket {
  std::string sender;  // path of an interface
  // Path of the interface that is meant, or of a bare address, where its route leads: an interface,
  // or the subnet whose router has it. Empty where that is no single one.
  std::string receiver;
  net::IpAddress source;
  net::IpAddress destination;
};

struct Explanation {
  ExplainPacket packet;
  bool delivered = false;  // there, and the reply back
  std::string reason;      // of a drop: a stable identifier, see dataplane/pipeline/drop_reason.h
  // Of a packet that arrives, but not at whom the question names: the path of the interface that
  // has its address where the sender is. Empty otherwise.
  std::string elsewhere;
  std::vector<ExplainStep> forward;
  std::vector<ExplainStep> reverse;  // empty when the packet was dropped on its way there
  std::string remedy;                // for a drop
  // Of a packet that arrives, and its reply: virtual machines that only one of them passes.
  std::string warning;
};

Result<Explanation> explain(const Model& model, const dataplane::Tables& tables,
                            const ExplainQuestion& question);

}  // namespace isthmus
