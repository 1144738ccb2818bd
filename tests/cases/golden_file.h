// Files that hold what is expected, and how to bring them up to date.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::testing {

std::filesystem::path source_folder();
std::string read_file(const std::filesystem::path& path);
std::vector<std::filesystem::path> case_files();            // tests/cases/*.case, sorted
std::vector<std::filesystem::path> networking_documents();  // docs/api/networking*.md, sorted

// Fails the test unless the file holds this text. Under ISTHMUS_GOLDEN=rewrite (tools/dev golden)
// the file is written instead.
void expect_golden(const std::filesystem::path& path, std::string_view actual);

}  // namespace isthmus::testing
