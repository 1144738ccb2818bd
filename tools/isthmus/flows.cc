// isthmus flows: the flows that the daemon's packets belong to, and which way they go.
#include <fmt/format.h>

#include "tools/isthmus/rates.h"
#include "tools/isthmus/tasks.h"

namespace isthmus::cli {
namespace {

constexpr std::string_view kFlowsPath = "/_isthmus/v1/flows";

// "10.1.0.4:40000", "[fd00::4]:53"; the address alone where there is no port.
std::string end_of(const Value& flow, const char* address, const char* port) {
  const std::string text = text_at(flow, address);
  const std::string number = text_at(flow, port);
  if (number.empty()) return text;
  const bool is_v4 = text.find(':') == std::string::npos;
  return is_v4 ? fmt::format("{}:{}", text, number) : fmt::format("[{}]:{}", text, number);
}

std::string seconds(const Value& flow) {
  return fmt::format("{:.1f}", std::strtod(text_at(flow, "/idleMs").c_str(), nullptr) / 1000);
}

std::string name_at(const Value& flow, const char* pointer) {
  return std::string(last_segment(text_at(flow, pointer)));
}

// In both directions.
std::string bytes_of(const Value& flow) {
  const auto number = [&flow](const char* pointer) {
    return std::strtod(text_at(flow, pointer).c_str(), nullptr);
  };
  return short_number(number("/bytes") + number("/replyBytes"));
}

// "to-blue", "appliance 10.0.0.4", "to-hub, appliance 10.0.0.4"; of a drop why.
std::string way_of(const Value& flow) {
  std::string way = name_at(flow, "/peering");
  if (const std::string address = text_at(flow, "/appliance"); !address.empty())
    way += fmt::format("{}appliance {}", way.empty() ? "" : ", ", address);
  if (const std::string reason = text_at(flow, "/drop/reason"); !reason.empty())
    way += fmt::format("{}dropped: {}", way.empty() ? "" : ", ", reason);
  return way;
}

// Whose machine began it stands on the left.
std::vector<std::string> row_of(const Value& flow) {
  const bool is_outbound = text_at(flow, "/direction") == "outbound";
  const std::string interface = name_at(flow, "/interface");
  const std::string peer = name_at(flow, "/peer");
  return {text_at(flow, "/protocol"),
          is_outbound ? interface : peer,
          end_of(flow, "/source", "/sourcePort"),
          is_outbound ? peer : interface,
          end_of(flow, "/destination", "/destinationPort"),
          text_at(flow, "/state"),
          seconds(flow),
          bytes_of(flow),
          way_of(flow)};
}

}  // namespace

Problem forwards_nothing() {
  return {Exit::Failure,
          {},
          "the daemon forwards no packets",
          "start it with isthmusd --wires SOCKET",
          {}};
}

Result<void> show_flows(Session& session, const Arguments& typed) {
  std::string target(kFlowsPath);
  const auto add = [&target](std::string_view name, std::string_view value) {
    target += fmt::format("{}{}={}", target.size() == kFlowsPath.size() ? '?' : '&', name,
                          encoded(value));
  };
  if (typed.has("NIC")) {
    const Result<std::string> nic = reference_of_nic(session, typed);
    if (!nic) return tl::unexpected(nic.error());
    add("nic", *nic);
  }
  if (typed.has("limit")) add("limit", typed.text("limit"));
  const Result<Json> answer = session.api.get(target);
  if (!answer) return tl::unexpected(answer.error());
  if (text_at(*answer, "/forwarding") == "false") return tl::unexpected(forwards_nothing());
  const Value* list = find(*answer, "/flows");
  const Json flows = list != nullptr && list->IsArray() ? copy(*list) : Json(rapidjson::kArrayType);
  if (const std::string found = text_at(*answer, "/found"); found != std::to_string(flows.Size()))
    session.err << fmt::format("{} of {} flows, those with the latest packets\n", flows.Size(),
                               found);
  return session.output.print(flows, [&] {
    Grid grid{
        {"Protocol", "From", "Source", "To", "Destination", "State", "IdleSeconds", "Bytes", "Way"},
        {}};
    for (const Value& flow : flows.GetArray()) grid.rows.push_back(row_of(flow));
    return grid;
  });
}

// "web1", or its path: what the server knows it by.
Result<std::string> reference_of_nic(Session& session, const Arguments& typed) {
  const std::string nic(typed.text("NIC"));
  if (nic.starts_with('/')) return nic;
  const Result<Arguments> arguments = located(session, typed);
  if (!arguments) return tl::unexpected(arguments.error());
  return reference_to("/networkInterfaces/" + nic, *arguments, session.realm);
}

}  // namespace isthmus::cli
