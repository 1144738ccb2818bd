// The effective routes of a NIC or a subnet, with the losers on request.
#include <fmt/format.h>

#include "controller/model/resource_id.h"
#include "tools/isthmus/tasks.h"

namespace isthmus::cli {
namespace {

// "web1" is a NIC, "spoke1/web" a subnet, in the group where the realm has groups; a path is what
// it says.
Result<std::string> parameter(Session& session, const Arguments& arguments) {
  const std::string_view what = arguments.text("WHAT");
  const size_t slash = what.find('/');
  if (slash == 0) {
    const bool is_nic = lower_case(what).find("/networkinterfaces/") != std::string::npos;
    return fmt::format("{}={}", is_nic ? "nic" : "subnet", encoded(what));
  }
  const bool is_nic = slash == std::string_view::npos;
  const std::string path = is_nic ? fmt::format("/networkInterfaces/{}", what)
                                  : fmt::format("/virtualNetworks/{}/subnets/{}",
                                                what.substr(0, slash), what.substr(slash + 1));
  const Result<Arguments> where = located(session, arguments);
  if (!where) return tl::unexpected(where.error());
  return reference_to(path, *where, session.realm).map([is_nic](const std::string& reference) {
    return fmt::format("{}={}", is_nic ? "nic" : "subnet", encoded(reference));
  });
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

// A table shows references as paths, without where Azure's are.
void shorten_references(Value& route, Json::AllocatorType& memory) {
  for (const char* pointer : {"/nextHop", "/subnet", "/via"}) {
    const Value* written = find(route, pointer);
    if (written == nullptr) continue;
    const std::string text = written->IsObject() ? reference_in(*written) : as_cell(*written);
    rapidjson::Pointer(pointer).Set(route, short_reference(text).c_str(), memory);
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
      shorten_references(shown, shown.GetAllocator());
      grid.rows.push_back(grid_of(kLoserColumns, shown).rows.front());
    }
  }
  return grid;
}

}  // namespace

Result<void> show_routes(Session& session, const Arguments& arguments) {
  const bool losers = arguments.has("losers");
  const Result<std::string> asked = parameter(session, arguments);
  if (!asked) return tl::unexpected(asked.error());
  Result<Json> answer = session.api.get(
      fmt::format("/_isthmus/v1/routes?{}{}", *asked, losers ? "&losers=true" : ""));
  if (!answer) return tl::unexpected(answer.error());
  const Value* list = find(*answer, "/routes");
  Json routes = list != nullptr && list->IsArray() ? copy(*list) : Json(rapidjson::kArrayType);
  return session.output.print(*answer, [&] {
    for (Value& route : routes.GetArray()) shorten_references(route, routes.GetAllocator());
    return losers ? with_losers(routes) : grid_of(kRouteColumns, routes);
  });
}

}  // namespace isthmus::cli
