#include "api/control/lab/sections.h"

namespace isthmus::api::lab {
namespace {

std::string folded(std::string_view name) {
  std::string out(name);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

const TreeNode* member_of(const TreeNode& map, std::string_view name) {
  for (const Member& member : map.members) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

void add_members(Names& names, const TreeNode& root, std::string_view section) {
  const TreeNode* map = member_of(root, section);
  if (map == nullptr) return;
  for (const Member& member : map->members) names.add(member.name);
}

}  // namespace

void Names::add(std::string_view name) { names_.try_emplace(folded(name), name); }

const std::string* Names::find(std::string_view name) const {
  const auto found = names_.find(folded(name));
  return found == names_.end() ? nullptr : &found->second;
}

std::string Names::did_you_mean(std::string_view name) const {
  std::vector<std::string_view> known;
  known.reserve(names_.size());
  for (const auto& [key, declared] : names_) known.push_back(declared);
  return lab::did_you_mean(name, known);
}

Declared declared_in(const TreeNode& root) {
  Declared declared;
  add_members(declared.networks, root, "networks");
  add_members(declared.route_tables, root, "routes");
  add_members(declared.access_lists, root, "access");
  add_members(declared.vms, root, "vms");
  if (const TreeNode* networks = member_of(root, "networks")) {
    for (const Member& network : networks->members) {
      const TreeNode* subnets = member_of(network.value, "subnets");
      if (subnets == nullptr) continue;
      for (const Member& subnet : subnets->members)
        declared.subnets.add(fmt::format("{}/{}", network.name, subnet.name));
    }
  }
  return declared;
}

std::string Reading::reference(const Spot& spot, std::string_view what, const Names& names) {
  const auto written = reader.text(spot, what);
  if (!written) return {};
  if (const std::string* declared_name = names.find(*written)) return *declared_name;
  if (!reader.is_full()) {
    const std::string meant = names.did_you_mean(*written);
    reader.problem(spot, fmt::format("The document has no {} {}{}", what, in_quotes(*written),
                                     meant.empty() ? "." : meant));
  }
  return {};
}

std::string Reading::optional_reference(const Spot& map, std::string_view member,
                                        std::string_view what, const Names& names) {
  const Spot spot = Reader::find(map, member);
  return spot.node == nullptr ? "" : reference(spot, what, names);
}

bool Reading::is_legal_name(const Member& member, const Spot& spot, std::string_view what) {
  const std::string wrong = reader.wrong_name(member.name, fmt::format("the name of {}", what));
  if (wrong.empty()) return true;
  reader.problem(member.where, spot.pointer, wrong);
  return false;
}

}  // namespace isthmus::api::lab
