#include "api/arm/arm_handler.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "api/arm/answers.h"
#include "api/arm/api_version.h"
#include "api/arm/calls.h"
#include "api/http/target.h"
#include "controller/base/uuid.h"
#include "controller/model/text.h"

namespace isthmus::api::arm {
namespace {

using access::Role;
using http::Method;

enum class Version : uint8_t { Needed, NotNeeded };

struct Route {
  Method method;
  std::string_view path;  // a segment in braces is any; ** in front is any segments, or none
  Role role;
  Version version;
  http::Response (*answer)(const Call&);
};

// The first row that matches is the call, so the managed identity's token stands before others.
// Open are those that Azure answers to whoever has no token yet.
// clang-format off
constexpr Route kRoutes[] = {
    {Method::Get, "/metadata/endpoints", Role::Anyone, Version::NotNeeded, &show_endpoints},
    {Method::Get, "/metadata/identity/oauth2/token", Role::Anyone, Version::NotNeeded, &give_identity_token},
    {Method::Post, "/metadata/identity/oauth2/token", Role::Anyone, Version::NotNeeded, &give_identity_token},
    {Method::Get, "/msi/token", Role::Anyone, Version::NotNeeded, &give_identity_token},
    {Method::Post, "/msi/token", Role::Anyone, Version::NotNeeded, &give_identity_token},
    {Method::Get, "/**/.well-known/openid-configuration", Role::Anyone, Version::NotNeeded, &show_openid_configuration},
    {Method::Get, "/**/discovery/keys", Role::Anyone, Version::NotNeeded, &show_keys},
    {Method::Get, "/**/oauth2/v2.0/token", Role::Anyone, Version::NotNeeded, &give_token},
    {Method::Post, "/**/oauth2/v2.0/token", Role::Anyone, Version::NotNeeded, &give_token},
    {Method::Get, "/**/oauth2/token", Role::Anyone, Version::NotNeeded, &give_token},
    {Method::Post, "/**/oauth2/token", Role::Anyone, Version::NotNeeded, &give_token},
    {Method::Get, "/tenants", Role::Reader, Version::Needed, &list_tenants},
    {Method::Get, "/providers", Role::Reader, Version::Needed, &list_providers},
    {Method::Get, "/providers/{namespace}", Role::Reader, Version::Needed, &get_provider},
    {Method::Get, "/subscriptions", Role::Reader, Version::Needed, &list_subscriptions},
    {Method::Get, "/subscriptions/{id}", Role::Reader, Version::Needed, &get_subscription},
    {Method::Get, "/subscriptions/{id}/locations", Role::Reader, Version::Needed, &list_locations},
    {Method::Get, "/subscriptions/{id}/providers", Role::Reader, Version::Needed, &list_providers},
    {Method::Get, "/subscriptions/{id}/providers/{namespace}", Role::Reader, Version::Needed, &get_provider},
    {Method::Post, "/subscriptions/{id}/providers/{namespace}/register", Role::Contributor, Version::Needed, &register_provider},
};
// clang-format on

// First segments of paths that are this dialect's, whether there is a call for them or not.
constexpr std::array<std::string_view, 6> kRoots = {"subscriptions", "tenants", "providers",
                                                    "metadata",      "msi",     "adfs"};
constexpr std::string_view kSubscriptions = "subscriptions";

// Actions on resources that only ask: a POST because the question is long.
constexpr std::array<std::string_view, 8> kQuestions = {"effectiveRouteTable",
                                                        "effectiveNetworkSecurityGroups",
                                                        "nextHop",
                                                        "ipFlowVerify",
                                                        "connectivityCheck",
                                                        "topology",
                                                        "validate",
                                                        "whatIf"};

Segments without_empty(const Segments& segments) {
  Segments kept;
  for (const std::string& segment : segments)
    if (!segment.empty()) kept.push_back(segment);
  return kept;
}

bool matches(std::string_view pattern, std::span<const std::string> path) {
  constexpr std::string_view kAnySegments = "/**";
  const bool has_any = pattern.starts_with(kAnySegments);
  if (has_any) pattern.remove_prefix(kAnySegments.size());
  const auto length = static_cast<size_t>(std::count(pattern.begin(), pattern.end(), '/'));
  if (has_any ? path.size() < length : path.size() != length) return false;
  for (const std::string& segment : path.last(length)) {
    const size_t end = std::min(pattern.find('/', 1), pattern.size());
    const std::string_view wanted = pattern.substr(1, end - 1);
    if (!wanted.starts_with('{') && !http::equal_without_case(wanted, segment)) return false;
    pattern.remove_prefix(end);
  }
  return true;
}

// HEAD is GET; the server leaves out the body.
const Route* find_route(Method method, const Segments& segments) {
  if (method == Method::Head) method = Method::Get;
  const auto route = std::find_if(std::begin(kRoutes), std::end(kRoutes), [&](const Route& r) {
    return r.method == method && matches(r.path, segments);
  });
  return route == std::end(kRoutes) ? nullptr : &*route;
}

// The methods of a path, as the Allow header lists them.
std::string allowed(const Segments& segments) {
  std::string methods;
  for (const Route& route : kRoutes) {
    const std::string name(http::to_string(route.method));
    if (!matches(route.path, segments) || methods.find(name) != std::string::npos) continue;
    methods += (methods.empty() ? "" : ", ") + name;
    if (route.method == Method::Get) methods += ", HEAD";
  }
  return methods;
}

bool is_below_subscriptions(const Segments& segments) {
  return segments.size() > 1 && http::equal_without_case(segments.front(), kSubscriptions);
}

// Where the path names a subscription that is none.
std::optional<http::Response> no_subscription(const ArmOptions& options, const Segments& segments) {
  if (!is_below_subscriptions(segments)) return std::nullopt;
  const std::string& id = segments[1];
  if (!Uuid::parse(id))
    return error_answer(ArmErrorCode::InvalidSubscriptionId,
                        fmt::format("The provided subscription identifier {} is malformed or "
                                    "invalid.",
                                    in_quotes(id)));
  const auto subscriptions = options.subscriptions();
  const bool exists = std::any_of(
      subscriptions.begin(), subscriptions.end(),
      [&](const ListedSubscription& known) { return http::equal_without_case(known.id, id); });
  if (exists) return std::nullopt;
  return error_answer(ArmErrorCode::SubscriptionNotFound,
                      fmt::format("The subscription {} could not be found.", in_quotes(id)));
}

http::Response wrong_method(const http::Request& request, const std::string& methods) {
  http::Response response = error_answer(
      ArmErrorCode::MethodNotAllowed,
      fmt::format("The http method '{}' is not supported for {}. The methods here are {}.",
                  http::to_string(request.method), in_quotes(request.path()), methods));
  response.headers.push_back({"Allow", methods});
  return response;
}

bool asks_only(const http::Request& request, const Segments& segments) {
  return request.method == Method::Post && is_below_subscriptions(segments) &&
         std::any_of(kQuestions.begin(), kQuestions.end(), [&](std::string_view action) {
           return http::equal_without_case(action, segments.back());
         });
}

}  // namespace

void ArmHandler::handle(http::Request request, http::Done done) {
  Segments segments = without_empty(request.segments);
  const Route* route = find_route(request.method, segments);
  if (route == nullptr) return hand_on(std::move(request), std::move(segments), done);
  if (route->version == Version::Needed) {
    if (auto refusal = without_version(request)) return done(std::move(*refusal));
  }
  if (auto refusal = no_subscription(options_, segments)) return done(std::move(*refusal));
  done(route->answer({options_, request, segments}));
}

// Of a path that is no call of the cloud's with this method.
void ArmHandler::hand_on(http::Request request, Segments segments, const http::Done& done) const {
  if (const std::string methods = allowed(segments); !methods.empty())
    return done(wrong_method(request, methods));
  if (!is_below_subscriptions(segments))
    return done(error_answer(ArmErrorCode::MissingSubscription,
                             "The request did not have a subscription or a valid tenant level "
                             "resource provider."));
  if (auto refusal = without_version(request)) return done(std::move(*refusal));
  if (auto refusal = no_subscription(options_, segments)) return done(std::move(*refusal));
  if (options_.resources != nullptr)
    return options_.resources->handle(std::move(request), std::move(segments), done);
  done(error_answer(ArmErrorCode::ResourceNotFound,
                    fmt::format("Nothing is at '{}'.", request.path())));
}

bool is_arm(const Segments& segments) {
  const Segments path = without_empty(segments);
  if (path.empty()) return false;
  return std::any_of(
             kRoots.begin(), kRoots.end(),
             [&](std::string_view root) { return http::equal_without_case(root, path.front()); }) ||
         std::any_of(std::begin(kRoutes), std::end(kRoutes),
                     [&](const Route& route) { return matches(route.path, path); });
}

bool is_arm(std::string_view target) {
  const auto parts = http::split_target(target);
  const auto path = http::decode_path(parts ? parts->path : target.substr(0, target.find('?')));
  if (path) return is_arm(path->segments);
  // Not a path that can be decoded: its first segment tells.
  const size_t start = std::min(target.find_first_not_of('/'), target.size());
  const size_t end = std::min(target.find_first_of("/?", start), target.size());
  return is_arm(Segments{std::string(target.substr(start, end - start))});
}

access::Role required_role(const http::Request& request) {
  const Segments segments = without_empty(request.segments);
  if (const Route* route = find_route(request.method, segments)) return route->role;
  return asks_only(request, segments) ? Role::Reader : access::role_for(request.method);
}

std::vector<RouteInfo> arm_routes() {
  std::vector<RouteInfo> routes;
  for (const Route& route : kRoutes) routes.push_back({route.method, route.path, route.role});
  return routes;
}

}  // namespace isthmus::api::arm
