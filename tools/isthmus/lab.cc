// Lab documents in and out, and the way back to a fresh controller.
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <ostream>

#include "tools/isthmus/tasks.h"

namespace isthmus::cli {

Result<std::string> read_document(const std::string& file) {
  if (file == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  if (std::filesystem::is_directory(file)) return usage(file + " is a folder: name its documents");
  std::ifstream in(file, std::ios::binary);
  if (!in) return usage(fmt::format("cannot read {}: {}", file, std::strerror(errno)));
  return std::string(std::istreambuf_iterator<char>(in), {});
}

namespace {

constexpr Column kChangeColumns[] = {{"Change", "/change"},
                                     {"Resource", "/resource", Column::Show::Path}};

Json changes_in(const Reply& applied) {
  const Value* list = find(applied.json, "/changes");
  return list != nullptr && list->IsArray() ? copy(*list) : Json(rapidjson::kArrayType);
}

// "3 created, 1 unchanged; revision 12"
std::string summary(const Value& changes, const Value& answer) {
  std::string text;
  for (const char* kind : {"created", "updated", "deleted", "unchanged"}) {
    size_t count = 0;
    for (const Value& change : changes.GetArray()) count += text_at(change, "/change") == kind;
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, kind);
  }
  if (text.empty()) text = "nothing in it";
  const Value* dry = find(answer, "/dryRun");
  if (dry != nullptr && dry->IsTrue()) return text + "; a dry run: nothing is changed";
  return text + "; revision " + text_at(answer, "/revision");
}

// A YAML scalar as JSON: quoted ones are texts, the others what they read as.
Value scalar(const YAML::Node& node, Json::AllocatorType& memory) {
  const bool quoted = node.Tag() == "!";
  bool truth = false;
  int64_t number = 0;
  if (!quoted && YAML::convert<int64_t>::decode(node, number)) return Value(number);
  if (!quoted && YAML::convert<bool>::decode(node, truth)) return Value(truth);
  return Value(node.Scalar().c_str(), memory);
}

Value to_json(const YAML::Node& node, Json::AllocatorType& memory) {
  if (node.IsSequence()) {
    Value list(rapidjson::kArrayType);
    for (const YAML::Node& element : node) list.PushBack(to_json(element, memory), memory);
    return list;
  }
  if (node.IsMap()) {
    Value object(rapidjson::kObjectType);
    for (const auto& member : node)
      object.AddMember(Value(member.first.Scalar().c_str(), memory), to_json(member.second, memory),
                       memory);
    return object;
  }
  return node.IsNull() || !node.IsDefined() ? Value() : scalar(node, memory);
}

Result<Json> parse_document(const std::string& text) {
  try {
    Json json;
    static_cast<Value&>(json) = to_json(YAML::Load(text), json.GetAllocator());
    return json;
  } catch (const YAML::Exception& error) {
    return tl::unexpected(
        Problem{Exit::Failure,
                {},
                fmt::format("the server's document is not YAML: {}", error.what()),
                {},
                {}});
  }
}

}  // namespace

Result<Reply> apply_document(Session& session, std::string document, const std::string& query) {
  Result<Reply> reply =
      session.api.post("/_isthmus/v1/apply" + query, std::move(document), "application/yaml");
  if (reply) session.err << summary(changes_in(*reply), reply->json) << "\n";
  return reply;
}

Result<void> apply_lab(Session& session, const Arguments& arguments) {
  Result<std::string> document = read_document(std::string(arguments.text("file")));
  if (!document) return tl::unexpected(document.error());
  std::string query;
  if (arguments.has("dry-run")) query += "?dryRun=true";
  if (arguments.has("prune")) query += arguments.has("dry-run") ? "&prune=true" : "?prune=true";
  const Result<Reply> reply = apply_document(session, std::move(*document), query);
  if (!reply) return tl::unexpected(reply.error());
  const Json changes = changes_in(*reply);
  return session.output.print(reply->json, [&] { return grid_of(kChangeColumns, changes); });
}

// The document itself is YAML, and that is what is printed unless another form or a query is asked
// for.
Result<void> export_lab(Session& session, const Arguments& arguments) {
  std::string target = "/_isthmus/v1/export";
  if (session.realm == Realm::Azure) {
    if (!arguments.has("resource-group")) return no_group();
    target += "?group=" + encoded(arguments.text("resource-group"));
  }
  const Result<Reply> reply =
      session.api.call({"GET", target, {{"Accept", "application/yaml"}}, {}});
  if (!reply) return tl::unexpected(reply.error());
  const OutputSettings& settings = session.output.settings();
  const bool as_it_is = !settings.form_was_chosen || settings.form == Form::YamlText;
  if (settings.query.empty() && as_it_is) {
    session.output.print_text(reply->http.body);
    return {};
  }
  const Result<Json> document = parse_document(reply->http.body);
  if (!document) return tl::unexpected(document.error());
  return session.output.print(*document);
}

Result<void> reset(Session& session, const Arguments&) {
  const Result<Reply> reply = session.api.post("/_isthmus/v1/reset", {}, {});
  if (!reply) return tl::unexpected(reply.error());
  return session.output.print(reply->json);
}

}  // namespace isthmus::cli
