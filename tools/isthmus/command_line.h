// From the words of a command line to a command. CLI11 stays in the .cc.
//
// Flags before the environment before the defaults: --server, then ISTHMUS_SERVER, then the
// loopback address.
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

enum class Verb { Create, List, Show, Update, Delete };

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
  Arguments arguments;
};

// What to print instead of running a command: --help and --version.
struct Notice {
  std::string text;
};

// `words` without the program's name. What nobody chose for the output follows from `terminal`: a
// table, or JSON.
Result<std::variant<Command, Notice>> parse_command_line(const std::vector<std::string>& words,
                                                         bool terminal);

}  // namespace isthmus::cli
