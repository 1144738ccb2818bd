// What az, the SDKs and Terraform need in their environment to take a server for a cloud of Azure's
// own: whom to trust, where to keep their settings, who to sign in as.
#pragma once

#include <string>
#include <vector>

#include "tools/isthmus/tasks.h"

namespace isthmus::cli {

struct Variable {
  std::string name;
  std::string value;  // empty: it is taken out of the environment
};

struct AzureEnvironment {
  std::string url;  // of the server, with https and its port: "https://127.0.0.1:8181"
  std::string tenant;
  std::string user, secret;
  std::vector<Variable> variables;
};

// Asks the server for its CA and its subscriptions, and writes the files that the variables name
// into a folder: that of --folder, or one of the user's own for this server.
Result<AzureEnvironment> prepare_azure_environment(Session& session, const Arguments& arguments);

// What takes all of them back. Asks no server.
Result<std::vector<Variable>> forget_azure_environment(const Session& session);

// `words` as a POSIX shell takes them: "'it'\''s'". Words that need no quotes get none.
std::string shell_quoted(std::string_view word);

}  // namespace isthmus::cli
