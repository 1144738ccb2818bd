#include "tests/cases/golden_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace isthmus::testing {
namespace {

bool is_rewriting() {
  const char* wish = std::getenv("ISTHMUS_GOLDEN");
  return wish != nullptr && std::string_view(wish) == "rewrite";
}

// The first lines that differ, with the line before them.
std::string first_difference(std::string_view expected, std::string_view actual) {
  std::istringstream a{std::string(expected)};
  std::istringstream b{std::string(actual)};
  std::string before;
  std::string x;
  std::string y;
  for (int line = 1;; ++line) {
    const bool more_a = static_cast<bool>(std::getline(a, x));
    const bool more_b = static_cast<bool>(std::getline(b, y));
    if (!more_a) x = "(end)";
    if (!more_b) y = "(end)";
    if (x != y || (!more_a && !more_b))
      return fmt::format("line {} after:   {}\n  expected: {}\n  happened: {}", line, before, x, y);
    before = x;
  }
}

std::vector<std::filesystem::path> files_in(const char* folder, std::string_view start,
                                            std::string_view end) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(source_folder() / folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(start) && name.ends_with(end)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::filesystem::path source_folder() { return ISTHMUS_SOURCE_DIR; }

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) ADD_FAILURE() << "cannot read " << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::filesystem::path> case_files() { return files_in("tests/cases", "", ".case"); }
std::vector<std::filesystem::path> networking_documents() {
  return files_in("docs/api", "networking", ".md");
}

void expect_golden(const std::filesystem::path& path, std::string_view actual) {
  const std::string expected = read_file(path);
  if (expected == actual) return;
  if (is_rewriting()) {
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  ADD_FAILURE() << path.string() << ", " << first_difference(expected, actual)
                << "\n(tools/dev golden rewrites what is expected)";
}

}  // namespace isthmus::testing
