#include "tools/bench/control_plane/topology.h"

#include <fmt/format.h>

namespace isthmus::bench::control_plane {
namespace {

std::string name_of(size_t network) {
  return network == kHub ? "hub" : fmt::format("net{}", network);
}

std::string prefix_of(size_t network) {
  return fmt::format("10.{}.{}.0/24", network / 256, network % 256);
}

}  // namespace

std::string network_target(size_t network) {
  return fmt::format("{}/{}", kNetworks, name_of(network));
}

Put put_network(size_t network) {
  return {network_target(network),
          fmt::format(R"({{"properties":{{"addressSpace":{{"addressPrefixes":["{0}"]}},"subnets":)"
                      R"([{{"resourceId":"s","properties":{{"addressPrefix":"{0}"}}}}]}}}})",
                      prefix_of(network))};
}

Put put_interface(size_t network, size_t index) {
  const std::string name = name_of(network);
  return {fmt::format("{}/{}-{}", kInterfaces, name, index),
          fmt::format(R"({{"properties":{{"ipConfigurations":[{{"resourceId":"ip","properties":)"
                      R"({{"subnet":{{"resourceRef":"/virtualNetworks/{}/subnets/s"}}}}}}]}}}})",
                      name)};
}

Put put_peering(size_t local, size_t remote) {
  const std::string name = name_of(remote);
  return {fmt::format("{}/virtualNetworkPeerings/to-{}", network_target(local), name),
          fmt::format(R"({{"properties":{{"remoteVirtualNetwork":)"
                      R"({{"resourceRef":"/virtualNetworks/{}"}}}}}})",
                      name)};
}

std::vector<Put> whole_network(size_t network) {
  std::vector<Put> puts = {put_network(network)};
  for (size_t i = 0; i < kInterfacesPerNetwork; ++i) puts.push_back(put_interface(network, i));
  return puts;
}

std::vector<Put> whole_spoke(size_t network) {
  std::vector<Put> puts = whole_network(network);
  puts.push_back(put_peering(network, kHub));
  puts.push_back(put_peering(kHub, network));
  return puts;
}

}  // namespace isthmus::bench::control_plane
