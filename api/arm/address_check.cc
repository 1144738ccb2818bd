#include "api/arm/address_check.h"

#include <fmt/format.h>

#include "api/arm/answers.h"
#include "api/arm/arm_error.h"
#include "api/json/json_text.h"
#include "controller/model/networks.h"
#include "controller/model/text.h"

namespace isthmus::api::arm {
namespace {

constexpr size_t kOffered = 5;  // as many as Azure names
constexpr std::string_view kParameter = "ipAddress";

// A subnet of the network, and which of its prefixes the address lies in.
struct Home {
  const Resource* subnet;
  net::Prefix prefix;
};
std::optional<Home> home_of(const Model& model, const Resource& network, net::IpAddress address) {
  std::optional<Home> home;
  model.each_below(network.id, Kind::Subnet, [&](const Resource& subnet) {
    for (const net::Prefix& prefix : prefixes_of(subnet.as<Subnet>())) {
      if (prefix.contains(address)) home = Home{&subnet, prefix};
    }
    return !home;
  });
  return home;
}

void write_free_addresses(json::JsonText& out, const Model& model, const Home& home) {
  const auto [first, last] = usable_addresses(home.prefix, Realm::Azure);
  auto free = model.first_free_address(*home.subnet, first, last);
  for (size_t offered = 0; free && offered < kOffered; ++offered) {
    out.text(free->to_string());
    if (*free == last) return;
    free = model.first_free_address(*home.subnet, free->plus(1), last);
  }
}

http::Response invalid_address(const http::Request& request) {
  const auto text = request.parameter(kParameter);
  return error_answer(
      400, info(ErrorCode::InvalidParameterValue).name,
      text ? fmt::format("{} is not an IP address, such as 10.0.0.4 or fd00::4.", in_quotes(*text))
           : std::string("The query names no address: add ipAddress=10.0.0.4."),
      kParameter);
}

}  // namespace

http::Response address_check(const Model& model, const Resource& network,
                             const http::Request& request) {
  const auto address = net::IpAddress::parse(request.parameter(kParameter).value_or(""));
  if (!address) return invalid_address(request);
  const auto home = home_of(model, network, *address);
  if (!home)
    return error_answer(ArmErrorCode::PrivateIPAddressNotInAnySubnet,
                        fmt::format("The address {} lies in no subnet of virtual network '{}'.",
                                    address->to_string(), network.id.name()));
  const bool is_reserved_there = is_reserved(home->prefix, *address, Realm::Azure);
  const bool is_available =
      !is_reserved_there && model.users_of_address(*home->subnet, *address).empty();
  json::JsonText out;
  out.object().key("available").boolean(is_available).key("availableIPAddresses").array();
  if (!is_available) write_free_addresses(out, model, *home);
  out.end_array().key("isPlatformReserved").boolean(is_reserved_there).end_object();
  return json_answer(200, out.take());
}

}  // namespace isthmus::api::arm
