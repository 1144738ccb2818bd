// Every network interface as the machine behind it is set up: what a lab needs to make the
// machines.
#include "api/control/calls.h"
#include "api/json/json_text.h"
#include "controller/model/networks.h"
#include "controller/program/values.h"

namespace isthmus::api::control {
namespace {

using json::JsonText;

void write_address(JsonText& json, const Model& model, const dataplane::PortAddress& address) {
  json.object()
      .text("address", address.address.to_string())
      .text("subnet", address.subnet.to_string())
      .text("router", address.router.to_string());
  if (const Resource* network = program::resource_of(model, address.table.domain))
    json.text("network", network->id.reference());
  json.end_object();
}

// Interfaces without an address in a virtual network carry no packets and are left out.
void write_interface(JsonText& json, const Model& model, const Resource& nic) {
  const auto port = program::port(model, dataplane::PortId{nic.serial});
  if (!port || port->addresses.empty()) return;
  json.object()
      .text("resourceRef", nic.id.reference())
      .text("name", nic.id.name())
      .text("instanceId", nic.instance_id.to_string())
      .text("mac", port->mac.dashed())
      .key("forwards")
      .boolean(port->may_forward)
      .key("addresses")
      .array();
  for (const auto& address : port->addresses) write_address(json, model, address);
  json.end_array().end_object();
}

}  // namespace

http::Response show_interfaces(const Service& service, const http::Request&) {
  const ModelPtr model = service.controller.model();
  JsonText json;
  json.object().text_unless_empty("wires", service.options.wires).key("interfaces").array();
  for (const ResourcePtr& nic : model->collection(Kind::NetworkInterface))
    write_interface(json, *model, *nic);
  json.end_array().end_object();
  return json_answer(json.take());
}

}  // namespace isthmus::api::control
