// Values that the controller chooses where the client did not: private addresses, MAC addresses,
// virtual subnet ids, the provider network. Deterministic: the smallest free value, from the pools
// in path order.
#pragma once

#include "controller/base/error.h"
#include "controller/model/model.h"

namespace isthmus {

// What a replaced resource keeps of its predecessor: read-only members, and allocated values that
// the client left out.
void carry_over(Resource& now, const Resource& before);

// Fills what is still missing. `model` holds the resource as it is, so that values of its siblings
// are taken.
Result<void> allocate(const Model& model, Resource& resource);

// How many addresses of a pool are in use.
uint64_t addresses_in_use(const Model& model, const Resource& ip_pool);
uint64_t macs_in_use(const Model& model, const Resource& mac_pool);

}  // namespace isthmus
