// The addresses that Azure gives to load balancers, gateways and public IP addresses.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controller/base/error.h"
#include "controller/model/model.h"

namespace isthmus {

// Where public addresses come from. No packet leaves for the Internet from here, so that what they
// are elsewhere does not matter.
inline constexpr std::string_view kAzurePublicAddresses4 = "20.0.0.0/16";
inline constexpr std::string_view kAzurePublicAddresses6 = "2603:1000::/64";

// What the resource leaves to Azure, decided: `model` holds it already.
Result<void> allocate_in_azure(const Model& model, Resource& resource);

// A Static public address has its address always, a Dynamic one while something has it.
Result<void> settle_public_address(const Model& model, Resource& public_ip_address);

// "contoso.westeurope.cloudapp.azure.com": of a public address with that label.
std::string domain_name(std::string_view label, std::string_view location);

// The public addresses that a resource names.
std::vector<ResourceId> public_addresses_of(const Resource& resource);

}  // namespace isthmus
