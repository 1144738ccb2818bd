#include "controller/rules/rule.h"

namespace isthmus {

namespace {

std::span<const Rule> azure_rules_of(Kind kind) {
  switch (kind) {
#define X(kind, table) \
  case Kind::kind:     \
    return table();
    ISTHMUS_AZURE_RULE_TABLES(X)
#undef X
    default:
      return {};
  }
}

}  // namespace

std::span<const Rule> rules_of(Kind kind, Realm realm) {
  if (realm == Realm::Azure) return azure_rules_of(kind);
  switch (kind) {
#define X(kind, table) \
  case Kind::kind:     \
    return table();
    ISTHMUS_RULE_TABLES(X)
#undef X
    default:  // what its members say is all there is to say
      return {};
  }
}

std::span<const Rule> deletion_rules_of(Kind kind) {
  if (kind == Kind::VirtualGateway) return virtual_gateway_deletion_rules();
  if (kind == Kind::VirtualNetworkGateway) return azure_gateway_deletion_rules();
  return {};
}

std::string sentence_start(std::string_view noun) {
  std::string text(noun);
  if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

}  // namespace isthmus
