#include "controller/model/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace isthmus {

Parsed<size_t> parse_name(std::span<const std::string_view> names, std::string_view text) {
  std::string legal;
  for (size_t i = 0; i < names.size(); ++i) {
    if (equal_ignoring_case(names[i], text)) return i;
    legal += (legal.empty() ? "" : ", ") + std::string(names[i]);
  }
  return tl::unexpected("use one of " + legal);
}

std::string Text<std::string>::print(const std::string& value) { return value; }
Parsed<std::string> Text<std::string>::parse(std::string_view text) { return std::string(text); }

std::string Text<net::IpAddress>::print(const net::IpAddress& value) { return value.to_string(); }
Parsed<net::IpAddress> Text<net::IpAddress>::parse(std::string_view text) {
  if (const auto address = net::IpAddress::parse(text)) return *address;
  return tl::unexpected(std::string("write an IPv4 or IPv6 address such as 10.0.0.4 or fd00::4"));
}

std::string Text<net::Prefix>::print(const net::Prefix& value) { return value.to_string(); }
Parsed<net::Prefix> Text<net::Prefix>::parse(std::string_view text) {
  const auto cidr = net::parse_cidr(text);
  if (!cidr) return tl::unexpected(std::string("write a prefix such as 10.0.0.0/16 or fd00::/64"));
  if (const auto prefix = net::Prefix::make(cidr->address, cidr->length)) return *prefix;
  return tl::unexpected(
      fmt::format("host bits are set; write {}",
                  net::Prefix::containing(cidr->address, cidr->length).to_string()));
}

std::string Text<net::Mac>::print(const net::Mac& value, MacStyle style) {
  return style == MacStyle::Compact ? value.compact() : value.dashed();
}
Parsed<net::Mac> Text<net::Mac>::parse(std::string_view text) {
  if (const auto mac = net::Mac::parse(text)) return *mac;
  return tl::unexpected(
      std::string("write 12 hexadecimal digits such as 001DD8B70601 or 00-1D-D8-B7-06-01"));
}

std::string Text<net::Vni>::print(const net::Vni& value) { return std::to_string(value.value()); }
Parsed<net::Vni> Text<net::Vni>::parse(std::string_view text) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto vni = net::Vni::make(value);
  if (error != std::errc{} || end != text.data() + text.size() || !vni) {
    return tl::unexpected(std::string("write a number from 0 to 16777215"));
  }
  return *vni;
}

std::string Text<AclAddress>::print(const AclAddress& value) {
  switch (value.kind) {
    case AclAddress::Kind::Any:
      return "*";
    case AclAddress::Kind::In:
      return value.is_bare ? value.prefix.address().to_string() : value.prefix.to_string();
    case AclAddress::Kind::VirtualNetwork:
      return "VirtualNetwork";
    case AclAddress::Kind::Internet:
      return "Internet";
    case AclAddress::Kind::Service:
      return value.service;
  }
  return {};
}

// Azure's service tags beside VirtualNetwork and Internet, without their regions. Source: "Virtual
// network service tags", the tags that network security groups take.
constexpr std::array<std::string_view, 34> kServiceTags = {"ActionGroup",
                                                           "ApiManagement",
                                                           "AppConfiguration",
                                                           "AppService",
                                                           "AppServiceManagement",
                                                           "AzureActiveDirectory",
                                                           "AzureArcInfrastructure",
                                                           "AzureBackup",
                                                           "AzureBotService",
                                                           "AzureCloud",
                                                           "AzureConnectors",
                                                           "AzureContainerRegistry",
                                                           "AzureCosmosDB",
                                                           "AzureDatabricks",
                                                           "AzureDevOps",
                                                           "AzureEventGrid",
                                                           "AzureFrontDoor.Backend",
                                                           "AzureFrontDoor.Frontend",
                                                           "AzureKeyVault",
                                                           "AzureLoadBalancer",
                                                           "AzureMonitor",
                                                           "AzurePlatformDNS",
                                                           "AzurePlatformIMDS",
                                                           "AzureResourceManager",
                                                           "AzureSiteRecovery",
                                                           "AzureTrafficManager",
                                                           "BatchNodeManagement",
                                                           "CognitiveServicesManagement",
                                                           "DataFactory",
                                                           "EventHub",
                                                           "GatewayManager",
                                                           "ServiceBus",
                                                           "Sql",
                                                           "Storage"};

std::optional<AclAddress> parse_service_tag(std::string_view text) {
  for (const std::string_view tag : kServiceTags) {
    if (!equal_ignoring_case(text.substr(0, tag.size()), tag)) continue;
    const std::string_view region = text.substr(tag.size());
    const bool has_region = region.size() > 1 && region[0] == '.' &&
                            region.find_first_of(". /*:", 1) == std::string_view::npos;
    if (!region.empty() && !has_region) continue;
    return AclAddress{AclAddress::Kind::Service, {}, false, std::string(tag) + std::string(region)};
  }
  return std::nullopt;
}

Parsed<AclAddress> Text<AclAddress>::parse(std::string_view text) {
  if (text == "*") return AclAddress{};
  if (equal_ignoring_case(text, "Any")) return AclAddress{};
  if (equal_ignoring_case(text, "VirtualNetwork"))
    return AclAddress{AclAddress::Kind::VirtualNetwork, {}, false};
  if (equal_ignoring_case(text, "Internet"))
    return AclAddress{AclAddress::Kind::Internet, {}, false};
  if (const auto address = net::IpAddress::parse(text)) {
    return AclAddress{AclAddress::Kind::In, net::Prefix::host(*address), true};
  }
  if (auto tag = parse_service_tag(text)) return *tag;
  const auto prefix = Text<net::Prefix>::parse(text);
  if (prefix) return AclAddress{AclAddress::Kind::In, *prefix, false};
  if (net::parse_cidr(text)) return tl::unexpected(prefix.error());
  return tl::unexpected(std::string("write an address, a prefix, *, VirtualNetwork or Internet"));
}

std::string Text<AclPorts>::print(const AclPorts& value) {
  return value.is_star ? "*" : value.range.to_string();
}
Parsed<AclPorts> Text<AclPorts>::parse(std::string_view text) {
  if (const auto range = net::PortRange::parse(text)) return AclPorts{*range, text == "*"};
  return tl::unexpected(std::string("write a port, a range such as 1000-2000, or *"));
}

std::string Text<NetworkLink>::print(const NetworkLink& value) {
  return fmt::format("{} {}us {}ppm {}bit", value.to.path(), value.latency_us, value.loss_ppm,
                     value.rate_bits_per_second);
}
Parsed<NetworkLink> Text<NetworkLink>::parse(std::string_view written) {
  std::string_view text = written;
  const auto next = [&text](char end) {
    const size_t length = std::min(text.find(end), text.size());
    const std::string_view word = text.substr(0, length);
    text.remove_prefix(std::min(length + 1, text.size()));
    return word;
  };
  const auto number = [&](auto& value, std::string_view unit) {
    const std::string_view word = next(' ');
    const char* last = word.data() + word.size();
    const auto [end, error] = std::from_chars(word.data(), last, value);
    return error == std::errc{} && std::string_view(end, static_cast<size_t>(last - end)) == unit;
  };
  const std::string_view path = next(' ');
  const Realm realm = path.starts_with("/subscriptions/") ? Realm::Azure : Realm::Onprem;
  const auto to = ResourceId::parse(path, realm);
  NetworkLink link;
  const bool has_numbers = number(link.latency_us, "us") && number(link.loss_ppm, "ppm") &&
                           number(link.rate_bits_per_second, "bit");
  if (to) link.to = *to;
  const bool is_possible = link.latency_us <= kLinkLatencyMaxUs && link.loss_ppm <= kLinkLossMaxPpm;
  if (!to || to->kind() != Kind::VirtualNetwork || !has_numbers || !is_possible ||
      print(link) != written)
    return tl::unexpected(std::string("write /virtualNetworks/NAME 5000us 1000ppm 1000000bit"));
  return link;
}

std::string Text<ExtendedAsNumber>::print(const ExtendedAsNumber& value) {
  return fmt::format("{}.{}", value.value >> 16, value.value & 0xFFFF);
}
Parsed<ExtendedAsNumber> Text<ExtendedAsNumber>::parse(std::string_view text) {
  const size_t dot = text.find('.');
  const auto number = [](std::string_view digits, uint64_t max) -> std::optional<uint32_t> {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool whole = error == std::errc{} && end == digits.data() + digits.size();
    return whole && value <= max ? std::optional(static_cast<uint32_t>(value)) : std::nullopt;
  };
  if (dot == std::string_view::npos) {
    if (const auto plain = number(text, 0xFFFFFFFF)) return ExtendedAsNumber{*plain};
  } else {
    const auto high = number(text.substr(0, dot), 0xFFFF);
    const auto low = number(text.substr(dot + 1), 0xFFFF);
    if (high && low) return ExtendedAsNumber{*high << 16 | *low};
  }
  return tl::unexpected(std::string("write an AS number such as 0.64512 or 64512"));
}

std::string in_quotes(std::string_view text) {
  constexpr size_t kShown = 100;
  std::string out = "'";
  for (char c : text.substr(0, kShown)) out += c >= 32 && c < 127 ? c : '?';
  out += text.size() > kShown ? "...'" : "'";
  return out;
}

}  // namespace isthmus
