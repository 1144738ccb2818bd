#include "api/access/roster.h"

#include <spdlog/spdlog.h>

#include <filesystem>

#include "api/access/private_file.h"

namespace isthmus::api::access {
namespace {

constexpr std::string_view kOwnerName = "owner";

Roster::Loaded read_access_file(const std::string& path) {
  const auto text = read_private_file(path);
  if (!text) return tl::unexpected(text.error());
  auto principals = parse_principals(*text);
  if (!principals) return tl::unexpected(path + " " + principals.error());
  return principals;
}

std::string without_space_around(const std::string& text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// The log says where the token is, and never which.
Roster::Loaded read_owner_token(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    if (auto written = write_private_file(path, make_token() + "\n"); !written)
      return tl::unexpected(written.error());
    spdlog::info("an owner's token is made: it is in {}", path);
  }
  const auto text = read_private_file(path);
  if (!text) return tl::unexpected(text.error());
  const std::string token = without_space_around(*text);
  if (!is_token_text(token))
    return tl::unexpected(
        fmt::format("{} does not hold a token: remove it, and a new one is made", path));
  return Principals{{std::string(kOwnerName), Role::Owner, sha256(token), {}, {}}};
}

}  // namespace

tl::expected<std::unique_ptr<Roster>, std::string> Roster::loaded(Load load) {
  Loaded principals = load();
  if (!principals) return tl::unexpected(std::move(principals.error()));
  return std::unique_ptr<Roster>(
      new Roster(std::move(load), std::make_shared<const Principals>(std::move(*principals))));
}

tl::expected<std::unique_ptr<Roster>, std::string> Roster::of_file(const std::string& path) {
  return loaded([path] { return read_access_file(path); });
}

tl::expected<std::unique_ptr<Roster>, std::string> Roster::of_owner_token(const std::string& path) {
  return loaded([path] { return read_owner_token(path); });
}

std::shared_ptr<const Principals> Roster::principals() const {
  const std::lock_guard lock(mutex_);
  return principals_;
}

void Roster::reload() {
  Loaded read = load_();
  if (!read) {
    spdlog::error("{}; who may come in stays as it was", read.error());
    return;
  }
  spdlog::info("{} principals may come in", read->size());
  auto principals = std::make_shared<const Principals>(std::move(*read));
  const std::lock_guard lock(mutex_);
  principals_.swap(principals);
}

}  // namespace isthmus::api::access
