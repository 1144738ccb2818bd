// The flows of a packet worker as they are now, for people.
//
// They are read on the worker's own thread, a few at a time with frames in between, so that a list
// of a million flows delays no frame by more than some microseconds.
#pragma once

#include <optional>
#include <vector>

#include "dataplane/pipeline/flow_state.h"

namespace isthmus::dataplane::io {

class PacketWorker;

struct FlowQuery {
  // At this port; absent: at all ports where the first packet was sent, so that each hop of a
  // packet is there once.
  std::optional<PortId> port{};
  size_t limit = 1000;
};

struct FlowList {
  std::vector<FlowEntry> flows;  // those with the latest packets, the latest first
  size_t found = 0;              // with those that are beyond the limit
};

// Any thread; takes as long as there are many flows.
FlowList list_flows(const PacketWorker& worker, const FlowQuery& query);

}  // namespace isthmus::dataplane::io
