#include "tools/isthmus/peering_access.h"

#include "tools/isthmus/api.h"
#include "tools/isthmus/nouns.h"
#include "tools/isthmus/realm.h"
#include "tools/isthmus/resource.h"

namespace isthmus::cli {
namespace {

bool denies_access(const Value& peering) {
  const Value* access = find(peering, "/properties/allowVirtualNetworkAccess");
  return access != nullptr && access->IsBool() && !access->GetBool();
}

// The network whose peering this is: "/virtualNetworks/hub" of
// "/virtualNetworks/hub/virtualNetworkPeerings/a", or of the id that Azure gives it.
std::string network_of(const Value& peering) {
  std::string path = reference_in(peering);
  for (int segments = 0; segments < 2; ++segments)
    path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  return path;
}

std::string remote_of(const Value& peering) {
  const Value* remote = find(peering, "/properties/remoteVirtualNetwork");
  return remote == nullptr ? std::string() : reference_in(*remote);
}

// The peering of `remote` that leads back to `local`, when it denies access; its name, or nothing.
std::string denied_at(Api& api, const std::string& local, const std::string& remote) {
  const Result<Json> others = api.list(request_target(remote + "/virtualNetworkPeerings"));
  if (!others) return {};
  for (const Value& other : others->GetArray())
    if (equal_ignoring_case(remote_of(other), local) && denies_access(other)) return name_in(other);
  return {};
}

std::string access_of(Api& api, const Value& peering, bool connected) {
  if (denies_access(peering)) return "off here";
  if (!connected) return "on";
  const std::string remote = remote_of(peering);
  const std::string culprit = denied_at(api, network_of(peering), remote);
  return culprit.empty() ? "on" : "off at " + std::string(last_segment(remote)) + "/" + culprit;
}

}  // namespace

void show_peering_access(Api& api, Json& peerings) {
  auto& memory = peerings.GetAllocator();
  for (Value& peering : peerings.GetArray()) {
    std::string state = text_at(peering, "/properties/peeringState");
    const bool connected = state == "Connected";
    const std::string access = access_of(api, peering, connected);
    if (connected && access != "on") state = "Connected but dead";
    rapidjson::Pointer("/shown/state").Set(peering, state.c_str(), memory);
    rapidjson::Pointer("/shown/access").Set(peering, access.c_str(), memory);
  }
}

}  // namespace isthmus::cli
