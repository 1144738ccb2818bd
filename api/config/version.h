// The version that --version, the log and the API show.
#pragma once

#include <string_view>

namespace isthmus::api::config {

#ifdef ISTHMUS_VERSION
constexpr std::string_view kVersion = ISTHMUS_VERSION;
#else
constexpr std::string_view kVersion = "0.1.0";
#endif

}  // namespace isthmus::api::config
