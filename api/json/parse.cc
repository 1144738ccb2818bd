#include "api/json/parse.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

namespace isthmus::api::json {
namespace {

constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

// Half of a surrogate pair, written as an escape: the reader makes bytes of it that are not UTF-8,
// and what we store must be. Its three bytes begin with ED A0..BF, which no other character does.
bool has_surrogate(std::string_view text) {
  for (size_t at = text.find('\xed'); at < text.size(); at = text.find('\xed', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xa0) return true;
  }
  return false;
}

// Passes the reader's events on to the document while the limits hold. Once one does not, `problem`
// says which, and the reader ends with kParseErrorTermination.
class GuardedHandler {
 public:
  GuardedHandler(rapidjson::Document& document, const Limits& limits)
      : document_(document), limits_(limits) {}

  bool Null() { return element() && document_.Null(); }
  bool Bool(bool b) { return element() && document_.Bool(b); }
  bool Int(int i) { return element() && document_.Int(i); }
  bool Uint(unsigned i) { return element() && document_.Uint(i); }
  bool Int64(int64_t i) { return element() && document_.Int64(i); }
  bool Uint64(uint64_t i) { return element() && document_.Uint64(i); }
  bool Double(double d) { return element() && document_.Double(d); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) {
    return false;
  }  // not asked for by kFlags

  bool String(const char* text, rapidjson::SizeType length, bool) {
    return element() && is_legal({text, length}) && document_.String(text, length, true);
  }
  bool StartObject() { return open(Kind::Object) && document_.StartObject(); }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    return is_legal({text, length}) && count_member() && is_new_name({text, length}) &&
           document_.Key(text, length, true);
  }
  bool EndObject(rapidjson::SizeType members) {
    close();
    return document_.EndObject(members);
  }
  bool StartArray() { return open(Kind::Array) && document_.StartArray(); }
  bool EndArray(rapidjson::SizeType elements) {
    close();
    return document_.EndArray(elements);
  }

  const std::string& problem() const { return problem_; }

 private:
  enum class Kind : uint8_t { Object, Array };
  struct Level {
    Kind kind;
    std::set<std::string> names;  // in lower case; a tree, since a client could make hashes collide
  };

  bool refuse(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }
  bool count_member() {
    if (++members_ <= limits_.members) return true;
    return refuse("More than " + std::to_string(limits_.members) + " members and elements");
  }
  bool element() {
    return levels_.empty() || levels_.back().kind == Kind::Object || count_member();
  }
  bool is_legal(std::string_view text) {
    if (text.size() > limits_.string_bytes) {
      return refuse("A string longer than " + std::to_string(limits_.string_bytes) + " bytes");
    }
    return !has_surrogate(text) || refuse("Half of a surrogate pair");
  }
  bool open(Kind kind) {
    if (!element()) return false;
    if (levels_.size() == limits_.depth) {
      return refuse("More than " + std::to_string(limits_.depth) + " nested arrays and objects");
    }
    levels_.push_back({kind, {}});
    return true;
  }
  void close() { levels_.pop_back(); }
  bool is_new_name(std::string_view name) {
    if (levels_.back().names.insert(lower(name)).second) return true;
    return refuse("A second member '" + std::string(name) + "' in one object");
  }

  rapidjson::Document& document_;
  const Limits& limits_;
  std::vector<Level> levels_;
  size_t members_ = 0;
  std::string problem_;
};

// What the reader's own errors are called; position and remedy follow.
std::string reader_problem(rapidjson::ParseErrorCode code) {
  std::string text = rapidjson::GetParseError_En(code);
  while (!text.empty() && text.back() == '.') text.pop_back();
  return text;
}

JsonProblem problem_at(std::string_view text, size_t offset, std::string what) {
  offset = std::min(offset, text.size());
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 == 0
  what += " at line " + std::to_string(line) + ", column " +
          std::to_string(offset - line_start + 1) + " (byte " + std::to_string(offset) + ").";
  return {std::move(what), offset};
}

}  // namespace

tl::expected<rapidjson::Document, JsonProblem> parse_json(std::string_view text,
                                                          const Limits& limits) {
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return tl::unexpected(problem_at(text, nul, "A NUL byte"));
  }
  const size_t start = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  rapidjson::MemoryStream stream(text.data() + start, text.size() - start);
  rapidjson::Document document;
  std::string refused;
  rapidjson::ParseResult result;
  const auto generate = [&](rapidjson::Document& target) {
    GuardedHandler handler(target, limits);
    rapidjson::Reader reader;
    result = reader.Parse<kFlags>(stream, handler);
    refused = handler.problem();
    return !result.IsError();
  };
  document.Populate(generate);
  if (!result.IsError()) return document;
  if (refused.empty()) refused = reader_problem(result.Code());
  return tl::unexpected(problem_at(text, start + result.Offset(), std::move(refused)));
}

}  // namespace isthmus::api::json
