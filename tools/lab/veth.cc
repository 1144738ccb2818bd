#include "tools/lab/veth.h"

#include <fmt/format.h>
#include <netlink/netlink.h>
#include <netlink/route/link/veth.h>

#include "tools/lab/tap.h"

namespace isthmus::lab {
namespace {

// eth0 of the namespace that the thread is in, and eth0 of the other one.
tl::expected<void, std::string> make_link(const File& other) {
  nl_sock* const socket = nl_socket_alloc();
  rtnl_link* const link = rtnl_link_veth_alloc();
  rtnl_link* const peer = rtnl_link_veth_get_peer(link);
  const std::string name(kInterfaceName);
  rtnl_link_set_name(link, name.c_str());
  rtnl_link_set_name(peer, name.c_str());
  rtnl_link_set_ns_fd(peer, other.get());
  int result = nl_connect(socket, NETLINK_ROUTE);
  if (result >= 0) result = rtnl_link_add(socket, link, NLM_F_CREATE | NLM_F_EXCL);
  rtnl_link_put(peer);
  rtnl_link_put(link);
  nl_socket_free(socket);
  if (result >= 0) return {};
  return tl::unexpected(fmt::format("No veth pair can be made: {}.", nl_geterror(result)));
}

tl::expected<File, std::string> make_namespace() {
  if (auto error = leave_for_new_network())
    return tl::unexpected(fmt::format("No network namespace can be made: {}.", error.message()));
  return own_network_namespace();
}

MachineSpec spec_of(uint64_t mac, const net::IpAddress& own, const net::IpAddress& peer) {
  MachineSpec spec;
  spec.mac = *net::Mac::make(mac);
  spec.addresses.push_back({own, net::Prefix::containing(own, 24), peer});
  return spec;
}

}  // namespace

tl::expected<VethPair, std::string> make_veth_pair() {
  const File home = own_network_namespace();
  auto one = make_namespace();
  if (!one) return tl::unexpected(one.error());
  auto other = make_namespace();
  const Inside back(home.get(), home);
  if (!other) return tl::unexpected(other.error());
  VethPair pair{std::move(*one), std::move(*other), *net::IpAddress::parse("10.0.0.1"),
                *net::IpAddress::parse("10.0.0.2")};
  constexpr uint64_t kOneMac = 0x02'00'00'00'00'01, kOtherMac = 0x02'00'00'00'00'02;
  {
    const Inside inside(pair.one.get(), home);
    if (auto made = make_link(pair.other); !made) return tl::unexpected(made.error());
    const auto spec = spec_of(kOneMac, pair.one_address, pair.other_address);
    if (auto set = set_up_links(spec, kInterfaceName); !set) return tl::unexpected(set.error());
  }
  const Inside inside(pair.other.get(), home);
  const auto spec = spec_of(kOtherMac, pair.other_address, pair.one_address);
  if (auto set = set_up_links(spec, kInterfaceName); !set) return tl::unexpected(set.error());
  return pair;
}

}  // namespace isthmus::lab
