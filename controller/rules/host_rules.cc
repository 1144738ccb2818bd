// Credentials, and what the controller connects to with them.
#include <fmt/format.h>

#include <array>

#include "controller/model/text.h"
#include "controller/rules/rule.h"

namespace isthmus {
namespace {

std::optional<Violation> credential_without_value(const Proposal& p) {
  const Credential& credential = p.body<Credential>();
  if (credential.is_secret() ? credential.has_secret : !credential.value.empty())
    return std::nullopt;
  return Violation{"/properties/value",
                   fmt::format("Credential '{}' of type {} has no value.", p.now.id.name(),
                               Text<CredentialType>::print(credential.type)),
                   credential.is_secret() ? "Give it once; it is never shown."
                                          : "Give the thumbprint or the subject name."};
}

constexpr std::array kCredentialRules = {
    Rule{"a credential has a value", ErrorCode::InvalidParameterValue, &credential_without_value},
};

template <class Host>
std::optional<Violation> is_not_reachable(const Proposal& p) {
  const std::vector<Connection>& connections = p.body<Host>().connections;
  if (connections.empty()) {
    return Violation{"/properties/connections",
                     fmt::format("{} '{}' has no connection.",
                                 sentence_start(info(p.now.kind()).noun), p.now.id.name()),
                     "Give at least one, with its managementAddresses."};
  }
  for (size_t i = 0; i < connections.size(); ++i) {
    if (!connections[i].management_addresses.empty()) continue;
    return Violation{fmt::format("/properties/connections/{}/managementAddresses", i),
                     fmt::format("A connection of {} '{}' has no management address.",
                                 info(p.now.kind()).noun, p.now.id.name()),
                     ""};
  }
  return std::nullopt;
}

template <class Host>
std::optional<Violation> misnames_its_credential(const Proposal& p) {
  const std::vector<Connection>& connections = p.body<Host>().connections;
  for (size_t i = 0; i < connections.size(); ++i) {
    const Connection& connection = connections[i];
    const Resource* found =
        connection.credential.empty() ? nullptr : p.after.find(connection.credential);
    if (found == nullptr || !connection.credential_type) continue;
    const CredentialType type = found->as<Credential>().type;
    if (type == *connection.credential_type) continue;
    return Violation{fmt::format("/properties/connections/{}/credentialType", i),
                     fmt::format("Credential '{}' is of type {}, not {}.",
                                 connection.credential.name(), Text<CredentialType>::print(type),
                                 Text<CredentialType>::print(*connection.credential_type)),
                     ""};
  }
  return std::nullopt;
}

template <class Host>
constexpr std::array kHostRules = {
    Rule{"a host has a connection with an address", ErrorCode::InvalidParameterValue,
         &is_not_reachable<Host>},
    Rule{"a connection names the type of its credential", ErrorCode::InvalidParameterValue,
         &misnames_its_credential<Host>},
};

}  // namespace

std::span<const Rule> credential_rules() { return kCredentialRules; }
std::span<const Rule> server_rules() { return kHostRules<Server>; }
std::span<const Rule> virtual_server_rules() { return kHostRules<VirtualServer>; }

}  // namespace isthmus
