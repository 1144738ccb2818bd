// One command to run in CLI11's tree of commands, with the options that the tables give it. Only
// command_line.cc needs this.
#pragma once

#include <CLI/CLI.hpp>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tools/isthmus/command_line.h"

namespace isthmus::cli {

struct VerbRow {
  Verb verb;
  const char* word;
  const char* help;
  std::string_view noun = {};  // that alone has it
  OnlyIn only_in = {};
};
// The verbs that a noun has.
std::vector<VerbRow> verbs_of(const Noun& noun);

// One leaf of the tree of commands: what it means, and its options with the keys of their values.
struct Leaf {
  CLI::App* app;
  std::variant<NounCommand, const Task*> what;
  std::vector<std::pair<const CLI::Option*, std::string>> options;
  std::vector<OptionInfo> told = {};  // the same options, for who tells of them
  std::string rest = {};  // the key of words that nobody here reads; empty where there are none
};

void add_options(Leaf& leaf);  // of what it means
// What was typed for it.
Arguments arguments_of(const Leaf& leaf);

// Something that one realm only has, and which: a noun, a verb, an option. Nothing where all is in
// both.
struct Needed {
  std::string what;
  OnlyIn only_in;
};
Needed realm_needed(const Leaf& leaf, const Arguments& typed);
OnlyIn only_in(const NounCommand& command);

// "subnets (azure only)"
std::string with_realm(std::string_view help, const OnlyIn& only_in);

}  // namespace isthmus::cli
