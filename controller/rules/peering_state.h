// The peering state machines of the Network Controller and of Azure, as tables.
//
// Each side of a peering is an object of its own network, with a state of its own. A row says what
// becomes of both sides when one of them is put (created, or put again) or deleted. Combinations
// without a row cannot be reached; meeting one is a defect. Sources: the Network Controller's
// peering guide (rows 1, 4, 6, 10); re-creation after a deletion: decisions N7.
#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <optional>
#include <span>

#include "controller/model/resources.h"

namespace isthmus {

enum class Side : uint8_t { Absent, Initiated, Connected, Disconnected };
enum class PeeringEvent : uint8_t { Put, Delete };

struct PeeringTransition {
  Side here;
  Side there;
  PeeringEvent event;
  Side here_after;
  Side there_after;
};

inline constexpr std::array kPeeringTransitions = {
    // one side alone waits for the other
    PeeringTransition{Side::Absent, Side::Absent, PeeringEvent::Put, Side::Initiated, Side::Absent},
    PeeringTransition{Side::Initiated, Side::Absent, PeeringEvent::Put, Side::Initiated,
                      Side::Absent},
    PeeringTransition{Side::Initiated, Side::Absent, PeeringEvent::Delete, Side::Absent,
                      Side::Absent},
    // the second side connects both
    PeeringTransition{Side::Absent, Side::Initiated, PeeringEvent::Put, Side::Connected,
                      Side::Connected},
    PeeringTransition{Side::Connected, Side::Connected, PeeringEvent::Put, Side::Connected,
                      Side::Connected},
    // losing the other side disconnects
    PeeringTransition{Side::Connected, Side::Connected, PeeringEvent::Delete, Side::Absent,
                      Side::Disconnected},
    PeeringTransition{Side::Disconnected, Side::Absent, PeeringEvent::Delete, Side::Absent,
                      Side::Absent},
    // a disconnected side does not come back by the other's return: it must be put again, or
    // deleted and created
    PeeringTransition{Side::Absent, Side::Disconnected, PeeringEvent::Put, Side::Initiated,
                      Side::Disconnected},
    PeeringTransition{Side::Initiated, Side::Disconnected, PeeringEvent::Put, Side::Initiated,
                      Side::Disconnected},
    PeeringTransition{Side::Initiated, Side::Disconnected, PeeringEvent::Delete, Side::Absent,
                      Side::Disconnected},
    PeeringTransition{Side::Disconnected, Side::Absent, PeeringEvent::Put, Side::Initiated,
                      Side::Absent},
    PeeringTransition{Side::Disconnected, Side::Initiated, PeeringEvent::Put, Side::Connected,
                      Side::Connected},
    PeeringTransition{Side::Disconnected, Side::Initiated, PeeringEvent::Delete, Side::Absent,
                      Side::Initiated},
};

// In Azure nothing is created beside a side that is Disconnected: a rule refuses that. Sources:
// recorded answers, and the texts of the errors.
inline constexpr std::array kAzurePeeringTransitions = {
    PeeringTransition{Side::Absent, Side::Absent, PeeringEvent::Put, Side::Initiated, Side::Absent},
    PeeringTransition{Side::Initiated, Side::Absent, PeeringEvent::Put, Side::Initiated,
                      Side::Absent},
    PeeringTransition{Side::Initiated, Side::Absent, PeeringEvent::Delete, Side::Absent,
                      Side::Absent},
    PeeringTransition{Side::Absent, Side::Initiated, PeeringEvent::Put, Side::Connected,
                      Side::Connected},
    PeeringTransition{Side::Connected, Side::Connected, PeeringEvent::Put, Side::Connected,
                      Side::Connected},
    PeeringTransition{Side::Connected, Side::Connected, PeeringEvent::Delete, Side::Absent,
                      Side::Disconnected},
    // a disconnected side that is put again waits for the other to be created again
    PeeringTransition{Side::Disconnected, Side::Absent, PeeringEvent::Put, Side::Initiated,
                      Side::Absent},
    PeeringTransition{Side::Disconnected, Side::Absent, PeeringEvent::Delete, Side::Absent,
                      Side::Absent},
};

constexpr std::span<const PeeringTransition> peering_transitions(Realm realm) {
  if (realm == Realm::Azure) return kAzurePeeringTransitions;
  return kPeeringTransitions;
}

constexpr std::optional<PeeringTransition> peering_transition(Side here, Side there,
                                                              PeeringEvent event,
                                                              Realm realm = Realm::Onprem) {
  for (const PeeringTransition& row : peering_transitions(realm)) {
    if (row.here == here && row.there == there && row.event == event) return row;
  }
  return std::nullopt;
}

constexpr Side side_of(PeeringState state) {
  switch (state) {
    case PeeringState::Initiated:
      return Side::Initiated;
    case PeeringState::Connected:
      return Side::Connected;
    case PeeringState::Disconnected:
      return Side::Disconnected;
  }
  return Side::Absent;
}

constexpr PeeringState state_of(Side side) {
  assert(side != Side::Absent);
  if (side == Side::Connected) return PeeringState::Connected;
  return side == Side::Initiated ? PeeringState::Initiated : PeeringState::Disconnected;
}

}  // namespace isthmus
