#include "tools/isthmus/credentials.h"

#include <fmt/format.h>

#include <cstdlib>

#include "api/access/authenticate.h"
#include "tools/isthmus/tasks.h"

namespace isthmus::cli {
namespace {

std::string trimmed(const std::string& text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

Result<std::string> checked(std::string token, std::string_view where) {
  if (api::access::is_token_text(token)) return token;
  return usage(
      fmt::format("{} holds no token: one word of letters, digits and -._~+/ is expected", where));
}

Result<std::string> from_file(const std::string& file) {
  const Result<std::string> text = read_document(file);
  if (!text) return text;
  return checked(trimmed(*text), file);
}

}  // namespace

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Result<std::string> find_token(const TokenWords& words) {
  if (!words.token.empty()) return checked(words.token, "--token");
  if (!words.file.empty()) return from_file(words.file);
  if (std::string token = from_environment("ISTHMUS_TOKEN"); !token.empty())
    return checked(std::move(token), "ISTHMUS_TOKEN");
  if (const std::string file = from_environment("ISTHMUS_TOKEN_FILE"); !file.empty())
    return from_file(file);
  return std::string();
}

Result<void> check_way(const std::string& token, const ServerAddress& server) {
  if (token.empty() || server.host == "localhost" || api::access::is_loopback_peer(server.host))
    return {};
  return usage(fmt::format("a token does not go over plain HTTP to {}, where others can read it",
                           server.host));
}

}  // namespace isthmus::cli
