// The rules of what has an address in a subnet of Azure, or a public address: the same whatever has
// it.
#pragma once

#include <algorithm>

#include "controller/rules/private_address.h"

namespace isthmus::azure_private_address {

// Those of its subnet; none where it names no subnet.
inline std::vector<net::Prefix> prefixes_around(const Proposal& p, const ResourceId& subnet) {
  const Resource* found = subnet.empty() ? nullptr : p.after.find(subnet);
  return found == nullptr ? std::vector<net::Prefix>() : prefixes_of(found->as<Subnet>());
}

template <class B>
std::optional<Violation> is_outside_subnet(const Proposal& p) {
  const auto& address = private_address::address_of(p.body<B>());
  const auto prefixes = prefixes_around(p, p.body<B>().subnet);
  if (!address || prefixes.empty()) return std::nullopt;
  const bool is_inside =
      std::any_of(prefixes.begin(), prefixes.end(),
                  [&](const net::Prefix& prefix) { return prefix.contains(*address); });
  if (is_inside) return std::nullopt;
  return Violation{
      std::string(private_address::kPointer),
      fmt::format("Private static IP address {} does not belong to the range of subnet prefix {}.",
                  address->to_string(), join(prefixes)),
      ""};
}

template <class B>
std::optional<Violation> is_reserved_there(const Proposal& p) {
  const auto& address = private_address::address_of(p.body<B>());
  if (!address) return std::nullopt;
  for (const net::Prefix& prefix : prefixes_around(p, p.body<B>().subnet)) {
    if (!is_reserved(prefix, *address, Realm::Azure)) continue;
    return Violation{
        std::string(private_address::kPointer),
        fmt::format("Private static IP address {} falls within reserved IP range of subnet prefix "
                    "{}.",
                    address->to_string(), prefix.to_string()),
        ""};
  }
  return std::nullopt;
}

template <class B>
std::optional<Violation> is_taken_there(const Proposal& p) {
  const auto& address = private_address::address_of(p.body<B>());
  const ResourceId& subnet = p.body<B>().subnet;
  const Resource* home = subnet.empty() ? nullptr : p.after.find(subnet);
  if (!address || home == nullptr) return std::nullopt;
  for (const Resource* user : p.after.users_of_address(*home, *address)) {
    if (user->serial == p.now.serial) continue;
    return Violation{
        std::string(private_address::kPointer),
        fmt::format("IP configuration {} is using the private IP address {} which is already "
                    "allocated to resource {}.",
                    p.now.id.path(), address->to_string(), user->id.path()),
        ""};
  }
  return std::nullopt;
}

template <class B>
std::optional<Violation> shares_its_public_address(const Proposal& p) {
  const Resource* user = private_address::another_at_its_public_address<B>(p);
  if (user == nullptr) return std::nullopt;
  return Violation{
      "/properties/publicIPAddress/id",
      fmt::format("IP configuration {} is referencing public IP address {} that is already "
                  "allocated to resource {}.",
                  p.now.id.path(), p.after.find(p.body<B>().public_ip_address)->id.path(),
                  user->id.path()),
      ""};
}

template <class B>
constexpr std::array kRules = {
    Rule{"a static allocation has an address", ErrorCode::InvalidParameterValue,
         &private_address::is_static_without_address<B>},
    Rule{"Azure: an address lies inside its subnet", ErrorCode::PrivateIPAddressNotInSubnet,
         &is_outside_subnet<B>},
    Rule{"Azure: the reserved addresses of a subnet are given to nobody",
         ErrorCode::PrivateIPAddressInReservedRange, &is_reserved_there<B>},
    Rule{"Azure: an address of a subnet is used once", ErrorCode::PrivateIPAddressIsAllocated,
         &is_taken_there<B>},
    Rule{"Azure: a public address is used once", ErrorCode::PublicIPAddressInUse,
         &shares_its_public_address<B>},
};

}  // namespace isthmus::azure_private_address
