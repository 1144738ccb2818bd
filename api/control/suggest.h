// "Did you mean ...?" for a word that is none of those known.
#pragma once

#include <span>
#include <string_view>

namespace isthmus::api {

// The known word that was probably meant, without regard to case; empty when none is near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace isthmus::api
