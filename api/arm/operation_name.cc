#include "api/arm/operation_name.h"

#include <fmt/format.h>

namespace isthmus::api::arm {
namespace {

// Where the word is not the name of the type, without the plural.
struct MethodWord {
  Kind kind;
  std::string_view word;
};
constexpr MethodWord kMethodWords[] = {
    {Kind::NetworkInterface, "Nic"},
    {Kind::PublicIpAddress, "PublicIpAddress"},
    {Kind::GatewayConnection, "VirtualNetworkGatewayConnection"},
};

// "virtualNetworkPeerings" is VirtualNetworkPeering.
std::string word_of(Kind kind) {
  for (const MethodWord& row : kMethodWords) {
    if (row.kind == kind) return std::string(row.word);
  }
  std::string word(info(kind).azure_segment);
  if (word.ends_with('s')) word.pop_back();
  word.front() = static_cast<char>(word.front() - 'a' + 'A');
  return word;
}

}  // namespace

std::string operation_name(http::Method method, Kind kind) {
  return fmt::format("{}{}Operation", method == http::Method::Delete ? "Delete" : "Put",
                     word_of(kind));
}

}  // namespace isthmus::api::arm
