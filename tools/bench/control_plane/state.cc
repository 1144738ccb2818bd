#include "tools/bench/control_plane/state.h"

#include <fmt/format.h>
#include <rapidjson/document.h>
#include <rapidjson/pointer.h>

#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string_view>

namespace isthmus::bench::control_plane {
namespace {

using rapidjson::Value;

rapidjson::Document parsed(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  if (document.HasParseError()) throw std::runtime_error("an answer is not JSON");
  return document;
}

std::string text_at(const Value& value, const char* pointer) {
  const Value* found = rapidjson::Pointer(pointer).Get(value);
  return found != nullptr && found->IsString() ? found->GetString() : "";
}

void each_page(Client& client, std::string target,
               const std::function<void(const rapidjson::Document&)>& see) {
  while (!target.empty()) {
    const rapidjson::Document page = parsed(client.get(target));
    see(page);
    target = text_at(page, "/nextLink");
    const size_t path = target.find("/networking/");  // links are absolute
    target.erase(0, path == std::string::npos ? target.size() : path);
  }
}

void each_item(Client& client, const std::string& target,
               const std::function<void(const Value&)>& see) {
  each_page(client, target, [&](const rapidjson::Document& page) {
    const auto items = page.FindMember("value");
    if (items == page.MemberEnd()) return;
    for (const Value& item : items->value.GetArray()) see(item);
  });
}

double metric(const std::string& metrics, std::string_view name) {
  const std::string start = fmt::format("\n{} ", name);
  const size_t at = metrics.find(start);
  if (at == std::string::npos) throw std::runtime_error(fmt::format("no metric {}", name));
  return std::strtod(metrics.c_str() + at + start.size(), nullptr);
}

}  // namespace

Inventory read_inventory(Client& client) {
  Inventory found;
  each_item(client, kNetworks, [&](const Value& network) {
    ++found.networks;
    static const rapidjson::Pointer kPeerings("/properties/virtualNetworkPeerings");
    const Value* peerings = kPeerings.Get(network);
    if (peerings == nullptr) return;
    for (const Value& peering : peerings->GetArray()) {
      ++found.peerings;
      found.connected += text_at(peering, "/properties/peeringState") == "Connected" ? 1 : 0;
    }
  });
  each_item(client, kInterfaces, [&](const Value&) { ++found.interfaces; });
  return found;
}

std::string to_string(const Inventory& inventory) {
  return fmt::format("{} networks, {} interfaces, {} peerings, {} of them Connected",
                     inventory.networks, inventory.interfaces, inventory.peerings,
                     inventory.connected);
}

void read_collection(Client& client, const std::string& target) {
  each_page(client, target, [](const rapidjson::Document&) {});
}

Counters read_counters(Client& client) {
  const std::string metrics = client.get("/metrics");
  return {metric(metrics, R"(isthmus_changes_total{result="acknowledged"})"),
          metric(metrics, "isthmus_transactions_total"),
          metric(metrics, "isthmus_commit_seconds_total"),
          metric(metrics, "isthmus_recomputed_routes_total")};
}

std::string read_digest(Client& client) {
  return text_at(parsed(client.get("/_isthmus/v1/stats")), "/digest");
}

}  // namespace isthmus::bench::control_plane
