#include "api/json/output.h"

namespace isthmus::api::json {
namespace {

// RFC 8259 section 7: what may not stand in a string as it is. Everything else is UTF-8 already.
constexpr bool needs_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

}  // namespace

void Output::append_escaped(std::string_view value) {
  constexpr char kHex[] = "0123456789abcdef";
  size_t start = 0;  // of what is not appended yet
  for (size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (!needs_escape(c)) continue;
    text_.append(value, start, i - start);
    start = i + 1;
    text_ += '\\';
    if (c == '"' || c == '\\') {
      text_ += c;
    } else {
      text_.append("u00");
      text_ += kHex[static_cast<unsigned char>(c) >> 4];
      text_ += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  text_.append(value, start);
}

}  // namespace isthmus::api::json
