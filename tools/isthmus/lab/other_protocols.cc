#include "tools/isthmus/lab/other_protocols.h"

#include <algorithm>
#include <cstdlib>

namespace isthmus::cli {
namespace {

constexpr char kFlowsPath[] = "/_isthmus/v1/flows?limit=10000";
// Of those that IANA has given to nobody, but for the last ones, which are for experiments.
constexpr uint8_t kFirst = 148, kLast = 252;

}  // namespace

Result<OtherProtocols> OtherProtocols::ask(Session& session) {
  const auto answer = session.api.get(kFlowsPath);
  if (!answer) return tl::unexpected(answer.error());
  OtherProtocols protocols;
  const Value* flows = find(*answer, "/flows");
  if (flows == nullptr || !flows->IsArray())
    return failure("the server's answer has no flows", "is it of this version?");
  for (const Value& flow : flows->GetArray()) {
    // Those that have a name, such as tcp, are told by it, and are none of ours.
    const int number = std::atoi(text_at(flow, "/protocol").c_str());
    const auto one = net::IpAddress::parse(text_at(flow, "/source"));
    const auto other = net::IpAddress::parse(text_at(flow, "/destination"));
    if (number != 0 && one && other) protocols.taken_.insert(key(*one, *other, number));
  }
  return protocols;
}

uint8_t OtherProtocols::take_one(const net::IpAddress& source, const net::IpAddress& destination) {
  for (uint8_t number = kFirst; number <= kLast; ++number)
    if (taken_.insert(key(source, destination, number)).second) return number;
  return 0;
}

OtherProtocols::Key OtherProtocols::key(const net::IpAddress& one, const net::IpAddress& other,
                                        int number) {
  return {std::min(one, other), std::max(one, other), number};
}

}  // namespace isthmus::cli
