// What explain tells of a packet, and what becomes of the frame when it is sent: the same, stage by
// stage, there and back, in random worlds of both realms.
#include <gtest/gtest.h>

#include <array>
#include <set>

#include "controller/explain/explain.h"
#include "controller/explain/follow.h"
#include "controller/model/networks.h"
#include "controller/program/program.h"
#include "controller/program/values.h"
#include "controller/rules/apply.h"
#include "controller/rules/fresh.h"
#include "dataplane/dataplane.h"
#include "dataplane/pipeline/forwarder.h"
#include "tests/support/frame_text.h"
#include "tests/support/random_azure_changes.h"
#include "tests/support/random_changes.h"

namespace isthmus {
namespace {

using dataplane::PortId;
using dataplane::Verdict;

constexpr int kLives = 12;
constexpr int kChangesPerLife = 300;
constexpr int kQuestionsPerLife = 400;

// The way of one frame through appliances, as `follow` goes it, by sending it.
struct Way {
  std::vector<Verdict> passes;
  bool looped = false;
  PortId port{};               // where it arrived
  std::vector<uint8_t> frame;  // as it came there; for a router: its answer,
  PortId answered{};           // and who got that
};

class Wire {
 public:
  explicit Wire(const dataplane::Tables& tables) : tables_(tables) {}

  Way send(PortId from, std::vector<uint8_t> frame) {
    Way way;
    std::set<PortId> visited;
    while (visited.insert(from).second) {
      std::vector<std::pair<PortId, std::vector<uint8_t>>> came;
      const auto note = [&came](const dataplane::SentFrame& sent) {
        came.emplace_back(sent.to, std::vector<uint8_t>(sent.bytes.begin(), sent.bytes.end()));
      };
      way.passes.push_back(forwarder_.take(tables_, {from, frame}, {}, note));
      while (const auto at = forwarder_.links().next_at()) {
        auto arrived = forwarder_.links().next(*at);
        forwarder_.leave_link(tables_, *arrived, *at, note);
      }
      const Verdict& verdict = way.passes.back();
      if (!verdict.delivered || is_for_everybody(verdict)) return way;
      way.port = verdict.out_port;
      if (!came.empty()) std::tie(way.answered, way.frame) = came.front();
      const auto flow = net::parse_ethernet(frame)->flow;
      const dataplane::Port& there = *tables_.port(verdict.out_port);
      if (has_address(there, flow.destination)) return way;
      from = verdict.out_port;
      frame = way.frame;
      net::set_macs(frame, dataplane::kRouterMac, there.mac);
    }
    way.looped = true;
    return way;
  }

 private:
  const dataplane::Tables& tables_;
  dataplane::Forwarder forwarder_{64};
};

// The stages that explain tells for these passes.
std::vector<std::string> stages_of(const Way& way) {
  std::vector<std::string> stages;
  for (size_t i = 0; i < way.passes.size(); ++i) {
    if (i > 0) stages.emplace_back("appliance forwarded");
    const Verdict& verdict = way.passes[i];
    for (size_t stage = 1; stage <= static_cast<size_t>(verdict.stage); ++stage) {
      const bool decided = stage == static_cast<size_t>(verdict.stage);
      stages.push_back(fmt::format("{} {}", dataplane::kStageNames[stage],
                                   !decided            ? "passed"
                                   : verdict.delivered ? "delivered"
                                                       : "dropped"));
    }
  }
  // It came a second time to somebody, who sends it on, and is told so.
  if (way.looped) stages.insert(stages.end(), {"appliance forwarded", "appliance dropped"});
  return stages;
}
std::vector<std::string> stages_of(const std::vector<ExplainStep>& steps) {
  std::vector<std::string> stages;
  for (const ExplainStep& step : steps)
    stages.push_back(fmt::format("{} {}", step.stage, step.verdict));
  return stages;
}
std::string reason_of(const Way& way) {
  return std::string(way.looped ? kForwardingLoop : info(way.passes.back().reason).text);
}

struct Packet {
  const char* protocol;
  const char* there;
  const char* back;
};
constexpr Packet kPackets[] = {
    {"tcp", "tcp {}:49152 > {}:443 syn", "tcp {}:443 > {}:49152 syn ack"},
    {"udp", "udp {}:49152 > {}:53", "udp {}:53 > {}:49152"},
    {"icmp", "icmp {} > {} echo 0", "icmp {} > {} echo-reply 0"},
};

std::string end_text(const net::IpAddress& address, bool has_port) {
  return has_port && !address.is_v4() ? "[" + address.to_string() + "]" : address.to_string();
}

// One world, with its tables.
class World {
 public:
  World(const Model& model, uint64_t seed) : model_(model), random_(seed) {
    dataplane_.publish(std::move(dataplane_.prepare(dataplane::diff({}, compile(model_))).value()));
    const auto program = dataplane_.contents();
    for (const auto& [key, port] : program.endpoints) {
      ends_.push_back(key);
      const auto found = program.ports.find(port);
      if (found != program.ports.end() && !found->second.is_router) senders_.push_back(key);
    }
  }
  bool is_empty() const { return senders_.empty(); }

  // The reason of the drop, or "": compared.
  std::string ask() {
    const auto source = senders_[below(senders_.size())];
    const net::IpAddress to = destination(source);
    const PortId from = *dataplane_.current().endpoint(source.domain, source.address);
    if (to.family() != source.address.family()) return ask();
    const Packet& packet = kPackets[below(std::size(kPackets))];
    const bool has_port = std::string_view(packet.protocol) != "icmp";
    const auto port =
        has_port ? std::optional<uint16_t>(packet.protocol[0] == 't' ? 443 : 53) : std::nullopt;
    const std::string network = program::resource_of(model_, source.domain)->id.path();
    const auto told = explain(model_, dataplane_.current(),
                              {fmt::format("{}@{}", source.address.to_string(), network),
                               to.to_string(), packet.protocol, port});
    EXPECT_TRUE(told.has_value()) << told.error().message;
    if (!told) return "";
    SCOPED_TRACE(fmt::format("{} from {} of {} to {}", packet.protocol, source.address.to_string(),
                             network, to.to_string()));
    compare(*told, from, packet, source.address, to, has_port);
    return told->reason;
  }

 private:
  size_t below(size_t bound) { return random_() % bound; }

  net::IpAddress destination(const dataplane::EndpointKey& source) {
    if (below(20) == 0) return net::IpAddress::v4(0xFFFF'FFFF);
    if (below(10) == 0) return source.address.plus(1 + below(300));
    return ends_[below(ends_.size())].address;
  }

  std::vector<uint8_t> frame(const char* text, PortId from, const net::IpAddress& source,
                             const net::IpAddress& to, bool has_port) const {
    const auto line =
        fmt::format(fmt::runtime(text), end_text(source, has_port), end_text(to, has_port));
    return test::frame_of(line, dataplane_.current().port(from)->mac, dataplane::kRouterMac);
  }

  void compare(const Explanation& told, PortId from, const Packet& packet,
               const net::IpAddress& source, const net::IpAddress& to, bool has_port) {
    const dataplane::Tables& tables = dataplane_.current();
    Wire wire(tables);
    const Way there = wire.send(from, frame(packet.there, from, source, to, has_port));
    EXPECT_EQ(stages_of(told.forward), stages_of(there));
    const bool arrived = there.passes.back().delivered && !there.looped;
    if (!arrived) {
      EXPECT_EQ(told.reason, reason_of(there));
      EXPECT_FALSE(told.delivered);
      return;
    }
    if (is_for_everybody(there.passes.back())) {
      EXPECT_TRUE(told.delivered);
      return;
    }
    if (tables.port(there.port)->is_router) {
      EXPECT_EQ(told.delivered, is_answer_home(wire, there, from));
      return;
    }
    const Way back = wire.send(there.port, frame(packet.back, there.port, to, source, has_port));
    EXPECT_EQ(stages_of(told.reverse), stages_of(back));
    EXPECT_EQ(told.delivered, back.passes.back().delivered && !back.looped);
    EXPECT_EQ(told.reason, reason_of(back));
  }

  // A router has answered while it took the packet; appliances may still stand on the way.
  bool is_answer_home(Wire& wire, const Way& there, PortId home) const {
    if (there.frame.empty() || there.answered == home) return !there.frame.empty();
    auto answer = there.frame;
    net::set_macs(answer, dataplane::kRouterMac, dataplane_.current().port(there.answered)->mac);
    const Way back = wire.send(there.answered, std::move(answer));
    return back.passes.back().delivered && !back.looped && back.port == home;
  }

  const Model& model_;
  std::mt19937_64 random_;
  dataplane::Dataplane dataplane_;
  std::vector<dataplane::EndpointKey> ends_;
  std::vector<dataplane::EndpointKey> senders_;  // those of them that are no routers
};

template <class Changes>
void expect_the_same(const Model& begun, std::map<std::string, size_t>& seen) {
  for (uint64_t seed = 1; seed <= kLives; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Changes changes(seed);
    Model model = begun;
    for (int i = 0; i < kChangesPerLife; ++i) {
      if (auto applied = apply(model, changes.next(), {})) model = std::move(applied->model);
    }
    World world(model, seed);
    if (world.is_empty()) continue;
    for (int i = 0; i < kQuestionsPerLife && !::testing::Test::HasFailure(); ++i)
      ++seen[world.ask()];
  }
  for (const auto& [reason, count] : seen)
    std::printf("%s: %zu\n", reason.empty() ? "delivered" : reason.c_str(), count);
}

Model fresh() { return make_fresh(Model(Uuid{1, 2}), FreshContents::Seeded, {})->model; }

TEST(ExplainAndWire, SayTheSameOnPrem) {
  std::map<std::string, size_t> seen;
  expect_the_same<testing::RandomChanges>(fresh(), seen);
  for (const char* reason : {"", "acl-deny", "no-route", "no-endpoint", "router-refuses"})
    EXPECT_GT(seen[reason], 10u) << reason;
}

TEST(ExplainAndWire, SayTheSameInAzure) {
  std::map<std::string, size_t> seen;
  expect_the_same<testing::RandomAzureChanges>(
      apply(fresh(), testing::RandomAzureChanges::beginning(), {})->model, seen);
  for (const char* reason : {"", "blackhole", "no-endpoint", "router-refuses"})
    EXPECT_GT(seen[reason], 10u) << reason;
}

}  // namespace
}  // namespace isthmus
