// Prints docs/api/arm-coverage.md; `tools/dev golden` stores what it prints. Paths are asked of the
// code that serves them, and a call that the document would not tell is an error.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "api/arm/actions.h"
#include "api/arm/arm_handler.h"
#include "api/arm/resource_calls.h"

namespace {

using namespace isthmus;
using namespace isthmus::api;

const std::string kSubscription = fmt::format("/subscriptions/{}", arm::kDefaultSubscription);
constexpr const char* kName = "x";  // of whatever a path names

constexpr const char* kHead = R"(# What of the Azure API is here

Generated from the tables that answer the calls, by `tools/dev golden`. [The Azure API](arm.md) says what the calls mean.
Where there is `GET`, there is `HEAD`. A call with `+` is told as an [operation](arm.md#operations) where
`--lro async` asks for that.

## Types

| type | one | lists | below it |
|---|---|---|---|
)";

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  for (path.remove_prefix(1); !path.empty();) {
    const size_t end = std::min(path.find('/'), path.size());
    segments.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return segments;
}

std::set<arm::Form> told;  // the forms that the document has shown the calls of

std::string call_text(http::Method method, arm::Pace pace, std::string_view what = {}) {
  return fmt::format("`{}{}{}`{}", http::to_string(method), what.empty() ? "" : " ", what,
                     pace == arm::Pace::Operation ? "+" : "");
}

// "`GET`, `PUT`+": what can be called at a path.
std::string methods_at(const std::string& path) {
  const auto place = arm::parse_place(split(path));
  if (!place) return {};
  told.insert(place->form);
  std::vector<std::string> methods;
  for (const arm::ResourceRoute& route : arm::resource_routes()) {
    if (route.form == place->form && route.method != http::Method::Head)
      methods.push_back(call_text(route.method, route.pace));
  }
  return fmt::format("{}", fmt::join(methods, ", "));
}

// Up to the name of one of the type.
std::string path_of(Kind kind) {
  const KindInfo& row = info(kind);
  const Kind parent = parent_of(kind, Realm::Azure);
  if (kind == Kind::ResourceGroup) return kSubscription + "/resourceGroups/" + kName;
  const std::string provider = parent == Kind::ResourceGroup
                                   ? fmt::format("/providers/{}", row.azure_provider)
                                   : std::string();
  return fmt::format("{}{}/{}/{}", path_of(parent), provider, row.azure_segment, kName);
}

std::string lists_of(Kind kind) {
  const std::string one = path_of(kind);
  std::string lists = methods_at(one.substr(0, one.rfind('/')));
  const std::string everywhere = fmt::format("{}/providers/{}", kSubscription, azure_type(kind));
  if (!methods_at(everywhere).empty()) lists += ", of the subscription, too";
  return lists;
}

std::string below(Kind kind) {
  std::vector<std::string> calls;
  for (const arm::Word& word : arm::words()) {
    if (word.kind != kind) continue;
    const std::string ending = fmt::format("{}{}", word.word, word.has_name ? "/{name}" : "");
    const auto place = arm::parse_place(split(path_of(kind) + "/" + ending));
    told.insert(place->form);
    for (const arm::ResourceRoute& route : arm::resource_routes()) {
      if (route.form == place->form) calls.push_back(call_text(route.method, route.pace, ending));
    }
  }
  for (const arm::Action& action : arm::actions()) {
    if (action.kind != kind) continue;
    told.insert(arm::Form::Action);
    const auto pace = action.takes_time ? arm::Pace::Operation : arm::Pace::AtOnce;
    calls.push_back(call_text(http::Method::Post, pace, action.name));
  }
  return fmt::format("{}", fmt::join(calls, ", "));
}

void print_types() {
  for (const KindInfo& row : kinds_in(Realm::Azure)) {
    if (row.kind == Kind::Subscription || row.kind == Kind::ResourceGroup) continue;
    std::cout << fmt::format("| `{}` | {} | {} | {} |\n", azure_type(row.kind),
                             methods_at(path_of(row.kind)), lists_of(row.kind), below(row.kind));
  }
}

// What is of no type.
void print_places() {
  std::vector<std::string> paths = {
      "/resourceGroups",
      "/resourceGroups/{name}",
      "/resources",
      "/resourceGroups/{name}/resources",
      "/resourceGroups/{name}/providers/Microsoft.Resources/tags/default",
      "/resourceGroups/{name}/providers/Microsoft.Network/{type}/{name}/providers/"
      "Microsoft.Resources/tags/default",
      "/providers/Microsoft.Resources/deployments/{name}",
      "/resourceGroups/{name}/providers/Microsoft.Resources/deployments/{name}",
      "/operationresults/{name}"};
  for (const arm::Word& word : arm::words()) {
    if (word.kind != Kind::None) continue;
    paths.push_back(fmt::format("/providers/Microsoft.Network/locations/{{name}}/{}{}", word.word,
                                word.has_name ? "/{name}" : ""));
  }
  std::cout << "\n## Groups, locations, deployments\n\nBelow `/subscriptions/{id}`.\n\n"
               "| path | calls |\n|---|---|\n";
  for (const std::string& path : paths) {
    std::string asked = path;
    const std::pair<std::string, std::string> given[] = {{"{type}", "virtualNetworks"},
                                                         {"{name}", kName}};
    for (const auto& [braces, text] : given) {
      for (size_t at; (at = asked.find(braces)) != std::string::npos;)
        asked.replace(at, braces.size(), text);
    }
    std::cout << fmt::format("| `{}` | {} |\n", path, methods_at(kSubscription + asked));
  }
}

void print_cloud() {
  std::cout << "\n## The cloud itself\n\nWho may is what [access](../access.md#roles) tells.\n\n"
               "| call | who may |\n|---|---|\n";
  for (const arm::RouteInfo& route : arm::arm_routes())
    std::cout << fmt::format("| `{} {}` | {} |\n", http::to_string(route.method), route.path,
                             access::to_string(route.role));
}

}  // namespace

int main() {
  std::cout << kHead;
  print_types();
  print_places();
  print_cloud();
  for (const arm::ResourceRoute& route : arm::resource_routes()) {
    if (told.contains(route.form)) continue;
    std::cerr << "a call is in no row: Form " << static_cast<int>(route.form) << "\n";
    return 1;
  }
}
