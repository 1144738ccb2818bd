#include "controller/rules/network_links.h"

#include <algorithm>
#include <utility>

namespace isthmus {

bool set_links(Resource& network, NetworkLinks links) {
  std::sort(links.begin(), links.end(),
            [](const NetworkLink& a, const NetworkLink& b) { return a.to < b.to; });
  std::optional<NetworkLinks> wanted;
  if (!links.empty()) wanted = std::move(links);
  const auto was = std::exchange(network.body.get<VirtualNetwork>().links, wanted);
  return wanted != was;
}

// A document says a link in both directions: whom it leads to has the one that leads back.
void drop_links_to(Edit& edit, const Resource& network) {
  for (const NetworkLink& link : network.as<VirtualNetwork>().links.value_or(NetworkLinks{})) {
    const ResourcePtr other = edit.model().find_shared(link.to);
    if (!other) continue;
    NetworkLinks left = other->as<VirtualNetwork>().links.value_or(NetworkLinks{});
    std::erase_if(left, [&](const NetworkLink& back) { return back.to == network.id; });
    Resource after = *other;
    if (set_links(after, std::move(left))) edit.replace(other, std::move(after));
  }
}

}  // namespace isthmus
