// A server for tests: answers from a list, and remembers what it was asked.
#pragma once

#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tools/isthmus/cli.h"

namespace isthmus::cli {

// Answers by "METHOD target"; what it has no answer for is a 404 in the controller's shape.
struct FakeServer {
  std::map<std::string, HttpResponse> answers;
  std::vector<HttpRequest> asked;
  bool reachable = true;
  size_t calls_max = SIZE_MAX;  // of those above it, none is answered

  void answer(const std::string& question, int status, std::string body, Headers headers = {}) {
    answers[question] = {status, std::move(headers), std::move(body)};
  }
};

class FakeTransport final : public Transport {
 public:
  explicit FakeTransport(FakeServer& server) : server_(server) {}
  tl::expected<HttpResponse, NoAnswer> send(const HttpRequest& request,
                                            std::chrono::milliseconds) override {
    server_.asked.push_back(request);
    if (!server_.reachable || server_.asked.size() > server_.calls_max)
      return tl::unexpected(NoAnswer{"Connection refused"});
    const auto found = server_.answers.find(request.method + " " + request.target);
    if (found != server_.answers.end()) return found->second;
    return HttpResponse{
        404, {}, R"({"error":{"code":"ResourceNotFound","message":"There is no such resource."}})"};
  }

 private:
  FakeServer& server_;
};

struct Outcome {
  int exit;
  std::string out;
  std::string err;
};

// Runs a command line as typed, words separated by spaces ('' is an empty word), against the
// server.
inline Outcome run_against(FakeServer& server, const std::string& line, bool terminal = false) {
  std::vector<std::string> words;
  std::istringstream in(line);
  for (std::string word; in >> word;) words.push_back(word == "''" ? "" : word);
  std::ostringstream out, err;
  const int exit = run(words, {out, err, terminal, [&](const ServerAddress&, const TlsSettings&) {
                                 return std::make_unique<FakeTransport>(server);
                               }});
  return {exit, out.str(), err.str()};
}

}  // namespace isthmus::cli
