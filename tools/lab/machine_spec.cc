#include "tools/lab/machine_spec.h"

#include <fmt/format.h>
#include <rapidjson/document.h>
#include <rapidjson/pointer.h>

namespace isthmus::lab {
namespace {

using Value = rapidjson::Value;

std::string text_at(const Value& value, const char* pointer) {
  const Value* found = rapidjson::Pointer(pointer).Get(value);
  if (found == nullptr || !found->IsString()) return {};
  return {found->GetString(), found->GetStringLength()};
}

tl::unexpected<std::string> incomplete(const std::string& nic, std::string_view member) {
  return tl::unexpected(fmt::format("The machine {} has no proper '{}'.", nic, member));
}

tl::expected<MachineAddress, std::string> parse_address(const Value& value) {
  const auto address = net::IpAddress::parse(text_at(value, "/address"));
  if (!address) return tl::unexpected(std::string("address"));
  const auto subnet = net::Prefix::parse(text_at(value, "/subnet"));
  if (!subnet || !subnet->contains(*address)) return tl::unexpected(std::string("subnet"));
  const auto router = net::IpAddress::parse(text_at(value, "/router"));
  if (!router || router->family() != address->family())
    return tl::unexpected(std::string("router"));
  return MachineAddress{*address, *subnet, *router};
}

}  // namespace

tl::expected<MachineSpec, std::string> parse_machine(std::string_view json) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject())
    return tl::unexpected(std::string("A machine is a JSON object."));
  MachineSpec spec;
  spec.nic = text_at(document, "/resourceRef");
  if (!spec.nic.starts_with('/')) return incomplete("", "resourceRef");
  spec.name = text_at(document, "/name");
  spec.instance = text_at(document, "/instanceId");
  const auto mac = net::Mac::parse(text_at(document, "/mac"));
  if (!mac) return incomplete(spec.nic, "mac");
  spec.mac = *mac;
  const Value* forwards = rapidjson::Pointer("/forwards").Get(document);
  spec.forwards = forwards != nullptr && forwards->IsTrue();
  const Value* addresses = rapidjson::Pointer("/addresses").Get(document);
  if (addresses == nullptr || !addresses->IsArray() || addresses->Empty())
    return incomplete(spec.nic, "addresses");
  for (const Value& value : addresses->GetArray()) {
    const auto address = parse_address(value);
    if (!address) return incomplete(spec.nic, address.error());
    spec.addresses.push_back(*address);
  }
  return spec;
}

}  // namespace isthmus::lab
