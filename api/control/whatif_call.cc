// What would happen: changes, or a lab document, applied to a copy of what the controller holds.
// The copy is compared with the original, resource by resource, route by route, and by what its
// packets would do.
#include <fmt/format.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <map>
#include <set>

#include <boost/asio/post.hpp>

#include "api/arm/arm_handler.h"
#include "api/arm/resource_path.h"
#include "api/control/calls.h"
#include "api/control/lab_text.h"
#include "api/http/target.h"
#include "api/json/draft.h"
#include "api/json/json_reader.h"
#include "api/json/json_text.h"
#include "api/json/parse.h"
#include "api/networking/address.h"
#include "controller/explain/reachability.h"
#include "controller/model/difference.h"
#include "controller/model/named_enum.h"
#include "controller/model/text.h"
#include "controller/program/program.h"
#include "controller/program/values.h"
#include "controller/routes/routes.h"
#include "controller/rules/apply.h"

namespace isthmus::api::control {
namespace {

using json::JsonText;

constexpr std::string_view kExample =
    R"(Send {"changes":[{"method":"DELETE","path":"/networking/v1/virtualNetworks/red"}]}, or a lab )"
    "document.";
constexpr std::string_view kReachWords[] = {"absent", "drop", "partly", "reach"};

tl::unexpected<Error> malformed(std::string pointer, std::string message) {
  return fail(ErrorCode::InvalidRequestContent, std::move(pointer), std::move(message),
              std::string(kExample));
}

std::string text_member(const json::Value& object, std::string_view name) {
  const json::Value* value = json::find_member(object, name);
  return value != nullptr && value->IsString() ? std::string(json::text_of(*value)) : "";
}

// A resource as a request of either dialect names it, and what the request asks beside its body.
struct Named {
  ResourceId id;
  bool synchronises = false;
};

Result<ResourceId> resource_at(const std::vector<std::string>& segments, const std::string& path) {
  const auto no_resource = [&path] {
    return fail(ErrorCode::InvalidParameterValue, "/path",
                fmt::format("{} is no resource that can be put or deleted.", in_quotes(path)));
  };
  if (arm::is_arm(segments)) {
    if (segments.size() < 2) return no_resource();
    const auto place = arm::parse_place(segments);
    if (!place) return tl::unexpected(place.error());
    const bool is_resource = place->form == arm::Form::Item || place->form == arm::Form::Group;
    return is_resource ? Result<ResourceId>(place->id) : no_resource();
  }
  const auto address = networking::parse_address(segments);
  if (!address) return tl::unexpected(address.error());
  const bool is_resource =
      address->form == networking::Form::Item || address->form == networking::Form::Singleton;
  return is_resource ? Result<ResourceId>(address->id) : no_resource();
}

Result<Named> resource_named(const std::string& path) {
  const auto target = http::split_target(path);
  const auto decoded = target ? http::decode_path(target->path) : std::nullopt;
  if (!decoded) {
    return fail(ErrorCode::InvalidParameterValue, "/path",
                fmt::format("{} is not a path.", in_quotes(path)),
                "Write it as for the call itself: /networking/v1/virtualNetworks/red.");
  }
  auto id = resource_at(decoded->segments, path);
  if (!id) return tl::unexpected(std::move(id.error()));
  http::Request request;
  request.query = http::decode_query(target->query).value_or(std::vector<http::QueryParameter>{});
  const auto sync = request.parameter("syncRemoteAddressSpace");
  return Named{std::move(*id), sync && http::equal_without_case(*sync, "true")};
}

Result<Operation> read_operation(const json::Value& change) {
  if (!change.IsObject()) return malformed("", "A change is an object with a method and a path.");
  const std::string method = text_member(change, "method");
  const std::string path = text_member(change, "path");
  const bool is_put = http::equal_without_case(method, "PUT");
  if (!is_put && !http::equal_without_case(method, "DELETE")) {
    return malformed("/method", fmt::format("{} is not PUT or DELETE.", in_quotes(method)));
  }
  const auto named = resource_named(path);
  if (!named) {
    Error error = named.error();
    error.target = "/path";
    return tl::unexpected(std::move(error));
  }
  Operation operation;
  operation.verb = is_put ? Verb::Put : Verb::Delete;
  operation.draft.id = named->id;
  operation.sync_remote_address_space = named->synchronises;
  if (!is_put) return operation;
  const json::Value* body = json::find_member(change, "body");
  if (body == nullptr) return malformed("/body", "A PUT needs a body.");
  rapidjson::StringBuffer text;
  rapidjson::Writer<rapidjson::StringBuffer> writer(text);
  body->Accept(writer);
  auto draft = json::read_draft({text.GetString(), text.GetSize()}, named->id);
  if (!draft) {
    draft.error().target = "/body" + draft.error().target;
    return tl::unexpected(std::move(draft.error()));
  }
  operation.draft = std::move(*draft);
  return operation;
}

// A group is put below its subscription, which is there from the first group on.
std::vector<Operation> with_subscription(Operation operation) {
  std::vector<Operation> operations;
  const ResourceId& id = operation.draft.id;
  if (operation.verb == Verb::Put && id.kind() == Kind::ResourceGroup) {
    Operation subscription;
    subscription.draft = {id.parent(), "", {}, nullptr, Body(Kind::Subscription), {}};
    subscription.only_if_different = true;
    operations.push_back(std::move(subscription));
  }
  operations.push_back(std::move(operation));
  return operations;
}

// One after another, each on what the one before left, as calls would be.
Result<Applied> apply_changes(const Model& model, const json::Value& changes, const Limits& limits,
                              int64_t now_ms) {
  if (!changes.IsArray()) return malformed("/changes", "The changes are a list.");
  Applied all{model, {}, {}};
  for (rapidjson::SizeType i = 0; i < changes.Size(); ++i) {
    const auto in_list = [i](Error error) {
      error.target = fmt::format("/changes/{}{}", i, error.target);
      return tl::unexpected(std::move(error));
    };
    auto operation = read_operation(changes[i]);
    if (!operation) return in_list(std::move(operation.error()));
    auto applied = apply(all.model, {with_subscription(std::move(*operation)), "", now_ms}, limits);
    if (!applied) return in_list(std::move(applied.error()));
    all.model = std::move(applied->model);
    all.changes.insert(all.changes.end(), applied->changes.begin(), applied->changes.end());
  }
  return all;
}

void write_changes(JsonText& out, const Model& before, const Model& after) {
  constexpr std::string_view kWords[] = {"created", "updated", "deleted"};
  out.key("changes").array();
  for (const ModelDifference& difference : differences(before, after)) {
    out.object().text("change", kWords[static_cast<size_t>(difference.what)]);
    out.text("resource", difference.id.path()).end_object();
  }
  out.end_array();
}

void write_state(JsonText& out, std::string_view member, const Resource* peering) {
  out.key(member);
  if (peering == nullptr) {
    out.null();
  } else {
    out.text(kNames<PeeringState>[static_cast<size_t>(peering->as<Peering>().state)]);
  }
}

void write_states(JsonText& out, const Model& before, const Model& after,
                  const std::vector<ResourceChange>& changes) {
  out.key("states").array();
  for (const ResourceChange& change : changes) {
    const ResourceId& id = change.any().id;
    if (id.kind() != Kind::Peering) continue;
    const Resource* was = before.find(id);
    const Resource* is = after.find(id);
    const bool same = was && is && was->as<Peering>().state == is->as<Peering>().state;
    if (same) continue;
    out.object().text("resource", id.path());
    write_state(out, "before", was);
    write_state(out, "after", is);
    out.end_object();
  }
  out.end_array();
}

// The winning route of a table for a prefix, in the words of /routes; null where there is none.
void write_route(JsonText& out, std::string_view member, const Model& model,
                 dataplane::TableKey table, net::Prefix prefix) {
  out.key(member);
  const Resource* network = program::resource_of(model, table.domain);
  if (network == nullptr || !program::table_exists(model, table)) {
    out.null();
    return;
  }
  const auto routes = candidates(model, program::viewpoint_of(model, *network, table), prefix);
  if (routes.empty()) {
    out.null();
    return;
  }
  out.object().text("nextHopType", name(routes.front().next_hop));
  if (routes.front().next_hop_address)
    out.text("nextHop", routes.front().next_hop_address->to_string());
  const bool is_reachable =
      routes.front().next_hop != NextHop::VirtualAppliance || routes.front().network != nullptr;
  out.text("state", is_reachable ? "Active" : "Unreachable");
  if (routes.front().via != nullptr) out.text("via", routes.front().via->id.path());
  out.end_object();
}

// The subnets whose packets are routed by a table.
std::vector<ResourceId> subnets_of_table(const Model& model, dataplane::TableKey table) {
  std::vector<ResourceId> subnets;
  const Resource* network = program::resource_of(model, table.domain);
  if (network == nullptr) return subnets;
  for (const Resource* subnet : model.below(network->id, Kind::Subnet)) {
    if (program::table_of_subnet(model, *subnet) == table) subnets.push_back(subnet->id);
  }
  return subnets;
}

void write_routes(JsonText& out, const Model& before, const Model& after,
                  const std::vector<ResourceChange>& changes) {
  std::set<std::pair<dataplane::TableKey, net::Prefix>> differing;
  const dataplane::ProgramDelta programmed = delta(before, after, changes).delta;
  for (const auto& [table, exists] : programmed.tables) {
    for (const net::Prefix& prefix : program::prefixes(exists ? after : before, table))
      differing.insert({table, prefix});
  }
  for (const auto& route : programmed.routes) differing.insert({route.table, route.prefix});
  out.key("routes").array();
  for (const auto& [table, prefix] : differing) {
    std::set<ResourceId> subnets;
    for (const Model* model : {&before, &after}) {
      for (ResourceId& id : subnets_of_table(*model, table)) subnets.insert(std::move(id));
    }
    for (const ResourceId& subnet : subnets) {
      out.object().text("subnet", subnet.path()).text("prefix", prefix.to_string());
      write_route(out, "before", before, table, prefix);
      write_route(out, "after", after, table, prefix);
      out.end_object();
    }
  }
  out.end_array();
}

void write_reach(JsonText& out, std::string_view member, const PairReach& pair) {
  out.key(member).object().text("result", kReachWords[static_cast<size_t>(pair.reach)]);
  out.text_unless_empty("reason", pair.reason);
  if (!pair.passing.empty()) {
    out.key("passing").array();
    for (const std::string& probe : pair.passing) out.text(probe);
    out.end_array();
  }
  out.end_object();
}

http::Response compare(const Model& before, const Applied& applied, const Limits& limits) {
  const ReachabilityChange reach =
      reachability_change(before, applied.model, applied.changes, limits);
  JsonText out;
  out.object().number("revision", before.revision());
  write_changes(out, before, applied.model);
  write_states(out, before, applied.model, applied.changes);
  write_routes(out, before, applied.model, applied.changes);
  out.key("reachability").array();
  for (const PairChange& pair : reach.pairs) {
    out.object().text("from", pair.from.path()).text("to", pair.to.path());
    write_reach(out, "before", pair.before);
    write_reach(out, "after", pair.after);
    out.end_object();
  }
  out.end_array().key("complete").boolean(reach.is_complete).end_object();
  return json_answer(out.take());
}

// One net change a resource, as a change of the controller has.
void join(Applied& applied, const Model& before) {
  std::map<ResourceId, ResourceChange> net;
  for (const ResourceChange& change : applied.changes) net[change.any().id] = {};
  applied.changes.clear();
  for (auto& [id, change] : net) {
    change = {before.find_shared(id), applied.model.find_shared(id)};
    if (change.before != change.after) applied.changes.push_back(change);
  }
}

}  // namespace

void what_if(const Service& service, const http::Request& request, const http::Done& done) {
  const ModelPtr model = service.controller.model();
  const Limits limits = service.controller.limits();
  const int64_t now_ms = service.controller.clock().now_ms();
  boost::asio::post(service.background, [request, done, model, limits, now_ms,
                                         subscription = service.options.subscription] {
    const auto json = json::parse_json(request.body);
    const json::Value* changes =
        json && json->IsObject() ? json::find_member(*json, "changes") : nullptr;
    if (changes != nullptr) {
      auto applied = apply_changes(*model, *changes, limits, now_ms);
      if (!applied) return done(answer(problem_of(applied.error())));
      join(*applied, *model);
      return done(compare(*model, *applied, limits));
    }
    if (request.body.empty())
      return done(answer(problem_of({ErrorCode::InvalidRequestContent,
                                     "",
                                     "There is no change to look at.",
                                     std::string(kExample),
                                     {}})));
    const auto applied = rehearse_document(request, subscription, *model, limits, now_ms);
    done(applied ? compare(*model, *applied, limits) : answer(applied.error()));
  });
}

}  // namespace isthmus::api::control
