// A step of the dataplane's trace in the words of the model: the resource and the rule that
// decided, the routes that lost, and of a drop why.
#pragma once

#include "controller/explain/explain.h"
#include "controller/model/model.h"
#include "controller/routes/routes.h"
#include "dataplane/pipeline/pipeline.h"

namespace isthmus {

// A packet of `flow` has made the step.
ExplainStep narrate(const Model& model, const net::FlowKey& flow, const dataplane::TraceStep& step);

// Where a packet is whose route a table of the network has: in the table's subnet, or in the one
// that its source is of.
Viewpoint standpoint(const Model& model, const Resource& network, dataplane::TableKey table,
                     net::IpAddress source);

}  // namespace isthmus
