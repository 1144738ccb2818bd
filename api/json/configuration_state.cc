#include "api/json/configuration_state.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "api/json/timestamp.h"
#include "controller/model/placement.h"

namespace isthmus::api::json {
namespace {

// In the order of HostFault.
constexpr std::array<std::string_view, kNames<HostFault>.size()> kMessages = {
    "The cause is not known.",
    "The host is not reachable.",
    "No provider address is left in the IP pools of the logical network.",
    "No MAC address is left in the MAC pools.",
    "Failed to configure the provider address on the host.",
    "The host does not trust the certificate.",
    "The certificate is not authorized on the host.",
    "Failed to configure the policies on the Virtual Filtering Platform.",
    "Failed to configure the policies on the host device.",
    "The host is not connected to the controller.",
    "More than one virtual switch of the host has the Virtual Filtering Platform enabled.",
    "Failed to configure the distributed router on the host.",
    "No address was leased by DHCP.",
    "The Port is blocked on the host.",
    "The host is overloaded.",
    "Failed to publish the routes.",
    "The virtual server is not reachable.",
    "Failed to configure the QoS settings on the host.",
};

// What is not as it should be.
struct Failure {
  const Resource* where;  // the host, or the interface on it
  const Resource* host;
  HostFault fault;
};

std::optional<Failure> failure_at(const Resource& where, const Resource* host) {
  const auto fault = host == nullptr ? std::nullopt : fault_of(*host);
  if (!fault) return std::nullopt;
  return Failure{&where, host, *fault};
}

void add(std::vector<Failure>& failures, std::optional<Failure> failure) {
  if (failure) failures.push_back(*failure);
}

std::vector<Failure> of_host(const Model&, const Resource& host) {
  std::vector<Failure> failures;
  add(failures, failure_at(host, &host));
  return failures;
}

std::vector<Failure> of_interface(const Model& model, const Resource& nic) {
  std::vector<Failure> failures;
  add(failures, failure_at(nic, server_of(model, nic)));
  return failures;
}

// Multiplexers and gateways run in a virtual server.
template <class Body>
std::vector<Failure> of_appliance(const Model& model, const Resource& appliance) {
  const ResourceId& host = appliance.as<Body>().virtual_server;
  std::vector<Failure> failures;
  if (!host.empty()) add(failures, failure_at(appliance, model.find(host)));
  return failures;
}

// A virtual gateway fails when every gateway of its pools does: until then another one takes over.
std::vector<Failure> of_virtual_gateway(const Model& model, const Resource& virtual_gateway) {
  std::vector<Failure> failures;
  size_t gateways = 0;
  for (const ResourceId& pool_id : virtual_gateway.as<VirtualGateway>().pools) {
    const Resource* pool = model.find(pool_id);
    if (pool == nullptr) continue;
    for (const Resource* gateway : model.referrers(*pool, Kind::Gateway)) {
      ++gateways;
      const auto of_gateway = of_appliance<Gateway>(model, *gateway);
      failures.insert(failures.end(), of_gateway.begin(), of_gateway.end());
    }
  }
  if (failures.size() < gateways) failures.clear();
  return failures;
}

std::vector<Failure> of_connection(const Model& model, const Resource& connection) {
  return of_virtual_gateway(model, *model.find(connection.id.parent()));
}

// Of each interface once, in path order.
std::vector<Failure> of_interfaces(const Model& model,
                                   const std::vector<const Resource*>& configs) {
  std::map<ResourceId, Failure> failures;
  for (const Resource* ip_configuration : configs) {
    const Resource* nic = model.find(ip_configuration->id.parent());
    if (const auto failure = failure_at(*nic, server_of(model, *nic)))
      failures.try_emplace(nic->id, *failure);
  }
  std::vector<Failure> list;
  for (const auto& [id, failure] : failures) list.push_back(failure);
  return list;
}

void append(std::vector<const Resource*>& all, const std::vector<const Resource*>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

std::vector<Failure> of_network(const Model& model, const Resource& network) {
  std::vector<const Resource*> configurations;
  for (const Resource* subnet : model.below(network.id, Kind::Subnet))
    append(configurations, model.ip_configurations(*subnet));
  return of_interfaces(model, configurations);
}

std::vector<Failure> of_access_list(const Model& model, const Resource& list) {
  std::vector<const Resource*> configurations = model.referrers(list, Kind::IpConfiguration);
  for (const Resource* subnet : model.referrers(list, Kind::Subnet))
    append(configurations, model.ip_configurations(*subnet));
  return of_interfaces(model, configurations);
}

// Where the failures of a type are shown.
enum class Shape : uint8_t {
  Own,         // the resource's own detailedInfo
  Spread,      // virtualNetworkInterfaceErrors
  SpreadHosts  // those, and hostErrors
};

struct Row {
  Kind kind;
  Shape shape;
  bool has_id;
  std::string_view source;
  std::string_view healthy;  // what detailedInfo says when all is well; empty: it is left out
  std::vector<Failure> (*failures)(const Model& model, const Resource& resource);
};
constexpr std::string_view kLoadBalancing = "SoftwareLoadBalancerManager";
constexpr Row kRows[] = {
    {Kind::Server, Shape::Own, false, kLoadBalancing, "Host is Connected.", &of_host},
    {Kind::VirtualServer, Shape::Own, false, "VirtualServer", "", &of_host},
    {Kind::NetworkInterface, Shape::Own, true, "VirtualSwitch", "", &of_interface},
    {Kind::VirtualNetwork, Shape::SpreadHosts, true, "VirtualNetwork", "", &of_network},
    {Kind::AccessControlList, Shape::Spread, true, "Firewall", "", &of_access_list},
    {Kind::LoadBalancerMux, Shape::Own, false, kLoadBalancing, "Loadbalancer Mux is Healthy.",
     &of_appliance<LoadBalancerMux>},
    {Kind::Gateway, Shape::Own, false, "Gateway", "", &of_appliance<Gateway>},
    {Kind::VirtualGateway, Shape::Own, false, "Gateway", "", &of_virtual_gateway},
    {Kind::NetworkConnection, Shape::Own, false, "Gateway", "", &of_connection},
};

const Row* row_of(Kind kind) {
  const auto row = std::find_if(std::begin(kRows), std::end(kRows),
                                [kind](const Row& r) { return r.kind == kind; });
  return row == std::end(kRows) ? nullptr : row;
}

std::vector<Failure> failures_of(const Row& row, const Model& model, const Resource& resource) {
  return any_host_fails(model) ? row.failures(model, resource) : std::vector<Failure>();
}

class Writer {
 public:
  Writer(JsonText& out, const Row& row) : out_(out), row_(row) {}

  void state(const Resource& resource, const std::vector<Failure>& failures) {
    int64_t updated_ms = resource.changed.time_ms;
    for (const Failure& failure : failures)
      updated_ms = std::max(updated_ms, failure.host->changed.time_ms);
    out_.object();
    out_.text("status", failures.empty() ? "Success" : "Failure");
    if (row_.shape == Shape::Own) own_details(failures);
    out_.text("lastUpdatedTime", timestamp(updated_ms));
    if (row_.has_id) out_.text("id", resource.instance_id.to_string());
    if (row_.shape != Shape::Own && !failures.empty()) spread_errors(failures);
    out_.end_object();
  }

 private:
  void own_details(const std::vector<Failure>& failures) {
    if (failures.empty() && row_.healthy.empty()) return;
    out_.key("detailedInfo").array();
    if (failures.empty()) detail("Success", row_.healthy);
    for (const Failure& failure : failures) detail(failure.fault);
    out_.end_array();
  }

  void spread_errors(const std::vector<Failure>& failures) {
    out_.key("virtualNetworkInterfaceErrors").array();
    for (const Failure& failure : failures) error(*failure.where, failure);
    out_.end_array();
    if (row_.shape != Shape::SpreadHosts) return;
    out_.key("hostErrors").array();
    std::map<ResourceId, Failure> hosts;
    for (const Failure& failure : failures) hosts.try_emplace(failure.host->id, failure);
    for (const auto& [id, failure] : hosts) error(*failure.host, failure);
    out_.end_array();
  }

  void error(const Resource& where, const Failure& failure) {
    out_.object().text("status", "Failure");
    out_.key("detailedInfo").array();
    detail(failure.fault);
    out_.end_array();
    out_.text("lastUpdatedTime", timestamp(failure.host->changed.time_ms));
    out_.text("id", where.instance_id.to_string()).end_object();
  }

  void detail(HostFault fault) {
    detail(kNames<HostFault>[static_cast<size_t>(fault)], message_of(fault));
  }
  void detail(std::string_view code, std::string_view message) {
    out_.object().text("source", row_.source).text("message", message).text("code", code);
    out_.end_object();
  }

  JsonText& out_;
  const Row& row_;
};

}  // namespace

std::string_view message_of(HostFault fault) { return kMessages[static_cast<size_t>(fault)]; }

bool is_healthy(const Model& model, const Resource& resource) {
  const Row* row = row_of(resource.kind());
  return row == nullptr || failures_of(*row, model, resource).empty();
}

void write_configuration_state(JsonText& out, const Model& model, const Resource& resource) {
  const Row& row = *row_of(resource.kind());
  Writer(out, row).state(resource, failures_of(row, model, resource));
}

}  // namespace isthmus::api::json
