#include "controller/model/resources.h"

#include <array>
#include <utility>

namespace isthmus {
namespace {

template <size_t... I>
Body body_at(size_t index, std::index_sequence<I...>) {
  using Make = Body (*)();
  constexpr std::array<Make, sizeof...(I)> kMakers = {
      []() -> Body { return Body(std::in_place_index<I>); }...};
  return kMakers[index]();
}

}  // namespace

Body make_body(Kind kind) {
  return body_at(static_cast<size_t>(kind), std::make_index_sequence<kKindCount>());
}

}  // namespace isthmus
