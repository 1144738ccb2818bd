// A client of the daemon that is measured, and many at once. A request that is not answered as it
// should be ends the run: there is nothing to measure about mistakes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tools/bench/control_plane/topology.h"
#include "tools/isthmus/http_client.h"

namespace isthmus::bench::control_plane {

constexpr size_t kConnections = 16;

// One keep-alive connection, of one thread. Throws std::runtime_error.
class Client {
 public:
  explicit Client(uint16_t port);
  void put(const Put& put);                    // answered 200 or 201
  std::string get(const std::string& target);  // the body of a 200

 private:
  std::string send(const cli::HttpRequest& request);
  cli::HttpClient http_;
};

// Calls work(client, i) for every i below `count`, on kConnections threads with a connection each.
// The first failure ends all of them and is thrown.
void in_parallel(uint16_t port, size_t count, const std::function<void(Client&, size_t)>& work);

}  // namespace isthmus::bench::control_plane
