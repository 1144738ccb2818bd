// diagnostics/connectivityCheck: may one address reach another by ICMP, there and back? The answer
// is what `explain` says, so it is what the tables do to packets.
//
// Real controllers want both networks to be the same one; here they may be any two, which makes it
// a check of a peering. The members of a result beyond provisioningState and status are ours: their
// names are not documented.
//
// Source: MS-NCNBI section 3.1.5.22.
#include <fmt/format.h>

#include "api/json/json_reader.h"
#include "api/json/parse.h"
#include "api/json/steps.h"
#include "api/json/timestamp.h"
#include "api/networking/answers.h"
#include "api/networking/calls.h"
#include "api/networking/envelope.h"
#include "api/networking/resolve.h"
#include "controller/explain/explain.h"

namespace isthmus {

enum class CheckedProtocol : uint8_t { Icmp };
template <>
inline constexpr auto kNames<CheckedProtocol> = names("Icmp");

namespace api::networking {

struct ConnectivityCheck {
  net::IpAddress sender;
  net::IpAddress receiver;
  ResourceId sender_network;    // a virtual or a logical one
  ResourceId receiver_network;  // of the same type
  CheckedProtocol protocol = CheckedProtocol::Icmp;
  uint32_t sequence_number = 0;
  uint32_t length = 0;
  bool disable_tracing = false;
  bool is_logical = false;  // logical networks are named, and not virtual ones
};

struct ConnectivityResult {
  ConnectivityCheck check;
  Result<Explanation> explanation;
};

namespace {

using json::JsonText;
using json::Value;
using Results = dialect::Recent<std::shared_ptr<const ConnectivityResult>>;

constexpr std::string_view kReference = "/diagnostics/connectivityCheck";
constexpr std::string_view kConnectivityResults = "/diagnostics/connectivityCheckResults/";

// The networks are read behind these: which of the two pairs is there tells the type.
void describe(json::JsonReader& v, ConnectivityCheck& b) {
  v.member("senderIpAddress", b.sender, Presence::Required);
  v.member("receiverIpAddress", b.receiver, Presence::Required);
  v.member("protocol", b.protocol, Presence::Required);
  v.object("icmpProtocolConfig", Presence::Optional, [&] {
    v.member("sequenceNumber", b.sequence_number, Presence::Optional);
    v.member("length", b.length, Presence::Optional);
  });
  v.member("disableTracing", b.disable_tracing, Presence::Optional);
}

constexpr std::string_view sender_member(bool logical) {
  return logical ? "senderLogicalNetwork" : "senderVirtualNetwork";
}
constexpr std::string_view receiver_member(bool logical) {
  return logical ? "receiverLogicalNetwork" : "receiverVirtualNetwork";
}
constexpr Kind network_kind(bool logical) {
  return logical ? Kind::LogicalNetwork : Kind::VirtualNetwork;
}

void describe_networks(json::JsonReader& v, ConnectivityCheck& b) {
  const Kinds kinds = {network_kind(b.is_logical)};
  v.reference(sender_member(b.is_logical), b.sender_network, Presence::Required, kinds);
  v.reference(receiver_member(b.is_logical), b.receiver_network, Presence::Required, kinds);
}

Result<ConnectivityCheck> read_check(const http::Request& request, const json::Limits& limits) {
  const auto document = json::parse_json(request.body, limits);
  if (!document) return fail(ErrorCode::InvalidRequestContent, "", document.error().message);
  const Value* properties =
      document->IsObject() ? json::find_member(*document, "properties") : nullptr;
  if (properties == nullptr || !properties->IsObject())
    return fail(ErrorCode::InvalidRequestContent, "", "The body has no object 'properties'.");
  json::JsonReader reader(properties, json::Owner("connectivity check"), "/properties",
                          json::Source::Client);
  ConnectivityCheck check;
  check.is_logical = json::find_member(*properties, "senderLogicalNetwork") != nullptr ||
                     json::find_member(*properties, "receiverLogicalNetwork") != nullptr;
  describe(reader, check);
  describe_networks(reader, check);
  if (reader.problem()) return tl::unexpected(*reader.problem());
  return check;
}

// As they are stored, or the first that is not there or is of another type.
Result<void> resolve_networks(const Model& model, ConnectivityCheck& check) {
  const std::pair<std::string_view, ResourceId*> networks[] = {
      {sender_member(check.is_logical), &check.sender_network},
      {receiver_member(check.is_logical), &check.receiver_network}};
  for (const auto& [member, network] : networks) {
    auto stored = resolve(model, member, *network, network_kind(check.is_logical));
    if (!stored) return tl::unexpected(std::move(stored.error()));
    *network = std::move(*stored);
  }
  return {};
}

Result<Explanation> look(const Service& service, const ConnectivityCheck& check) {
  if (check.is_logical) {
    return fail(
        ErrorCode::InvalidParameterValue, "/properties/senderLogicalNetwork",
        "Packets of logical networks are not forwarded here, so nothing can be said of them.",
        "Name virtual networks.");
  }
  ExplainQuestion question;
  question.from = fmt::format("{}@{}", check.sender.to_string(), check.sender_network.name());
  question.to = fmt::format("{}@{}", check.receiver.to_string(), check.receiver_network.name());
  question.protocol = "icmp";
  Result<Explanation> explanation;
  service.controller.diagnose([&](const Model& model, const dataplane::Tables& tables) {
    explanation = explain(model, tables, question);
  });
  return explanation;
}

void write_question(JsonText& out, const ConnectivityCheck& check) {
  const auto reference = [&out](std::string_view name, const ResourceId& id) {
    out.key(name).object().text("resourceRef", id.reference()).end_object();
  };
  out.text("senderIpAddress", check.sender.to_string());
  out.text("receiverIpAddress", check.receiver.to_string());
  reference(sender_member(check.is_logical), check.sender_network);
  reference(receiver_member(check.is_logical), check.receiver_network);
  out.text("protocol", "Icmp").key("icmpProtocolConfig").object();
  out.number("sequenceNumber", check.sequence_number).number("length", check.length).end_object();
}

void write_outcome(JsonText& out, const ConnectivityResult& result) {
  const Result<Explanation>& explanation = result.explanation;
  const bool reached = explanation && explanation->delivered;
  out.text("status", reached ? "Success" : "Failure");
  if (!explanation) {
    out.text("errorCode", info(explanation.error().code).name);
    out.text("errorMessage", explanation.error().text());
    return;
  }
  out.text_unless_empty("errorCode", explanation->reason);
  out.text_unless_empty("errorMessage", explanation->remedy);
  if (result.check.disable_tracing) return;
  json::write_steps(out, "trace", explanation->forward);
  json::write_steps(out, "returnTrace", explanation->reverse);
}

void write_result(JsonText& out, const Service& service, const Model& model,
                  const Results::Entry& entry) {
  write_envelope(out, model, std::string(kConnectivityResults) + entry.id, [&] {
    const bool waits = service.now_ms() < entry.added_ms + service.delay_ms();
    out.text("provisioningState", waits ? "Updating" : "Succeeded");
    out.text("submitTime", json::timestamp(entry.added_ms));
    write_question(out, entry.value->check);
    if (!waits) write_outcome(out, *entry.value);
  });
}

}  // namespace

void check_connectivity(const CallPtr& call) {
  Service& service = call->service;
  auto check = read_check(call->request, service.options.json_limits);
  if (!check) return call->fail_with(check.error());
  const ModelPtr model = service.controller.model();
  if (auto found = resolve_networks(*model, *check); !found) return call->fail_with(found.error());

  const int64_t now_ms = service.now_ms();
  service.connectivity_results.put(
      call->operation_id(),
      std::make_shared<const ConnectivityResult>(ConnectivityResult{*check, look(service, *check)}),
      now_ms);

  JsonText out;
  out.object().text("resourceRef", kReference).text("resourceId", "action");
  out.key("properties").object();
  write_question(out, *check);
  out.text("operationId", call->operation_id()).key("connectivityCheckResult").object();
  out.text("resourceRef", std::string(kConnectivityResults) + call->operation_id()).end_object();
  out.text("submitTime", json::timestamp(now_ms)).end_object().end_object();
  call->done(json_answer(201, out.take()));
}

void list_connectivity_results(const CallPtr& call) {
  const Service& service = call->service;
  const auto entries = service.connectivity_results.all(service.now_ms());
  if (entries.empty()) return call->done(empty_collection(service.options.empty_collection));
  JsonText out;
  write_collection(out, [&] {
    for (const auto& entry : entries)
      write_result(out, service, *service.controller.model(), entry);
  });
  call->done(json_answer(200, out.take()));
}

void get_connectivity_result(const CallPtr& call) {
  const Service& service = call->service;
  const auto entry = service.connectivity_results.find(call->address.name, service.now_ms());
  if (!entry) return call->fail_with(no_result(call->address.name));
  JsonText out;
  write_result(out, service, *service.controller.model(), *entry);
  call->done(json_answer(200, out.take()));
}

}  // namespace api::networking
}  // namespace isthmus
