// A model built by short sentences, and the tables that are programmed from it.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "controller/explain/explain.h"
#include "controller/program/program.h"
#include "controller/rules/apply.h"
#include "controller/rules/fresh.h"
#include "dataplane/dataplane.h"

namespace isthmus::testing {

class SmallWorld {
 public:
  SmallWorld() : model_(make_fresh(Model(Uuid{1, 2}), FreshContents::Seeded, {})->model) {
    program();
  }

  const Model& model() const { return model_; }
  const dataplane::Tables& tables() const { return dataplane_.current(); }

  static ResourceId id(const std::string& path) { return *ResourceId::parse(path); }
  static net::Prefix prefix(const std::string& text) { return *net::Prefix::parse(text); }

  void network(const std::string& name, const std::string& space) {
    VirtualNetwork body;
    body.address_space = {prefix(space)};
    put("/virtualNetworks/" + name, body);
  }
  void subnet(const std::string& network, const std::string& name, const std::string& space,
              const std::string& route_table = "", const std::string& acl = "") {
    Subnet body;
    body.prefix = prefix(space);
    if (!route_table.empty()) body.route_table = id("/routeTables/" + route_table);
    if (!acl.empty()) body.access_control_list = id("/accessControlLists/" + acl);
    put("/virtualNetworks/" + network + "/subnets/" + name, body);
  }
  void peering(const std::string& from, const std::string& to, Peering body = {}) {
    body.remote_virtual_network = id("/virtualNetworks/" + to);
    put(peering_path(from, to), body);
  }
  void peer(const std::string& a, const std::string& b, const Peering& body = {}) {
    peering(a, b, body);
    peering(b, a, body);
  }
  void unpeer(const std::string& from, const std::string& to) { erase(peering_path(from, to)); }
  void interface(const std::string& name, const std::string& network, const std::string& subnet,
                 const std::string& address) {
    IpConfiguration ip;
    ip.subnet = id("/virtualNetworks/" + network + "/subnets/" + subnet);
    ip.address = *net::IpAddress::parse(address);
    const ResourceId nic = id("/networkInterfaces/" + name);
    put("/networkInterfaces/" + name, NetworkInterface{},
        {{Kind::IpConfiguration,
          {Draft{*nic.child(Kind::IpConfiguration, "ip"), "", {}, nullptr, ip, {}}}}});
  }
  void route(const std::string& table, const std::string& name, const std::string& to,
             const std::string& appliance) {
    if (model_.find(id("/routeTables/" + table)) == nullptr)
      put("/routeTables/" + table, RouteTable{});
    Route body;
    body.prefix = prefix(to);
    body.next_hop_type = appliance.empty() ? NextHopType::None : NextHopType::VirtualAppliance;
    if (!appliance.empty()) body.next_hop = *net::IpAddress::parse(appliance);
    put("/routeTables/" + table + "/routes/" + name, body);
  }
  void deny_inbound(const std::string& acl, const std::string& rule, uint32_t priority) {
    if (model_.find(id("/accessControlLists/" + acl)) == nullptr) {
      put("/accessControlLists/" + acl, AccessControlList{});
    }
    AclRule body;
    body.action = RuleAction::Deny;
    body.priority = priority;
    put("/accessControlLists/" + acl + "/aclRules/" + rule, body);
  }

  void put(const std::string& path, Body body, std::vector<DraftChildren> children = {}) {
    Operation operation;
    operation.draft = {id(path), "", {}, nullptr, std::move(body), std::move(children)};
    run(std::move(operation));
  }
  void erase(const std::string& path) {
    Operation operation;
    operation.verb = Verb::Delete;
    operation.draft.id = id(path);
    run(std::move(operation));
  }

  Explanation explain(const std::string& from, const std::string& to,
                      const std::string& protocol = "tcp",
                      std::optional<uint16_t> port = 443) const {
    const auto answer = isthmus::explain(model_, tables(), {from, to, protocol, port});
    if (!answer) ADD_FAILURE() << answer.error().text();
    return answer.value_or(Explanation{});
  }

 private:
  static std::string peering_path(const std::string& from, const std::string& to) {
    return fmt::format("/virtualNetworks/{0}/virtualNetworkPeerings/{0}-to-{1}", from, to);
  }
  void run(Operation operation) {
    auto applied = apply(model_, {{std::move(operation)}, "test"}, {});
    if (!applied) {
      ADD_FAILURE() << applied.error().text();
      return;
    }
    model_ = std::move(applied->model);
    program();
  }
  void program() {
    auto prepared = dataplane_.prepare(dataplane::diff(dataplane_.contents(), compile(model_)));
    ASSERT_TRUE(prepared);
    dataplane_.publish(std::move(*prepared));
  }

  Model model_;
  dataplane::Dataplane dataplane_;
};

}  // namespace isthmus::testing
