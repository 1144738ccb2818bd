// The connectivity check of a network watcher: a probe from a machine to an address, by the trace
// that `explain` tells.
#include "api/arm/watcher.h"

#include "api/arm/watcher_question.h"
#include "api/json/json_text.h"
#include "controller/base/uuid.h"
#include "controller/explain/explain.h"
#include "controller/model/text.h"

namespace isthmus {

enum class ProbeKind : uint8_t { Tcp, Http, Https, Icmp };
template <>
inline constexpr auto kNames<ProbeKind> = names("Tcp", "Http", "Https", "Icmp");

namespace api::arm {
namespace {

using json::JsonText;

constexpr uint32_t kProbes = 66;  // as many as Azure sends

struct Check {
  std::string source;
  std::string destination;  // an id
  std::string address;
  uint32_t port = 80;
  ProbeKind protocol = ProbeKind::Tcp;
};
void describe(json::JsonReader& v, Check& b) {
  v.object("source", Presence::Required,
           [&] { v.member("resourceId", b.source, Presence::Required); });
  v.object("destination", Presence::Required, [&] {
    v.member("resourceId", b.destination, Presence::Optional);
    v.member("address", b.address, Presence::Optional);
    v.member("port", b.port, Presence::Optional);
  });
  v.member("protocol", b.protocol, Presence::Optional);
}

Result<ExplainQuestion> question_of(const Model& model, const Check& check, const Source& source) {
  if (check.port == 0 || check.port > 65'535)
    return fail(ErrorCode::InvalidParameterValue, "/destination/port",
                fmt::format("{} is not a port.", check.port), "Write 1 to 65535.");
  ExplainQuestion question;
  question.from = source.interface->id.path();
  const bool is_icmp = check.protocol == ProbeKind::Icmp;
  question.protocol = is_icmp ? "icmp" : "tcp";
  if (!is_icmp) question.port = static_cast<uint16_t>(check.port);
  if (check.destination.empty()) {
    if (!net::IpAddress::parse(check.address))
      return fail(ErrorCode::InvalidParameterValue, "/destination/address",
                  fmt::format("{} is not an IP address.", in_quotes(check.address)),
                  "Give the resourceId of a machine, or an address.");
    question.to = check.address;
    return question;
  }
  const auto destination = find_source(model, check.destination, "");
  if (!destination) return tl::unexpected(destination.error());
  question.to = destination->interface->id.path();
  return question;
}

struct Hop {
  std::string_view type;
  std::string address;
  std::string resource;
};

std::string address_of(const Model& model, const std::string& path) {
  const auto source = find_source(model, path, "");
  return source ? source->address().to_string() : "";
}

// The source, the appliances on the way, and the end where it was reached.
std::vector<Hop> hops_of(const Model& model, const Explanation& explanation,
                         const ExplainQuestion& question, const Source& source) {
  std::vector<Hop> hops = {{"Source", source.address().to_string(), source.interface->id.path()}};
  for (const ExplainStep& step : explanation.forward) {
    if (step.stage == "appliance")
      hops.push_back({"VirtualAppliance", address_of(model, step.resource), step.resource});
  }
  const bool is_there =
      !explanation.forward.empty() && explanation.forward.back().verdict == "delivered";
  if (is_there) {
    const std::string& path = explanation.forward.back().resource;
    hops.push_back({"VirtualMachine", address_of(model, path), path});
  } else if (question.to.starts_with('/')) {
    hops.push_back({"VirtualMachine", address_of(model, question.to), question.to});
  } else {
    hops.push_back({"Internet", question.to, ""});
  }
  return hops;
}

// Azure's names for what stands in the way.
std::string_view issue_type(std::string_view reason) {
  struct Row {
    std::string_view reason;
    std::string_view type;
  };
  static constexpr Row kRows[] = {
      {"acl-deny", "NetworkSecurityRule"},
      {"not-in-virtual-network-tag", "NetworkSecurityRule"},
      {"forwarded-traffic-not-allowed", "NetworkSecurityRule"},
      {"blackhole", "UserDefinedRoute"},
      {"no-route", "UserDefinedRoute"},
      {"appliance-unreachable", "UserDefinedRoute"},
  };
  for (const Row& row : kRows) {
    if (row.reason == reason) return row.type;
  }
  return "Platform";
}

// What dropped it; the members of the context are ours.
void write_issue(JsonText& out, const Explanation& explanation) {
  const bool is_on_its_way = explanation.reverse.empty();
  const auto& steps = is_on_its_way ? explanation.forward : explanation.reverse;
  const ExplainStep& last = steps.back();
  const bool is_inbound = last.stage == "acl-in" || last.stage == "peering";
  out.object();
  out.text("origin", is_inbound ? "Inbound" : "Outbound").text("severity", "Error");
  out.text("type", issue_type(explanation.reason));
  out.key("context").array().object();
  out.text("reason", explanation.reason).text("stage", last.stage);
  out.text_unless_empty("resource", last.resource).text_unless_empty("rule", last.rule);
  out.text_unless_empty("detail", last.detail).text_unless_empty("remedy", explanation.remedy);
  out.end_object().end_array().end_object();
}

void write_hops(JsonText& out, const Model& model, const std::vector<Hop>& hops,
                const Explanation& explanation) {
  const auto id_of = [&](size_t i) {
    return Uuid::derive(model.identity(), i, hops[i].address + hops[i].resource).to_string();
  };
  size_t appliances = 0;  // that were passed: the last hop that is known to be reached
  for (const ExplainStep& step : explanation.forward) appliances += step.stage == "appliance";
  out.key("hops").array();
  for (size_t i = 0; i < hops.size(); ++i) {
    out.object().text("type", hops[i].type).text("id", id_of(i));
    out.text("address", hops[i].address).text_unless_empty("resourceId", hops[i].resource);
    out.key("nextHopIds").array();
    if (i + 1 < hops.size()) out.text(id_of(i + 1));
    out.end_array().key("previousHopIds").array();
    if (i > 0) out.text(id_of(i - 1));
    out.end_array().key("links").array().end_array().key("previousLinks").array().end_array();
    out.key("issues").array();
    const size_t broken = explanation.reverse.empty() ? appliances : hops.size() - 1;
    if (!explanation.delivered && i == broken) write_issue(out, explanation);
    out.end_array().end_object();
  }
  out.end_array();
}

}  // namespace

Result<std::string> check_connectivity(const Question& question) {
  const auto check = read_body<Check>(question, "connectivity check");
  if (!check) return tl::unexpected(check.error());
  const Model& model = question.model;
  const auto source = find_source(model, check->source, "");
  if (!source) return tl::unexpected(source.error());
  const auto asked = question_of(model, *check, *source);
  if (!asked) return tl::unexpected(asked.error());
  const auto explanation = explain(model, question.tables, *asked);
  if (!explanation) return tl::unexpected(explanation.error());
  JsonText out;
  out.object();
  write_hops(out, model, hops_of(model, *explanation, *asked, *source), *explanation);
  out.text("connectionStatus", explanation->delivered ? "Reachable" : "Unreachable");
  if (explanation->delivered) {
    for (const char* name : {"avgLatencyInMs", "minLatencyInMs", "maxLatencyInMs"})
      out.number(name, 1);
  }
  out.number("probesSent", kProbes);
  out.number("probesFailed", explanation->delivered ? 0 : kProbes);
  return out.end_object().take();
}

}  // namespace api::arm
}  // namespace isthmus
