#include "api/json/render.h"

#include <algorithm>

#include "api/json/derived.h"
#include "api/json/json_writer.h"

namespace isthmus::api::json {
namespace {

class Renderer {
 public:
  Renderer(JsonText& out, const Model& model, Phase phase)
      : out_(out), model_(model), phase_(phase) {}

  void resource(const Resource& root) {
    Stamp renewed;
    for (ResourceId id = root.id.parent(); !id.empty(); id = id.parent()) {
      if (const Resource* ancestor = model_.find(id)) renewed = std::max(renewed, ancestor->put);
    }
    resource(root, renewed, 0);
  }

 private:
  // `renewed` is when an ancestor was put last: that renews the etags below, and updates them.
  void resource(const Resource& resource, Stamp renewed, int depth);
  void annotations(const Annotations& annotations);
  void properties(const Resource& resource, Stamp renewed, int depth);
  void children(const Resource& parent, Kind kind, Stamp renewed, int depth);
  const std::string& etag(Revision revision);

  JsonText& out_;
  const Model& model_;
  const Phase phase_;
  Revision etag_revision_ = 0;  // of the etag below; children often have their parent's
  std::string etag_;
};

void Renderer::resource(const Resource& resource, Stamp renewed, int depth) {
  renewed = std::max(renewed, resource.put);
  out_.object();
  out_.text("resourceRef", resource.id.reference());
  out_.text("resourceId", resource.id.name());
  out_.text("etag", etag(std::max(renewed, resource.changed).revision));
  out_.text("instanceId", resource.instance_id.to_string());
  if (resource.annotations) annotations(*resource.annotations);
  // The one member of real answers that stands outside of the properties.
  if (resource.kind() == Kind::VirtualServer) out_.key("markServerReadOnly").boolean(false);
  out_.key("properties");
  properties(resource, renewed, depth);
  out_.end_object();
}

void Renderer::annotations(const Annotations& annotations) {
  const auto write = [this](std::string_view name, const auto& pairs) {
    if (pairs.empty()) return;
    out_.key(name);
    out_.object();
    for (const auto& [key, text] : pairs) {
      out_.key(key);
      out_.text(text);
    }
    out_.end_object();
  };
  write("resourceMetadata", annotations.metadata);
  write("tags", annotations.tags);
}

void Renderer::properties(const Resource& resource, Stamp renewed, int depth) {
  out_.object();
  out_.text("provisioningState", phase_.state(std::max(renewed, resource.changed)));
  JsonWriter writer(out_, resource.id.realm(), Audience::Client);
  describe_body(writer, resource.body);
  for (const KindInfo& row : kinds_in(Realm::Onprem)) {
    if (row.parent == resource.kind()) children(resource, row.kind, renewed, depth);
  }
  for (const DerivedMember& row : derived_members()) {
    if (row.kind != resource.kind() || depth > row.depth_max) continue;
    if (row.present != nullptr && !row.present(model_, resource)) continue;
    out_.key(row.name);
    row.write(out_, model_, resource);
  }
  out_.end_object();
}

void Renderer::children(const Resource& parent, Kind kind, Stamp renewed, int depth) {
  // Real controllers leave out a list of peerings that is empty, and show other empty lists.
  bool is_open = info(kind).in_parent != InParent::Echoed;
  const auto open = [&] {
    out_.key(info(kind).segment);
    out_.array();
  };
  if (is_open) open();
  model_.each_below(parent.id, kind, [&](const Resource& child) {
    if (!is_open) open();
    is_open = true;
    resource(child, renewed, depth + 1);
    return true;
  });
  if (is_open) out_.end_array();
}

const std::string& Renderer::etag(Revision revision) {
  if (etag_.empty() || revision != etag_revision_) etag_ = etag_of_revision(model_, revision);
  etag_revision_ = revision;
  return etag_;
}

JsonText& text_of_this_thread() {
  thread_local JsonText text;
  return text;
}

}  // namespace

std::string render(const Model& model, const Resource& resource, Phase phase) {
  JsonText& out = text_of_this_thread();
  Renderer(out, model, phase).resource(resource);
  return out.take();
}

std::string render_list(const Model& model, std::span<const Resource* const> resources,
                        std::string_view next_link, Phase phase) {
  JsonText& out = text_of_this_thread();
  Renderer renderer(out, model, phase);
  out.object();
  out.key("value");
  out.array();
  for (const Resource* resource : resources) renderer.resource(*resource);
  out.end_array();
  out.text("nextLink", next_link);
  out.end_object();
  return out.take();
}

}  // namespace isthmus::api::json
