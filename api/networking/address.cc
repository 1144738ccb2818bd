#include "api/networking/address.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>

#include "controller/model/text.h"

namespace isthmus::api::networking {
namespace {

constexpr std::array<std::string_view, 5> kVersions = {"v1", "v2", "v3", "v4", "v5"};

Result<std::string_view> read_version(std::string_view text) {
  for (const std::string_view version : kVersions) {
    if (equal_ignoring_case(version, text)) return version;
  }
  return fail(ErrorCode::UnsupportedApiVersion, "",
              fmt::format("{} is not a version of this API.", in_quotes(text)),
              fmt::format("Use one of {}.", fmt::join(kVersions, ", ")));
}

// The types that may stand at this place of a path.
std::string segments_below(Kind parent) {
  std::string text;
  for (const KindInfo& row : kinds_in(Realm::Onprem)) {
    if (row.parent == parent) text += (text.empty() ? "" : ", ") + std::string(row.segment);
  }
  return text;
}

tl::unexpected<Error> unknown_segment(std::string_view segment, Kind parent) {
  const std::string known = segments_below(parent);
  const std::string where =
      parent == Kind::None ? "here" : fmt::format("below a {}", info(parent).noun);
  return fail(ErrorCode::ResourceNotFound, "",
              fmt::format("{} is not a type of resource {}.", in_quotes(segment), where),
              known.empty() ? fmt::format("A {} has nothing below it.", info(parent).noun)
                            : fmt::format("The types are {}.", known));
}

Result<Address> parse_resource(std::span<const std::string> path, Address address) {
  for (size_t i = 0; i < path.size(); i += 2) {
    const auto kind = kind_of_segment(address.id.kind(), path[i]);
    if (!kind) return unknown_segment(path[i], address.id.kind());
    address.kind = *kind;
    address.form = Form::Collection;
    if (i + 1 == path.size()) return address;
    auto id = address.id.empty() ? ResourceId::make(*kind, path[i + 1])
                                 : address.id.child(*kind, path[i + 1]);
    if (!id) return tl::unexpected(std::move(id.error()));
    address.id = std::move(*id);
    address.form = info(*kind).is_singleton()                   ? Form::Singleton
                   : info(*kind).in_parent == InParent::Learned ? Form::Learned
                                                                : Form::Item;
    if (info(*kind).is_singleton() && !equal_ignoring_case(path[i + 1], info(*kind).only_name)) {
      return fail(ErrorCode::ResourceNotFound, "",
                  fmt::format("{} has one resource only.", info(*kind).segment),
                  fmt::format("Its name is {}.", info(*kind).only_name));
    }
  }
  return address;
}

// What is no resource of the model: its path, and what stands there with a name behind it and
// without.
struct Place {
  std::string_view path;
  std::optional<Form> bare;
  std::optional<Form> named;
};
constexpr Place kPlaces[] = {
    {"operations", Form::Operations, Form::Operation},
    {"operationResults", std::nullopt, Form::OperationResult},
    {"internalResourceInstances", Form::Instances, Form::Instance},
    {"diagnostics/connectivityCheck", Form::ConnectivityCheck, std::nullopt},
    {"diagnostics/connectivityCheckResults", Form::ConnectivityCheckResults,
     Form::ConnectivityCheckResult},
    {"diagnostics/slbState", Form::SlbState, std::nullopt},
    {"diagnostics/slbStateResults", std::nullopt, Form::SlbStateResult},
    {"diagnostics/networkControllerState", Form::ControllerState, std::nullopt},
    {"monitoring/networkControllerStatistics", Form::ControllerStatistics, std::nullopt},
    {"networkControllerBackup", Form::Backups, Form::Backup},
    {"networkControllerRestore", Form::Restores, Form::Restore},
};

// Nothing where the path leads to none of them.
std::optional<Address> parse_place(std::span<const std::string> path, const Address& base) {
  for (const Place& place : kPlaces) {
    const size_t words = place.path.find('/') == std::string_view::npos ? 1 : 2;
    if (path.size() < words || path.size() > words + 1) continue;
    if (!equal_ignoring_case(fmt::format("{}", fmt::join(path.first(words), "/")), place.path))
      continue;
    const std::optional<Form> form = path.size() == words ? place.bare : place.named;
    if (!form) continue;
    Address address = base;
    address.form = *form;
    if (path.size() > words) address.name = path.back();
    return address;
  }
  return std::nullopt;
}

}  // namespace

std::span<const std::string_view> served_versions() { return kVersions; }

Result<Address> parse_address(std::span<const std::string> segments) {
  Address address;
  auto path = segments.subspan(std::min<size_t>(1, segments.size()));
  if (path.size() == 1 && equal_ignoring_case(path[0], "discovery")) return address;
  const auto version = read_version(path.empty() ? std::string_view() : path[0]);
  if (!version) return tl::unexpected(version.error());
  address.version = *version;
  path = path.subspan(1);
  if (path.empty()) {
    return fail(ErrorCode::ResourceNotFound, "", "The path names no type of resource.",
                fmt::format("The types are {}.", segments_below(Kind::None)));
  }
  if (auto place = parse_place(path, address)) return std::move(*place);
  return parse_resource(path, std::move(address));
}

std::string collection_path(const Address& collection) {
  return fmt::format("/networking/{}{}/{}", collection.version, collection.id.path(),
                     info(collection.kind).segment);
}

}  // namespace isthmus::api::networking
