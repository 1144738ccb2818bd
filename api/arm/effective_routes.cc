#include "api/arm/effective_routes.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "api/json/json_text.h"
#include "controller/model/networks.h"

namespace isthmus::api::arm {
namespace {

using json::JsonText;

struct Row {
  RouteCandidate route;
  bool is_active;
};

std::string_view source_name(RouteSource source) {
  switch (source) {
    case RouteSource::User:
      return "User";
    case RouteSource::Gateway:
      return "VirtualNetworkGateway";
    case RouteSource::System:
      break;
  }
  return "Default";
}

// The default routes, then those of gateways, then the user's.
int rank_of(RouteSource source) {
  return source == RouteSource::System ? 0 : source == RouteSource::Gateway ? 1 : 2;
}

std::vector<Row> rows_of(const Model& model, const Viewpoint& from) {
  std::vector<Row> rows;
  for (const EffectiveRoute& effective : effective_routes(model, from)) {
    rows.push_back({effective.route, true});
    for (const LostRoute& lost : effective.losers) rows.push_back({lost.route, false});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    const auto rank = [](const Row& row) {
      const NextHop kind =
          row.route.source == RouteSource::System ? row.route.next_hop : NextHop::VnetLocal;
      return std::tuple(rank_of(row.route.source), row.route.prefix.family(), kind);
    };
    return rank(a) < rank(b);
  });
  return rows;
}

// What a subnet's service endpoints lead to: one range for each service, of those that Azure
// publishes as its service tags, so that the row is there. Packets to it go where those to the
// Internet go.
struct ServiceRange {
  std::string_view service;
  std::string_view prefix;
};
constexpr std::array kServiceRanges = {
    ServiceRange{"Microsoft.Storage", "20.38.96.0/19"},
    ServiceRange{"Microsoft.Sql", "20.36.104.0/23"},
    ServiceRange{"Microsoft.KeyVault", "20.36.40.0/28"},
    ServiceRange{"Microsoft.AzureCosmosDB", "20.36.26.132/32"},
    ServiceRange{"Microsoft.ServiceBus", "20.36.106.96/29"},
    ServiceRange{"Microsoft.EventHub", "20.36.72.64/26"},
    ServiceRange{"Microsoft.Web", "20.36.120.208/29"},
    ServiceRange{"Microsoft.AzureActiveDirectory", "20.20.32.0/19"},
    ServiceRange{"Microsoft.ContainerRegistry", "20.21.42.88/29"},
    ServiceRange{"Microsoft.CognitiveServices", "20.21.66.80/28"},
};

void write_service_endpoints(JsonText& out, const Subnet& subnet, bool ignores_gateways) {
  for (const ServiceEndpoint& endpoint : subnet.azure.service_endpoints) {
    for (const ServiceRange& row : kServiceRanges) {
      if (!equal_ignoring_case(row.service, endpoint.service)) continue;
      out.object().key("disableBgpRoutePropagation").boolean(ignores_gateways);
      out.text("source", "Default").text("state", "Active").key("hasBgpOverride").boolean(false);
      out.key("addressPrefix").array().text(row.prefix).end_array();
      out.text("nextHopType", "VirtualNetworkServiceEndpoint");
      out.key("nextHopIpAddress").array().end_array();
      out.key("destinationServiceTags").array().end_array();
      out.key("tagMap").object().end_object().end_object();
    }
  }
}

void write(JsonText& out, const Model& model, const Row& row, bool ignores_gateways) {
  out.object();
  if (row.route.source == RouteSource::User) out.text("name", row.route.via->id.name());
  out.key("disableBgpRoutePropagation").boolean(ignores_gateways);
  out.text("source", source_name(row.route.source));
  out.text("state", row.is_active ? "Active" : "Invalid");
  out.key("hasBgpOverride").boolean(false);
  out.key("addressPrefix").array().text(row.route.prefix.to_string()).end_array();
  out.text("nextHopType", next_hop_type(model, row.route));
  out.key("nextHopIpAddress").array();
  if (row.route.next_hop_address) out.text(row.route.next_hop_address->to_string());
  out.end_array();
  out.key("destinationServiceTags").array().end_array();
  out.key("tagMap").object().end_object();
  out.end_object();
}

}  // namespace

const Resource* primary_subnet(const Model& model, const Resource& interface) {
  for (const Resource* ip : model.below(interface.id, Kind::IpConfiguration)) {
    if (ip->as<IpConfiguration>().azure.is_primary)
      return model.find(ip->as<IpConfiguration>().subnet);
  }
  return nullptr;
}

std::string_view next_hop_type(const Model& model, const RouteCandidate& route) {
  switch (route.next_hop) {
    case NextHop::VnetLocal:
      return "VnetLocal";
    case NextHop::VirtualNetworkPeering: {
      const Resource& local = network_of(model, *route.via);
      return location_of(local) == location_of(*route.network) ? "VNetPeering"
                                                               : "VNetGlobalPeering";
    }
    case NextHop::VirtualAppliance:
      return "VirtualAppliance";
    case NextHop::VirtualNetworkGateway:
      return "VirtualNetworkGateway";
    case NextHop::Internet:
      return "Internet";
    case NextHop::None:
      return "None";
  }
  return "None";
}

std::string effective_routes_text(const Model& model, const Resource& interface) {
  JsonText out;
  out.object().key("value").array();
  if (const Resource* subnet = primary_subnet(model, interface)) {
    const Viewpoint from = viewpoint_of(model, *subnet);
    const bool ignores_gateways =
        from.route_table && from.route_table->as<RouteTable>().disable_bgp_route_propagation;
    for (const Row& row : rows_of(model, from)) write(out, model, row, ignores_gateways);
    write_service_endpoints(out, subnet->as<Subnet>(), ignores_gateways);
  }
  return out.end_array().end_object().take();
}

}  // namespace isthmus::api::arm
