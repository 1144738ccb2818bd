// isthmus lab attach NIC --netns WHERE, and lab detach NIC: a network namespace that is there
// already, as a container has one, instead of a machine.
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <ostream>

#include "tools/isthmus/lab/machines.h"
#include "tools/lab/tap.h"

namespace isthmus::cli {
namespace {

// A name as of `ip netns`, a process, or a path.
std::string path_of_namespace(std::string_view where) {
  if (where.find('/') != std::string_view::npos) return std::string(where);
  const bool is_process =
      std::all_of(where.begin(), where.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  return is_process ? fmt::format("/proc/{}/ns/net", where) : fmt::format("/run/netns/{}", where);
}

}  // namespace

Result<void> lab_attach(Session& session, const Arguments& arguments) {
  const std::string device(arguments.has("ifname") ? arguments.text("ifname")
                                                   : lab::kInterfaceName);
  if (device.empty() || device.size() > lab::kInterfaceNameMax ||
      device.find_first_of("/ ") != std::string::npos)
    return usage(
        fmt::format("'{}' is no name of a device: 1 to {} bytes", device, lab::kInterfaceNameMax));
  const auto interfaces = ask_interfaces(session);
  if (!interfaces) return tl::unexpected(interfaces.error());
  const auto nic = interface_named(interfaces->all, arguments.text("NIC"));
  if (!nic) return tl::unexpected(nic.error());
  const std::string path = path_of_namespace(arguments.text("netns"));
  const File network(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!network)
    return tl::unexpected(
        Problem{errno == ENOENT ? Exit::NotFound : Exit::Failure,
                {},
                fmt::format("cannot open the network namespace {}: {}", path, std::strerror(errno)),
                "name one of ip netns list, a process, or a path",
                {}});
  auto helper = Helper::start(interfaces->wires);
  if (!helper) return tl::unexpected(helper.error());
  const auto attached =
      helper->ask(fmt::format("attach {} {}", device, to_text(**nic)), std::array{network.get()});
  if (!attached) return tl::unexpected(attached.error());
  session.err << fmt::format("{} of {} is {}\n", device, path, text_at(**nic, "/name"));
  return {};
}

Result<void> lab_detach(Session& session, const Arguments& arguments) {
  auto lab = open_lab(session);
  if (!lab) return tl::unexpected(lab.error());
  const auto machine = machine_named(lab->machines, arguments.text("NIC"));
  if (!machine) return tl::unexpected(machine.error());
  const auto dropped = lab->helper.ask("drop " + machine->nic);
  if (!dropped) return tl::unexpected(dropped.error());
  session.err << fmt::format("nothing is behind {} any more\n", machine->name);
  return {};
}

}  // namespace isthmus::cli
