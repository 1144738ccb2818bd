// A manual page as man(1) reads it: the macros of man(7), with everything escaped that troff would
// take for something else.
#pragma once

#include <string>
#include <string_view>

namespace isthmus::api::config {

class Roff {
 public:
  // "isthmus", 1: the page and its section of the manual.
  Roff(std::string_view page, int section);

  Roff& section(std::string_view title);     // "OPTIONS"
  Roff& subsection(std::string_view title);  // "isthmus vnet create"
  Roff& text(std::string_view words);        // a paragraph
  Roff& bold(std::string_view words);        // the same
  // A term in bold, perhaps what stands behind it in italics, and what it means.
  Roff& entry(std::string_view term, std::string_view value, std::string_view words);
  Roff& example(std::string_view lines);

  const std::string& page() const { return text_; }

 private:
  std::string_view paragraph();

  std::string text_;
  bool is_below_title_ = false;
};

}  // namespace isthmus::api::config
