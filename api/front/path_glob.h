// Patterns for paths: '*' stands for anything within a segment, '**' for anything at all. Letters
// compare without case. "/a/**" matches "/a" too.
#pragma once

#include <cstddef>
#include <string_view>

namespace isthmus::api::front {

constexpr size_t kPatternBytesMax = 256;  // bounds the time that a match may take

bool matches_path(std::string_view pattern, std::string_view path);

// Whether it stands for more than one path.
inline bool has_wildcard(std::string_view pattern) { return pattern.find('*') != pattern.npos; }

}  // namespace isthmus::api::front
