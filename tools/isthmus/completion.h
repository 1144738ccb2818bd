// What a shell offers at the cursor. The scripts of `isthmus completion SHELL` ask the program
// itself, so that they know whatever the tables of commands know, and the names that the daemon
// has now.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tools/isthmus/client_tls.h"
#include "tools/isthmus/http_client.h"

namespace isthmus::cli {

// `isthmus __complete WORD...` is for those scripts, and in no list of commands.
constexpr std::string_view kCompleteWord = "__complete";

using Connect = std::function<tl::expected<std::unique_ptr<Transport>, std::string>(
    const ServerAddress&, const TlsSettings&)>;

// The words behind the program's name up to the cursor; the last one is that which is being typed,
// perhaps empty. Gives a line for each word that may stand there, a tab and what it means behind it
// where that is known; the line ":file" asks for names of files. Quick, and silent about everything
// that goes wrong: a daemon that does not answer at once has no names.
std::string complete(std::vector<std::string> words, const Connect& connect);

}  // namespace isthmus::cli
