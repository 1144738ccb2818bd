// diagnostics/slbState: what the load balancers do, put together from the model when it is asked
// for and kept as the result of an operation. Groups and sections are those of real controllers;
// the values of units are texts.
//
// Source: MS-NCNBI section 3.1.5.22; Microsoft's troubleshooting guide of the software load
// balancer for the sections.
#include <fmt/format.h>

#include <functional>
#include <map>
#include <vector>

#include "api/networking/answers.h"
#include "api/networking/calls.h"
#include "api/networking/envelope.h"
#include "controller/model/placement.h"
#include "controller/model/text.h"

namespace isthmus::api::networking {
namespace {

using json::JsonText;

constexpr std::string_view kSlbStateResults = "/diagnostics/slbStateResults/";

struct Unit {
  std::string name;
  std::vector<std::string> values;
};
using Units = std::vector<Unit>;

std::string text_of(const std::optional<net::IpAddress>& address) {
  return address ? address->to_string() : "";
}

const Resource* manager(const Model& model) {
  const auto& all = model.collection(Kind::LoadBalancerManager);
  return all.empty() ? nullptr : all.begin()->get();
}

// The address that a frontend is reached at: its public one, or its private one.
std::string vip_of(const Model& model, const FrontendIpConfiguration& frontend) {
  const Resource* address =
      frontend.public_ip_address.empty() ? nullptr : model.find(frontend.public_ip_address);
  if (address != nullptr) return text_of(address->as<PublicIpAddress>().address);
  return text_of(frontend.private_address);
}

Units manager_vips(const Model& model) {
  const Resource* config = manager(model);
  if (config == nullptr) return {};
  const std::string vip = text_of(config->as<LoadBalancerManager>().address);
  return vip.empty() ? Units() : Units{{vip, {vip + "/32"}}};
}

Units mux_states(const Model& model) {
  Units units;
  for (const ResourcePtr& mux : model.collection(Kind::LoadBalancerMux)) {
    const ResourceId& host = mux->as<LoadBalancerMux>().virtual_server;
    const Resource* server = host.empty() ? nullptr : model.find(host);
    const auto fault = server == nullptr ? std::nullopt : fault_of(*server);
    units.push_back({std::string(mux->id.name()),
                     {fault ? "Failure: " + Text<HostFault>::print(*fault) : "Connected"}});
  }
  return units;
}

Units routers(const Model& model) {
  Units units;
  for (const ResourcePtr& mux : model.collection(Kind::LoadBalancerMux)) {
    const auto& body = mux->as<LoadBalancerMux>();
    for (const auto& peer : body.peer_routers) {
      units.push_back(
          {peer.name,
           {fmt::format("router {} of AS {}", peer.address.to_string(), peer.as_number),
            fmt::format("multiplexer {} of AS {}", mux->id.name(), body.local_as_number)}});
    }
  }
  return units;
}

Units connected_hosts(const Model& model) {
  Units units;
  for (const ResourcePtr& server : model.collection(Kind::Server)) {
    if (fault_of(*server)) continue;
    Unit unit{std::string(server->id.name()), {}};
    for (const Connection& connection : server->as<Server>().connections) {
      for (const std::string& address : connection.management_addresses)
        unit.values.push_back(address);
    }
    units.push_back(std::move(unit));
  }
  return units;
}

Units vip_ranges(const Model& model) {
  const Resource* config = manager(model);
  Units units;
  if (config == nullptr) return units;
  for (const ResourceId& id : config->as<LoadBalancerManager>().vip_pools) {
    const Resource* pool = model.find(id);
    if (pool == nullptr) continue;
    const auto& range = pool->as<IpPool>();
    units.push_back(
        {id.reference(), {fmt::format("{}-{}", range.start.to_string(), range.end.to_string())}});
  }
  return units;
}

// Each VIP once, with the routes that lead to it and the addresses behind it.
Units vips(const Model& model) {
  std::map<std::string, std::vector<std::string>> by_vip;
  for (const ResourcePtr& frontend : model.collection(Kind::FrontendIpConfiguration)) {
    const std::string vip = vip_of(model, frontend->as<FrontendIpConfiguration>());
    if (vip.empty()) continue;
    auto& values = by_vip[vip];
    values.push_back(
        fmt::format("route {}/{}", vip, vip.find(':') == std::string::npos ? 32 : 128));
    for (const Resource* rule : model.referrers(*frontend, Kind::LoadBalancingRule)) {
      const ResourceId& pool_id = rule->as<LoadBalancingRule>().backend_address_pool;
      const Resource* pool = pool_id.empty() ? nullptr : model.find(pool_id);
      if (pool == nullptr) continue;
      for (const Resource* backend : model.referrers(*pool, Kind::IpConfiguration)) {
        values.push_back(fmt::format(
            "DIP {} by {}", text_of(backend->as<IpConfiguration>().address), rule->id.reference()));
      }
    }
  }
  Units units;
  for (auto& [vip, values] : by_vip) units.push_back({vip, std::move(values)});
  return units;
}

// Every multiplexer announces every VIP.
Units mux_routes(const Model& model) {
  std::vector<std::string> routes;
  for (const Unit& unit : vips(model)) routes.push_back(unit.values.front().substr(6));
  Units units;
  for (const ResourcePtr& mux : model.collection(Kind::LoadBalancerMux))
    units.push_back({std::string(mux->id.name()), routes});
  return units;
}

struct Section {
  std::string_view group;
  std::string_view name;
  Units (*units)(const Model& model);
};
// Sections of one group stand together.
constexpr Section kSections[] = {
    {"Fabric", "SlbmVips", &manager_vips},       {"Fabric", "MuxState", &mux_states},
    {"Fabric", "RouterConfiguration", &routers}, {"Fabric", "ConnectedHostInfo", &connected_hosts},
    {"Fabric", "VipRanges", &vip_ranges},        {"Fabric", "MuxRoutes", &mux_routes},
    {"Tenant", "VipConsolidatedState", &vips},
};

void write_units(JsonText& out, const Units& units) {
  out.key("dataunits").array();
  for (const Unit& unit : units) {
    out.object().text("name", unit.name).key("value").array();
    for (const std::string& value : unit.values) out.text(value);
    out.end_array().end_object();
  }
  out.end_array();
}

std::string output_of(const Model& model) {
  JsonText out;
  out.object().key("datagroups").array();
  std::string_view group;
  for (const Section& section : kSections) {
    if (section.group != group) {
      if (!group.empty()) out.end_array().end_object();
      group = section.group;
      out.object().text("name", group).key("dataSections").array();
    }
    out.object().text("name", section.name);
    write_units(out, section.units(model));
    out.end_object();
  }
  out.end_array().end_object().end_array().end_object();
  return out.take();
}

}  // namespace

void collect_slb_state(const CallPtr& call) {
  Service& service = call->service;
  const ModelPtr model = service.controller.model();
  const std::string& id = call->operation_id();
  service.slb_results.put(id, output_of(*model), service.now_ms());
  JsonText out;
  write_envelope(out, *model, "/diagnostics/slbState", [&] {
    out.text("operationId", id).key("slbStateResult").object();
    out.text("resourceRef", std::string(kSlbStateResults) + id).end_object();
  });
  call->done(json_answer(200, out.take()));
}

void get_slb_state(const CallPtr& call) {
  const Service& service = call->service;
  const auto entry = service.slb_results.find(call->address.name, service.now_ms());
  if (!entry) return call->fail_with(no_result(call->address.name));
  JsonText out;
  write_envelope(out, *service.controller.model(), std::string(kSlbStateResults) + entry->id, [&] {
    const bool waits = service.now_ms() < entry->added_ms + service.delay_ms();
    out.text("provisioningState", waits ? "Updating" : "Succeeded");
    if (!waits) out.key("output").raw(entry->value);
  });
  call->done(json_answer(200, out.take()));
}

}  // namespace isthmus::api::networking
