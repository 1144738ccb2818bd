// The few things that the commands do with JSON. RapidJSON is the tree itself; this names the rest.
#pragma once

#include <rapidjson/document.h>
#include <rapidjson/pointer.h>

#include <optional>
#include <string>
#include <string_view>

namespace isthmus::cli {

using Json = rapidjson::Document;
using Value = rapidjson::Value;

std::optional<Json> parse_json(std::string_view text);
std::string to_text(const Value& value);    // one line
std::string to_pretty(const Value& value);  // two spaces a level, newline at the end
std::string to_yaml(const Value& value);
Json copy(const Value& value);

// The value at a JSON pointer, or null where there is none.
const Value* find(const Value& root, std::string_view pointer);
// A text at a JSON pointer; empty where there is none. Numbers and booleans as JSON writes them.
std::string text_at(const Value& root, std::string_view pointer);
// What a cell of a table shows for any value: texts as they are, lists joined.
std::string as_cell(const Value& value);

}  // namespace isthmus::cli
