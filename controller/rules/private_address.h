// The rules of a private address in a subnet, whatever has it: an IP configuration of an interface,
// or a frontend of a load balancer.
#pragma once

#include <fmt/format.h>

#include "controller/model/networks.h"
#include "controller/rules/rule.h"

namespace isthmus {

namespace private_address {

inline const std::optional<net::IpAddress>& address_of(const IpConfiguration& b) {
  return b.address;
}
inline const std::optional<net::IpAddress>& address_of(const FrontendIpConfiguration& b) {
  return b.private_address;
}
inline Allocation allocation_of(const IpConfiguration& b) { return b.allocation; }
inline Allocation allocation_of(const FrontendIpConfiguration& b) { return b.private_allocation; }

std::optional<net::Prefix> prefix_of(const Model& model, const ResourceId& subnet);

constexpr std::string_view kPointer = "/properties/privateIPAddress";

template <class B>
std::optional<Violation> is_static_without_address(const Proposal& p) {
  const B& b = p.body<B>();
  const bool missing = allocation_of(b) == Allocation::Static && !address_of(b);
  if (!missing || (b.subnet.empty() && !b.public_ip_address.empty())) return std::nullopt;
  return Violation{std::string(kPointer),
                   fmt::format("{} '{}' has a Static allocation and no address.",
                               sentence_start(info(p.now.kind()).noun), p.now.id.name()),
                   "Give privateIPAddress, or let privateIPAllocationMethod be Dynamic."};
}

template <class B>
std::optional<Violation> is_without_subnet(const Proposal& p) {
  const B& b = p.body<B>();
  if (!address_of(b) || !b.subnet.empty()) return std::nullopt;
  return Violation{"/properties/subnet",
                   fmt::format("{} '{}' has the address {} in no subnet.",
                               sentence_start(info(p.now.kind()).noun), p.now.id.name(),
                               address_of(b)->to_string()),
                   "Give the subnet that the address belongs to."};
}

template <class B>
std::optional<Violation> is_outside_subnet(const Proposal& p) {
  const B& b = p.body<B>();
  const auto prefix = prefix_of(p.after, b.subnet);
  if (!address_of(b) || !prefix || prefix->contains(*address_of(b))) return std::nullopt;
  return Violation{std::string(kPointer),
                   fmt::format("{} lies outside subnet '{}' ({}).", address_of(b)->to_string(),
                               b.subnet.name(), prefix->to_string()),
                   ""};
}

template <class B>
std::optional<Violation> is_reserved_there(const Proposal& p) {
  const B& b = p.body<B>();
  const auto prefix = prefix_of(p.after, b.subnet);
  if (!address_of(b) || !prefix || b.subnet.kind() != Kind::Subnet ||
      !is_reserved(*prefix, *address_of(b))) {
    return std::nullopt;
  }
  const auto [first, last] = usable_addresses(*prefix);
  return Violation{
      std::string(kPointer),
      fmt::format("{} is reserved in subnet '{}' ({}).", address_of(b)->to_string(),
                  b.subnet.name(), prefix->to_string()),
      fmt::format(
          "Use {} to {}: the others are the network, its gateway and its broadcast address.",
          first.to_string(), last.to_string())};
}

std::optional<Violation> is_taken(const Proposal& p, const ResourceId& subnet,
                                  const net::IpAddress& address, std::string_view pointer);

// An address that something has, when the subnet's prefix becomes this one.
std::optional<Violation> is_left_outside(const Proposal& subnet,
                                         const std::optional<net::Prefix>& prefix);

template <class B>
std::optional<Violation> is_taken_there(const Proposal& p) {
  const B& b = p.body<B>();
  if (!address_of(b) || b.subnet.empty()) return std::nullopt;
  return is_taken(p, b.subnet, *address_of(b), kPointer);
}

// A public address leads to one place: another that has the one given here; null where there is
// none.
template <class B>
const Resource* another_at_its_public_address(const Proposal& p) {
  const ResourceId& id = p.body<B>().public_ip_address;
  const Resource* address = id.empty() ? nullptr : p.after.find(id);
  if (address == nullptr) return nullptr;
  for (const Resource* user : p.after.referrers(*address)) {
    if (user->serial != p.now.serial) return user;
  }
  return nullptr;
}

template <class B>
std::optional<Violation> shares_its_public_address(const Proposal& p) {
  const Resource* user = another_at_its_public_address<B>(p);
  if (user == nullptr) return std::nullopt;
  return Violation{"/properties/publicIPAddress",
                   fmt::format("Public IP address '{}' is used by {}.",
                               p.body<B>().public_ip_address.name(), user->id.path()),
                   "Use another public IP address, or free this one first."};
}

template <class B>
constexpr std::array kRules = {
    Rule{"a static allocation has an address", ErrorCode::InvalidParameterValue,
         &is_static_without_address<B>},
    Rule{"an address belongs to a subnet", ErrorCode::InvalidParameterValue, &is_without_subnet<B>},
    Rule{"an address lies inside its subnet", ErrorCode::AddressOutsideSubnet,
         &is_outside_subnet<B>},
    Rule{"a reserved address is given to nobody", ErrorCode::AddressReserved,
         &is_reserved_there<B>},
    Rule{"an address is used once", ErrorCode::AddressInUse, &is_taken_there<B>},
    Rule{"a public address is used once", ErrorCode::AddressInUse, &shares_its_public_address<B>},
};

}  // namespace private_address
}  // namespace isthmus
