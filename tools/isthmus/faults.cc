// isthmus faults: answers, delays and failures that are injected into the calls of clients.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tools/isthmus/tasks.h"

namespace isthmus::cli {
namespace {

constexpr std::string_view kFaultsPath = "/_isthmus/v1/faults";

constexpr Column kFaultColumns[] = {
    {"Name", "/name"},
    {"Path", "/match/path"},
    {"Method", "/match/method"},
    {"Principal", "/match/principal"},
    {"Status", "/status"},
    {"Code", "/code"},
    {"Close", "/close"},
    {"Delay", "/delay"},
    {"DelayMin", "/delay/min"},
    {"DelayMax", "/delay/max"},
    {"Burst", "/throttle/burst"},
    {"PerSecond", "/throttle/perSecond"},
    {"When", "/when"},
    {"Rate", "/rate"},
    {"Count", "/count"},
    {"Matched", "/matched"},
    {"Injected", "/injected"},
};

// How an option's words become a member. What is no number is sent as text, for the server to say
// what is wrong with it.
enum class As { Text, Number, List, Yes, Header, Delay, Throttle };

struct Part {
  std::string_view option;
  const char* pointer;
  As as;
};
constexpr Part kParts[] = {
    {"path", "/match/path", As::Text},
    {"method", "/match/method", As::List},
    {"principal", "/match/principal", As::Text},
    {"status", "/status", As::Number},
    {"code", "/code", As::Text},
    {"message", "/message", As::Text},
    {"header", "/headers", As::Header},
    {"retry-after", "/retryAfter", As::Number},
    {"close", "/close", As::Yes},
    {"delay", "/delay", As::Delay},
    {"throttle", "/throttle", As::Throttle},
    {"when", "/when", As::Text},
    {"rate", "/rate", As::Number},
    {"count", "/count", As::Number},
    {"after", "/after", As::Number},
    {"seed", "/seed", As::Number},
};

class Body {
 public:
  void text(const std::string& pointer, std::string_view value) {
    put(pointer, Value(std::string(value).c_str(), memory()));
  }
  void number(const std::string& pointer, std::string_view word) {
    const std::optional<Json> parsed = parse_json(word);
    if (parsed && parsed->IsNumber())
      put(pointer, Value(*parsed, memory()));
    else
      text(pointer, word);
  }
  void yes(const std::string& pointer) { put(pointer, Value(true)); }
  void list(const std::string& pointer, const std::vector<std::string>& words) {
    Value array(rapidjson::kArrayType);
    for (const std::string& word : words) array.PushBack(Value(word.c_str(), memory()), memory());
    put(pointer, std::move(array));
  }
  std::string take() const { return to_text(json_); }

 private:
  Json::AllocatorType& memory() { return json_.GetAllocator(); }
  void put(const std::string& pointer, Value value) {
    rapidjson::Pointer(pointer.c_str()).Set(json_, value, memory());
  }
  Json json_{rapidjson::kObjectType};
};

// "100ms..300ms", or one time.
void add_delay(Body& body, std::string_view word) {
  const size_t dots = word.find("..");
  if (dots == std::string_view::npos) return body.text("/delay", word);
  body.text("/delay/min", word.substr(0, dots));
  body.text("/delay/max", word.substr(dots + 2));
}

Result<void> add_header(Body& body, std::string_view word) {
  const size_t colon = word.find(':');
  if (colon == std::string_view::npos)
    return usage(fmt::format("--header is 'NAME: VALUE', not '{}'", word));
  std::string_view value = word.substr(colon + 1);
  while (value.starts_with(' ')) value.remove_prefix(1);
  std::string name;  // as a part of a JSON pointer
  for (const char c : word.substr(0, colon))
    name += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  body.text("/headers/" + name, value);
  return {};
}

// "250,25": calls at once, and calls a second.
Result<void> add_throttle(Body& body, std::string_view word) {
  const size_t comma = word.find(',');
  if (comma == std::string_view::npos)
    return usage(fmt::format("--throttle is BURST,PER_SECOND such as 250,25, not '{}'", word));
  body.number("/throttle/burst", word.substr(0, comma));
  body.number("/throttle/perSecond", word.substr(comma + 1));
  return {};
}

Result<void> add_part(Body& body, const Part& part, const Arguments& arguments) {
  const std::string_view word = arguments.text(part.option);
  switch (part.as) {
    case As::Text:
      body.text(part.pointer, word);
      return {};
    case As::Number:
      body.number(part.pointer, word);
      return {};
    case As::Yes:
      body.yes(part.pointer);
      return {};
    case As::List:
      body.list(part.pointer, arguments.words(part.option));
      return {};
    case As::Delay:
      add_delay(body, word);
      return {};
    case As::Throttle:
      return add_throttle(body, word);
    case As::Header:
      for (const std::string& header : arguments.words(part.option))
        if (Result<void> added = add_header(body, header); !added) return added;
      return {};
  }
  return {};
}

std::string path_of_fault(const Arguments& arguments) {
  return fmt::format("{}/{}", kFaultsPath, encoded(arguments.text("NAME")));
}

Result<void> add(Session& session, const Arguments& arguments) {
  Body body;
  for (const Part& part : kParts) {
    if (!arguments.has(part.option)) continue;
    if (Result<void> added = add_part(body, part, arguments); !added) return added;
  }
  const bool has_name = arguments.has("NAME");
  const Result<Reply> reply =
      session.api.call({has_name ? "PUT" : "POST",
                        has_name ? path_of_fault(arguments) : std::string(kFaultsPath),
                        {{"Content-Type", "application/json"}},
                        body.take()});
  if (!reply) return tl::unexpected(reply.error());
  return session.output.print(reply->json, [&] { return grid_of(kFaultColumns, reply->json); });
}

Result<void> list(Session& session, const Arguments&) {
  const Result<Json> answer = session.api.get(kFaultsPath);
  if (!answer) return tl::unexpected(answer.error());
  const Value* found = find(*answer, "/faults");
  const Json faults =
      found != nullptr && found->IsArray() ? copy(*found) : Json(rapidjson::kArrayType);
  return session.output.print(faults, [&] { return grid_of(kFaultColumns, faults); });
}

Result<void> remove(Session& session, const Arguments& arguments) {
  if (!arguments.has("NAME")) return usage("faults delete needs the name of a fault");
  const Result<Reply> reply = session.api.call({"DELETE", path_of_fault(arguments), {}, {}});
  return reply ? Result<void>() : tl::unexpected(reply.error());
}

Result<void> clear(Session& session, const Arguments&) {
  const Result<Reply> reply = session.api.call({"DELETE", std::string(kFaultsPath), {}, {}});
  return reply ? Result<void>() : tl::unexpected(reply.error());
}

struct FaultVerb {
  std::string_view word;
  Result<void> (*run)(Session&, const Arguments&);
};
constexpr std::array kFaultVerbs = {
    FaultVerb{"list", &list},
    FaultVerb{"add", &add},
    FaultVerb{"delete", &remove},
    FaultVerb{"clear", &clear},
};

}  // namespace

Result<void> faults(Session& session, const Arguments& arguments) {
  const std::string_view word = arguments.text("VERB");
  const auto verb = std::find_if(kFaultVerbs.begin(), kFaultVerbs.end(),
                                 [word](const FaultVerb& row) { return row.word == word; });
  if (verb == kFaultVerbs.end())
    return usage(fmt::format("faults knows list, add, delete and clear, not '{}'", word));
  return verb->run(session, arguments);
}

}  // namespace isthmus::cli
