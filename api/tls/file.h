// Files of certificates and keys. The errors name the file and say what to do about it.
#pragma once

#include <string>
#include <string_view>

#include "api/tls/certificate.h"

namespace isthmus::api::tls {

Expected<std::string> read_file(const std::string& path);
// The same, and refused when others than its owner may read or change it.
Expected<std::string> read_private_file(const std::string& path);

enum class Access : int { Everybody = 0644, Owner = 0600 };
// Whole or not at all, also when the machine stops meanwhile. Makes the folder, for its owner
// alone.
Expected<void> write_file(const std::string& folder, const std::string& name, std::string_view text,
                          Access access);

bool file_exists(const std::string& path);

}  // namespace isthmus::api::tls
