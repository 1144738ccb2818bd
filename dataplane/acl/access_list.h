// Access lists as packets meet them: the first rule that matches decides.
//
// One packet meets two lists, the interface's and the subnet's, as one ordered evaluation: the
// interface's rules by priority, then the subnet's; then the interface list's default action, else
// the subnet list's, else Permit. So an interface rule overrides the subnet. Where both lists must
// permit, each is evaluated by itself, in the order in which the packet meets them, and the first
// denial decides.
//
// Pure and immutable; any thread may evaluate.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/net/flow_key.h"
#include "dataplane/program.h"

namespace isthmus::dataplane {

// Answers AddressMatch::VirtualNetwork and Internet. Asked only by rules that name either.
class VirtualNetworkRange {
 public:
  virtual ~VirtualNetworkRange() = default;
  virtual bool contains(const net::IpAddress& address) const = 0;
  virtual bool is_internet(const net::IpAddress& address) const { return !contains(address); }
};

// What a rule looks at. has_ports is false for later fragments, which carry none: as for any
// protocol without ports, only rules for every port match them.
struct AclSubject {
  net::FlowKey flow;
  bool has_ports = true;
  bool is_source_foreign = false;  // the source is neither VirtualNetwork nor Internet
};

struct AclDecision {
  enum class By : uint8_t { InterfaceRule, SubnetRule, InterfaceDefault, SubnetDefault, NoList };
  AclAction action = AclAction::Permit;
  By by = By::NoList;
  Tag tag{};              // of the rule, or of the list whose default decided
  uint32_t priority = 0;  // of the rule
  bool is_default_rule = false;
  bool is_logged = false;
  friend bool operator==(const AclDecision&, const AclDecision&) = default;
};

class CompiledAccessList {
 public:
  explicit CompiledAccessList(AccessList list);

  const AccessList& source() const { return source_; }
  // The first rule of this direction that matches, or null.
  const AclRule* first_match(Direction direction, const AclSubject& subject,
                             const VirtualNetworkRange& virtual_network) const;
  std::optional<AclAction> default_action(Direction direction) const;
  size_t bytes() const;

 private:
  struct Matcher {  // one family, masked compare: 80 bytes a rule
    net::Bits128 source_bits, source_mask, destination_bits, destination_mask;
    uint16_t first_source_port, last_source_port, first_destination_port, last_destination_port;
    AddressMatch::Kind source_kind, destination_kind;
    net::Family source_family, destination_family;
    int16_t protocol;  // -1: every protocol
    bool names_ports;
    uint32_t rule;  // index in source_.rules
  };
  static Matcher compile(const AclRule& rule, uint32_t index);
  bool matches(const Matcher& matcher, const AclSubject& subject,
               const VirtualNetworkRange& virtual_network) const;

  AccessList source_;
  std::vector<Matcher> matchers_[2];  // by Direction, in the order of priority
};

enum class ListOrder : uint8_t { InterfaceOverridesSubnet, BothMustPermit };

// Either list may be null.
AclDecision evaluate(const CompiledAccessList* interface_list,
                     const CompiledAccessList* subnet_list, Direction direction,
                     const AclSubject& subject, const VirtualNetworkRange& virtual_network,
                     ListOrder order = ListOrder::InterfaceOverridesSubnet);

}  // namespace isthmus::dataplane
