#include "api/arm/linked_access.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "api/access/policy.h"
#include "api/arm/answers.h"
#include "api/arm/unsigned_token.h"
#include "controller/model/networks.h"
#include "controller/model/text.h"

namespace isthmus::api::arm {
namespace {

constexpr std::string_view kScheme = "Bearer ";

// What the change is called on its own resource.
std::string_view own_action(Kind kind) {
  return kind == Kind::Peering ? "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write"
                               : "Microsoft.Network/virtualNetworks/write";
}

// The networks that the change has to do with.
std::vector<ResourceId> networks_linked(const Model& model, const Draft& draft) {
  if (const auto* peering = draft.body.get_if<Peering>()) return {peering->remote_virtual_network};
  const auto* network = draft.body.get_if<VirtualNetwork>();
  const Resource* old = network == nullptr ? nullptr : model.find(draft.id);
  if (old == nullptr ||
      same_prefixes(old->as<VirtualNetwork>().address_space, network->address_space))
    return {};
  std::vector<ResourceId> linked;
  model.each_below(draft.id, Kind::Peering, [&](const Resource& peering) {
    linked.push_back(peering.as<Peering>().remote_virtual_network);
    return true;
  });
  return linked;
}

// As it is shown: what a client says of itself need not be text.
std::string shown(const std::string& client) {
  const std::string quoted = in_quotes(client);
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

std::string client_of(const http::Request& request) {
  if (!request.principal.empty()) return request.principal;
  std::string_view token = request.headers.get("Authorization").value_or("");
  if (token.starts_with(kScheme)) token.remove_prefix(kScheme.size());
  return name_in_token(token).value_or(request.who());
}

std::optional<http::Response> linked_refusal(const Model& model, const Draft& draft,
                                             const std::string& client, const MayLink& may_link) {
  const ResourceId own = draft.id.ancestor(Kind::Subscription);
  std::vector<std::string> refused;
  for (const ResourceId& linked : networks_linked(model, draft)) {
    if (linked.empty() || linked.ancestor(Kind::Subscription) == own) continue;
    if (!may_link(client, access::kPeerAction, linked)) refused.push_back(linked.path());
  }
  if (refused.empty()) return std::nullopt;
  return error_answer(
      ArmErrorCode::LinkedAuthorizationFailed,
      fmt::format("The client '{}' with object id '{}' has permission to perform action '{}' on "
                  "scope '{}'; however, it does not have permission to perform action '{}' on the "
                  "linked scope(s) '{}' or the linked scope(s) are invalid.",
                  shown(client), object_id(client), own_action(draft.id.kind()), draft.id.path(),
                  access::kPeerAction, fmt::join(refused, ",")));
}

}  // namespace isthmus::api::arm
