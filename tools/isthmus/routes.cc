// The effective routes of a NIC or a subnet, with the losers on request.
#include <fmt/format.h>

#include "tools/isthmus/tasks.h"

namespace isthmus::cli {
namespace {

// "web1" is a NIC, "spoke1/web" a subnet; a path is what it says.
std::string parameter(std::string_view what) {
  const size_t slash = what.find('/');
  if (slash == std::string_view::npos)
    return fmt::format("nic={}", encoded("/networkInterfaces/" + std::string(what)));
  if (slash > 0)
    return fmt::format("subnet={}",
                       encoded(fmt::format("/virtualNetworks/{}/subnets/{}", what.substr(0, slash),
                                           what.substr(slash + 1))));
  const bool nic = equal_ignoring_case(what.substr(0, what.find('/', 1)), "/networkInterfaces");
  return fmt::format("{}={}", nic ? "nic" : "subnet", encoded(what));
}

// The subnet is told only where the interface lies in several.
constexpr Column kRouteColumns[] = {
    {"Prefix", "/prefix"},   {"NextHopType", "/nextHopType"},
    {"NextHop", "/nextHop"}, {"Source", "/source"},
    {"State", "/state"},     {"Via", "/via"},
    {"Subnet", "/subnet"},
};
constexpr Column kLoserColumns[] = {
    {"Prefix", "/prefix"},   {"NextHopType", "/nextHopType"},
    {"NextHop", "/nextHop"}, {"Source", "/source"},
    {"State", "/state"},     {"Via", "/via"},
    {"Because", "/because"}, {"Subnet", "/subnet"},
};

// `via` is a reference; a table shows its path.
void flatten_via(Value& route) {
  const auto via = route.FindMember("via");
  if (via == route.MemberEnd() || !via->value.IsObject()) return;
  if (const auto path = via->value.FindMember("resourceRef"); path != via->value.MemberEnd()) {
    Value text;
    text.Swap(path->value);
    via->value.Swap(text);
  }
}

// Each winner, and below it those it displaced, whose State says so.
Grid with_losers(const Json& routes) {
  Grid grid = grid_of(kLoserColumns, Json(rapidjson::kArrayType));
  for (const Value& route : routes.GetArray()) {
    grid.rows.push_back(grid_of(kLoserColumns, route).rows.front());
    const Value* losers = find(route, "/losers");
    if (losers == nullptr || !losers->IsArray()) continue;
    for (const Value& loser : losers->GetArray()) {
      Json shown = copy(loser);
      shown.RemoveMember("state");
      shown.AddMember("state", "lost", shown.GetAllocator());
      flatten_via(shown);
      grid.rows.push_back(grid_of(kLoserColumns, shown).rows.front());
    }
  }
  return grid;
}

}  // namespace

Result<void> show_routes(Session& session, const Arguments& arguments) {
  const bool losers = arguments.has("losers");
  Result<Json> answer = session.api.get(fmt::format(
      "/_isthmus/v1/routes?{}{}", parameter(arguments.text("WHAT")), losers ? "&losers=true" : ""));
  if (!answer) return tl::unexpected(answer.error());
  const Value* list = find(*answer, "/routes");
  Json routes = list != nullptr && list->IsArray() ? copy(*list) : Json(rapidjson::kArrayType);
  return session.output.print(*answer, [&] {
    for (Value& route : routes.GetArray()) flatten_via(route);
    return losers ? with_losers(routes) : grid_of(kRouteColumns, routes);
  });
}

}  // namespace isthmus::cli
