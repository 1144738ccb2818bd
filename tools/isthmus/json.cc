#include "tools/isthmus/json.h"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <yaml-cpp/yaml.h>

namespace isthmus::cli {
namespace {

std::string_view view(const Value& text) { return {text.GetString(), text.GetStringLength()}; }

// Texts that YAML would read as another type have to be quoted.
bool reads_as_other_type(std::string_view text) {
  constexpr std::string_view kWords[] = {"",    "~",   "null", "true", "false", "on",
                                         "off", "yes", "no",   "y",    "n"};
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  for (std::string_view word : kWords)
    if (lower == word) return true;
  return text.find_first_not_of("0123456789+-.eExXaAbBcCdDfF_:") == std::string_view::npos;
}

void emit(YAML::Emitter& out, const Value& value) {
  if (value.IsObject()) {
    out << YAML::BeginMap;
    for (const auto& member : value.GetObject()) {
      out << YAML::Key << std::string(view(member.name)) << YAML::Value;
      emit(out, member.value);
    }
    out << YAML::EndMap;
  } else if (value.IsArray()) {
    out << YAML::BeginSeq;
    for (const Value& element : value.GetArray()) emit(out, element);
    out << YAML::EndSeq;
  } else if (value.IsString()) {
    if (reads_as_other_type(view(value))) out << YAML::DoubleQuoted;
    out << std::string(view(value));
  } else if (value.IsNull()) {
    out << YAML::Null;
  } else {
    out << to_text(value);  // numbers and booleans are spelled alike
  }
}

}  // namespace

std::optional<Json> parse_json(std::string_view text) {
  Json json;
  json.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (json.HasParseError()) return std::nullopt;
  return json;
}

std::string to_text(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

std::string to_pretty(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
  writer.SetIndent(' ', 2);
  value.Accept(writer);
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

std::string to_yaml(const Value& value) {
  YAML::Emitter out;
  out.SetNullFormat(YAML::LowerNull);
  emit(out, value);
  return std::string(out.c_str(), out.size()) + "\n";
}

Json copy(const Value& value) {
  Json out;
  out.CopyFrom(value, out.GetAllocator());
  return out;
}

const Value* find(const Value& root, std::string_view pointer) {
  return rapidjson::Pointer(pointer.data(), pointer.size()).Get(root);
}

std::string text_at(const Value& root, std::string_view pointer) {
  const Value* value = find(root, pointer);
  return value == nullptr ? std::string{} : as_cell(*value);
}

std::string as_cell(const Value& value) {
  if (value.IsNull()) return {};
  if (value.IsString()) return std::string(view(value));
  if (!value.IsArray()) return to_text(value);
  std::string joined;
  for (const Value& element : value.GetArray())
    joined += (joined.empty() ? "" : ", ") + as_cell(element);
  return joined;
}

}  // namespace isthmus::cli
