#include "controller/rules/rule.h"

namespace isthmus {

std::span<const Rule> rules_of(Kind kind) {
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
  return kind == Kind::VirtualGateway ? virtual_gateway_deletion_rules() : std::span<const Rule>();
}

std::string sentence_start(std::string_view noun) {
  std::string text(noun);
  if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

}  // namespace isthmus
