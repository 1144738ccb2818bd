// GET counters: what went through interfaces and peerings, and what was dropped, by the names of
// resources. Of resources that are there: what was counted for others is told no more.
#include "api/control/calls.h"
#include "api/json/json_text.h"
#include "controller/model/networks.h"
#include "controller/program/values.h"

namespace isthmus::api::control {
namespace {

using dataplane::CounterTotals;
using dataplane::Traffic;
using json::JsonText;

void write_traffic(JsonText& json, const Traffic& traffic) {
  json.number("packets", traffic.packets).number("bytes", traffic.bytes);
}

void write_interfaces(JsonText& json, const Model& model, const CounterTotals& totals) {
  json.key("interfaces").array();
  for (const auto& [port, traffic] : totals.ports) {
    const Resource* nic = program::resource_of(model, port);
    if (nic == nullptr) continue;
    json.object().text("interface", nic->id.path());
    write_traffic(json.key("sent").object(), traffic.sent);
    write_traffic(json.end_object().key("received").object(), traffic.received);
    json.end_object().end_object();
  }
  json.end_array();
}

void write_peerings(JsonText& json, const Model& model, const CounterTotals& totals) {
  json.key("peerings").array();
  for (const auto& [key, traffic] : totals.peerings) {
    const Resource* from = program::resource_of(model, key.from);
    const Resource* to = program::resource_of(model, key.to);
    if (from == nullptr || to == nullptr) continue;
    json.object().text("from", from->id.path()).text("to", to->id.path());
    if (const Resource* peering = peering_from(model, *from, *to))
      json.text("peering", peering->id.path());
    write_traffic(json, traffic);
    json.end_object();
  }
  json.end_array();
}

void write_drops(JsonText& json, const Model& model, const CounterTotals& totals) {
  json.key("drops").array();
  for (const auto& [key, packets] : totals.drops_by_resource) {
    const Resource* by = program::resource_of(model, key.by);
    if (by == nullptr && key.by != dataplane::Tag::None) continue;
    json.object().text("reason", info(key.reason).text);
    if (by != nullptr) json.text("resource", by->id.path());
    json.number("packets", packets).end_object();
  }
  json.end_array();
}

}  // namespace

http::Response show_counters(const Service& service, const http::Request&) {
  const bool is_forwarding = static_cast<bool>(service.options.packets);
  const CounterTotals totals = is_forwarding ? service.options.packets() : CounterTotals{};
  const ModelPtr model = service.controller.model();
  JsonText json;
  json.object().key("forwarding").boolean(is_forwarding);
  write_interfaces(json, *model, totals);
  write_peerings(json, *model, totals);
  write_drops(json, *model, totals);
  return json_answer(json.end_object().take());
}

}  // namespace isthmus::api::control
