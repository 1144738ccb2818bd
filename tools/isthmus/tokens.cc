// isthmus token: makes a token, and the line of the access file that lets it in. Asks no server.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <ostream>

#include "api/access/principals.h"
#include "api/access/private_file.h"
#include "tools/isthmus/tasks.h"

namespace isthmus::cli {
namespace {

using api::access::Principal;

constexpr Column kTokenColumns[] = {
    {"Name", "/name"}, {"Role", "/role"}, {"Expires", "/expires"}, {"Token", "/token"}};

constexpr std::string_view kFileStart =
    "# Who may do what: isthmusd --auth token --access FILE. SIGHUP makes the daemon read it "
    "anew.\n";

int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

struct LifetimeUnit {
  char name;
  int64_t ms;
};
constexpr std::array kLifetimeUnits = {LifetimeUnit{'d', 86'400'000}, LifetimeUnit{'h', 3'600'000},
                                       LifetimeUnit{'m', 60'000}};

// "30d", "12h", "5m" from now, or a time; nothing where it is neither, or past.
std::optional<int64_t> expiry(std::string_view text) {
  int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view rest = text.substr(static_cast<size_t>(end - text.data()));
  const auto unit = std::find_if(
      kLifetimeUnits.begin(), kLifetimeUnits.end(),
      [&](const LifetimeUnit& u) { return rest.size() == 1 && rest.front() == u.name; });
  constexpr int64_t kCountMax = 100'000;
  if (unit != kLifetimeUnits.end() && error == std::errc() && count > 0 && count <= kCountMax)
    return now_ms() + count * unit->ms;
  const auto time = api::access::time_from_text(text);
  return time && *time > now_ms() ? time : std::nullopt;
}

Result<Principal> principal_of(const Arguments& arguments) {
  Principal principal;
  principal.name = arguments.text("name");
  if (!api::access::is_principal_name(principal.name))
    return usage(fmt::format("'{}' is not a name: letters, digits and . _ - @, at most 64 of them",
                             principal.name));
  const auto role = api::access::role_named(arguments.text("role"));
  if (!role)
    return usage(fmt::format("there is no role '{}': use reader, contributor or owner",
                             arguments.text("role")));
  principal.role = *role;
  if (!arguments.has("expires")) return principal;
  principal.expires_ms = expiry(arguments.text("expires"));
  if (!principal.expires_ms)
    return usage(fmt::format("'{}' is no time to come: use 30d, 12h, 5m or 2027-01-01T00:00:00Z",
                             arguments.text("expires")));
  return principal;
}

tl::unexpected<Problem> failed(std::string why) {
  return tl::unexpected(Problem{Exit::Failure, {}, std::move(why), {}, {}});
}

// The file as it would be is read first: a line that spoils it is not added.
Result<void> add_to(const std::string& file, const Principal& principal) {
  std::error_code ignored;
  std::string text(kFileStart);
  if (std::filesystem::exists(file, ignored)) {
    auto read = api::access::read_private_file(file);
    if (!read) return failed(read.error());
    text = std::move(*read);
  }
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  text += to_line(principal) + "\n";
  if (auto parsed = api::access::parse_principals(text); !parsed)
    return failed(fmt::format("nothing is added to {}: {}", file, parsed.error()));
  if (auto written = api::access::write_private_file(file, text); !written)
    return failed(written.error());
  return {};
}

Json answer(const Principal& principal, const std::string& token) {
  Json json(rapidjson::kObjectType);
  auto& memory = json.GetAllocator();
  const auto add = [&](const char* name, std::string_view text) {
    json.AddMember(rapidjson::StringRef(name), Value(std::string(text).c_str(), memory), memory);
  };
  add("name", principal.name);
  add("role", to_string(principal.role));
  if (principal.expires_ms) add("expires", api::access::time_text(*principal.expires_ms));
  add("token", token);
  add("line", to_line(principal));
  return json;
}

Result<void> create_token(Session& session, const Arguments& arguments) {
  auto principal = principal_of(arguments);
  if (!principal) return tl::unexpected(principal.error());
  const std::string token = api::access::make_token();
  principal->token = api::access::sha256(token);
  const std::string file(arguments.has("file") ? arguments.text("file") : "");
  if (!file.empty()) {
    if (auto added = add_to(file, *principal); !added) return added;
    session.err << fmt::format("'{}' is in {}; SIGHUP makes isthmusd read it\n", principal->name,
                               file);
  }
  if (session.output.settings().form_was_chosen) {
    const Json json = answer(*principal, token);
    return session.output.print(json, [&] { return grid_of(kTokenColumns, json); });
  }
  session.output.print_text(token + "\n");
  if (file.empty())
    session.err << "add this line to the file of isthmusd --access; SIGHUP makes it read that:\n"
                << to_line(*principal) << "\n";
  return {};
}

}  // namespace

Result<void> tokens(Session& session, const Arguments& arguments) {
  if (arguments.text("VERB") == "create") return create_token(session, arguments);
  return usage(fmt::format("token knows create, not '{}'", arguments.text("VERB")));
}

}  // namespace isthmus::cli
