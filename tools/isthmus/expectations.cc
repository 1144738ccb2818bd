// isthmus test: is what lab documents expect true of the controller?
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <ostream>

#include "tools/isthmus/junit.h"
#include "tools/isthmus/lab/expected_packets.h"
#include "tools/isthmus/lab/machines.h"
#include "tools/isthmus/tasks.h"

namespace isthmus::cli {
namespace {

struct Lab {
  std::string file;
  std::string text;
};

// What became of one document. Its expectations are as the server tells them, each with its `file`.
struct LabRun {
  std::string file;
  Json expectations{rapidjson::kArrayType};
  std::chrono::duration<double> took{0};
  std::optional<Problem> problem;  // why nothing could be asked
};

// False only where the text is a document that says nothing of it; what is no document, the server
// refuses with its line.
bool expects_anything(const std::string& text) {
  try {
    const YAML::Node root = YAML::Load(text);
    if (!root.IsMap()) return true;
    const YAML::Node expect = root["expect"];
    return expect.IsDefined() && (!expect.IsSequence() || expect.size() > 0);
  } catch (const YAML::Exception&) {
    return true;
  }
}

// All of them, before anything is changed.
Result<std::vector<Lab>> read_labs(const std::vector<std::string>& files) {
  std::vector<Lab> labs;
  for (const std::string& file : files) {
    Result<std::string> text = read_document(file);
    if (!text) return tl::unexpected(text.error());
    if (!expects_anything(*text)) {
      return usage(
          fmt::format("{} has no expectations to test: write some, such as\n"
                      "  expect:\n    - {{from: web1, to: db1, port: 443/tcp, result: reach}}",
                      file));
    }
    labs.push_back({file, std::move(*text)});
  }
  return labs;
}

// The verdicts of explain.
Result<Json> ask_controller(Session& session, const Lab& lab) {
  Result<Reply> reply = session.api.post("/_isthmus/v1/expectations", lab.text, "application/yaml");
  if (!reply) return tl::unexpected(reply.error());
  Json expectations(rapidjson::kArrayType);
  auto& memory = expectations.GetAllocator();
  const Value* list = find(reply->json, "/expectations");
  if (list == nullptr || !list->IsArray())
    return failure("the server's answer has no expectations", "is it of this version?");
  for (const Value& told : list->GetArray()) {
    Value one(rapidjson::kObjectType);
    one.AddMember("file", Value(lab.file.c_str(), memory), memory);
    for (const auto& member : told.GetObject())
      one.AddMember(Value(member.name, memory), Value(member.value, memory), memory);
    expectations.PushBack(one, memory);
  }
  return expectations;
}

struct Wishes {
  bool apply_first = false;
  std::optional<std::chrono::milliseconds> packets;  // sent too; how long their answers may take
};

Result<Wishes> read_wishes(const Arguments& arguments) {
  Wishes wishes;
  wishes.apply_first = arguments.has("apply");
  if (!arguments.has("packets")) {
    if (arguments.has("timeout")) return usage("--timeout is for --packets");
    return wishes;
  }
  auto patience = patience_of(arguments);
  if (!patience) return tl::unexpected(patience.error());
  wishes.packets = *patience;
  return wishes;
}

LabRun run_lab(Session& session, const Lab& lab, const Wishes& wishes) {
  const auto start = std::chrono::steady_clock::now();
  LabRun run;
  run.file = lab.file;
  Result<void> applied;
  if (wishes.apply_first) applied = apply_document(session, lab.text, "").map([](const Reply&) {});
  Result<Json> answer =
      applied ? ask_controller(session, lab) : Result<Json>(tl::unexpected(applied.error()));
  if (answer && wishes.packets) {
    if (auto sent = send_expected(session, *answer, *wishes.packets); !sent)
      answer = tl::unexpected(sent.error());
  }
  if (answer)
    run.expectations = std::move(*answer);
  else
    run.problem = answer.error();
  run.took = std::chrono::steady_clock::now() - start;
  return run;
}

bool holds(const Value& told) { return text_at(told, "/holds") == "true"; }

// "reach via firewall", "drop (acl-deny)": of what is expected, and of what is.
std::string outcome(const Value& told, const char* side) {
  const auto member = [&](const char* name) {
    return text_at(told, fmt::format("/{}/{}", side, name));
  };
  std::string text = member("result");
  if (const std::string via = member("via"); !via.empty()) text += " via " + via;
  if (const std::string reason = member("reason"); !reason.empty()) text += " (" + reason + ")";
  return text;
}

// "tcp/443"
std::string traffic(const Value& told) {
  const std::string port = text_at(told, "/port");
  return text_at(told, "/protocol") + (port.empty() ? "" : "/" + port);
}

std::string place(const Value& told) {
  return text_at(told, "/file") + ":" + text_at(told, "/line");
}

std::string packet(const Value& told) {
  return fmt::format("{} -> {} {}", text_at(told, "/from"), text_at(told, "/to"), traffic(told));
}

// What a packet said that was sent; empty where none was.
std::string wire(const Value& told) {
  const std::string result = text_at(told, "/wire/result");
  return result == "not-sent" ? "" : result;
}

// Where it comes to another machine, that one may answer or not.
bool is_as_the_tables_say(const Value& told) {
  const std::string actual = text_at(told, "/actual/result");
  return wire(told).empty() || actual == "elsewhere" || wire(told) == actual;
}

std::string message(const Value& told) {
  if (!is_as_the_tables_say(told))
    return fmt::format("is {} on the wire and {} by the tables, where {} is expected", wire(told),
                       outcome(told, "actual"), outcome(told, "expected"));
  return fmt::format("is {}, not {}", outcome(told, "actual"), outcome(told, "expected"));
}

// Of a drop that was not expected: where, by what, and what would mend it.
std::vector<std::string> reasons(const Value& told) {
  std::vector<std::string> lines;
  for (const char* member : {"/actual/detail", "/actual/remedy"}) {
    const bool is_wanted = text_at(told, "/expected/result") == "reach" ||
                           std::string_view(member) == "/actual/detail";
    if (std::string line = text_at(told, member); is_wanted && !line.empty())
      lines.push_back(std::move(line));
  }
  if (!is_as_the_tables_say(told) && wire(told) == "drop")
    lines.emplace_back(
        "a program or a firewall in a machine may drop it, or a link is slow: --timeout waits "
        "longer");
  return lines;
}

Grid grid_of_expectations(const Value& all) {
  Grid grid{{"Result", "Where", "From", "To", "What", "Expected", "Actual"}, {}};
  const bool has_wire = !all.Empty() && all[0].HasMember("wire");
  if (has_wire) grid.titles.emplace_back("Wire");
  for (const Value& told : all.GetArray()) {
    grid.rows.push_back({holds(told) ? "ok" : "FAIL", place(told), text_at(told, "/from"),
                         text_at(told, "/to"), traffic(told), outcome(told, "expected"),
                         outcome(told, "actual")});
    if (has_wire) grid.rows.back().push_back(text_at(told, "/wire/result"));
  }
  return grid;
}

JunitCase case_of(const Value& told) {
  JunitCase test;
  test.name = packet(told) + ": " + outcome(told, "expected");
  test.line = text_at(told, "/line");
  if (const std::string why = text_at(told, "/wire/detail"); holds(told) && !why.empty()) {
    test.end = JunitCase::End::Skipped;
    test.message = "not sent: " + why;
  }
  if (holds(told)) return test;
  test.end = JunitCase::End::Failed;
  test.message = message(told);
  test.text = fmt::format("{}", fmt::join(reasons(told), "\n"));
  return test;
}

JunitSuite suite_of(const LabRun& run) {
  JunitSuite suite{run.file, run.took, {}};
  for (const Value& told : run.expectations.GetArray()) suite.cases.push_back(case_of(told));
  if (run.problem) {
    const std::string code = run.problem->code.empty() ? "" : run.problem->code + ": ";
    suite.cases.push_back({"the document", "", JunitCase::End::Broken, code + run.problem->message,
                           run.problem->remedy});
  }
  return suite;
}

Result<void> write_report(const std::string& file, const std::vector<LabRun>& runs) {
  std::vector<JunitSuite> suites;
  for (const LabRun& run : runs) suites.push_back(suite_of(run));
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << to_junit(suites);
  out.close();
  if (out) return {};
  return failure(fmt::format("cannot write {}: {}", file, std::strerror(errno)), "");
}

// What the server says of a document is of one of several.
Problem in_file(const LabRun& run) {
  Problem problem = *run.problem;
  if (!problem.code.empty()) problem.message = run.file + ": " + problem.message;
  return problem;
}

// What is not as expected, a line each for people who look at the log of a job; then how many are.
Result<void> sum_up(Session& session, const Value& all, const Wishes& wishes) {
  size_t held = 0, sent = 0;
  for (const Value& told : all.GetArray()) {
    held += holds(told) ? 1 : 0;
    sent += wire(told).empty() ? 0 : 1;
    if (const std::string why = text_at(told, "/wire/detail"); !why.empty())
      session.err << fmt::format("{}: {} is not sent: {}\n", place(told), packet(told), why);
    if (holds(told)) continue;
    session.err << fmt::format("{}: {} {}\n", place(told), packet(told), message(told));
    for (const std::string& line : reasons(told)) session.err << "  " << line << "\n";
  }
  if (all.Empty()) return {};
  std::string summary = fmt::format("{} of {} hold", held, all.Size());
  if (wishes.packets)
    summary += fmt::format("; {} of them sent", sent == all.Size() ? "all" : std::to_string(sent));
  if (held < all.Size()) return failure(summary, "");
  session.err << summary << "\n";
  return {};
}

}  // namespace

Result<void> test_labs(Session& session, const Arguments& arguments) {
  const Result<std::vector<Lab>> labs = read_labs(arguments.words("FILE"));
  if (!labs) return tl::unexpected(labs.error());
  const auto wishes = read_wishes(arguments);
  if (!wishes) return tl::unexpected(wishes.error());
  std::vector<LabRun> runs;
  Json all(rapidjson::kArrayType);
  for (const Lab& lab : *labs) {
    runs.push_back(run_lab(session, lab, *wishes));
    for (const Value& told : runs.back().expectations.GetArray())
      all.PushBack(Value(told, all.GetAllocator()), all.GetAllocator());
    if (runs.back().problem) break;
  }
  if (arguments.has("junit")) {
    if (auto written = write_report(std::string(arguments.text("junit")), runs); !written)
      return written;
  }
  const bool has_answers = !all.Empty() || !runs.back().problem;
  const auto grid = [&] { return grid_of_expectations(all); };
  if (auto printed = has_answers ? session.output.print(all, grid) : Result<void>{}; !printed)
    return printed;
  session.output.flush();
  const Result<void> result = sum_up(session, all, *wishes);
  return runs.back().problem ? tl::unexpected(in_file(runs.back())) : result;
}

}  // namespace isthmus::cli
