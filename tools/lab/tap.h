// TAP devices and what the network stack of a machine is set up with, in the network namespace that
// the calling thread is in. packet(7) and Documentation/networking/tuntap of Linux.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "dataplane/io/file.h"
#include "tools/lab/machine_spec.h"

namespace isthmus::lab {

inline constexpr std::string_view kInterfaceName = "eth0";
constexpr size_t kInterfaceNameMax = 15;  // bytes: IFNAMSIZ
constexpr int kMtu = 1500;                // bytes, of an IP packet

// A device whose every frame is read and written through the descriptor, behind a
// virtio_net_hdr; checksums and segments are left to who reads. It is gone with the last
// descriptor. The error is a sentence.
tl::expected<dataplane::io::File, std::string> make_tap(std::string_view name);

// The device does not go with its descriptor, which takes 20 ms, but with its network namespace:
// the kernel takes away all that have nobody any more at once.
void leave_to_kernel(int tap);

// What the stack does from the beginning on: before the device is made.
tl::expected<void, std::string> set_up_stack(const MachineSpec& spec);
// The device with the addresses, and the routers as default gateways; lo. A default route that is
// there already stays.
tl::expected<void, std::string> set_up_links(const MachineSpec& spec, std::string_view name);

}  // namespace isthmus::lab
