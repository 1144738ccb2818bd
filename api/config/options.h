// The table of options: everything that isthmusd can be told, one row each. Private to api/config.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api/config/config.h"

namespace isthmus::api::config {

enum class Arity : uint8_t {
  One,
  Switch,  // a flag without a value means true
  Many,    // comma-separated; the flag may be repeated; a sequence in YAML
};

struct Option {
  std::string_view name;   // of the flag (--name) and of the YAML key
  std::string_view value;  // what --help shows for the value
  std::string_view legal;  // ends the sentence "'x' is not ..."
  std::string_view help;
  bool (*assign)(Config&, std::string_view);  // false: the text is not legal, nothing is changed
  std::string (*print)(const Config&);
  Arity arity = Arity::One;
};

std::span<const Option> options();
const Option* find_option(std::string_view name);
std::string environment_name(const Option& option);  // "io-threads" -> "ISTHMUS_IO_THREADS"

// "500ms", "10s", "2m" in milliseconds; nothing where it is no time.
std::optional<uint64_t> parse_time(std::string_view text);

}  // namespace isthmus::api::config
