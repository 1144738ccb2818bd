// Which subscription a command in the Azure realm is for: the one it names, else the first there
// is.
#include <fmt/format.h>

#include "controller/base/uuid.h"
#include "tools/isthmus/tasks.h"

namespace isthmus::cli {
namespace {

constexpr std::string_view kSubscription = "subscription";

tl::unexpected<Problem> no_subscription(std::string_view wanted) {
  return tl::unexpected(
      Problem{Exit::NotFound,
              {},
              wanted.empty() ? std::string("the server has no subscription")
                             : fmt::format("there is no subscription '{}'", wanted),
              "--subscription or ISTHMUS_SUBSCRIPTION is the id or the name of one",
              {}});
}

}  // namespace

Result<Arguments> located(Session& session, const Arguments& arguments) {
  const std::string_view wanted = arguments.text(kSubscription);
  if (session.realm != Realm::Azure || Uuid::parse(wanted)) return arguments;
  const Result<Json> all = session.api.list(request_target(Realm::Azure, "/subscriptions"));
  if (!all) return tl::unexpected(all.error());
  for (const Value& one : all->GetArray()) {
    if (!wanted.empty() && !equal_ignoring_case(text_at(one, "/displayName"), wanted)) continue;
    Arguments complete = arguments;
    complete.set(std::string(kSubscription), {text_at(one, "/subscriptionId")});
    return complete;
  }
  return no_subscription(wanted);
}

}  // namespace isthmus::cli
