// Whether a lab is as its document expects. Pure.
//
// An expectation is a question about one packet and its reply. What became of them is an outcome,
// told in the words of the document; observe() has it from explain, so from the stages that forward
// packets. Whoever sends a real one has an outcome to compare in the same way.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/control/lab/document.h"
#include "controller/base/error.h"
#include "controller/explain/explain.h"
#include "controller/model/model.h"
#include "dataplane/tables.h"

namespace isthmus::api::lab {

struct LabOutcome {
  ExplainPacket packet;
  LabResult result = LabResult::Drop;  // Reach: it is there, and its reply is back
  // The machines that sent the packet on, in their order; their paths where the document does not
  // have them. Those of the reply do not count.
  std::vector<std::string> via;
  // The machine that it came to, where another one has the address that was meant; or empty.
  std::string elsewhere;
  std::string reason;  // of a drop: an identifier
  std::string detail;  // where it was dropped and by what, or where else it came to
  std::string remedy;  // of a drop; may be empty
};

// One for each expectation, in their order. An error is one of the question, with its place in the
// document as target ("/expect/0/to"): a machine or a network that the model does not have.
Result<std::vector<LabOutcome>> observe(const LabDocument& document, const Model& model,
                                        const dataplane::Tables& tables);

bool holds(const LabExpectation& expected, const LabOutcome& outcome);

// "acl" and "acl-deny" of "acl-deny", but not "ac".
bool begins_with_words(std::string_view reason, std::string_view words);

}  // namespace isthmus::api::lab
