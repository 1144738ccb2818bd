#include "api/control/lab/tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <set>
#include <sstream>

#include "api/http/target.h"
#include "controller/model/text.h"

namespace isthmus::api::lab {
namespace {

constexpr std::array<std::string_view, 7> kNouns = {
    "nothing", "true or false", "a number", "a number", "a text", "a list", "a map"};

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view without_sign(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return text;
}

// [-+]? digits [. digits] [eE [-+] digits], with at least one digit before the exponent.
bool is_float(std::string_view text) {
  text = without_sign(text);
  const size_t exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos) {
    if (!all_digits(without_sign(text.substr(exponent + 1)))) return false;
    text = text.substr(0, exponent);
  }
  const size_t point = text.find('.');
  if (point == std::string_view::npos) return all_digits(text);
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = text.substr(point + 1);
  return (whole.empty() || all_digits(whole)) && (fraction.empty() || all_digits(fraction)) &&
         !(whole.empty() && fraction.empty());
}

template <size_t N>
bool is_one_of(const std::array<std::string_view, N>& words, std::string_view text) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr std::array<std::string_view, 5> kNulls = {"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 6> kBools = {"true",  "True",  "TRUE",
                                                    "false", "False", "FALSE"};

Where where_of(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

struct Refused {
  LabProblem problem;
};

// Builds the tree from the parser's events. Ends the parser by an exception of its own once
// something is refused: the interface of yaml-cpp has no other way.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const TreeLimits& limits) : limits_(limits) {}

  TreeNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1)
      refuse(where_of(mark), "A lab is one document, and a second one starts here.");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    scalar(where_of(mark), NodeType::Null, "");
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse_alias(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    scalar(where_of(mark), tag == "!" ? NodeType::Text : resolve_plain(value), value);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    open(where_of(mark), NodeType::List);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    open(where_of(mark), NodeType::Map);
  }
  void OnMapEnd() override { close(); }

  [[noreturn]] void refuse(Where where, std::string message) const {
    throw Refused{{where.line, where.column, pointer(), std::move(message)}};
  }

 private:
  struct Level {
    TreeNode node;
    std::string key;  // of the member whose value comes next
    Where key_where;
    bool has_key = false;
    std::set<std::string> names;  // without case
  };

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
    if (anchor != YAML::NullAnchor) refuse_alias(mark);
  }
  [[noreturn]] void refuse_alias(const YAML::Mark& mark) const {
    refuse(where_of(mark),
           "Anchors and aliases are not used in a lab document: write the value out.");
  }
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (tag.empty() || tag == "?" || tag == "!") return;
    refuse(where_of(mark),
           fmt::format("Tags such as {} are not used in a lab document.", in_quotes(tag)));
  }

  void count(Where where) {
    if (++nodes_ > limits_.nodes)
      refuse(where, fmt::format("The document has more than {} values.", limits_.nodes));
  }

  void scalar(Where where, NodeType type, std::string text) {
    count(where);
    if (!levels_.empty() && levels_.back().node.type == NodeType::Map && !levels_.back().has_key) {
      return set_key(where, type, std::move(text));
    }
    add(TreeNode{type, where, std::move(text), {}, {}});
  }

  void set_key(Where where, NodeType type, std::string text) {
    Level& level = levels_.back();
    if (type == NodeType::Null) refuse(where, "A name is missing before the ':'.");
    std::string folded = text;
    for (char& c : folded) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (!level.names.insert(std::move(folded)).second)
      refuse(where, fmt::format("{} stands twice in one map.", in_quotes(text)));
    level.key = std::move(text);
    level.key_where = where;
    level.has_key = true;
  }

  void open(Where where, NodeType type) {
    count(where);
    if (levels_.size() == limits_.depth)
      refuse(where, fmt::format("Lists and maps are nested more than {} deep.", limits_.depth));
    if (!levels_.empty() && levels_.back().node.type == NodeType::Map && !levels_.back().has_key)
      refuse(where, "The name of a member is a text, not a list or a map.");
    levels_.push_back({TreeNode{type, where, {}, {}, {}}, {}, {}, false, {}});
  }

  void close() {
    TreeNode node = std::move(levels_.back().node);
    levels_.pop_back();
    add(std::move(node));
  }

  void add(TreeNode node) {
    if (levels_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& level = levels_.back();
    if (level.node.type == NodeType::List) {
      level.node.elements.push_back(std::move(node));
      return;
    }
    level.node.members.push_back({std::move(level.key), level.key_where, std::move(node)});
    level.has_key = false;
  }

  std::string pointer() const {
    std::string text;
    for (const Level& level : levels_) {
      if (level.node.type == NodeType::List) {
        text += fmt::format("/{}", level.node.elements.size());
      } else if (level.has_key) {
        text += "/" + escaped_pointer(level.key);
      }
    }
    return text;
  }

  const TreeLimits& limits_;
  std::vector<Level> levels_;
  TreeNode root_;
  size_t nodes_ = 0;
  size_t documents_ = 0;
};

std::string sentence(std::string text) {
  for (char& c : text) c = c >= 32 && c < 127 ? c : '?';
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text + (text.ends_with('.') ? "" : ".");
}

}  // namespace

std::string_view noun(NodeType type) { return kNouns[static_cast<size_t>(type)]; }

std::string escaped_pointer(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

NodeType resolve_plain(std::string_view text) {
  if (is_one_of(kNulls, text)) return NodeType::Null;
  if (is_one_of(kBools, text)) return NodeType::Bool;
  if (all_digits(without_sign(text))) return NodeType::Integer;
  return is_float(text) ? NodeType::Float : NodeType::Text;
}

tl::expected<TreeNode, LabProblem> read_tree(std::string_view text, const TreeLimits& limits) {
  if (text.size() > limits.text_bytes) {
    return tl::unexpected(LabProblem{
        1, 1, "", fmt::format("The document is larger than {} bytes.", limits.text_bytes)});
  }
  // A NUL byte also makes yaml-cpp guess UTF-16 or UTF-32.
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    const auto line =
        1 + std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(nul), '\n');
    return tl::unexpected(LabProblem{static_cast<int>(line), 1, "",
                                     "The document holds a NUL byte: write it in UTF-8."});
  }
  if (!http::is_utf8(text))
    return tl::unexpected(LabProblem{1, 1, "", "The document is not UTF-8."});
  TreeBuilder builder(limits);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refused& refused) {
    return tl::unexpected(refused.problem);
  } catch (const YAML::Exception& error) {
    const Where where = where_of(error.mark);
    return tl::unexpected(LabProblem{where.line, where.column, "", sentence(error.msg)});
  }
  return builder.take();
}

}  // namespace isthmus::api::lab
