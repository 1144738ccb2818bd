// Documents whose examples are played: ```http blocks, and comments between them, see story.h.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <vector>

#include "api/http/response.h"
#include "tests/cases/json_text.h"
#include "tests/cases/story.h"

namespace isthmus::testing {
namespace {

using Lines = std::vector<std::string_view>;

constexpr std::string_view kComment = "<!-- ";

Lines split_lines(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// A message as a document shows it: the first line, header fields, an empty line, the body.
struct Message {
  std::string_view first;
  Lines fields;
  std::string body;
};

Message read_message(const Lines& block) {
  Message message;
  size_t i = 1;
  if (!block.empty()) message.first = block[0];
  for (; i < block.size() && !block[i].empty(); ++i) message.fields.push_back(block[i]);
  for (++i; i < block.size(); ++i) message.body.append(block[i]).append("\n");
  return message;
}

class Reader {
 public:
  explicit Reader(Played& played) : played_(played) { stage_.emplace(played.findings); }

  // "with OPTION NUMBER" or "later MILLISECONDS"; any other comment means nothing.
  void comment(std::string_view text) {
    std::istringstream words{std::string(text)};
    std::string word, name, value;
    words >> word >> name >> value;
    if (word == "later") stage_->pass(std::chrono::milliseconds(std::stol(name)));
    if (word != "with") return;
    stage_.emplace(played_.findings);
    stage_->configure(name, value);
  }

  void block(const Lines& block) {
    const Message message = read_message(block);
    if (message.first.starts_with("HTTP/")) return answer(message);
    request(message);
    for (const std::string_view line : block) played_.text.append(line).append("\n");
  }

 private:
  void request(const Message& message) {
    const size_t space = std::min(message.first.find(' '), message.first.size());
    const auto method = api::http::method_named(message.first.substr(0, space));
    if (!method || space == message.first.size()) {
      played_.findings.broken.push_back(fmt::format("'{}' is no request", message.first));
      return;
    }
    api::http::Headers headers;
    for (const std::string_view field : message.fields) {
      const size_t colon = std::min(field.find(": "), field.size());
      headers.add(field.substr(0, colon), field.substr(std::min(colon + 2, field.size())));
    }
    response_ =
        stage_->send(*method, std::string(message.first.substr(space + 1)), message.body, headers);
  }

  // The fields that the document shows, with the values that came.
  void answer(const Message& shown) {
    played_.text += fmt::format("HTTP/1.1 {} {}\n", response_.status,
                                api::http::reason_phrase(response_.status));
    for (const std::string_view field : shown.fields) {
      const std::string_view name = field.substr(0, field.find(':'));
      for (const auto& came : response_.headers) {
        if (api::http::equal_without_case(came.name, name))
          played_.text += fmt::format("{}: {}\n", came.name, came.value);
      }
    }
    if (!response_.body.empty()) played_.text += "\n" + pretty(response_.body) + "\n";
  }

  Played& played_;
  std::optional<Stage> stage_;
  api::http::Response response_;
};

}  // namespace

Played play_document(std::string_view markdown) {
  Played played;
  Reader reader(played);
  Lines block;
  bool is_inside = false;
  for (const std::string_view line : split_lines(markdown)) {
    if (is_inside && line == "```") {
      reader.block(block);
      is_inside = false;
    }
    if (is_inside) {
      block.push_back(line);
    } else {
      played.text.append(line).append("\n");
      if (line.starts_with(kComment)) reader.comment(line.substr(kComment.size()));
    }
    if (line == "```http") {
      is_inside = true;
      block.clear();
    }
  }
  if (is_inside) played.findings.broken.emplace_back("the last block does not end");
  return played;
}

}  // namespace isthmus::testing
