// The controller's settings: one resource of each type.
#pragma once

#include "controller/model/host.h"  // Connection

namespace isthmus {

enum class DistributedRouter : uint8_t { Enable, Disable };
template <>
inline constexpr auto kNames<DistributedRouter> = names("Enable", "Disable");

enum class Encapsulation : uint8_t { Vxlan, Nvgre };
template <>
inline constexpr auto kNames<Encapsulation> = names("VXLAN", "NVGRE");

struct VirtualNetworkManager {
  DistributedRouter distributed_router_state = DistributedRouter::Enable;
  Encapsulation protocol = Encapsulation::Vxlan;
  uint32_t subnet_id_start = 4096;  // the range that virtualSubnetIds are allocated from, inclusive
  uint32_t subnet_id_end = 16777214;
};
template <class V, MaybeConst<VirtualNetworkManager> B>
void describe(V& v, B& b) {
  v.member("distributedRouterState", b.distributed_router_state, Presence::Optional);
  v.member("networkVirtualizationProtocol", b.protocol, Presence::Optional);
  v.object("virtualSubnetIdRange", Presence::Optional, [&] {
    v.member("StartId", b.subnet_id_start, Presence::Required);
    v.member("EndId", b.subnet_id_end, Presence::Required);
  });
}

enum class ReservationMode : uint8_t { Absolute, Weight };
template <>
inline constexpr auto kNames<ReservationMode> = names("absolute", "weight");

struct VirtualSwitchManager {
  ReservationMode reservation_mode = ReservationMode::Absolute;
  bool software_reservations = false;
  bool hardware_limits = false;
  bool hardware_reservations = false;
  uint32_t link_speed_percentage = 0;
  uint32_t default_reservation = 0;
};
template <class V, MaybeConst<VirtualSwitchManager> B>
void describe(V& v, B& b) {
  v.object("qosSettings", Presence::Optional, [&] {
    v.member("reservationMode", b.reservation_mode, Presence::Optional);
    v.member("enableSoftwareReservations", b.software_reservations, Presence::Optional);
    v.member("enableHardwareLimits", b.hardware_limits, Presence::Optional);
    v.member("enableHardwareReservations", b.hardware_reservations, Presence::Optional);
    v.member("linkSpeedPercentage", b.link_speed_percentage, Presence::Optional);
    v.member("defaultReservation", b.default_reservation, Presence::Optional);
  });
}

struct DnsServer {
  std::vector<Connection> connections;
  std::string zone;
  std::vector<net::IpAddress> forwarders;
};
template <class V, MaybeConst<DnsServer> B>
void describe(V& v, B& b) {
  describe_connections(v, b);
  v.member("zone", b.zone, Presence::Optional);
  v.member("forwarders", b.forwarders, Presence::Optional);
}

struct AuditingSettings {
  std::string output_directory;
};
template <class V, MaybeConst<AuditingSettings> B>
void describe(V& v, B& b) {
  v.member("outputDirectory", b.output_directory, Presence::Optional);
}

// Only the names of these two are known.
struct Multisite {};
template <class V, MaybeConst<Multisite> B>
void describe(V&, B&) {}

struct MultisitePrimary {};
template <class V, MaybeConst<MultisitePrimary> B>
void describe(V&, B&) {}

}  // namespace isthmus
