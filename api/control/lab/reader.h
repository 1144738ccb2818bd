// Nodes of a lab document to legal values, with every problem noted where it stands. Reading goes
// on after a problem, so that one run names all of them.
#pragma once

#include <fmt/format.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/control/lab/tree.h"
#include "controller/model/text.h"

namespace isthmus::api::lab {

// A node and its JSON pointer.
struct Spot {
  const TreeNode* node = nullptr;
  std::string pointer;
};

class Reader {
 public:
  void problem(Where where, std::string pointer, std::string message);
  void problem(const Spot& spot, std::string message) {
    problem(spot.node->where, spot.pointer, std::move(message));
  }
  std::vector<LabProblem>& problems() { return problems_; }
  bool is_full() const;  // more problems are not noted

  // False, with a problem noted, when the node is of another type.
  bool is_map(const Spot& spot, std::string_view what);
  bool is_list(const Spot& spot, std::string_view what);

  // A map whose members are all among `known`; unknown ones are problems, with what was meant.
  bool has_only(const Spot& map, std::string_view what, std::span<const std::string_view> known);
  // The member of this name; an empty spot where there is none.
  static Spot find(const Spot& map, std::string_view name);
  // A problem where there is none.
  Spot require(const Spot& map, std::string_view what, std::string_view name);
  static Spot element(const Spot& list, size_t index);
  static Spot member(const Spot& map, const Member& member);

  // The values of scalars; nothing, with a problem noted, when the node holds something else.
  std::optional<std::string_view> text(const Spot& spot, std::string_view what);
  std::optional<std::string> name(const Spot& spot, std::string_view what);
  // What is wrong with a name in the document's realm; empty where nothing is.
  std::string wrong_name(std::string_view name, std::string_view what) const;
  std::optional<bool> boolean(const Spot& spot, std::string_view what);
  std::optional<uint32_t> number(const Spot& spot, std::string_view what, uint32_t first,
                                 uint32_t last);
  // A text, or a whole number without quotes.
  std::optional<std::string_view> text_or_number(const Spot& spot, std::string_view what);

  // By the type's own spelling, Text<T>.
  template <class T>
  std::optional<T> value(const Spot& spot, std::string_view what) {
    const auto written = text(spot, what);
    if (!written) return std::nullopt;
    auto parsed = Text<T>::parse(*written);
    if (parsed) return *parsed;
    problem(spot, fmt::format("{} is not {}: {}.", in_quotes(*written), what, parsed.error()));
    return std::nullopt;
  }

  // One of a few words; `words` and `values` go together.
  template <class T>
  std::optional<T> word(const Spot& spot, std::string_view what,
                        std::span<const std::pair<std::string_view, T>> words) {
    const auto written = text(spot, what);
    if (!written) return std::nullopt;
    std::string legal;
    for (const auto& [name, value] : words) {
      if (name == *written) return value;
      legal += (legal.empty() ? "" : ", ") + std::string(name);
    }
    problem(spot, fmt::format("{} is not {}: use one of {}.", in_quotes(*written), what, legal));
    return std::nullopt;
  }

  Realm realm = Realm::Onprem;  // of the document, once it is read

 private:
  bool is_misspelt(const Spot& map, std::string_view name) const;
  bool is_type(const Spot& spot, std::string_view what, NodeType type);
  std::vector<LabProblem> problems_;
};

// "; did you mean 'prefixes'?", or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

}  // namespace isthmus::api::lab
