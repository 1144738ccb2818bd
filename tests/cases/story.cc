#include "tests/cases/story.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "tests/cases/golden_file.h"
#include "tests/cases/json_text.h"

namespace isthmus::testing {
namespace {

using api::http::Method;
using api::http::Response;

constexpr std::string_view kIndent = "        ";

std::string header_of(const Response& response, std::string_view name) {
  for (const auto& field : response.headers) {
    if (api::http::equal_without_case(field.name, name)) return field.value;
  }
  return "absent";
}

std::string data_file(std::string_view name) {
  return read_file(source_folder() / "tests/data" / name);
}

// Takes the first word off; what is left begins with the next one.
std::string_view take_word(std::string_view& text) {
  const size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return word;
}

class Player {
 public:
  explicit Player(Played& played) : played_(played), stage_(played.findings) {}

  void line(std::string_view text);
  void finish() { answer_unasked(); }

 private:
  void keep_line(std::string_view text) { played_.text.append(text).append("\n"); }
  void directive(std::string_view word, std::string_view rest);
  void begin_azure(std::string_view group, std::string_view location);
  void frame(std::string_view line, std::string_view rest);
  void explain(std::string_view line, std::string_view rest);
  void tell(std::string_view line, const std::vector<std::string>& came);
  void request(Method method, std::string_view rest);
  void send();
  void answer_unasked();
  void expectation();
  void check(std::string_view what);
  std::string with_values(std::string_view text) const;
  void complain(std::string what) { played_.findings.broken.push_back(std::move(what)); }

  Played& played_;
  Stage stage_;
  std::map<std::string, std::string, std::less<>> values_;  // from `keep` lines
  api::http::Headers headers_;                              // of the next request
  ShortForm form_;

  // The request that is being read: its body may go on in indented lines.
  bool is_reading_ = false;
  Method method_ = Method::Get;
  std::string target_;
  std::string body_;
  // Its answer.
  Response response_;
  bool is_answer_told_ = true;
  bool was_frame_ = false;  // the lines that follow tell what came of it, anew
};

void Player::line(std::string_view text) {
  const bool is_indented = text.starts_with(' ');
  if (is_indented && is_reading_) {
    body_ += text;
    return keep_line(text);
  }
  if (is_indented && text.find_first_not_of(' ') != std::string_view::npos) {
    return check(text.substr(text.find_first_not_of(' ')));
  }
  if (text.starts_with("=>")) {
    if (was_frame_) return;
    send();
    return expectation();
  }
  answer_unasked();
  was_frame_ = false;
  std::string_view rest = text;
  const std::string_view word = take_word(rest);
  if (word == "frame") return frame(text, rest);
  if (word == "explain") return explain(text, rest);
  if (word == "ping") return tell(text, stage_.ping_all(form_.realm()));
  if (word == "access-log") return tell(text, stage_.access_log());
  directive(word, rest);
  keep_line(text);
}

void Player::frame(std::string_view line, std::string_view rest) {
  keep_line(line);
  was_frame_ = true;
  const std::string_view nic = take_word(rest);
  for (const std::string& outcome : stage_.send_frame(form_.realm(), nic, rest))
    keep_line("=>      " + outcome);
}

void Player::explain(std::string_view line, std::string_view rest) {
  keep_line(line);
  was_frame_ = true;
  const std::string_view from = take_word(rest);
  const std::string_view to = take_word(rest);
  keep_line("=>      " + stage_.explain(form_.realm(), from, to, rest));
}

void Player::tell(std::string_view line, const std::vector<std::string>& came) {
  keep_line(line);
  was_frame_ = true;
  for (const std::string& one : came) keep_line("=>      " + one);
}

void Player::directive(std::string_view word, std::string_view rest) {
  if (word.empty() || word == "info" || word.starts_with('#')) return;
  if (const auto method = api::http::method_named(word)) return request(*method, rest);
  if (word == "with") {
    const std::string_view option = take_word(rest);
    stage_.configure(option, rest);
  } else if (word == "rule") {
    stage_.announce(rest);
  } else if (word == "header") {
    const size_t colon = std::min(rest.find(": "), rest.size() - 2);
    headers_.add(rest.substr(0, colon), with_values(rest.substr(colon + 2)));
  } else if (word == "keep") {
    const std::string_view name = take_word(rest);
    values_[std::string(name)] = rest.starts_with('@') ? header_of(response_, rest.substr(1))
                                                       : text_at(response_.body, rest);
  } else if (word == "azure") {
    begin_azure(take_word(rest), rest);
  } else if (word == "fault") {
    stage_.inject(rest);
  } else if (word == "restart") {
    stage_.restart();
  } else if (word == "later") {
    stage_.pass(std::chrono::milliseconds(std::stol(std::string(rest))));
  } else {
    complain(fmt::format("'{}' is not a word of stories", word));
  }
}

// From here on paths are of this resource group, which is made, and bodies have its location.
void Player::begin_azure(std::string_view group, std::string_view location) {
  const std::string path =
      fmt::format("/subscriptions/{}/resourceGroups/{}", api::arm::kDefaultSubscription, group);
  const Response made = stage_.send(Method::Put, path + "?api-version=2021-04-01",
                                    fmt::format(R"({{"location":"{}"}})", location));
  if (made.status >= 300) complain(fmt::format("there is no group '{}': {}", group, made.body));
  form_ = {path + "/providers/Microsoft.Network", std::string(location)};
}

void Player::request(Method method, std::string_view rest) {
  const std::string_view path = take_word(rest);
  method_ = method;
  target_ = with_values(path);
  const bool is_whole = target_.starts_with('/') || target_.find("://") != std::string::npos;
  if (form_.is_azure()) {
    if (!is_whole) target_ = fmt::format("{}/{}", form_.azure_base, target_);
    target_ +=
        fmt::format("{}api-version=2022-01-01", target_.find('?') != std::string::npos ? "&" : "?");
  } else if (!is_whole) {
    target_ = "/networking/v1/" + target_;
  }
  body_ = rest;
  is_reading_ = true;
}

// ${name} becomes what a `keep` line kept.
std::string Player::with_values(std::string_view text) const {
  std::string out;
  while (!text.empty()) {
    const size_t start = text.find("${");
    const size_t end = text.find('}', start == std::string_view::npos ? start : start + 2);
    out += text.substr(0, start);
    if (end == std::string_view::npos) return out;
    const auto value = values_.find(text.substr(start + 2, end - start - 2));
    out += value == values_.end() ? "(nothing kept)" : value->second;
    text.remove_prefix(end + 1);
  }
  return out;
}

void Player::send() {
  if (!is_reading_) return;
  is_reading_ = false;
  std::string body = with_values(body_);
  if (body.starts_with('@')) {
    body = data_file(body.substr(1));
  } else {
    const std::string path = target_.substr(0, target_.find('?'));
    body = expand_body(body, path.substr(path.rfind('/') + 1), form_);
  }
  response_ = stage_.send(method_, target_, body, headers_);
  headers_ = {};
  is_answer_told_ = false;
}

// A request without "=>" must succeed: when it did not, the story says so.
void Player::answer_unasked() {
  send();
  if (!is_answer_told_ && response_.status >= 300) {
    expectation();
    check("/error/message");
  }
  is_answer_told_ = true;
}

void Player::expectation() {
  is_answer_told_ = true;
  std::string line = fmt::format("=>      {}", response_.status);
  for (const char* pointer : {"/error/code", "/error/target"}) {
    if (const std::string text = text_at(response_.body, pointer); !text.empty())
      line += " " + text;
  }
  keep_line(line);
}

// "like @file" compares the body with a file;
// "/pointer value" of the body, "@Name value" of the header; the value is what came.
void Player::check(std::string_view what) {
  const std::string_view name = take_word(what);
  if (name == "like") {
    const std::string_view file = take_word(what);
    const bool same = is_like(response_.body, data_file(file.substr(1)));
    return keep_line(fmt::format("{}like {}  {}", kIndent, file, same ? "yes" : "no"));
  }
  const std::string value = name.starts_with('@') ? header_of(response_, name.substr(1))
                            : name == "body" ? (response_.body.empty() ? "empty" : response_.body)
                                             : value_at(response_.body, name);
  keep_line(fmt::format("{}{}  {}", kIndent, name, value));
}

template <class See>
void for_each_line(std::string_view text, const See& see) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    see(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

Played play(std::string_view story) {
  Played played;
  Player player(played);
  for_each_line(story, [&player](std::string_view line) { player.line(line); });
  player.finish();
  return played;
}

}  // namespace isthmus::testing
