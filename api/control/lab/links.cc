#include "api/control/lab/links.h"

#include <algorithm>
#include <set>

namespace isthmus::api::lab {
namespace {

NetworkLinks stored_links(const Model& model, const ResourceId& network) {
  const Resource* resource = model.find(network);
  if (resource == nullptr) return {};
  return resource->as<VirtualNetwork>().links.value_or(NetworkLinks{});
}

// The networks of a document by their ids.
std::map<ResourceId, const LabNetwork*> networks_of(const LabDocument& document) {
  const ResourceId home = lab_home(document);
  std::map<ResourceId, const LabNetwork*> networks;
  for (const LabNetwork& network : document.networks)
    networks.emplace(below(home, Kind::VirtualNetwork, network.name), &network);
  return networks;
}

}  // namespace

std::vector<std::pair<std::string_view, std::string_view>> link_readings(
    std::string_view name, const IsNetwork& is_network) {
  std::vector<std::pair<std::string_view, std::string_view>> readings;
  for (size_t dash = name.find('-'); dash != std::string_view::npos;
       dash = name.find('-', dash + 1)) {
    const auto a = name.substr(0, dash), b = name.substr(dash + 1);
    if (is_network(a) && is_network(b)) readings.emplace_back(a, b);
  }
  return readings;
}

std::map<ResourceId, NetworkLinks> expand_links(const LabDocument& document, const Model& model,
                                                Prune prune) {
  const ResourceId home = lab_home(document);
  const auto networks = networks_of(document);
  std::map<ResourceId, NetworkLinks> links;
  for (const auto& [id, network] : networks) {
    NetworkLinks& kept = links[id];
    if (prune == Prune::Keep) kept = stored_links(model, id);
    std::erase_if(kept, [&](const NetworkLink& link) { return networks.contains(link.to); });
  }
  for (const LabLink& link : document.links) {
    if (link.is_perfect()) continue;
    const ResourceId a = below(home, Kind::VirtualNetwork, link.a);
    const ResourceId b = below(home, Kind::VirtualNetwork, link.b);
    NetworkLink way{b, static_cast<uint64_t>(link.latency.count()), link.loss_ppm,
                    link.rate_bits_per_second};
    links[a].push_back(way);
    way.to = a;
    links[b].push_back(way);
  }
  return links;
}

std::vector<LabLink> links_of_model(const LabDocument& document, const Model& model) {
  const auto networks = networks_of(document);
  std::set<std::string, std::less<>> names;
  for (const LabNetwork& network : document.networks) names.insert(lower_case(network.name));
  const auto is_clear = [&](const LabLink& link) {
    const auto is_network = [&](std::string_view name) { return names.contains(lower_case(name)); };
    return link_readings(link.a + "-" + link.b, is_network).size() == 1;
  };
  std::vector<LabLink> links;
  std::set<std::pair<ResourceId, ResourceId>> seen;
  for (const auto& [id, network] : networks) {
    for (const NetworkLink& way : stored_links(model, id)) {
      const auto other = networks.find(way.to);
      if (other == networks.end() || !seen.insert(std::minmax({id, way.to})).second) continue;
      LabLink link{network->name, other->second->name, std::chrono::microseconds(way.latency_us),
                   way.loss_ppm, way.rate_bits_per_second};
      if (!is_clear(link)) std::swap(link.a, link.b);
      if (is_clear(link)) links.push_back(std::move(link));
    }
  }
  return links;
}

}  // namespace isthmus::api::lab
