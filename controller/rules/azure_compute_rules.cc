// Network watchers and the virtual machines that have network interfaces.
#include <fmt/format.h>

#include <array>

#include "controller/rules/rule.h"

namespace isthmus {
namespace {

std::optional<Violation> region_has_its_watcher(const Proposal& p) {
  const ResourceId subscription = p.now.id.ancestor(Kind::Subscription);
  for (const Resource* other : p.after.below(subscription, Kind::NetworkWatcher)) {
    if (other->serial == p.now.serial || location_of(*other) != location_of(p.now)) continue;
    return Violation{
        "/location",
        "Cannot create more than 1 network watchers for this subscription in this region.",
        fmt::format("That of {} is {}.", location_of(p.now), other->id.path())};
  }
  return std::nullopt;
}

constexpr std::array kWatcherRules = {
    Rule{"Azure: a region has one network watcher", ErrorCode::NetworkWatcherCountLimitReached,
         &region_has_its_watcher},
};

constexpr std::string_view kInterfaces = "/properties/networkProfile/networkInterfaces";

std::optional<Violation> has_no_primary_interface(const Proposal& p) {
  const auto& interfaces = p.body<VirtualMachine>().interfaces;
  size_t primary = 0;
  for (const AttachedInterface& attached : interfaces)
    primary += attached.is_primary.value_or(interfaces.size() == 1) ? 1 : 0;
  if (primary == 1) return std::nullopt;
  return Violation{
      std::string(kInterfaces),
      fmt::format("Virtual machine {} must have one network interface set as the primary.",
                  p.now.id.name()),
      interfaces.empty() ? "It has no network interface." : ""};
}

std::optional<Violation> has_an_interface_of_another(const Proposal& p) {
  const auto& interfaces = p.body<VirtualMachine>().interfaces;
  for (size_t i = 0; i < interfaces.size(); ++i) {
    const Resource& interface = *p.after.find(interfaces[i].interface);
    for (const Resource* owner : p.after.referrers(interface, Kind::VirtualMachine)) {
      if (owner->serial == p.now.serial) continue;
      return Violation{fmt::format("{}/{}/id", kInterfaces, i),
                       fmt::format("Network Interface {} is used by existing resource {}.",
                                   interface.id.path(), owner->id.path()),
                       "A network interface belongs to one virtual machine."};
    }
  }
  return std::nullopt;
}

constexpr std::array kMachineRules = {
    Rule{"Azure: a virtual machine has a primary interface",
         ErrorCode::VirtualMachineMustHaveOneNetworkInterfaceAsPrimary, &has_no_primary_interface},
    Rule{"Azure: an interface belongs to one virtual machine", ErrorCode::NicInUse,
         &has_an_interface_of_another},
};

}  // namespace

std::span<const Rule> network_watcher_rules() { return kWatcherRules; }
std::span<const Rule> virtual_machine_rules() { return kMachineRules; }

}  // namespace isthmus
