// Where stories are played: a controller in this process, and the laws that hold after every
// request.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controller/rules/rule.h"
#include "dataplane/pipeline/forwarder.h"
#include "tests/support/in_process.h"

namespace isthmus::testing {

// What a story has shown.
struct Findings {
  std::vector<std::string> broken;  // laws that did not hold
  std::set<std::string> rules;      // whose refusal came where a `rule` line announced it
  std::set<std::string> codes;      // of error answers
  std::set<std::pair<Realm, size_t>> transitions;  // rows of peering_transitions() that happened
};

class Stage {
 public:
  explicit Stage(Findings& findings) : findings_(findings) {}

  // Before the first request.
  void configure(std::string_view option, std::string_view value);
  // The next refusal is this rule's.
  void announce(std::string_view rule);

  // `target` is a whole one: "/networking/v1/virtualNetworks/red".
  api::http::Response send(api::http::Method method, const std::string& target,
                           const std::string& body = {}, const api::http::Headers& headers = {});
  // What came of a frame that a virtual machine sent: for each interface that got one "NAME FRAME",
  // as frame_text.h writes it; or why nobody did.
  std::vector<std::string> send_frame(Realm realm, std::string_view nic, std::string_view frame);
  // Every interface sends an echo request to every other one. A line for each sender: who got
  // exactly that one packet, and with what time to live, or why not.
  std::vector<std::string> ping_all(Realm realm);
  // What rules that are logged have decided since the last time.
  std::vector<std::string> access_log();
  // What explain says of it: "delivered", or why and where not, there or on the way back.
  std::string explain(Realm realm, std::string_view from, std::string_view to,
                      std::string_view what);
  void restart() {
    forwarder_.reset();
    controller().restart();
  }
  // A fault, as JSON, from here on.
  void inject(std::string_view fault) { controller().inject(fault); }
  // Time passes, by the clock of the controller.
  void pass(std::chrono::milliseconds time) { controller().pass(time); }

 private:
  InProcess& controller() {
    if (!controller_) controller_.emplace(options_);
    return *controller_;
  }
  void check_refusal(const api::http::Response& response, Revision before);
  void check_put(const std::string& target, const api::http::Response& response);
  void complain(std::string what) { findings_.broken.push_back(std::move(what)); }

  Findings& findings_;
  InProcess::Options options_;
  std::optional<InProcess> controller_;
  std::optional<dataplane::Forwarder> forwarder_;
  const Rule* announced_ = nullptr;
};

}  // namespace isthmus::testing
