// The topology that a network watcher draws: what is in a group, and what belongs to what.
#include <algorithm>

#include "api/arm/watcher.h"
#include "api/arm/watcher_question.h"
#include "api/json/json_text.h"
#include "api/json/timestamp.h"
#include "controller/model/references.h"
#include "controller/model/text.h"

namespace isthmus::api::arm {
namespace {

using json::JsonText;

struct TopologyQuestion {
  std::string group;
  ResourceId network;
};
void describe(json::JsonReader& v, TopologyQuestion& b) {
  v.member("targetResourceGroupName", b.group, Presence::Optional);
  v.reference("targetVirtualNetwork", b.network, Presence::Optional, Kinds{Kind::VirtualNetwork});
}

// What Azure draws; a subnet, a child, among them.
constexpr Kind kDrawn[] = {Kind::VirtualNetwork,    Kind::Subnet,           Kind::RouteTable,
                           Kind::AccessControlList, Kind::NetworkInterface, Kind::PublicIpAddress,
                           Kind::LoadBalancer,      Kind::VirtualMachine};

bool is_drawn(Kind kind) {
  return std::find(std::begin(kDrawn), std::end(kDrawn), kind) != std::end(kDrawn);
}

// The drawn resource that something is part of: an IP configuration is part of its interface.
ResourceId drawn_part_of(ResourceId id) {
  while (!id.empty() && !is_drawn(id.kind())) id = id.parent();
  return id;
}

void write_association(JsonText& out, const ResourceId& id, std::string_view type) {
  out.object().text("name", id.name()).text("resourceId", id.path());
  out.text("associationType", type).end_object();
}

void write_resource(JsonText& out, const Model& model, const Resource& resource,
                    std::string_view location) {
  out.object().text("name", resource.id.name()).text("id", resource.id.path());
  out.text("location", location).key("associations").array();
  for (const Resource* subnet : model.below(resource.id, Kind::Subnet))
    write_association(out, subnet->id, "Contains");
  std::vector<ResourceId> associated;
  const auto refer = [&](const ResourceId& target, const ReferenceMember& member) {
    const ResourceId id = drawn_part_of(target);
    const bool is_new = std::find(associated.begin(), associated.end(), id) == associated.end();
    if (!id.empty() && member.hold == Hold::Firm && is_new) associated.push_back(id);
  };
  for (const ResourcePtr& part : model.subtree(resource.id)) {
    const bool is_its_own = drawn_part_of(part->id) == resource.id;
    if (is_its_own) for_each_reference(Realm::Azure, part->body, refer);
  }
  for (const ResourceId& id : associated) write_association(out, id, "Associated");
  out.end_array().end_object();
}

}  // namespace

Result<std::string> topology(const Question& question) {
  const auto body = read_body<TopologyQuestion>(question, "topology");
  if (!body) return tl::unexpected(body.error());
  const Model& model = question.model;
  ResourceId root = body->network;
  if (root.empty()) {
    const auto group =
        question.resource.id.ancestor(Kind::Subscription).child(Kind::ResourceGroup, body->group);
    if (!group) return tl::unexpected(group.error());
    root = *group;
  }
  if (model.find(root) == nullptr)
    return fail(ErrorCode::InvalidResourceReference,
                body->network.empty() ? "/targetResourceGroupName" : "/targetVirtualNetwork/id",
                fmt::format("{} does not exist.", root.path()),
                "Name a resource group or a virtual network that exists.");
  JsonText out;
  const std::string now = json::timestamp(question.now_ms);
  out.object().text("id",
                    Uuid::derive(model.identity(), model.revision(), root.path()).to_string());
  out.text("createdDateTime", now).text("lastModified", now).key("resources").array();
  for (const Kind kind : kDrawn) {
    for (const Resource* resource : model.below(root, kind)) {
      const Resource* owner = resource->annotations ? resource : model.find(resource->id.parent());
      write_resource(out, model, *resource, owner->annotations ? owner->annotations->location : "");
    }
  }
  return out.end_array().end_object().take();
}

}  // namespace isthmus::api::arm
