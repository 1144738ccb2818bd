// Holds docs/api/networking*.md complete: each type has a section whose table names each member
// that the type has, and no other; each fault of a host has a row.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "api/json/configuration_state.h"
#include "api/json/derived.h"
#include "controller/model/resources.h"
#include "tests/cases/golden_file.h"

namespace isthmus::testing {
namespace {

using Names = std::set<std::string>;

class MemberNames {
 public:
  template <class T>
  void member(std::string_view name, T&, Presence presence, Spelling = Spelling::Natural) {
    if (presence != Presence::Hidden) names.insert(fmt::format("{}{}", prefix_, name));
  }
  Realm realm() const { return Realm::Onprem; }
  void reference(std::string_view name, ResourceId&, Presence, Kinds, Hold = Hold::Firm) {
    names.insert(fmt::format("{}{}", prefix_, name));
  }
  void references(std::string_view name, std::vector<ResourceId>&, Kinds, Shown = Shown::Always) {
    names.insert(fmt::format("{}{}", prefix_, name));
  }
  template <class Members>
  void object(std::string_view name, Presence, const Members& members) {
    const std::string outer = prefix_;
    prefix_ = fmt::format("{}{}.", prefix_, name);
    members();
    prefix_ = outer;
  }
  template <class Optional, class Members>
  void optional_object(std::string_view name, Optional& field, const Members& members) {
    object(name, Presence::Optional, [&] { members(field.emplace()); });
  }
  template <class T, class Members>
  void objects(std::string_view name, std::vector<T>& field, const Members& members) {
    object(name, Presence::Optional, [&] { members(field.emplace_back()); });
  }

  Names names;

 private:
  std::string prefix_;
};

Names members_of(Kind kind) {
  MemberNames collector;
  Body body(kind);
  describe_body(collector, body);
  for (const KindInfo& row : kinds_in(Realm::Onprem)) {
    if (row.parent == kind) collector.names.emplace(row.segment);
  }
  for (const auto& row : api::json::derived_members()) {
    if (row.kind == kind) collector.names.emplace(row.name);
  }
  return collector.names;
}

// "virtualNetworks/{id}/subnets"
std::string title_of(Kind kind) {
  const KindInfo& row = info(kind);
  if (row.parent == Kind::None) return std::string(row.segment);
  return fmt::format("{}/{{id}}/{}", title_of(row.parent), row.segment);
}

// The names in backquotes in the first column of the tables between this title and the next.
Names documented(const std::string& document, const std::string& title) {
  Names names;
  std::istringstream lines(document);
  bool is_inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) is_inside = line == fmt::format("### `{}`", title);
    if (!is_inside || !line.starts_with("| `")) continue;
    const std::string cell = line.substr(1, line.find('|', 1));
    static const std::regex kQuoted("`([^`]+)`");
    for (std::sregex_iterator it(cell.begin(), cell.end(), kQuoted), end; it != end; ++it)
      names.insert((*it)[1]);
  }
  return names;
}

TEST(NetworkingReference, TellsEveryMember) {
  std::string document;
  for (const auto& path : networking_documents()) document += read_file(path) + "\n# end\n";
  for (const KindInfo& row : kinds_in(Realm::Onprem))
    EXPECT_EQ(documented(document, title_of(row.kind)), members_of(row.kind)) << title_of(row.kind);
}

TEST(NetworkingReference, TellsEveryFaultOfAHost) {
  const std::string document = read_file(source_folder() / "docs/api/networking-operations.md");
  for (size_t i = 0; i < kNames<HostFault>.size(); ++i) {
    const std::string row = fmt::format("| `{}` | {} |\n", kNames<HostFault>[i],
                                        api::json::message_of(static_cast<HostFault>(i)));
    EXPECT_NE(document.find(row), std::string::npos) << row;
  }
}

}  // namespace
}  // namespace isthmus::testing
