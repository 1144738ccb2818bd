// Who the caller says that he is: a token, from wherever it was given.
#pragma once

#include <string>

#include "tools/isthmus/api.h"

namespace isthmus::cli {

// As typed; both may be empty, and not both are given.
struct TokenWords {
  std::string token;  // --token
  std::string file;   // --token-file
};

// Flags before the environment: ISTHMUS_TOKEN, then ISTHMUS_TOKEN_FILE. Empty: none was given. No
// problem's message has the token, or a part of it.
Result<std::string> find_token(const TokenWords& words);

// A token does not go where others can read it on its way.
Result<void> check_way(const std::string& token, const ServerAddress& server);

std::string from_environment(const char* name);  // empty where it is not set

}  // namespace isthmus::cli
