#include "tools/lab/machine.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "tools/lab/tap.h"

namespace isthmus::lab {
namespace {

constexpr std::chrono::milliseconds kTimeToEnd{500};  // for a process that was asked to

// What a process id means can change; what a descriptor of one means cannot (pidfd_open(2)).
std::vector<File> hold(std::span<const pid_t> processes) {
  std::vector<File> held;
  for (const pid_t process : processes) {
    const auto descriptor = static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
    if (descriptor >= 0) held.emplace_back(descriptor);
  }
  return held;
}

void signal_all(std::span<const File> processes, int signal) {
  for (const File& process : processes)
    ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0);
}

// Waits until each has ended, or the time is up.
void await_end(std::span<const File> processes) {
  const auto deadline = std::chrono::steady_clock::now() + kTimeToEnd;
  for (const File& process : processes) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd waiting{process.get(), POLLIN, 0};
    ::poll(&waiting, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
  }
}

void end_processes(std::span<const Machine> machines) {
  std::vector<int> namespaces;
  for (const Machine& machine : machines)
    if (!machine.is_guest) namespaces.push_back(machine.network_namespace.get());
  for (const int signal : {SIGTERM, SIGKILL}) {
    const auto processes = hold(processes_in(namespaces));
    if (processes.empty()) return;
    signal_all(processes, signal);
    await_end(processes);
  }
}

}  // namespace

tl::expected<Machine, std::string> make_machine(MachineSpec spec, const File& home) {
  if (auto error = leave_for_new_network())
    return tl::unexpected(fmt::format("No network namespace can be made: {}.", error.message()));
  Machine machine{std::move(spec), own_network_namespace(), {}, false, {}};
  const Inside inside(machine.network_namespace.get(), home);
  if (!inside) return tl::unexpected(std::string("The new network namespace cannot be entered."));
  if (auto done = set_up_stack(machine.spec); !done) return tl::unexpected(done.error());
  auto tap = make_tap(kInterfaceName);
  if (!tap) return tl::unexpected(tap.error());
  machine.wire = std::move(*tap);
  if (auto done = set_up_links(machine.spec, kInterfaceName); !done)
    return tl::unexpected(done.error());
  return machine;
}

tl::expected<Machine, std::string> make_guest(MachineSpec spec, File network_namespace,
                                              std::string_view device, const File& home) {
  Machine machine{std::move(spec), std::move(network_namespace), {}, true, {}};
  const Inside inside(machine.network_namespace.get(), home);
  if (!inside) return tl::unexpected(std::string("That network namespace cannot be entered."));
  auto tap = make_tap(device);
  if (!tap) return tl::unexpected(tap.error());
  machine.wire = std::move(*tap);
  if (auto done = set_up_links(machine.spec, device); !done) return tl::unexpected(done.error());
  return machine;
}

void take_down(std::vector<Machine> machines) {
  end_processes(machines);
  for (const Machine& machine : machines)
    if (!machine.is_guest) leave_to_kernel(machine.wire.get());
}

}  // namespace isthmus::lab
