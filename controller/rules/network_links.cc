#include "controller/rules/network_links.h"

#include <utility>

namespace isthmus {

bool set_links(Resource& network, const NetworkLinks& links) {
  auto& present = network.body.get<VirtualNetwork>().links;
  const auto was =
      std::exchange(present, links.empty() ? std::nullopt : std::optional<NetworkLinks>(links));
  return present != was;
}

// A document says a link in both directions: whom it leads to has the one that leads back.
void drop_links_to(Edit& edit, const Resource& network) {
  for (const NetworkLink& link : network.as<VirtualNetwork>().links.value_or(NetworkLinks{})) {
    const ResourcePtr other = edit.model().find_shared(link.to);
    if (!other) continue;
    NetworkLinks left = other->as<VirtualNetwork>().links.value_or(NetworkLinks{});
    std::erase_if(left, [&](const NetworkLink& back) { return back.to == network.id; });
    Resource after = *other;
    if (set_links(after, left)) edit.replace(other, std::move(after));
  }
}

}  // namespace isthmus
