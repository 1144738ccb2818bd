#include "api/arm/resource_path.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <optional>

#include "api/arm/actions.h"
#include "controller/model/text.h"

namespace isthmus::api::arm {
namespace {

using Path = std::span<const std::string>;

bool is(const std::string& segment, std::string_view word) {
  return equal_ignoring_case(segment, word);
}

tl::unexpected<Error> nothing_here(Path path) { return tl::unexpected(nothing_at(path)); }

bool names_network_provider(Path path) {
  return path.size() > 2 && is(path[0], "providers") && is(path[1], "Microsoft.Network");
}

constexpr std::array kWords = {
    Word{Kind::VirtualNetwork, "CheckIPAddressAvailability", Form::AddressAvailable},
    Word{Kind::VirtualNetwork, "usages", Form::NetworkUsages},
    Word{Kind::AccessControlList, "defaultSecurityRules", Form::DefaultRules},
    Word{Kind::AccessControlList, "defaultSecurityRules", Form::DefaultRule, true},
    Word{Kind::GatewayConnection, "sharedkey", Form::SharedKey},
    Word{Kind::None, "operations", Form::Operation, true},
    Word{Kind::None, "operationResults", Form::OperationResult, true},
    Word{Kind::None, "usages", Form::Usages},
    Word{Kind::None, "serviceTags", Form::ServiceTags},
    Word{Kind::None, "CheckDnsNameAvailability", Form::NameAvailable},
};

const Word* find_word(Kind kind, Path rest) {
  for (const Word& row : kWords) {
    const size_t length = row.has_name ? 2 : 1;
    if (row.kind == kind && rest.size() == length && is(rest[0], row.word)) return &row;
  }
  return nullptr;
}

// "West Europe" is westeurope, as resources have it.
std::string location_name(std::string_view text) {
  std::string name = lower_case(text);
  std::erase(name, ' ');
  return name;
}

// providers/Microsoft.Network/locations/L/...
std::optional<Place> place_of_location(const ResourceId& subscription, Path path) {
  if (path.size() < 5 || !names_network_provider(path) || !is(path[2], "locations"))
    return std::nullopt;
  const Word* word = find_word(Kind::None, path.subspan(4));
  if (word == nullptr) return std::nullopt;
  return Place{word->form, subscription, Kind::None,
               word->has_name ? path[5] : location_name(path[3])};
}

bool names_resources_provider(Path path, std::string_view type) {
  return path.size() == 4 && is(path[0], "providers") && is(path[1], "Microsoft.Resources") &&
         is(path[2], type);
}

// Of a group or a subscription.
std::optional<Place> deployment_at(const ResourceId& scope, Path path) {
  if (path.size() == 5 && names_resources_provider(path.first(4), "deployments") &&
      (is(path[4], "validate") || is(path[4], "whatIf")))
    return Place{Form::DeploymentAction, scope, {}, path[3]};
  if (!names_resources_provider(path, "deployments")) return std::nullopt;
  return Place{Form::Deployment, scope, {}, path[3]};
}

// What stands below an item and is no resource.
std::optional<Place> place_at(const ResourceId& item, Path rest) {
  if (names_resources_provider(rest, "tags") && is(rest[3], "default"))
    return Place{Form::Tags, item, item.kind(), {}};
  if (const Word* word = find_word(item.kind(), rest))
    return Place{word->form, item, item.kind(), word->has_name ? rest[1] : ""};
  if (rest.size() == 1 && find_action(item.kind(), rest[0]) != nullptr)
    return Place{Form::Action, item, item.kind(), rest[0]};
  return std::nullopt;
}

// Types and names in turn, below a group, a resource, or in a subscription.
Result<Place> place_of_resource(ResourceId id, Kind parent, Path whole, Path path) {
  while (!path.empty()) {
    if (auto place = place_at(id, path)) return *place;
    const auto kind = kind_of_segment(parent, path[0], Realm::Azure);
    if (!kind) return nothing_here(whole);
    if (path.size() == 1) return Place{Form::Collection, id, *kind, {}};
    auto next = id.child(*kind, path[1]);
    if (!next) return tl::unexpected(std::move(next.error()));
    id = std::move(*next);
    parent = *kind;
    path = path.subspan(2);
  }
  return Place{Form::Item, id, id.kind(), {}};
}

// providers/Microsoft.Network/virtualNetworks/...: a provider that has the type.
bool names_a_type(Path path) {
  if (path.size() < 3 || !is(path[0], "providers")) return false;
  const auto kind = kind_of_segment(Kind::ResourceGroup, path[2], Realm::Azure);
  return kind && is(path[1], info(*kind).azure_provider);
}

Result<Place> place_in_group(const ResourceId& group, Path whole, Path path) {
  if (path.empty()) return Place{Form::Group, group, Kind::ResourceGroup, {}};
  if (path.size() == 1 && is(path[0], "resources")) return Place{Form::Everything, group, {}, {}};
  if (auto place = place_at(group, path)) return *place;
  if (auto place = deployment_at(group, path)) return *place;
  if (!names_a_type(path)) return nothing_here(whole);
  return place_of_resource(group, Kind::ResourceGroup, whole, path.subspan(2));
}

}  // namespace

std::span<const Word> words() { return kWords; }

Error nothing_at(Path path) {
  const std::string text = fmt::format("/{}", fmt::join(path, "/"));
  return {
      ErrorCode::ResourceNotFound, "", fmt::format("Nothing is at {}.", in_quotes(text)), "", {}};
}

Result<Place> parse_place(Path segments) {
  auto subscription = ResourceId::make(Kind::Subscription, segments[1], Realm::Azure);
  if (!subscription) return tl::unexpected(std::move(subscription.error()));
  const Path path = segments.subspan(2);
  if (path.empty()) return nothing_here(segments);
  if (is(path[0], "resourceGroups")) {
    if (path.size() == 1) return Place{Form::Groups, *subscription, Kind::ResourceGroup, {}};
    auto group = subscription->child(Kind::ResourceGroup, path[1]);
    if (!group) return tl::unexpected(std::move(group.error()));
    return place_in_group(*group, segments, path.subspan(2));
  }
  if (path.size() == 1 && is(path[0], "resources"))
    return Place{Form::Everything, *subscription, {}, {}};
  if (path.size() == 2 && is(path[0], "operationResults"))
    return Place{Form::OperationResult, *subscription, Kind::None, path[1]};
  if (auto place = place_of_location(*subscription, path)) return *place;
  if (auto place = deployment_at(*subscription, path)) return *place;
  if (names_a_type(path) && path.size() == 3)
    return Place{Form::Collection,
                 *subscription,
                 *kind_of_segment(Kind::ResourceGroup, path[2], Realm::Azure),
                 {}};
  return nothing_here(segments);
}

}  // namespace isthmus::api::arm
