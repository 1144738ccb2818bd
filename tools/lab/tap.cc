#include "tools/lab/tap.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <span>
#include <system_error>

namespace isthmus::lab {
namespace {

using dataplane::io::File;
using Outcome = tl::expected<void, std::string>;

// Segments of UDP: of Linux 6.2 and later, in headers later than those.
constexpr unsigned kUdpSegments = 0x20 | 0x40;  // TUN_F_USO4, TUN_F_USO6
constexpr unsigned kOffloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
// Frames that wait to be read: bursts of several streams fit.
constexpr unsigned kQueueFrames = 4000;

std::string why() { return std::generic_category().message(errno); }

// ---- sysctl

struct Setting {
  const char* path;
  const char* value;
};
// No machine invents addresses, or asks for them.
constexpr Setting kQuiet[] = {
    {"/proc/sys/net/ipv6/conf/default/accept_ra", "0"},
    {"/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1"},  // none of its own
    {"/proc/sys/net/ipv6/conf/default/accept_dad", "0"},
};
constexpr Setting kNoIpv6[] = {{"/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"}};
// An appliance sends out of the interface that the packet came in by: to the kernel that is odd.
constexpr Setting kForwards[] = {
    {"/proc/sys/net/ipv4/ip_forward", "1"},
    {"/proc/sys/net/ipv4/conf/all/rp_filter", "0"},
    {"/proc/sys/net/ipv4/conf/default/rp_filter", "0"},
    {"/proc/sys/net/ipv4/conf/all/send_redirects", "0"},
    {"/proc/sys/net/ipv4/conf/default/send_redirects", "0"},
};
constexpr Setting kForwardsIpv6[] = {{"/proc/sys/net/ipv6/conf/all/forwarding", "1"}};

Outcome set(std::span<const Setting> settings) {
  for (const auto& [path, value] : settings) {
    const File file(::open(path, O_WRONLY | O_CLOEXEC));
    // A kernel without IPv6 has nothing to switch off.
    if (!file && errno == ENOENT) continue;
    if (!file || ::write(file.get(), value, std::strlen(value)) < 0)
      return tl::unexpected(fmt::format("{} cannot be set to {}: {}.", path, value, why()));
  }
  return {};
}

bool has_ipv6(const MachineSpec& spec) {
  return std::any_of(spec.addresses.begin(), spec.addresses.end(),
                     [](const MachineAddress& one) { return !one.address.is_v4(); });
}

// ---- netlink

template <class T, void (*release)(T*)>
struct Release {
  void operator()(T* object) const { release(object); }
};
template <class T, void (*release)(T*)>
using Owned = std::unique_ptr<T, Release<T, release>>;
using Socket = Owned<nl_sock, nl_socket_free>;
using Link = Owned<rtnl_link, rtnl_link_put>;
using Address = Owned<rtnl_addr, rtnl_addr_put>;
using Route = Owned<rtnl_route, rtnl_route_put>;
using Binary = Owned<nl_addr, nl_addr_put>;

Outcome checked(int result, const char* what) {
  if (result >= 0) return {};
  return tl::unexpected(fmt::format("{}: {}.", what, nl_geterror(result)));
}

Binary binary(const net::IpAddress& address, int length) {
  const auto bytes = address.bytes();
  Binary built(address.is_v4() ? nl_addr_build(AF_INET, bytes.data(), 4)
                               : nl_addr_build(AF_INET6, bytes.data(), bytes.size()));
  nl_addr_set_prefixlen(built.get(), length);
  return built;
}

Outcome bring_up(nl_sock* socket, int index, const net::Mac* mac) {
  const Link link(rtnl_link_alloc()), change(rtnl_link_alloc());
  rtnl_link_set_ifindex(link.get(), index);
  rtnl_link_set_flags(change.get(), IFF_UP);
  if (mac != nullptr) {
    std::array<uint8_t, 6> bytes{};
    for (size_t i = 0; i < bytes.size(); ++i)
      bytes[i] = static_cast<uint8_t>(mac->value() >> (40 - 8 * i));
    const Binary address(nl_addr_build(AF_LLC, bytes.data(), bytes.size()));
    rtnl_link_set_addr(change.get(), address.get());
    rtnl_link_set_mtu(change.get(), kMtu);
    rtnl_link_set_txqlen(change.get(), kQueueFrames);
  }
  return checked(rtnl_link_change(socket, link.get(), change.get(), 0), "A link cannot be set up");
}

Outcome add_address(nl_sock* socket, int index, const MachineAddress& one) {
  const Address address(rtnl_addr_alloc());
  rtnl_addr_set_ifindex(address.get(), index);
  rtnl_addr_set_local(address.get(), binary(one.address, one.subnet.length()).get());
  rtnl_addr_set_flags(address.get(), IFA_F_NODAD);
  return checked(rtnl_addr_add(socket, address.get(), 0), "An address cannot be added");
}

Outcome add_default_route(nl_sock* socket, int index, const net::IpAddress& router) {
  const Route route(rtnl_route_alloc());
  rtnl_route_set_dst(route.get(), binary(net::IpAddress::from_bits(router.family(), {}), 0).get());
  rtnl_nexthop* hop = rtnl_route_nh_alloc();  // the route's own from here on
  rtnl_route_nh_set_ifindex(hop, index);
  rtnl_route_nh_set_gateway(hop, binary(router, net::address_bits(router.family())).get());
  rtnl_route_add_nexthop(route.get(), hop);
  // Of several addresses in one family the first one's router is taken.
  const int result = rtnl_route_add(socket, route.get(), NLM_F_EXCL);
  return result == -NLE_EXIST ? Outcome() : checked(result, "The default route cannot be added");
}

}  // namespace

tl::expected<File, std::string> make_tap(std::string_view name) {
  File tap(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!tap) return tl::unexpected(fmt::format("/dev/net/tun cannot be opened: {}.", why()));
  ifreq request{};
  name.copy(request.ifr_name, kInterfaceNameMax);
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  if (::ioctl(tap.get(), TUNSETIFF, &request) < 0)
    return tl::unexpected(fmt::format("No TAP device {} can be made: {}.", name, why()));
  if (::ioctl(tap.get(), TUNSETOFFLOAD, kOffloads | kUdpSegments) < 0 &&
      ::ioctl(tap.get(), TUNSETOFFLOAD, kOffloads) < 0)
    return tl::unexpected(fmt::format("The TAP device has no offloads: {}.", why()));
  return tap;
}

void leave_to_kernel(int tap) { ::ioctl(tap, TUNSETPERSIST, 1); }

Outcome set_up_stack(const MachineSpec& spec) {
  const bool ipv6 = has_ipv6(spec);
  auto done = ipv6 ? set(kQuiet) : set(kNoIpv6);
  if (done && spec.forwards) done = set(kForwards);
  if (done && spec.forwards && ipv6) done = set(kForwardsIpv6);
  return done;
}

Outcome set_up_links(const MachineSpec& spec, std::string_view name) {
  const Socket socket(nl_socket_alloc());
  if (auto done = checked(nl_connect(socket.get(), NETLINK_ROUTE), "No netlink"); !done)
    return done;
  const auto index = static_cast<int>(::if_nametoindex(std::string(name).c_str()));
  const auto loopback = static_cast<int>(::if_nametoindex("lo"));
  auto done = bring_up(socket.get(), index, &spec.mac);
  if (done) done = bring_up(socket.get(), loopback, nullptr);
  for (const MachineAddress& one : spec.addresses)
    if (done) done = add_address(socket.get(), index, one);
  for (const MachineAddress& one : spec.addresses)
    if (done) done = add_default_route(socket.get(), index, one.router);
  return done;
}

}  // namespace isthmus::lab
