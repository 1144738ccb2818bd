// The Azure Resource Manager's API: what az and the SDKs ask a cloud for before they ask for a
// resource (its endpoints, tokens, subscriptions, regions, providers), and the way in for calls on
// resources, which ResourceCalls answers.
//
// Paths compare without case, and "//" counts as "/". Unknown query parameters are ignored, as
// Azure ignores them. An error's body is always {"error":{"code","message","details":[]}}, but for
// tokens, whose errors are those of OAuth (RFC 6749 section 5.2).
//
// Sources: the calls that az 2.45 and @azure/arm-network 39 make, and the Azure REST reference.
// Threads: handle() may be called from any thread; calls of this file answer on it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/access/role.h"
#include "api/config/config.h"
#include "api/http/message.h"

namespace isthmus::api::arm {

using ListedSubscription = config::Subscription;

// Where a client finds itself that asked for nothing else.
using config::kDefaultSubscription;
constexpr std::string_view kDefaultTenant = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa";

using Segments = std::vector<std::string>;

// Answers every path below /subscriptions that is no call of the cloud itself.
class ResourceCalls {
 public:
  virtual ~ResourceCalls() = default;
  // `segments` is the path without its empty segments: "subscriptions", the id of a subscription
  // that there is, and one more at least. The request has a good api-version. Any thread.
  virtual void handle(http::Request request, Segments segments, http::Done done) = 0;
};

struct ArmOptions {
  // Asked at each call, by any thread.
  std::function<std::vector<ListedSubscription>()> subscriptions = [] {
    return config::Config().subscriptions;
  };
  std::string tenant{kDefaultTenant};  // of everybody, and of subscriptions that name none
  // Callers have to show a token: the one that they log in with is the one that they get.
  bool asks_for_tokens = false;
  std::function<int64_t()> now_s;      // real time, since the Unix epoch: clients go by it
  ResourceCalls* resources = nullptr;  // null: there are none, and each of them is a 404
};

class ArmHandler final : public http::Handler {
 public:
  explicit ArmHandler(ArmOptions options) : options_(std::move(options)) {}
  void handle(http::Request request, http::Done done) override;

 private:
  void hand_on(http::Request request, Segments segments, const http::Done& done) const;
  const ArmOptions options_;
};

// Whether this dialect answers a path: of a request, and of a target as it came, which may be one
// that was refused.
bool is_arm(const Segments& segments);
bool is_arm(std::string_view target);

// Who may make this call: by its method and path, before anything is looked at.
access::Role required_role(const http::Request& request);

// The server's own errors, in this dialect's shape.
http::Response arm_error_body(const http::ServerError& error);

// The table of calls, for the documentation and its test.
struct RouteInfo {
  http::Method method;
  std::string_view path;  // a segment in braces is any; /** is any segments, or none
  access::Role role;
};
std::vector<RouteInfo> arm_routes();

}  // namespace isthmus::api::arm
