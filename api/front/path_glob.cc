#include "api/front/path_glob.h"

namespace isthmus::api::front {
namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// A star that was met: where the pattern goes on behind it, and how far into the path it reaches.
struct Star {
  size_t pattern = std::string_view::npos;  // none yet
  size_t path = 0;
};

// Walks both once; where they part, the last star that can takes one letter more.
bool walk(std::string_view pattern, std::string_view path) {
  Star one, many;
  size_t p = 0;
  size_t i = 0;
  while (i < path.size() || p < pattern.size()) {
    if (pattern.substr(p).starts_with("**")) {
      many = {p += 2, i};
      one = {};
      continue;
    }
    if (p < pattern.size() && pattern[p] == '*') {
      one = {++p, i};
      continue;
    }
    if (p < pattern.size() && i < path.size() && lower(pattern[p]) == lower(path[i])) {
      ++p;
      ++i;
      continue;
    }
    const bool one_can =
        one.pattern != std::string_view::npos && one.path < path.size() && path[one.path] != '/';
    if (!one_can) one = {};
    Star& star = one_can ? one : many;
    if (star.pattern == std::string_view::npos || star.path >= path.size()) return false;
    p = star.pattern;
    i = ++star.path;
  }
  return true;
}

}  // namespace

bool matches_path(std::string_view pattern, std::string_view path) {
  if (walk(pattern, path)) return true;
  constexpr std::string_view kBelow = "/**";
  return pattern.ends_with(kBelow) && walk(pattern.substr(0, pattern.size() - kBelow.size()), path);
}

}  // namespace isthmus::api::front
