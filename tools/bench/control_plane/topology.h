// What is created: the targets and bodies of the requests, as a client of the Network Controller
// API writes them.
//
// Networks are numbered. Each has the /24 of its number inside 10.0.0.0/8, one subnet of that size,
// and interfaces that let the controller choose their addresses, IP and MAC.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace isthmus::bench::control_plane {

constexpr size_t kHub = 0;             // its number; spokes follow from 1 on
constexpr size_t kSpokesMax = 50'000;  // 65,535 /24s are in 10.0.0.0/8, and changes need some
constexpr size_t kMeshMax = 1'000;     // a million peering objects
constexpr size_t kInterfacesPerNetwork = 2;

struct Put {
  std::string target;
  std::string body;
};

constexpr const char* kNetworks = "/networking/v1/virtualNetworks";
constexpr const char* kInterfaces = "/networking/v1/networkInterfaces";

std::string network_target(size_t network);
Put put_network(size_t network);  // with its subnet
Put put_interface(size_t network, size_t index);
Put put_peering(size_t local, size_t remote);  // the side of `local`

// A network and its interfaces.
std::vector<Put> whole_network(size_t network);
// The same with both sides of its peering with the hub.
std::vector<Put> whole_spoke(size_t network);

}  // namespace isthmus::bench::control_plane
