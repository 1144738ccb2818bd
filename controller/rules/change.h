// What a client asks for, and what came of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controller/model/model.h"
#include "controller/rules/limits.h"

namespace isthmus {

struct DraftChildren;

// A resource as a client wrote it. Values are legal in themselves; whether they fit the model is
// what the rules decide.
struct Draft {
  ResourceId id;
  std::string pointer;              // where it stands in the request: "" or "/properties/subnets/0"
  std::optional<Uuid> instance_id;  // some clients choose one
  std::shared_ptr<const Annotations> annotations;
  Body body;
  std::vector<DraftChildren> children;  // one entry for each list that the client sent
};

struct DraftChildren {
  Kind kind;
  std::vector<Draft> items;
};

// RFC 9110 section 13.1: conditions on the present state.
// Opaque tags without W/ and quotes; none: no condition.
struct Precondition {
  std::vector<std::string> if_match;       // one of them; "*": whatever exists
  std::vector<std::string> if_none_match;  // none of them; "*": must not exist
};

enum class Verb : uint8_t { Put, Delete };

struct Operation {
  Verb verb = Verb::Put;
  Draft draft;  // Delete uses its id and pointer alone
  Precondition precondition;
  bool only_if_different =
      false;  // a Put that would change nothing is no change; annotations are kept
  bool sync_remote_address_space = false;  // a Put of an Azure peering takes over what its remote
                                           // network has now
  std::optional<NetworkLinks> links = {};  // a Put of a virtual network: its links from now on;
                                           // none: they stay
};

// Happens as a whole or not at all; its operations see what the earlier ones did.
struct Change {
  std::vector<Operation> operations;
  std::string who;
  int64_t time_ms = 0;  // when it is decided, since the Unix epoch; the controller says
};

enum class Effect : uint8_t { Created, Updated, Deleted, Unchanged };

struct Outcome {
  Effect effect;
  ResourceId id;  // spelled as stored
};

struct Applied {
  Model model;                          // its revision is one more where anything changed
  std::vector<ResourceChange> changes;  // the net effect, each resource once
  std::vector<Outcome> outcomes;        // one for each operation
};

}  // namespace isthmus
