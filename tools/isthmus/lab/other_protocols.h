// Numbers of protocols that nobody uses, for packets without ports. Such a packet passes as one of
// a flow that its two ends have had with each other lately, whatever the rules say now: so each
// question between two ends is of a protocol that they have no flow of.
#pragma once

#include <cstdint>
#include <set>
#include <tuple>

#include "dataplane/net/ip.h"
#include "tools/isthmus/tasks.h"

namespace isthmus::cli {

class OtherProtocols {
 public:
  // But for those of the flows that the daemon knows.
  static Result<OtherProtocols> ask(Session& session);
  // One for these two ends, whichever asks, and never again for them; 0 when there is none left.
  uint8_t take_one(const net::IpAddress& source, const net::IpAddress& destination);

 private:
  using Key = std::tuple<net::IpAddress, net::IpAddress, int>;
  static Key key(const net::IpAddress& one, const net::IpAddress& other, int number);
  std::set<Key> taken_;
};

}  // namespace isthmus::cli
