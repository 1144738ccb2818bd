#include "api/arm/watcher_question.h"

#include "controller/model/text.h"

namespace isthmus::api::arm {
namespace {

// The interface that a machine names as its primary one, or the first.
const Resource* interface_of(const Model& model, const Resource& machine) {
  const auto& attached = machine.as<VirtualMachine>().interfaces;
  for (const AttachedInterface& one : attached) {
    if (one.is_primary.value_or(false)) return model.find(one.interface);
  }
  return attached.empty() ? nullptr : model.find(attached.front().interface);
}

const Resource* configuration_of(const Model& model, const Resource& interface,
                                 std::optional<net::IpAddress> address) {
  for (const Resource* ip : model.below(interface.id, Kind::IpConfiguration)) {
    const IpConfiguration& body = ip->as<IpConfiguration>();
    if (address ? body.address == address : body.azure.is_primary) return ip;
  }
  return nullptr;
}

}  // namespace

Result<const Resource*> find_target(const Model& model, std::string_view member,
                                    const std::string& text) {
  const auto id = ResourceId::parse(text, Realm::Azure);
  const Resource* found = id ? model.find(*id) : nullptr;
  if (found != nullptr) return found;
  return fail(ErrorCode::InvalidResourceReference, fmt::format("/{}", member),
              fmt::format("{} names {}, which does not exist.", member, in_quotes(text)),
              "Give the id of a resource that exists.");
}

Result<Source> find_source(const Model& model, const std::string& target,
                           const std::string& interface_text,
                           std::optional<net::IpAddress> address) {
  const bool names_interface = !interface_text.empty();
  const auto found =
      find_target(model, names_interface ? "targetNicResourceId" : "targetResourceId",
                  names_interface ? interface_text : target);
  if (!found) return tl::unexpected(found.error());
  const Resource* interface = *found;
  if (interface->kind() == Kind::VirtualMachine) interface = interface_of(model, *interface);
  if (interface == nullptr || interface->kind() != Kind::NetworkInterface)
    return fail(ErrorCode::InvalidParameterValue, "/targetResourceId",
                fmt::format("{} is neither a network interface nor a machine that has one.",
                            (*found)->id.path()),
                "Name a virtual machine with a network interface.");
  const Resource* ip = configuration_of(model, *interface, address);
  if (ip == nullptr || !ip->as<IpConfiguration>().address)
    return fail(ErrorCode::InvalidParameterValue, address ? "/localIPAddress" : "",
                address ? fmt::format("{} does not belong to {}.", address->to_string(),
                                      interface->id.path())
                        : fmt::format("{} has no private IP address.", interface->id.path()));
  return Source{interface, ip};
}

}  // namespace isthmus::api::arm
