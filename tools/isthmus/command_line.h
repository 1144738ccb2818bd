// From the words of a command line to a command. CLI11 stays in the .cc.
//
// Flags before the environment before the defaults: --server, then ISTHMUS_SERVER, then the
// loopback address. Which realm a command is for, its words decide (realm.h).
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "tools/isthmus/client_tls.h"
#include "tools/isthmus/credentials.h"
#include "tools/isthmus/nouns.h"
#include "tools/isthmus/output.h"
#include "tools/isthmus/resource.h"
#include "tools/isthmus/tasks.h"

namespace isthmus::cli {

constexpr const char* kDefaultServer = "http://127.0.0.1:8181";

enum class Verb {
  Create,
  List,
  Show,
  Update,
  Delete,
  Sync,
  ShowEffectiveRoutes,
  ListEffectiveRules
};

struct NounCommand {
  const Noun* noun;
  Verb verb;
};

struct Command {
  std::string server;
  TlsSettings tls;
  TokenWords token;
  OutputSettings output;
  std::variant<NounCommand, const Task*> what;
  Realm realm;
  Arguments arguments;  // with "resource-group" and "subscription", as given or by the environment
};

// The tree of commands as values, for what tells of it: completion and the manual.
struct OptionInfo {
  std::vector<std::string> names;  // "-n", "--name"; a positional has one without a dash
  std::string key;                 // of its value in Arguments
  std::string help;
  Option::Values values = Option::Values::One;
  bool is_required = false;
  std::string offers;  // as in Option, with the {keys} of other options in paths

  bool is_positional() const { return !names.front().starts_with('-'); }
};
struct CommandInfo {
  std::string words;  // "vnet peering create"; empty for the program itself
  std::string alias;  // of the last word
  std::string help;
  std::vector<OptionInfo> options;
  OnlyIn only_in;                        // the realm that alone has it
  std::vector<std::string> subcommands;  // their last words; none: this is a command to run
};
// What the environment says about where; empty where it says nothing.
std::string realm_of_environment();
std::string group_of_environment();
std::string subscription_of_environment();

std::vector<CommandInfo> all_commands();  // the program first, then depth first

// What to print instead of running a command: --help and --version.
struct Notice {
  std::string text;
};

// `words` without the program's name. What nobody chose for the output follows from `terminal`: a
// table, or JSON.
Result<std::variant<Command, Notice>> parse_command_line(const std::vector<std::string>& words,
                                                         bool terminal);

}  // namespace isthmus::cli
