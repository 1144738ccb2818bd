#include "tools/isthmus/verbs.h"

#include <ostream>

namespace isthmus::cli {
namespace {

// One resource or an array of them as a table: the noun's columns, and what its annotation adds.
Grid grid_of_resources(Session& session, const Noun& noun, const Json& data) {
  const std::vector<Column> columns = columns_in(session.realm, noun.columns);
  if (noun.annotate == nullptr) return grid_of(columns, data);
  Json shown(rapidjson::kArrayType);
  auto& memory = shown.GetAllocator();
  if (data.IsArray())
    shown.CopyFrom(data, memory);
  else
    shown.PushBack(Value(data, memory), memory);
  noun.annotate(session.api, shown);
  return grid_of(columns, shown);
}

Result<void> print(Session& session, const Noun& noun, const Json& data) {
  return session.output.print(data, [&] { return grid_of_resources(session, noun, data); });
}

// Prints what a PUT answered. Azure's clients wait until a change is done; on-prem a resource may
// be Updating for a while, and `wait` is for those who care.
Result<void> print_result(Session& session, const Noun& noun, const std::string& path,
                          const Reply& reply) {
  const bool is_later =
      session.realm == Realm::Azure && !reply.http.header("Azure-AsyncOperation").empty();
  if (!is_later) return print(session, noun, reply.json);
  if (Result<void> done = session.api.finish(reply); !done) return done;
  const Result<Json> resource = session.api.get(path);
  if (!resource) return tl::unexpected(resource.error());
  return print(session, noun, *resource);
}

// What stands in a group is in the group's region, unless another is named.
Result<Arguments> with_location(Session& session, const Noun& noun, const Arguments& arguments) {
  const bool is_in_group =
      scope_of(session.realm, noun.path).find("{resource-group}") != std::string_view::npos;
  if (!is_in_group || !parents_of(noun.path).empty() || arguments.has("location")) return arguments;
  const auto group = reference_to("/resourceGroups/" + encoded(arguments.text("resource-group")),
                                  arguments, session.realm);
  if (!group) return tl::unexpected(group.error());
  const Result<Json> found = session.api.get(request_target(*group));
  if (!found) return tl::unexpected(found.error());
  Arguments complete = arguments;
  complete.set("location", {text_at(*found, "/location")});
  return complete;
}

Result<void> create(Session& session, const Noun& noun, const Arguments& typed) {
  const Result<Arguments> arguments = with_location(session, noun, typed);
  if (!arguments) return tl::unexpected(arguments.error());
  const Result<Json> body = new_resource(noun, *arguments, session.realm);
  if (!body) return tl::unexpected(body.error());
  const std::string path = item_path(noun, *arguments, session.realm);
  const Result<Reply> reply = session.api.put(path, *body);
  if (!reply) return tl::unexpected(reply.error());
  return print_result(session, noun, path, *reply);
}

Result<void> list(Session& session, const Noun& noun, const Arguments& arguments) {
  const Result<Json> resources = session.api.list(collection_path(noun, arguments, session.realm));
  if (!resources) return tl::unexpected(resources.error());
  return print(session, noun, *resources);
}

Result<void> show(Session& session, const Noun& noun, const Arguments& arguments) {
  const Result<Json> resource = session.api.get(item_path(noun, arguments, session.realm));
  if (!resource) return tl::unexpected(resource.error());
  return print(session, noun, *resource);
}

// Reads, changes, writes back if nobody else wrote in between.
Result<void> update(Session& session, const Noun& noun, const Arguments& arguments) {
  const std::string path = item_path(noun, arguments, session.realm);
  Result<Json> resource = session.api.get(path);
  if (!resource) return tl::unexpected(resource.error());
  const std::string etag = text_at(*resource, "/etag");
  if (Result<void> done = change_resource(noun, arguments, session.realm, *resource); !done)
    return done;
  const Result<Reply> reply = session.api.put(path, *resource, etag);
  if (!reply) return tl::unexpected(reply.error());
  return print_result(session, noun, path, *reply);
}

Result<void> remove(Session& session, const Noun& noun, const Arguments& arguments) {
  const Result<bool> existed = session.api.remove(item_path(noun, arguments, session.realm));
  if (!existed) return tl::unexpected(existed.error());
  if (!*existed)
    session.err << "there was no " << noun.words << " '" << arguments.text("name") << "'\n";
  return {};
}

// A peering takes over what the other network's address space is now. Azure has no call for that:
// the peering is put as it is, with a parameter.
Result<void> synchronise(Session& session, const Noun& noun, const Arguments& arguments) {
  const std::string path = item_path(noun, arguments, session.realm);
  const Result<Json> peering = session.api.get(path);
  if (!peering) return tl::unexpected(peering.error());
  const Result<Reply> reply =
      session.api.put(path + "&syncRemoteAddressSpace=true", *peering, text_at(*peering, "/etag"));
  if (!reply) return tl::unexpected(reply.error());
  if (const std::string level = text_at(reply->json, "/properties/peeringSyncLevel");
      level == "RemoteNotInSync")
    session.err << "this side is in sync; the peering of the other network has not synchronised\n";
  return print_result(session, noun, path, *reply);
}

constexpr Column kEffectiveRouteColumns[] = {
    {"Source", "/source"},
    {"State", "/state"},
    {"AddressPrefix", "/addressPrefix"},
    {"NextHopType", "/nextHopType"},
    {"NextHopIpAddress", "/nextHopIpAddress"},
};
constexpr Column kEffectiveRuleColumns[] = {
    {"Name", "/name"},
    {"Priority", "/priority"},
    {"Direction", "/direction"},
    {"Access", "/access"},
    {"Protocol", "/protocol"},
    {"Source", "/sourceAddressPrefix", Column::Show::OneOrMany},
    {"SourcePorts", "/sourcePortRange", Column::Show::OneOrMany},
    {"Destination", "/destinationAddressPrefix", Column::Show::OneOrMany},
    {"DestinationPorts", "/destinationPortRange", Column::Show::OneOrMany},
};

Grid grid_of_routes(const Json& answer) {
  const Value* routes = find(answer, "/value");
  return grid_of(kEffectiveRouteColumns,
                 routes == nullptr ? Value(rapidjson::kArrayType).Move() : *routes);
}

// The rules of each security group that applies, its name before them.
Grid grid_of_rules(const Json& answer) {
  Grid grid = grid_of(kEffectiveRuleColumns, Json(rapidjson::kArrayType));
  grid.titles.insert(grid.titles.begin(), "Nsg");
  const Value* groups = find(answer, "/value");
  if (groups == nullptr || !groups->IsArray()) return grid;
  for (const Value& group : groups->GetArray()) {
    const Value* rules = find(group, "/effectiveSecurityRules");
    if (rules == nullptr || !rules->IsArray()) continue;
    const std::string id = text_at(group, "/networkSecurityGroup/id");
    for (std::vector<std::string>& row : grid_of(kEffectiveRuleColumns, *rules).rows) {
      row.insert(row.begin(), std::string(last_segment(id)));
      grid.rows.push_back(std::move(row));
    }
  }
  return grid;
}

// What an interface has in effect, for which Azure has a call each.
Result<void> show_effective(Session& session, const Arguments& arguments, std::string_view question,
                            Grid (*grid)(const Json&)) {
  const auto nic = reference_to("/networkInterfaces/" + encoded(arguments.text("name")), arguments,
                                session.realm);
  if (!nic) return tl::unexpected(nic.error());
  const Result<Json> answer = session.api.ask(request_target(*nic + std::string(question)));
  if (!answer) return tl::unexpected(answer.error());
  return session.output.print(*answer, [&] { return grid(*answer); });
}

}  // namespace

Result<void> run_verb(Session& session, const NounCommand& command, const Arguments& typed) {
  const Result<Arguments> arguments = located(session, typed);
  if (!arguments) return tl::unexpected(arguments.error());
  const Noun& noun = *command.noun;
  switch (command.verb) {
    case Verb::Create:
      return create(session, noun, *arguments);
    case Verb::List:
      return list(session, noun, *arguments);
    case Verb::Show:
      return show(session, noun, *arguments);
    case Verb::Update:
      return update(session, noun, *arguments);
    case Verb::Delete:
      return remove(session, noun, *arguments);
    case Verb::Sync:
      return synchronise(session, noun, *arguments);
    case Verb::ShowEffectiveRoutes:
      return show_effective(session, *arguments, "/effectiveRouteTable", &grid_of_routes);
    case Verb::ListEffectiveRules:
      return show_effective(session, *arguments, "/effectiveNetworkSecurityGroups", &grid_of_rules);
  }
  return {};
}

}  // namespace isthmus::cli
