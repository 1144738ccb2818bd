// The effective routes of an interface or a subnet, with the losers and their reasons on request.
#include <fmt/format.h>

#include <algorithm>

#include "api/control/calls.h"
#include "api/json/json_text.h"
#include "controller/model/either_realm.h"
#include "controller/model/networks.h"
#include "controller/model/text.h"
#include "controller/routes/routes.h"

namespace isthmus::api::control {
namespace {

using json::JsonText;

Error not_there(std::string_view what, std::string_view written) {
  return {ErrorCode::ResourceNotFound,
          "",
          fmt::format("There is no {} {}.", what, in_quotes(written)),
          "",
          {}};
}

// "hub/dmz" or "/virtualNetworks/hub/subnets/dmz", or the id that Azure gives one.
Result<const Resource*> find_subnet(const Model& model, std::string_view written) {
  const bool is_short =
      std::count(written.begin(), written.end(), '/') == 1 && !written.starts_with('/');
  const size_t slash = written.find('/');
  const auto id =
      is_short ? ResourceId::parse(fmt::format("/virtualNetworks/{}/subnets/{}",
                                               written.substr(0, slash), written.substr(slash + 1)))
               : parse_in_either_realm(written);
  const Resource* subnet = id && id->kind() == Kind::Subnet ? model.find(*id) : nullptr;
  if (subnet == nullptr) return tl::unexpected(not_there("subnet of a virtual network", written));
  return subnet;
}

// The virtual subnets that an interface has addresses in, each once.
std::vector<const Resource*> subnets_of(const Model& model, const Resource& nic) {
  std::vector<const Resource*> subnets;
  for (const Resource* ip : model.below(nic.id, Kind::IpConfiguration)) {
    const ResourceId& id = ip->as<IpConfiguration>().subnet;
    const Resource* subnet = id.kind() == Kind::Subnet ? model.find(id) : nullptr;
    const bool is_new = std::find(subnets.begin(), subnets.end(), subnet) == subnets.end();
    if (subnet != nullptr && is_new) subnets.push_back(subnet);
  }
  return subnets;
}

Result<std::vector<const Resource*>> asked_subnets(const Model& model,
                                                   const http::Request& request) {
  const auto nic = request.parameter("nic");
  const auto subnet = request.parameter("subnet");
  if (nic.has_value() == subnet.has_value()) {
    return fail(ErrorCode::InvalidParameterValue, "",
                "The call needs one of the parameters nic and subnet.",
                "Ask for ?nic=web1 or ?subnet=hub/dmz.");
  }
  if (subnet)
    return find_subnet(model, *subnet).map([](const Resource* one) { return std::vector{one}; });
  return find_nic(model, *nic).map([&model](const Resource* one) {
    return subnets_of(model, *one);
  });
}

void write_candidate(JsonText& json, const RouteCandidate& route) {
  json.text("prefix", route.prefix.to_string()).text("nextHopType", name(route.next_hop));
  if (route.next_hop_address) json.text("nextHop", route.next_hop_address->to_string());
  if (route.next_hop == NextHop::VirtualNetworkPeering)
    json.text("nextHop", route.network->id.reference());
  json.text("source", name(route.source));
}

void write_via(JsonText& json, const RouteCandidate& route) {
  if (route.via == nullptr) return;
  json.key("via").object().text("resourceRef", route.via->id.reference()).end_object();
}

void write_losers(JsonText& json, const std::vector<LostRoute>& losers) {
  json.key("losers").array();
  for (const LostRoute& loser : losers) {
    json.object();
    write_candidate(json, loser.route);
    write_via(json, loser.route);
    json.text("because", loser.because).end_object();
  }
  json.end_array();
}

enum class Losers : uint8_t { Hide, Show };

void write_routes(JsonText& json, const Model& model, const Resource& subnet,
                  std::string_view label, Losers losers) {
  for (const EffectiveRoute& effective : effective_routes(model, viewpoint_of(model, subnet))) {
    json.object().text_unless_empty("subnet", label);
    write_candidate(json, effective.route);
    json.text("state", effective.is_reachable ? "Active" : "Unreachable");
    write_via(json, effective.route);
    if (losers == Losers::Show) write_losers(json, effective.losers);
    json.end_object();
  }
}

}  // namespace

Result<const Resource*> find_nic(const Model& model, std::string_view written) {
  const auto id = written.find('/') == std::string_view::npos
                      ? ResourceId::make(Kind::NetworkInterface, written)
                      : parse_in_either_realm(written);
  const Resource* nic = id && id->kind() == Kind::NetworkInterface ? model.find(*id) : nullptr;
  if (nic == nullptr) return tl::unexpected(not_there("network interface", written));
  return nic;
}

http::Response show_routes(const Service& service, const http::Request& request) {
  const auto losers = flag(request, "losers");
  if (!losers) return answer(problem_of(losers.error()));
  const ModelPtr model = service.controller.model();
  const auto subnets = asked_subnets(*model, request);
  if (!subnets) return answer(problem_of(subnets.error()));
  JsonText json;
  json.object().key("routes").array();
  for (const Resource* subnet : *subnets) {
    // One subnet needs no telling apart.
    const std::string label = subnets->size() > 1 ? subnet->id.reference() : "";
    write_routes(json, *model, *subnet, label, *losers ? Losers::Show : Losers::Hide);
  }
  json.end_array().end_object();
  return json_answer(json.take());
}

}  // namespace isthmus::api::control
