#include "api/control/lab/expectations.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "api/control/lab/expand.h"
#include "controller/model/either_realm.h"
#include "controller/model/text.h"

namespace isthmus::api::lab {
namespace {

constexpr std::string_view kNotThere =
    "Apply the document first: isthmus test --apply, or isthmus apply.";

// Answers what a document asks, with its names for what explain calls by path.
class Observer {
 public:
  Observer(const LabDocument& document, const Model& model, const dataplane::Tables& tables)
      : model_(model), tables_(tables), home_(lab_home(document)) {
    for (const LabVm& vm : document.vms) {
      const ResourceId interface = interface_id(home_, vm);
      machines_.emplace(interface, vm.name);
      interfaces_.emplace(vm.name, interface);
    }
  }

  Result<LabOutcome> observe(const LabExpectation& expected) const {
    auto from = find_end(expected.from, "/from");
    if (!from) return tl::unexpected(from.error());
    auto to = find_end(expected.to, "/to");
    if (!to) return tl::unexpected(to.error());
    if (auto via = find_end(expected.via, "/via"); !via) return tl::unexpected(via.error());
    const auto explanation = explain(
        model_, tables_, {std::move(*from), std::move(*to), expected.protocol, expected.port});
    if (!explanation) return tl::unexpected(explanation.error());
    return outcome_of(*explanation);
  }

 private:
  // A machine, a bare address, address@network or nothing, as explain takes it.
  Result<std::string> find_end(const std::string& name, const char* member) const {
    const auto machine = interfaces_.find(name);
    if (machine != interfaces_.end()) return find_path(machine->second, "machine", name, member);
    const size_t at = name.find('@');
    if (at == std::string::npos) return name;
    const std::string network = name.substr(at + 1);
    return find_path(below(home_, Kind::VirtualNetwork, network), "network", network, member)
        .map([&](const std::string& path) { return name.substr(0, at + 1) + path; });
  }

  Result<std::string> find_path(const ResourceId& id, std::string_view what,
                                const std::string& name, const char* member) const {
    if (model_.find(id) != nullptr) return id.path();
    return fail(ErrorCode::ResourceNotFound, member,
                fmt::format("The controller has no {} {}.", what, in_quotes(name)),
                std::string(kNotThere));
  }

  LabOutcome outcome_of(const Explanation& explanation) const {
    LabOutcome outcome;
    outcome.packet = explanation.packet;
    outcome.result = explanation.delivered ? LabResult::Reach : LabResult::Drop;
    outcome.reason = explanation.reason;
    outcome.remedy = explanation.remedy;
    for (const ExplainStep& step : explanation.forward) {
      if (step.verdict == "forwarded") outcome.via.push_back(machine_at(step.resource));
    }
    if (!explanation.elsewhere.empty()) {
      outcome.elsewhere = machine_at(explanation.elsewhere);
      outcome.detail =
          fmt::format("it comes to {}, which has that address there", outcome.elsewhere);
      return outcome;
    }
    if (explanation.delivered) return outcome;
    const bool is_there = !explanation.reverse.empty();
    const ExplainStep& last = (is_there ? explanation.reverse : explanation.forward).back();
    outcome.detail =
        fmt::format("{} drops {}: {}", last.stage, is_there ? "the reply" : "it", last.detail);
    return outcome;
  }

  std::string machine_at(const std::string& path) const {
    const auto machine = machines_.find(*parse_in_either_realm(path));
    return machine == machines_.end() ? path : machine->second;
  }

  const Model& model_;
  const dataplane::Tables& tables_;
  const ResourceId home_;
  std::map<std::string, ResourceId> interfaces_;  // of the machines
  std::map<ResourceId, std::string> machines_;    // by their interfaces
};

}  // namespace

Result<std::vector<LabOutcome>> observe(const LabDocument& document, const Model& model,
                                        const dataplane::Tables& tables) {
  const Observer observer(document, model, tables);
  std::vector<LabOutcome> outcomes;
  for (const LabExpectation& expected : document.expectations) {
    auto outcome = observer.observe(expected);
    if (!outcome) {
      Error error = outcome.error();
      error.target = fmt::format("/expect/{}{}", outcomes.size(), error.target);
      return tl::unexpected(std::move(error));
    }
    outcomes.push_back(std::move(*outcome));
  }
  return outcomes;
}

bool holds(const LabExpectation& expected, const LabOutcome& outcome) {
  const auto& via = outcome.via;
  return outcome.elsewhere.empty() && expected.result == outcome.result &&
         (expected.via.empty() || std::find(via.begin(), via.end(), expected.via) != via.end()) &&
         (expected.reason.empty() || begins_with_words(outcome.reason, expected.reason));
}

bool begins_with_words(std::string_view reason, std::string_view words) {
  return !words.empty() && reason.starts_with(words) &&
         (reason.size() == words.size() || reason[words.size()] == '-');
}

}  // namespace isthmus::api::lab
