// The journey of a packet and of its reply: the verdict first, the remedy last.
#include <fmt/format.h>

#include <charconv>

#include "api/control/suggest.h"
#include "dataplane/net/ip.h"
#include "tools/isthmus/tasks.h"

namespace isthmus::cli {
namespace {

struct Traffic {
  std::string protocol;
  std::optional<int> port;
};

Result<std::string> parse_protocol(std::string_view word) {
  constexpr std::string_view kProtocols[] = {"tcp", "udp", "icmp", "any"};
  for (std::string_view protocol : kProtocols)
    if (equal_ignoring_case(protocol, word)) return std::string(protocol);
  const std::string_view near = api::nearest(word, kProtocols);
  return usage(fmt::format("'{}' is not tcp, udp, icmp or any{}", word,
                           near.empty() ? "" : fmt::format("; did you mean {}?", near)));
}

Result<int> parse_port(std::string_view digits) {
  int port = 0;
  const char* const past = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), past, port);
  if (error != std::errc{} || end != past || port < 1 || port > 65535)
    return usage(fmt::format("'{}' is not a port: 1 to 65535", digits));
  return port;
}

// "tcp/443", "icmp"
Result<Traffic> parse_traffic(std::string_view text) {
  const size_t slash = std::min(text.find('/'), text.size());
  const Result<std::string> protocol = parse_protocol(text.substr(0, slash));
  if (!protocol) return tl::unexpected(protocol.error());
  if (slash == text.size()) return Traffic{*protocol, {}};

  const Result<int> port = parse_port(text.substr(slash + 1));
  if (!port) return tl::unexpected(port.error());
  if (*protocol != "tcp" && *protocol != "udp")
    return usage(fmt::format("{} has no ports: leave out /{}", *protocol, *port));
  return Traffic{*protocol, *port};
}

// An end as the server is asked for it: in the Azure realm the names of an interface and of a
// network are those of the group; on-prem, and where it is an id or an address, the word itself.
Result<std::string> end_of(Session& session, std::string_view word, const Arguments& arguments) {
  const size_t at = word.find('@');
  const bool is_address = at == std::string_view::npos && net::IpAddress::parse(word);
  const std::string_view name = at == std::string_view::npos ? word : word.substr(at + 1);
  if (session.realm == Realm::Onprem || is_address || name.starts_with('/'))
    return std::string(word);
  const std::string path = fmt::format(
      "/{}/{}", at == std::string_view::npos ? "networkInterfaces" : "virtualNetworks", name);
  return reference_to(path, arguments, session.realm).map([&](const std::string& reference) {
    return std::string(word.substr(0, word.size() - name.size())) + reference;
  });
}

std::string question(std::string_view from, std::string_view to, const Traffic& traffic) {
  Json body(rapidjson::kObjectType);
  auto& memory = body.GetAllocator();
  body.AddMember("from", Value(std::string(from).c_str(), memory), memory);
  body.AddMember("to", Value(std::string(to).c_str(), memory), memory);
  body.AddMember("protocol", Value(traffic.protocol.c_str(), memory), memory);
  if (traffic.port) body.AddMember("port", *traffic.port, memory);
  return to_text(body);
}

constexpr Column kStepColumns[] = {
    {"Stage", "/stage"}, {"Verdict", "/verdict"}, {"Resource", "/resource", Column::Show::Path},
    {"Rule", "/rule"},   {"Detail", "/detail"},
};

std::string steps(const Value& answer, const std::string& direction) {
  const Value* list = find(answer, "/" + direction);
  if (list == nullptr || !list->IsArray() || list->Empty()) return {};
  return "\n" + direction + "\n" + to_table(grid_of(kStepColumns, *list));
}

std::string story(std::string_view from, std::string_view to, std::string_view what,
                  const Value& answer) {
  const std::string reason = text_at(answer, "/reason");
  std::string text = fmt::format("{} -> {} {}: {}{}\n", from, to, what, text_at(answer, "/verdict"),
                                 reason.empty() ? "" : " (" + reason + ")");
  text += steps(answer, "forward") + steps(answer, "reverse");
  if (const std::string remedy = text_at(answer, "/remedy"); !remedy.empty())
    text += "\nremedy: " + remedy + "\n";
  if (const std::string elsewhere = text_at(answer, "/elsewhere"); !elsewhere.empty())
    text += fmt::format("\nelsewhere: it comes to {}, which has that address there\n", elsewhere);
  if (const std::string warning = text_at(answer, "/warning"); !warning.empty())
    text += "\nwarning: " + warning + "\n";
  return text;
}

// One row a step, for scripts that read tabs.
Grid all_steps(const Value& answer) {
  Grid grid{{"Direction", "Stage", "Verdict", "Resource", "Rule", "Detail"}, {}};
  for (const char* direction : {"forward", "reverse"}) {
    const Value* list = find(answer, std::string("/") + direction);
    if (list == nullptr || !list->IsArray()) continue;
    for (auto& row : grid_of(kStepColumns, *list).rows) {
      row.insert(row.begin(), direction);
      grid.rows.push_back(std::move(row));
    }
  }
  return grid;
}

}  // namespace

Result<void> explain(Session& session, const Arguments& arguments) {
  const std::string_view from = arguments.text("FROM"), to = arguments.text("TO");
  const std::string_view what = arguments.has("WHAT") ? arguments.text("WHAT") : "any";
  const Result<Traffic> traffic = parse_traffic(what);
  if (!traffic) return tl::unexpected(traffic.error());
  const Result<Arguments> where = located(session, arguments);
  if (!where) return tl::unexpected(where.error());
  const Result<std::string> source = end_of(session, from, *where);
  if (!source) return tl::unexpected(source.error());
  const Result<std::string> destination = end_of(session, to, *where);
  if (!destination) return tl::unexpected(destination.error());
  const Result<Reply> reply = session.api.post(
      "/_isthmus/v1/explain", question(*source, *destination, *traffic), "application/json");
  if (!reply) return tl::unexpected(reply.error());
  if (!session.output.as_table())
    return session.output.print(reply->json, [&] { return all_steps(reply->json); });
  session.output.print_text(story(from, to, what, reply->json));
  return {};
}

}  // namespace isthmus::cli
