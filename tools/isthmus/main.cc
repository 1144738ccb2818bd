#include <unistd.h>

#include <exception>
#include <iostream>

#include "tools/isthmus/cli.h"

int main(int count, char** words) {
  using namespace isthmus::cli;
  const Environment environment{
      std::cout, std::cerr, isatty(STDOUT_FILENO) == 1,
      [](const ServerAddress& server) { return std::make_unique<HttpClient>(server); }};
  try {
    return run({words + 1, words + count}, environment);
  } catch (const std::exception& error) {  // out of memory, or a mistake of our own
    std::cerr << "isthmus: " << error.what() << "\n";
    return 1;
  }
}
