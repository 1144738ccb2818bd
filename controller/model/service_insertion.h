// Port mirroring and appliances that traffic is led through by the controller.
#pragma once

#include "controller/model/access_control.h"  // RuleProtocol

namespace isthmus {

struct ServiceInsertion {
  uint32_t priority = 0;
};
template <class V, MaybeConst<ServiceInsertion> B>
void describe(V& v, B& b) {
  v.member("priority", b.priority, Presence::Optional);
}

struct ServiceInsertionRule {
  std::string description;
  RuleProtocol protocol = RuleProtocol::All;
  uint16_t source_port_start = 0;
  uint16_t source_port_end = 65535;
  uint16_t destination_port_start = 0;
  uint16_t destination_port_end = 65535;
  std::vector<AclAddress> sources;
  std::vector<AclAddress> destinations;
};
template <class V, MaybeConst<ServiceInsertionRule> B>
void describe(V& v, B& b) {
  v.member("description", b.description, Presence::Optional);
  v.member("protocol", b.protocol, Presence::Required);
  v.member("sourcePortRangeStart", b.source_port_start, Presence::Optional, Spelling::AsText);
  v.member("sourcePortRangeEnd", b.source_port_end, Presence::Optional, Spelling::AsText);
  v.member("destinationPortRangeStart", b.destination_port_start, Presence::Optional,
           Spelling::AsText);
  v.member("destinationPortRangeEnd", b.destination_port_end, Presence::Optional, Spelling::AsText);
  v.member("sourceSubnets", b.sources, Presence::Optional);
  v.member("destinationSubnets", b.destinations, Presence::Optional);
}

struct ServiceInsertionElement {
  std::string description;
  ResourceId network_interface;
  uint32_t order = 0;
};
template <class V, MaybeConst<ServiceInsertionElement> B>
void describe(V& v, B& b) {
  v.member("description", b.description, Presence::Optional);
  v.reference("networkInterface", b.network_interface, Presence::Required,
              Kinds{Kind::NetworkInterface});
  v.member("order", b.order, Presence::Optional);
}

}  // namespace isthmus
