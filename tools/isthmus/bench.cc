// The benchmark is a program of its own beside this one, which takes this one's place. What it
// needs of a server, this one brings.

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "tools/isthmus/tasks.h"

namespace isthmus::cli {
namespace {

using Words = std::vector<std::string>;

// Takes "--name VALUE" or "--name=VALUE" out of the words; empty where it is not there.
Result<std::string> take(Words& words, const std::string& name) {
  for (size_t i = 0; i < words.size(); ++i) {
    const auto at = words.begin() + static_cast<std::ptrdiff_t>(i);
    if (words[i].starts_with(name + "=")) {
      std::string value = words[i].substr(name.size() + 1);
      words.erase(at);
      return value;
    }
    if (words[i] != name) continue;
    if (i + 1 == words.size()) return usage(name + " needs a value");
    std::string value = words[i + 1];
    words.erase(at, at + 2);
    return value;
  }
  return std::string();
}

// "10.0.0.0/8 10.1.0.4" for each route: what the benchmark reads.
std::string lines_of(const Json& table) {
  std::string lines;
  const Value* routes = find(table, "/properties/routes");
  if (routes == nullptr || !routes->IsArray()) return lines;
  for (const Value& route : routes->GetArray()) {
    std::string next_hop = text_at(route, "/properties/nextHopIpAddress");
    if (next_hop.empty()) next_hop = text_at(route, "/properties/nextHopType");
    lines += fmt::format("{} {}\n", text_at(route, "/properties/addressPrefix"), next_hop);
  }
  return lines;
}

Result<std::string> routes_from(Api& api, const std::string& table) {
  Result<Json> found = api.get(fmt::format("{}/routeTables/{}", kControllerPrefix, encoded(table)));
  if (!found) return tl::unexpected(found.error());
  std::string lines = lines_of(*found);
  if (lines.empty())
    return failure(fmt::format("the route table '{}' has no routes", table),
                   fmt::format("isthmus route-table route create --route-table {} ...", table));
  return lines;
}

Result<std::string> routes_from(Session& session, const std::string& url,
                                const std::string& table) {
  if (url.empty()) return routes_from(session.api, table);
  const auto server = ServerAddress::parse(url);
  if (!server) return usage(server.error());
  HttpClient client(*server);
  Api api(client, url);
  return routes_from(api, table);
}

// Makes the text what the next program of this process finds on its standard input.
bool becomes_standard_input(const std::string& text) {
  const int file = ::memfd_create("routes", 0);
  if (file < 0) return false;
  for (size_t done = 0; done < text.size();) {
    const ssize_t wrote = ::write(file, text.data() + done, text.size() - done);
    if (wrote < 0) return false;
    done += static_cast<size_t>(wrote);
  }
  return ::lseek(file, 0, SEEK_SET) == 0 && ::dup2(file, STDIN_FILENO) == STDIN_FILENO;
}

Result<void> become(const std::filesystem::path& program, Words words) {
  words.insert(words.begin(), program.string());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execv(program.c_str(), pointers.data());  // returns only where it cannot
  if (errno == ENOENT) {
    return failure(
        fmt::format("the benchmark is a program of its own, and {} is not there", program.string()),
        "tools/dev build makes it beside isthmus");
  }
  return failure(fmt::format("cannot run {}: {}", program.string(), std::strerror(errno)), {});
}

}  // namespace

Result<void> run_bench(Session& session, const Arguments& arguments) {
  Words words = arguments.words("WHAT");
  if (words == Words{"--help"} || words == Words{"-h"}) words.insert(words.begin(), "fib");
  if (words.empty() || words.front() != "fib")
    return usage(
        "what is to be measured? 'isthmus bench fib' measures forwarding tables; "
        "--help behind it tells of its options");
  words.erase(words.begin());
  const Result<std::string> table = take(words, "--from-server");
  if (!table) return tl::unexpected(table.error());
  if (!table->empty()) {
    const Result<std::string> url = take(words, "--server");
    if (!url) return tl::unexpected(url.error());
    const Result<std::string> routes = routes_from(session, *url, *table);
    if (!routes) return tl::unexpected(routes.error());
    if (!becomes_standard_input(*routes)) return failure("no memory for the routes", {});
    words.insert(words.end(), {"--table", "-"});
  }
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return become(self.parent_path() / "isthmus-bench", std::move(words));
}

}  // namespace isthmus::cli
