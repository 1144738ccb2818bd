#include "controller/rules/fresh.h"

#include "controller/rules/apply.h"

namespace isthmus {
namespace {

Operation put(ResourceId id, Body body, std::vector<DraftChildren> children = {}) {
  Operation operation;
  operation.draft = {std::move(id),      "", std::nullopt, nullptr, std::move(body),
                     std::move(children)};
  return operation;
}

net::IpAddress v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  return net::IpAddress::v4(uint32_t{a} << 24 | uint32_t{b} << 16 | uint32_t{c} << 8 | d);
}

// The provider network that virtual networks ride on. Scripts find it by
// networkVirtualizationEnabled.
Operation provider_network() {
  const ResourceId network = *ResourceId::make(Kind::LogicalNetwork, "HNVPA");
  const ResourceId subnet = *network.child(Kind::LogicalSubnet, "10_10_56_0_24");
  const ResourceId pool = *subnet.child(Kind::IpPool, "10_10_56_0_24");
  LogicalSubnet subnet_body;
  subnet_body.prefix = net::Prefix::containing(v4(10, 10, 56, 0), 24);
  subnet_body.vlan_id = 11;
  subnet_body.default_gateways = {v4(10, 10, 56, 1)};
  const Draft pool_draft{pool, "", {}, nullptr, IpPool{v4(10, 10, 56, 4), v4(10, 10, 56, 254)}, {}};
  const Draft subnet_draft{subnet, "", {}, nullptr, subnet_body, {{Kind::IpPool, {pool_draft}}}};
  return put(network, LogicalNetwork{true}, {{Kind::LogicalSubnet, {subnet_draft}}});
}

Operation mac_pool() {
  const MacPool range{*net::Mac::make(0x001DD8B71C00), *net::Mac::make(0x001DD8F41FFF)};
  return put(*ResourceId::make(Kind::MacPool, "DefaultMacPool"), range);
}

void add_settings(std::vector<Operation>& operations) {
  for (const KindInfo& row : kinds_in(Realm::Onprem)) {
    if (!row.is_singleton()) continue;
    operations.push_back(put(*ResourceId::make(row.kind, row.only_name), Body(row.kind)));
  }
}

}  // namespace

Result<Applied> make_fresh(const Model& model, FreshContents contents, const Limits& limits,
                           int64_t time_ms) {
  std::vector<ResourceChange> removed;
  for (const KindInfo& row : kKinds) {
    for (const ResourcePtr& resource : model.collection(row.kind))
      removed.push_back({resource, nullptr});
  }
  Model empty = model;
  empty.update(removed);
  Change seeds{{}, "isthmus", time_ms};
  if (contents == FreshContents::Seeded) {
    seeds.operations = {provider_network(), mac_pool()};
    add_settings(seeds.operations);
  }
  auto applied = apply(empty, seeds, limits);
  if (!applied) return applied;
  applied->model.set_revision(model.revision() + 1);
  std::vector<ResourceChange> changes;
  for (const ResourceChange& change : removed) {
    if (applied->model.find(change.before->id) == nullptr) changes.push_back(change);
  }
  for (const ResourceChange& change : applied->changes) {
    changes.push_back({model.find_shared(change.after->id), change.after});
  }
  applied->changes = std::move(changes);
  return applied;
}

}  // namespace isthmus
