#include "api/arm/resource_text.h"

#include <algorithm>
#include <array>

#include "api/arm/derived.h"
#include "api/json/json_writer.h"

namespace isthmus::api::arm {
namespace {

using json::JsonText;

// What a connection leads from and to: Azure shows it as a resource, and clients read the
// properties of one before they look whether there are any.
constexpr std::array<std::string_view, 3> kEndsOfConnections = {
    "virtualNetworkGateway1", "virtualNetworkGateway2", "localNetworkGateway2"};

class Renderer {
 public:
  Renderer(JsonText& out, const Model& model, json::Phase phase)
      : out_(out), model_(model), phase_(phase) {}

  // A PUT of what is above updates what is below, but for that of a group.
  void resource(const Resource& resource) {
    Stamp renewed;
    for (ResourceId id = resource.id.parent(); !id.empty() && id.kind() != Kind::ResourceGroup;
         id = id.parent()) {
      if (const Resource* ancestor = model_.find(id)) renewed = std::max(renewed, ancestor->put);
    }
    write(resource, renewed);
  }

  void summary(const Resource& resource) {
    out_.object();
    envelope(resource);
    out_.end_object();
  }

 private:
  void write(const Resource& resource, Stamp renewed) {
    renewed = std::max(renewed, resource.put);
    out_.object();
    envelope(resource);
    out_.key("properties").object();
    const bool is_group = resource.kind() == Kind::ResourceGroup;
    const Stamp newest = is_group ? Stamp() : std::max(renewed, resource.changed);
    out_.text("provisioningState", phase_.state(newest));
    json::JsonWriter writer(out_, Realm::Azure, json::Audience::Client, opened_in(resource));
    describe_body(writer, resource.body);
    for (const KindInfo& row : kinds_in(Realm::Azure)) {
      if (row.parent == resource.kind() && row.kind != Kind::ResourceGroup)
        children(resource, row.kind, renewed);
    }
    derived(resource, derived_members());
    derived(resource, derived_service_members());
    out_.end_object();
    out_.end_object();
  }

  static std::span<const std::string_view> opened_in(const Resource& resource) {
    if (resource.kind() != Kind::GatewayConnection) return {};
    return kEndsOfConnections;
  }

  // A child has neither location, sku nor tags, and a group no etag.
  void envelope(const Resource& resource) {
    out_.text("name", resource.id.name());
    out_.text("id", resource.id.path());
    if (resource.kind() != Kind::ResourceGroup) out_.text("etag", etag(model_, resource));
    out_.text("type", azure_type(resource.kind()));
    if (resource.kind() == Kind::NetworkInterface) out_.text("kind", "Regular");
    if (has_sku(resource.kind())) write(sku_of(resource));
    if (!resource.annotations) return;
    out_.text_unless_empty("location", resource.annotations->location);
    if (!resource.annotations->zones.empty()) {
      out_.key("zones").array();
      for (const std::string& zone : resource.annotations->zones) out_.text(zone);
      out_.end_array();
    }
    if (resource.annotations->tags.empty()) return;
    out_.key("tags").object();
    for (const auto& [key, text] : resource.annotations->tags) out_.text(key, text);
    out_.end_object();
  }

  void derived(const Resource& resource, std::span<const DerivedMember> members) {
    for (const DerivedMember& row : members) {
      if (row.kind != resource.kind()) continue;
      if (row.present != nullptr && !row.present(model_, resource)) continue;
      out_.key(row.name);
      row.write(out_, model_, resource);
    }
  }

  void write(const Sku& sku) {
    out_.key("sku").object().text("name", sku.name).text("tier", sku.tier).end_object();
  }

  void children(const Resource& parent, Kind kind, Stamp renewed) {
    out_.key(info(kind).azure_segment).array();
    model_.each_below(parent.id, kind, [&](const Resource& child) {
      write(child, renewed);
      return true;
    });
    out_.end_array();
  }

  JsonText& out_;
  const Model& model_;
  const json::Phase phase_;
};

JsonText& text_of_this_thread() {
  thread_local JsonText text;
  return text;
}

template <class Write>
std::string list(std::span<const Resource* const> resources, std::string_view next_link,
                 const Write& write) {
  JsonText& out = text_of_this_thread();
  out.object().key("value").array();
  for (const Resource* resource : resources) write(out, *resource);
  out.end_array().text_unless_empty("nextLink", next_link).end_object();
  return out.take();
}

}  // namespace

std::string resource_text(const Model& model, const Resource& resource, json::Phase phase) {
  JsonText& out = text_of_this_thread();
  Renderer(out, model, phase).resource(resource);
  return out.take();
}

std::string collection_text(const Model& model, std::span<const Resource* const> resources,
                            std::string_view next_link, json::Phase phase) {
  return list(resources, next_link, [&model, phase](JsonText& out, const Resource& resource) {
    Renderer(out, model, phase).resource(resource);
  });
}

std::string summary_text(const Model& model, std::span<const Resource* const> resources,
                         std::string_view next_link) {
  return list(resources, next_link, [&model](JsonText& out, const Resource& resource) {
    Renderer(out, model, {}).summary(resource);
  });
}

}  // namespace isthmus::api::arm
