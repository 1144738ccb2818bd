// isthmusd(8), made from the table of options.
#pragma once

#include <string>

namespace isthmus::api::config {

std::string manual();

}  // namespace isthmus::api::config
