#include "api/arm/default_rules.h"

#include <fmt/format.h>

#include "api/json/json_writer.h"
#include "controller/model/security_rules.h"

namespace isthmus::api::arm {
namespace {

void write(json::JsonText& out, const Model& model, const Resource& group,
           const DefaultSecurityRule& row) {
  out.object();
  out.text("name", row.name);
  out.text("id", fmt::format("{}/defaultSecurityRules/{}", group.id.path(), row.name));
  out.text("etag", etag(model, group));
  out.text("type", azure_type(Kind::AccessControlList) + "/defaultSecurityRules");
  out.key("properties").object().text("provisioningState", "Succeeded");
  json::JsonWriter writer(out, Realm::Azure, json::Audience::Client);
  describe(writer, row.rule);
  out.end_object().end_object();
}

}  // namespace

void write_default_rules(json::JsonText& out, const Model& model, const Resource& group) {
  out.array();
  for (const DefaultSecurityRule& row : default_security_rules()) write(out, model, group, row);
  out.end_array();
}

std::string default_rules_text(const Model& model, const Resource& group) {
  json::JsonText out;
  out.object().key("value");
  write_default_rules(out, model, group);
  return out.end_object().take();
}

std::optional<std::string> default_rule_text(const Model& model, const Resource& group,
                                             std::string_view name) {
  for (const DefaultSecurityRule& row : default_security_rules()) {
    if (!equal_ignoring_case(row.name, name)) continue;
    json::JsonText out;
    write(out, model, group, row);
    return out.take();
  }
  return std::nullopt;
}

}  // namespace isthmus::api::arm
