#include <unistd.h>

#include <exception>
#include <iostream>

#include "tools/isthmus/cli.h"

namespace isthmus::cli {
namespace {

tl::expected<std::unique_ptr<Transport>, std::string> make_client(const ServerAddress& server,
                                                                  const TlsSettings& settings) {
  if (!server.is_tls) return std::make_unique<HttpClient>(server);
  auto tls = ClientTls::make(settings);
  if (!tls) return tl::unexpected(tls.error());
  return std::make_unique<HttpClient>(server, std::move(*tls));
}

}  // namespace
}  // namespace isthmus::cli

int main(int count, char** words) {
  using namespace isthmus::cli;
  const Environment environment{std::cout, std::cerr, isatty(STDOUT_FILENO) == 1, &make_client};
  try {
    return run({words + 1, words + count}, environment);
  } catch (const std::exception& error) {  // out of memory, or a mistake of our own
    std::cerr << "isthmus: " << error.what() << "\n";
    return 1;
  }
}
