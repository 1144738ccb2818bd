// The calls of the cloud itself, one function each; arm_handler.cc has the table that gives each
// path and method its function. Private to this folder.
#pragma once

#include <string>
#include <string_view>

#include "api/arm/answers.h"
#include "api/arm/arm_handler.h"
#include "api/http/message.h"

namespace isthmus::api::arm {

struct Call {
  const ArmOptions& options;
  const http::Request& request;
  const Segments& segments;  // of the path, without empty ones

  std::string origin() const { return arm::origin(request); }
  // Of a path /subscriptions/ID/...
  const std::string& subscription() const { return segments[1]; }
};

// Where the cloud's services are, and who signs in (cloud_calls.cc).
http::Response show_endpoints(const Call& call);
http::Response show_openid_configuration(const Call& call);
http::Response show_keys(const Call& call);

// Tokens (token_calls.cc).
http::Response give_token(const Call& call);
http::Response give_identity_token(const Call& call);

// Who one is, and where (subscription_calls.cc). The subscription of the path exists.
http::Response list_tenants(const Call& call);
http::Response list_subscriptions(const Call& call);
http::Response get_subscription(const Call& call);
http::Response list_locations(const Call& call);

// What kinds of resources there are (provider_calls.cc).
http::Response list_providers(const Call& call);
http::Response get_provider(const Call& call);
http::Response register_provider(const Call& call);

}  // namespace isthmus::api::arm
