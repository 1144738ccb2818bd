#include "controller/explain/narrator.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controller/explain/remedy.h"
#include "controller/model/either_realm.h"
#include "controller/model/networks.h"
#include "controller/model/security_rules.h"
#include "controller/model/text.h"
#include "controller/program/values.h"

namespace isthmus {
namespace {

using dataplane::DropReason;
using dataplane::StageId;
using dataplane::TraceStep;

class Narrator {
 public:
  Narrator(const Model& model, const net::FlowKey& flow) : model_(model), flow_(flow) {}

  ExplainStep tell(const TraceStep& step) const {
    ExplainStep told;
    told.stage = std::string(name(step.stage));
    told.verdict = step.outcome == TraceStep::Outcome::Passed      ? "passed"
                   : step.outcome == TraceStep::Outcome::Delivered ? "delivered"
                                                                   : "dropped";
    if (const Resource* resource = find(step.tag)) told.resource = resource->id.path();
    describe(step, told);
    if (step.outcome == TraceStep::Outcome::Dropped && told.detail.empty()) {
      told.detail = std::string(info(step.reason).sentence);
    }
    return told;
  }

 private:
  template <class Id>
  const Resource* find(Id id) const {
    return program::resource_of(model_, id);
  }
  template <class Id>
  std::string name_of(Id id) const {
    const Resource* resource = find(id);
    return resource == nullptr ? "?" : std::string(resource->id.name());
  }

  void describe(const TraceStep& step, ExplainStep& told) const {
    switch (step.stage) {
      case StageId::Parse:
        return;
      case StageId::AntiSpoof:
        return describe_source(step, told);
      case StageId::AclOut:
      case StageId::AclIn:
        return describe_access(step, told);
      case StageId::Route:
        return describe_route(step, told);
      case StageId::NextHop:
        return describe_next_hop(step, told);
      case StageId::Peering:
        return describe_peering(step, told);
      case StageId::Deliver:
        if (!step.port) return;
        told.resource = find(*step.port)->id.path();
        if (step.outcome == TraceStep::Outcome::Dropped) return;
        told.detail = is_for_everybody(step)
                          ? fmt::format("to everybody else in {}", name_of(*step.port))
                          : fmt::format("to {}", what_is(*step.port));
        return;
    }
  }

  void describe_source(const TraceStep& step, ExplainStep& told) const {
    if (step.outcome == TraceStep::Outcome::Dropped || !step.port) return;
    const bool own = owns(*step.port, flow_.source);
    told.detail =
        own ? fmt::format("{} belongs to {}", flow_.source.to_string(), what_is(*step.port))
            : fmt::format("{} forwards for {}", name_of(*step.port), flow_.source.to_string());
    told.resource = find(*step.port)->id.path();
  }

  static bool is_for_everybody(const TraceStep& step) {
    return step.action && step.action->kind == dataplane::Action::Kind::Everybody;
  }

  // "web1", or "the virtual router of web"
  std::string what_is(dataplane::PortId port) const {
    const Resource* resource = find(port);
    const bool is_router = resource != nullptr && resource->kind() == Kind::Subnet;
    return (is_router ? "the virtual router of " : "") + name_of(port);
  }

  bool owns(dataplane::PortId port, net::IpAddress address) const {
    if (find(port)->kind() == Kind::Subnet) return true;
    for (const Resource* ip : model_.below(find(port)->id, Kind::IpConfiguration)) {
      if (ip->as<IpConfiguration>().address == address) return true;
    }
    return false;
  }

  void describe_access(const TraceStep& step, ExplainStep& told) const {
    if (step.known_flow) {
      told.detail = "a packet of an established flow";
      return;
    }
    if (!step.acl) return;
    using By = dataplane::AclDecision::By;
    const Resource* decided = find(step.acl->tag);
    if (decided != nullptr) told.resource = decided->id.path();
    const bool is_rule = step.acl->by == By::InterfaceRule || step.acl->by == By::SubnetRule;
    const bool on_interface =
        step.acl->by == By::InterfaceRule || step.acl->by == By::InterfaceDefault;
    const char* verb = step.acl->action == dataplane::AclAction::Permit ? "permitted" : "denied";
    if (step.acl->by == By::NoList) {
      told.detail = "no access list decides, so it is permitted";
    } else if (step.acl->is_default_rule && decided != nullptr) {
      const auto direction = step.stage == StageId::AclOut ? RuleType::Outbound : RuleType::Inbound;
      told.rule = default_rule_path(direction, step.acl->priority);
      const bool has_group = decided->kind() == Kind::AccessControlList;
      told.detail = has_group
                        ? fmt::format("{} by {} of {}, the {}'s group", verb, told.rule,
                                      decided->id.name(), on_interface ? "interface" : "subnet")
                        : fmt::format("{} as by {}: there is no security group", verb, told.rule);
    } else if (is_rule && decided != nullptr) {
      told.rule = std::string(decided->id.name());
      told.detail = fmt::format("{} by rule {} (priority {}) of {}, the {}'s list", verb, told.rule,
                                step.acl->priority, decided->id.parent().name(),
                                on_interface ? "interface" : "subnet");
    } else if (decided != nullptr) {
      told.rule = "default";
      told.detail = fmt::format("{} by the default action of {}", verb, decided->id.name());
    }
  }

  void describe_route(const TraceStep& step, ExplainStep& told) const {
    if (!step.table) return;
    const Resource* network = find(step.table->domain);
    if (network == nullptr) return;
    if (is_for_everybody(step)) {
      told.detail = fmt::format("{} is for everybody in the subnet", flow_.destination.to_string());
      return;
    }
    const Viewpoint from = standpoint(model_, *network, *step.table, flow_.source);
    const auto all = candidates_for(model_, from, flow_.destination);
    if (all.empty()) {
      told.resource = network->id.path();
      told.detail = fmt::format("no route of {} contains {}: {}", network->id.name(),
                                flow_.destination.to_string(),
                                why_unreachable(model_, from, flow_.destination).why);
      return;
    }
    const RouteCandidate& winner = all.front();
    if (winner.via != nullptr) {
      told.resource = winner.via->id.path();
      told.rule = std::string(winner.via->id.name());
    }
    told.detail = route_text(winner);
    for (size_t i = 1; i < all.size(); ++i) {
      told.detail +=
          fmt::format("; not {}, because {}", route_text(all[i]), because(winner, all[i]));
    }
    if (winner.source != RouteSource::System || winner.next_hop != NextHop::None) return;
    if (const auto found = why_network_unreachable(model_, from, flow_.destination))
      told.detail += "; " + found->why;
  }

  std::string route_text(const RouteCandidate& route) const {
    std::string text = fmt::format("{} -> {}", route.prefix.to_string(), name(route.next_hop));
    if (route.next_hop_address) text += " " + route.next_hop_address->to_string();
    if (route.next_hop == NextHop::VirtualNetworkPeering)
      text += fmt::format(" {}", route.network->id.name());
    return text + (route.source == RouteSource::User ? " (user route)" : " (system route)");
  }

  void describe_next_hop(const TraceStep& step, ExplainStep& told) const {
    if (step.reason == DropReason::ApplianceUnreachable && step.action) {
      told.detail = fmt::format("no interface that is reachable has the appliance's address {}",
                                step.action->address.to_string());
    } else if (step.outcome == TraceStep::Outcome::Passed && step.action && step.port) {
      const bool appliance = step.action->kind == dataplane::Action::Kind::Appliance;
      told.resource = find(*step.port)->id.path();
      const bool is_router = find(*step.port)->kind() == Kind::Subnet;
      told.detail = is_for_everybody(step) ? fmt::format("everybody in {}", name_of(*step.port))
                    : is_router
                        ? fmt::format("{} in {}", what_is(*step.port), name_of(step.action->domain))
                        : fmt::format("{} {} in {}", appliance ? "appliance" : "interface",
                                      name_of(*step.port), name_of(step.action->domain));
    } else if (step.reason == DropReason::NoEndpoint && step.action) {
      told.detail = fmt::format("no interface of {} has the address {}",
                                name_of(step.action->domain), flow_.destination.to_string());
    }
  }

  // "5ms latency, 0.1% loss, 1gbit"
  static std::string words(const dataplane::Link& link) {
    std::vector<std::string> words;
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(link.latency).count();
    if (us != 0) words.push_back(latency_text(static_cast<uint64_t>(us)) + " latency");
    if (link.loss_ppm != 0) words.push_back(loss_text(link.loss_ppm) + " loss");
    if (link.rate_bits_per_second != 0) words.push_back(rate_text(link.rate_bits_per_second));
    return fmt::format("{}", fmt::join(words, ", "));
  }

  void describe_peering(const TraceStep& step, ExplainStep& told) const {
    if (!step.peering || step.outcome == TraceStep::Outcome::Dropped) {
      if (!step.peering) told.detail = "within one network";
      return;
    }
    const Resource* from = find(step.peering->from);
    const Resource* to = find(step.peering->to);
    const Resource* receiver = from && to ? peering_from(model_, *to, *from) : nullptr;
    if (receiver == nullptr) return;
    told.resource = receiver->id.path();
    told.detail =
        fmt::format("{} is Connected and admits it from {}", receiver->id.name(), from->id.name());
    if (step.link) told.detail += fmt::format("; the link between them has {}", words(*step.link));
  }

  const Model& model_;
  const net::FlowKey& flow_;
};

}  // namespace

Viewpoint standpoint(const Model& model, const Resource& network, dataplane::TableKey table,
                     net::IpAddress source) {
  const Viewpoint from = program::viewpoint_of(model, network, table);
  if (from.subnet != nullptr) return from;
  for (const Resource* subnet : model.subnets_containing(source)) {
    if (network_of(model, *subnet).serial == network.serial)
      return {network, from.route_table, subnet};
  }
  return from;
}

ExplainStep narrate(const Model& model, const net::FlowKey& flow, const TraceStep& step) {
  return Narrator(model, flow).tell(step);
}

}  // namespace isthmus
