// A model to the lab document that says it.
//
// Law, held by tests: applied to a fresh controller, the document gives the same resources, up to
// what is allocated anew (MAC addresses, virtual subnet ids, instance ids). What the short form
// cannot say is found by comparing the model with what the document would make, so that a new
// member of a resource can be forgotten nowhere.
#pragma once

#include <string>
#include <vector>

#include "api/control/lab/document.h"
#include "controller/model/model.h"

namespace isthmus::api::lab {

struct LabExport {
  LabDocument document;
  // One sentence fragment each: "/virtualNetworks/hub: properties.dhcpOptions.dnsServers".
  std::vector<std::string> unsaid;
};
// What is told: on-prem, or what stands in a resource group of Azure (lab_group()).
struct LabScope {
  Realm realm = Realm::Onprem;
  std::string group = {};
  std::string subscription = std::string(config::kDefaultSubscription);
};
LabExport to_document(const Model& model, const LabScope& scope = {});

// YAML, with `comments` on top. Law: parse_lab(print(document)) == document.
std::string print(const LabDocument& document, const std::vector<std::string>& comments = {});

// Both: the text of GET /_isthmus/v1/export.
std::string export_lab(const Model& model, const LabScope& scope = {});

}  // namespace isthmus::api::lab
