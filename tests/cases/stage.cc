#include "tests/cases/stage.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "controller/explain/access_hit.h"
#include "controller/explain/explain.h"
#include "controller/program/values.h"
#include "tests/cases/json_text.h"
#include "tests/cases/peering_watch.h"
#include "tests/support/frame_text.h"

namespace isthmus::testing {
namespace {

using api::http::Method;
using api::http::Response;

struct Option {
  std::string_view name;
  void (*set)(InProcess::Options&, uint32_t);
};
constexpr std::array kOptions = {
    Option{"bare", [](InProcess::Options& o, uint32_t n) { o.controller.bare = n != 0; }},
#define X(field, option, value, help) \
  Option{option, [](InProcess::Options& o, uint32_t n) { o.controller.limits.field = n; }},
    ISTHMUS_LIMITS(X)
#undef X
        Option{"page-items", [](InProcess::Options& o,
                                uint32_t n) { o.networking.page_items = o.azure.page_items = n; }},
    Option{"lro-async",
           [](InProcess::Options& o, uint32_t n) {
             o.azure.operations.lro = n != 0 ? api::config::Lro::Async : api::config::Lro::Sync;
           }},
    // 1111..., 2222... and so on
    Option{"subscriptions",
           [](InProcess::Options& o, uint32_t n) {
             std::vector<api::config::Subscription> subscriptions;
             for (uint32_t i = 1; i <= n; ++i) {
               std::string id(api::config::kDefaultSubscription);
               std::replace(id.begin(), id.end(), '1', static_cast<char>('0' + i));
               subscriptions.push_back({id, "number " + std::to_string(i)});
             }
             o.front.subscriptions = [subscriptions] { return subscriptions; };
           }},
    Option{"operations-kept",
           [](InProcess::Options& o, uint32_t n) { o.networking.operations_kept = n; }},
    Option{"provisioning-delay",
           [](InProcess::Options& o, uint32_t n) {
             o.networking.provisioning_delay = std::chrono::milliseconds(n);
           }},
    Option{"bare-empty-collections",
           [](InProcess::Options& o, uint32_t n) {
             o.networking.empty_collection =
                 n != 0 ? api::config::EmptyCollection::Bare : api::config::EmptyCollection::Full;
           }},
};

const Rule* find_rule(std::string_view name) {
  for (const KindInfo& row : kKinds) {
    for (const auto rules : {rules_of(row.kind, Realm::Onprem), rules_of(row.kind, Realm::Azure),
                             deletion_rules_of(row.kind)}) {
      for (const Rule& rule : rules) {
        if (rule.name == name) return &rule;
      }
    }
  }
  return nullptr;
}

// What a target names, where it names a resource.
ResourceId resource_of(std::string_view target) {
  if (target.starts_with("/subscriptions/")) {
    const std::string_view id = target.substr(0, target.find('?'));
    return ResourceId::parse(id, Realm::Azure).value_or(ResourceId());
  }
  const size_t version = target.find('/', 1);
  const size_t path = version == std::string_view::npos ? version : target.find('/', version + 1);
  if (path == std::string_view::npos) return {};
  return ResourceId::parse(target.substr(path)).value_or(ResourceId());
}

const Resource* interface_named(const Model& model, Realm realm, std::string_view name) {
  for (const ResourcePtr& nic : model.collection(Kind::NetworkInterface)) {
    if (nic->id.realm() == realm && nic->id.name() == name) return nic.get();
  }
  return nullptr;
}

std::string drop_text(const Model& model, const dataplane::Verdict& verdict) {
  const Resource* decided = program::resource_of(model, verdict.tag);
  return fmt::format("dropped {} at {}{}", info(verdict.reason).text, name(verdict.stage),
                     decided == nullptr ? "" : " by " + decided->id.path());
}

}  // namespace

void Stage::configure(std::string_view option, std::string_view value) {
  for (const Option& row : kOptions) {
    if (row.name != option) continue;
    row.set(options_, static_cast<uint32_t>(std::stoul(std::string(value))));
    return;
  }
  complain(fmt::format("there is no option '{}'", option));
}

void Stage::announce(std::string_view rule) {
  announced_ = find_rule(rule);
  if (announced_ == nullptr) complain(fmt::format("there is no rule '{}'", rule));
}

Response Stage::send(Method method, const std::string& target, const std::string& body,
                     const api::http::Headers& headers) {
  const ModelPtr before = controller().model();
  const ResourceId id = resource_of(target);
  const PeeringWatch watch(*before, id, body);
  Response response = controller().call(method, target, body, headers);
  const bool changes = method == Method::Put || method == Method::Delete;
  if (response.status >= 300) {
    check_refusal(response, before->revision());
  } else if (changes) {
    const auto event = method == Method::Put ? PeeringEvent::Put : PeeringEvent::Delete;
    const auto verdict = watch.judge(*controller().model(), event);
    if (verdict.row) findings_.transitions.emplace(id.realm(), *verdict.row);
    if (!verdict.broken.empty()) complain(verdict.broken);
    if (method == Method::Put) check_put(target, response);
  }
  return response;
}

void Stage::check_refusal(const Response& response, Revision before) {
  const std::string code = text_at(response.body, "/error/code");
  findings_.codes.insert(code);
  if (controller().model()->revision() != before) complain("a refused request changed something");
  if (announced_ == nullptr) return;
  if (code == info(announced_->error).name) {
    findings_.rules.insert(std::string(announced_->name));
  } else {
    complain(fmt::format("the rule '{}' refuses as {}, but the answer was {}", announced_->name,
                         info(announced_->error).name, code));
  }
  announced_ = nullptr;
}

void Stage::check_put(const std::string& target, const Response& response) {
  const Response read = controller().call(Method::Get, target);
  if (read.status == 405) return;  // an action: it leaves nothing to read there
  if (read.status != 200 || read.body != response.body)
    complain(fmt::format("GET {} does not answer what its PUT answered", target));
}

std::vector<std::string> Stage::send_frame(Realm realm, std::string_view nic,
                                           std::string_view text) {
  const ModelPtr model = controller().model();
  const Resource* sender = interface_named(*model, realm, nic);
  if (sender == nullptr) return {fmt::format("there is no interface '{}'", nic)};
  constexpr std::string_view kSegments = " segments ";
  uint32_t segment_bytes = 0;
  if (const size_t at = text.find(kSegments); at != std::string_view::npos) {
    const std::string number(text.substr(at + kSegments.size()));
    segment_bytes = static_cast<uint32_t>(std::stoul(number));
    text = text.substr(0, at);
  }
  if (!forwarder_) forwarder_.emplace();
  std::vector<std::string> outcomes;
  const auto see = [&](const dataplane::SentFrame& sent) {
    outcomes.push_back(fmt::format("{} {}", program::resource_of(*model, sent.to)->id.name(),
                                   test::text_of(sent.bytes)));
  };
  auto frame =
      test::frame_of(text, sender->as<NetworkInterface>().mac.value(), dataplane::kRouterMac);
  dataplane::rcu::Reader reader(controller().dataplane().grace_periods());
  const dataplane::rcu::Guard guard(reader);
  const auto verdict = forwarder_->take(controller().dataplane().view(guard),
                                        {dataplane::PortId{sender->serial}, frame, segment_bytes},
                                        controller().now(), see);
  if (!verdict.delivered) outcomes.push_back(drop_text(*model, verdict));
  return outcomes;
}

std::vector<std::string> Stage::access_log() {
  const ModelPtr model = controller().model();
  std::vector<std::string> lines;
  if (!forwarder_) return lines;
  const auto taken = forwarder_->worker().access_log.take();
  for (const dataplane::AccessHit& hit : taken.hits) lines.push_back(text_of(*model, hit));
  if (taken.left_out > 0) lines.push_back(fmt::format("and {} more", taken.left_out));
  return lines;
}

std::vector<std::string> Stage::ping_all(Realm realm) {
  const ModelPtr model = controller().model();
  const auto tables = controller().dataplane().contents();
  struct End {
    std::string name;
    net::IpAddress address;
  };
  std::vector<End> ends;
  for (const auto& [id, port] : tables.ports) {
    const Resource* nic = program::resource_of(*model, id);
    if (!port.is_router && !port.addresses.empty() && nic->id.realm() == realm)
      ends.push_back({std::string(nic->id.name()), port.addresses.front().address});
  }
  std::ranges::sort(ends, {}, &End::name);
  std::vector<std::string> lines;
  for (const End& from : ends) {
    std::string line = from.name + ":";
    for (const End& to : ends) {
      if (to.name == from.name) continue;
      const auto ping =
          fmt::format("icmp {} > {} echo 1", from.address.to_string(), to.address.to_string());
      const auto came = send_frame(realm, from.name, ping);
      const std::string& only = came.size() == 1 ? came.front() : "";
      if (only.starts_with(to.name + " ") && only.find(ping) != std::string::npos) {
        line += fmt::format(" {} {}", to.name, only.substr(only.rfind(' ') + 1));
      } else if (only.starts_with("dropped ")) {
        line += fmt::format(" {} {}", to.name, only.substr(8, only.find(' ', 8) - 8));
      } else {
        line += fmt::format(" {} ({})", to.name, fmt::join(came, "; "));
      }
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string Stage::explain(Realm realm, std::string_view from, std::string_view to,
                           std::string_view what) {
  const ModelPtr model = controller().model();
  const Resource* sender = interface_named(*model, realm, from);
  if (sender == nullptr) return fmt::format("there is no interface '{}'", from);
  ExplainQuestion question{sender->id.path(), std::string(to),
                           std::string(what.substr(0, what.find('/'))), std::nullopt};
  if (const size_t slash = what.find('/'); slash != std::string_view::npos)
    question.port = static_cast<uint16_t>(std::stoul(std::string(what.substr(slash + 1))));
  const auto told = isthmus::explain(*model, controller().dataplane().current(), question);
  if (!told) return told.error().message;
  if (told->delivered) return "delivered: " + told->forward.back().detail;
  const auto& steps = told->reverse.empty() ? told->forward : told->reverse;
  const ExplainStep& last = steps.back();
  return fmt::format("dropped {} at {}{}{}: {}", told->reason, last.stage,
                     last.resource.empty() ? "" : " by " + last.resource,
                     told->reverse.empty() ? "" : " on the way back", last.detail);
}

}  // namespace isthmus::testing
