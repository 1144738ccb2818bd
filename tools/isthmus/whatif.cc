// isthmus whatif: what a command, a list of changes or a lab document would do.
#include <fmt/format.h>

#include <sstream>

#include "tools/isthmus/command_line.h"
#include "tools/isthmus/tasks.h"
#include "tools/isthmus/verbs.h"

namespace isthmus::cli {
namespace {

// Lets a command read, and writes down what it would have changed.
class Rehearsal final : public Transport {
 public:
  explicit Rehearsal(Transport& real) : real_(real), changes_(rapidjson::kArrayType) {}

  tl::expected<HttpResponse, NoAnswer> send(const HttpRequest& request,
                                            std::chrono::milliseconds timeout) override {
    if (request.method == "GET") return real_.send(request, timeout);
    auto& memory = changes_.GetAllocator();
    Value change(rapidjson::kObjectType);
    change.AddMember("method", Value(request.method.c_str(), memory), memory);
    change.AddMember("path", Value(request.target.c_str(), memory), memory);
    if (const auto body = parse_json(request.body))
      change.AddMember("body", Value(*body, memory), memory);
    changes_.PushBack(change, memory);
    return HttpResponse{200, {}, request.body};
  }

  std::string document() {
    Json document(rapidjson::kObjectType);
    auto& memory = document.GetAllocator();
    document.AddMember("changes", Value(changes_, memory), memory);
    return to_text(document);
  }

 private:
  Transport& real_;
  Json changes_;
};

struct Question {
  std::string body;
  std::string content_type;
  OutputSettings output;  // that the words behind asked for
};

// "-f FILE", and perhaps options of every command: those that apply has.
Result<Question> ask_of_file(std::vector<std::string> words) {
  words.insert(words.begin(), "apply");
  const auto parsed = parse_command_line(words, false);
  if (!parsed) return tl::unexpected(parsed.error());
  const auto* command = std::get_if<Command>(&*parsed);
  if (command == nullptr) return usage("whatif -f needs a file; - is standard input");
  auto text = read_document(std::string(command->arguments.text("file")));
  if (!text) return tl::unexpected(text.error());
  const bool is_json = parse_json(*text).has_value();
  return Question{std::move(*text), is_json ? "application/json" : "application/yaml",
                  command->output};
}

Result<Question> ask_of_command(Session& session, const std::vector<std::string>& words) {
  const auto parsed = parse_command_line(words, false);
  if (!parsed) return tl::unexpected(parsed.error());
  const auto* command = std::get_if<Command>(&*parsed);
  const auto* verb = command == nullptr ? nullptr : std::get_if<NounCommand>(&command->what);
  if (verb == nullptr || verb->verb == Verb::List || verb->verb == Verb::Show) {
    return usage(fmt::format("whatif looks at create, update and delete of a resource, not at '{}'",
                             fmt::join(words, " ")));
  }
  Rehearsal rehearsal(session.api.transport());
  Api api(rehearsal, session.api.server(), session.api.token());
  std::ostringstream nowhere;
  Output output({}, nowhere);
  Session rehearsed{api, output, session.err, command->realm};
  if (auto done = run_verb(rehearsed, *verb, command->arguments); !done)
    return tl::unexpected(done.error());
  return Question{rehearsal.document(), "application/json", command->output};
}

// ---- the answer as a table: one row for each thing that would not be the same

std::string cell_of_route(const Value* route) {
  if (route == nullptr || !route->IsObject()) return "none";
  const std::string address = text_at(*route, "/nextHop");
  const bool is_active = text_at(*route, "/state") == "Active";
  return text_at(*route, "/nextHopType") + (address.empty() ? "" : " " + address) +
         (is_active ? "" : " (unreachable)");
}

std::string cell_of_reach(const Value* pair) {
  if (pair == nullptr) return "";
  const std::string reason = text_at(*pair, "/reason");
  const Value* passing = find(*pair, "/passing");
  if (passing != nullptr) return as_cell(*passing);
  return text_at(*pair, "/result") + (reason.empty() ? "" : " (" + reason + ")");
}

std::string cell_of_state(const Value* state) {
  return state == nullptr || state->IsNull() ? "none" : as_cell(*state);
}

// "/virtualNetworks/hub/subnets/dmz" -> "hub/dmz"
std::string short_subnet(const std::string& reference) {
  constexpr std::string_view kNetworks = "/virtualNetworks/", kSubnets = "/subnets/";
  const std::string path = short_reference(reference);
  const size_t subnets = path.find(kSubnets);
  if (!path.starts_with(kNetworks) || subnets == std::string::npos) return path;
  return path.substr(kNetworks.size(), subnets - kNetworks.size()) + "/" +
         path.substr(subnets + kSubnets.size());
}

template <class Row>
void add_rows(Grid& grid, const Json& answer, const char* list, const Row& row) {
  const Value* items = find(answer, list);
  if (items == nullptr || !items->IsArray()) return;
  for (const Value& item : items->GetArray()) grid.rows.push_back(row(item));
}

Grid grid_of_answer(const Json& answer) {
  Grid grid{{"What", "Of", "Before", "After"}, {}};
  add_rows(grid, answer, "/changes", [](const Value& item) -> std::vector<std::string> {
    return {text_at(item, "/change"), short_reference(text_at(item, "/resource")), "", ""};
  });
  add_rows(grid, answer, "/states", [](const Value& item) -> std::vector<std::string> {
    return {"state", short_reference(text_at(item, "/resource")),
            cell_of_state(find(item, "/before")), cell_of_state(find(item, "/after"))};
  });
  add_rows(grid, answer, "/routes", [](const Value& item) -> std::vector<std::string> {
    return {"route", short_subnet(text_at(item, "/subnet")) + " to " + text_at(item, "/prefix"),
            cell_of_route(find(item, "/before")), cell_of_route(find(item, "/after"))};
  });
  add_rows(grid, answer, "/reachability", [](const Value& item) -> std::vector<std::string> {
    return {"reach",
            short_subnet(text_at(item, "/from")) + " to " + short_subnet(text_at(item, "/to")),
            cell_of_reach(find(item, "/before")), cell_of_reach(find(item, "/after"))};
  });
  return grid;
}

}  // namespace

Result<void> what_if(Session& session, const Arguments& arguments) {
  const std::vector<std::string>& words = arguments.words("WHAT");
  if (words.empty())
    return usage(
        "whatif needs a command, such as 'vnet peering delete -n hub-to-spoke1 --vnet-name hub', "
        "or -f FILE with a lab document or changes");
  const bool is_file = words.front().starts_with("-f") || words.front().starts_with("--file");
  const auto question = is_file ? ask_of_file(words) : ask_of_command(session, words);
  if (!question) return tl::unexpected(question.error());
  const Result<Reply> reply =
      session.api.post("/_isthmus/v1/whatif", question->body, question->content_type);
  if (!reply) return tl::unexpected(reply.error());
  Output output = session.output.in(question->output);
  if (output.as_table() && grid_of_answer(reply->json).rows.empty())
    session.err << "nothing would change\n";
  if (text_at(reply->json, "/complete") == "false")
    session.err << "there are too many pairs of subnets: only those of networks that change were "
                   "looked at\n";
  return output.print(reply->json, [&] { return grid_of_answer(reply->json); });
}

}  // namespace isthmus::cli
