#include "controller/model/resources.h"

#include <array>

namespace isthmus {
namespace {

using Alternatives = Body::Alternatives;

template <size_t... I>
Alternatives alternative(size_t index, std::index_sequence<I...>) {
  using Make = Alternatives (*)();
  constexpr std::array<Make, sizeof...(I)> kMakers = {
      []() -> Alternatives { return Alternatives(std::in_place_index<I>); }...};
  return kMakers[index]();
}

}  // namespace

Body::Body() = default;
Body::Body(Kind kind)
    : alternatives_(
          alternative(static_cast<size_t>(kind), std::make_index_sequence<kKindCount>())) {}
Body::Body(const Body& other) = default;
Body::Body(Body&& other) noexcept = default;
Body& Body::operator=(const Body& other) = default;
Body& Body::operator=(Body&& other) noexcept = default;
Body::~Body() = default;

bool has_sku(Kind kind) { return kind == Kind::PublicIpAddress || kind == Kind::LoadBalancer; }

Sku sku_of(const Resource& resource) {
  Sku sku = resource.annotations ? resource.annotations->sku : Sku{};
  if (sku.name.empty()) sku.name = "Basic";
  if (sku.tier.empty()) sku.tier = "Regional";
  return sku;
}

std::string_view location_of(const Resource& resource) {
  return resource.annotations ? std::string_view(resource.annotations->location)
                              : std::string_view();
}

}  // namespace isthmus
