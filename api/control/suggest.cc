#include "api/control/suggest.h"

#include <algorithm>
#include <string>
#include <vector>

namespace isthmus::api {
namespace {

constexpr size_t kWordBytesMax = 64;  // longer words are no typing mistakes

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

// Optimal string alignment distance: insertions, deletions, replacements, and swaps of neighbours.
// Rows of the table for the last two letters of `from` and the present one.
size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<size_t> before(to.size() + 1);
  std::vector<size_t> last(to.size() + 1);
  std::vector<size_t> row(to.size() + 1);
  for (size_t j = 0; j <= to.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= from.size(); ++i) {
    before.swap(last);
    last.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= to.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (from[i - 1] != to[j - 1])});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[to.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
  if (word.size() > kWordBytesMax) return {};
  const std::string folded = lower(word);
  std::string_view best;
  size_t best_distance = word.size() / 3 + 2;  // "prefxies" is near "prefixes", "cat" near nothing
  for (const std::string_view candidate : known) {
    if (candidate.size() > kWordBytesMax) continue;
    const size_t distance = edit_distance(folded, lower(candidate));
    if (distance >= best_distance || distance >= candidate.size()) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

}  // namespace isthmus::api
