// Whether an address of a virtual network is free, and which others are (Virtual Networks - Check
// IP Address Availability).
#pragma once

#include "api/http/message.h"
#include "controller/model/model.h"

namespace isthmus::api::arm {

// {"available","availableIPAddresses","isPlatformReserved"}; the addresses are the first ones that
// are free in the same subnet, where this one is not. Errors: InvalidParameterValue where ipAddress
// is no address, PrivateIPAddressNotInAnySubnet.
http::Response address_check(const Model& model, const Resource& network,
                             const http::Request& request);

}  // namespace isthmus::api::arm
