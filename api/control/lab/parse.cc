#include "api/control/lab/parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "api/control/lab/sections.h"
#include "api/json/parse.h"

namespace isthmus::api::lab {
namespace {

void read_version(Reading& reading, const Spot& spot) {
  reading.reader.number(spot, "The version of a lab document", 1, 1);
}

struct Section {
  std::string_view name;
  void (*read)(Reading&, const Spot&);
};

constexpr std::array kSections = {
    Section{"version", &read_version},   Section{"realm", &read_realm},
    Section{"group", &read_group},       Section{"networks", &read_networks},
    Section{"peerings", &read_peerings}, Section{"routes", &read_routes},
    Section{"access", &read_access},     Section{"vms", &read_vms},
    Section{"links", &read_links},       Section{"expect", &read_expectations}};

constexpr auto kSectionNames = [] {
  std::array<std::string_view, kSections.size()> names;
  for (size_t i = 0; i < names.size(); ++i) names[i] = kSections[i].name;
  return names;
}();

void read_document(Reading& reading, const Spot& root) {
  if (!reading.reader.has_only(root, "A lab document", kSectionNames)) return;
  reading.reader.require(root, "A lab document", "version");
  for (const Section& section : kSections) {
    const Spot spot = Reader::find(root, section.name);
    if (spot.node != nullptr) section.read(reading, spot);
  }
}

Where where_in(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  return {static_cast<int>(lines) + 1, static_cast<int>(offset - (before.rfind('\n') + 1)) + 1};
}

// YAML takes more than JSON does: what was sent as JSON is first read as JSON.
tl::expected<void, LabProblem> check_json(std::string_view text) {
  const auto document = json::parse_json(text);
  if (document) return {};
  const Where where = where_in(text, document.error().offset);
  return tl::unexpected(LabProblem{where.line, where.column, "", document.error().message});
}

}  // namespace

tl::expected<LabDocument, std::vector<LabProblem>> parse_lab(std::string_view text,
                                                             LabFormat format) {
  const auto refused = [](LabProblem problem) {
    return tl::unexpected(std::vector{std::move(problem)});
  };
  if (format == LabFormat::Json) {
    if (auto legal = check_json(text); !legal) return refused(std::move(legal.error()));
  }
  auto tree = read_tree(text);
  if (!tree) return refused(std::move(tree.error()));
  Reading reading{{}, declared_in(*tree), {}, {}};
  read_document(reading, {&*tree, ""});
  auto& problems = reading.reader.problems();
  if (problems.empty()) return std::move(reading.document);
  std::stable_sort(problems.begin(), problems.end(), [](const LabProblem& a, const LabProblem& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  return tl::unexpected(std::move(problems));
}

}  // namespace isthmus::api::lab
