#include "tools/isthmus/cli.h"

#include <ostream>

#include "tools/isthmus/command_line.h"
#include "tools/isthmus/completion.h"
#include "tools/isthmus/verbs.h"

namespace isthmus::cli {
namespace {

// One or two lines; with -o json the server's own words, or ours in the same shape.
void report(const Problem& problem, bool as_json, std::ostream& err) {
  if (as_json && !problem.body.empty()) {
    err << problem.body << (problem.body.ends_with('\n') ? "" : "\n");
    return;
  }
  if (as_json) {
    Json json(rapidjson::kObjectType);
    auto& memory = json.GetAllocator();
    json.AddMember("detail", Value(problem.message.c_str(), memory), memory);
    if (!problem.remedy.empty())
      json.AddMember("remedy", Value(problem.remedy.c_str(), memory), memory);
    err << to_text(json) << "\n";
    return;
  }
  err << "isthmus: " << (problem.code.empty() ? "" : problem.code + ": ") << problem.message
      << "\n";
  if (!problem.remedy.empty()) err << "  " << problem.remedy << "\n";
}

Result<void> execute(const Command& command, const Environment& environment) {
  const auto server = ServerAddress::parse(command.server);
  if (!server) return usage(server.error());
  const Result<std::string> token = find_token(command.token);
  if (!token) return tl::unexpected(token.error());
  if (auto safe = check_way(*token, *server); !safe) return safe;
  const auto transport = environment.connect(*server, command.tls);
  if (!transport) return usage(transport.error());
  Api api(**transport, command.server, *token);
  Output output(command.output, environment.out);
  Session session{api, output, environment.err, command.realm};
  if (const auto* verb = std::get_if<NounCommand>(&command.what))
    return run_verb(session, *verb, command.arguments);
  return std::get<const Task*>(command.what)->run(session, command.arguments);
}

}  // namespace

int run(const std::vector<std::string>& words, const Environment& environment) {
  if (!words.empty() && words.front() == kCompleteWord) {
    environment.out << complete({words.begin() + 1, words.end()}, environment.connect);
    return 0;
  }
  const auto parsed = parse_command_line(words, environment.terminal);
  if (!parsed) {
    report(parsed.error(), false, environment.err);
    return static_cast<int>(parsed.error().exit);
  }
  if (const auto* notice = std::get_if<Notice>(&*parsed)) {
    environment.out << notice->text;
    return 0;
  }
  const Command& command = std::get<Command>(*parsed);
  const Result<void> done = execute(command, environment);
  if (done) return 0;
  const bool as_json = command.output.form_was_chosen && command.output.form == Form::JsonText;
  environment.out.flush();
  report(done.error(), as_json, environment.err);
  return static_cast<int>(done.error().exit);
}

}  // namespace isthmus::cli
