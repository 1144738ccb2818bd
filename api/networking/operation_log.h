// The finished asynchronous operations, so that a client can ask what became of one. In memory, the
// newest ones only: after a restart nobody waits for an old one. Any thread.
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

namespace isthmus::api::networking {

class OperationLog {
 public:
  explicit OperationLog(size_t kept) : kept_(kept) {}

  void add_succeeded(std::string_view id);
  bool has(std::string_view id) const;  // without case

 private:
  const size_t kept_;
  mutable std::mutex mutex_;       // guards the two below
  std::deque<std::string> order_;  // oldest first, in lower case
  std::unordered_set<std::string> ids_;
};

}  // namespace isthmus::api::networking
