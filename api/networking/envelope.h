// The envelope of answers that are no resources of the model but look like some: results of
// diagnostics, backups, instances. For .cc files of this folder: JSON is heavy.
#pragma once

#include <string>
#include <string_view>

#include "api/json/json_text.h"
#include "controller/model/model.h"

namespace isthmus::api::networking {

// {"resourceRef","resourceId","instanceId","properties":{...}}. The instance id follows from the
// reference. write_properties() writes the members of properties.
template <class Properties>
void write_envelope(json::JsonText& out, const Model& model, std::string_view reference,
                    const Properties& write_properties) {
  out.object();
  out.text("resourceRef", reference);
  out.text("resourceId", reference.substr(reference.rfind('/') + 1));
  out.text("instanceId", Uuid::derive(model.identity(), 0, reference).to_string());
  out.key("properties").object();
  write_properties();
  out.end_object();
  out.end_object();
}

// {"value":[...],"nextLink":"..."}; write_items() writes the elements.
template <class Items>
void write_collection(json::JsonText& out, const Items& write_items,
                      std::string_view next_link = {}) {
  out.object().key("value").array();
  write_items();
  out.end_array().text("nextLink", next_link).end_object();
}

}  // namespace isthmus::api::networking
