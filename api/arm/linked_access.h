// What a change needs in another subscription than its own (decisions: A7): a network peers with
// one of another subscription only where the caller may have that one peered with. The same goes
// for synchronising, which puts the peering again, and for a resize, which the peer has to learn
// of. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "api/http/message.h"
#include "controller/rules/change.h"

namespace isthmus::api::arm {

// Whether this client may do this action where the linked network is.
using MayLink =
    std::function<bool(std::string_view client, std::string_view action, const ResourceId& linked)>;

// Who asks, as a policy names him: the principal; where nobody is asked, the client or user that
// the token names; else the address.
std::string client_of(const http::Request& request);

// 403 LinkedAuthorizationFailed, where the PUT of this draft is not allowed.
std::optional<http::Response> linked_refusal(const Model& model, const Draft& draft,
                                             const std::string& client, const MayLink& may_link);

}  // namespace isthmus::api::arm
