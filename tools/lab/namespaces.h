// Namespaces of Linux, each held by a descriptor: network_namespaces(7), user_namespaces(7).
//
// A network namespace lives as long as something is in it or holds it. A thread is in one; that of
// another thread is another matter.
#pragma once

#include <sys/types.h>

#include <span>
#include <system_error>
#include <vector>

#include "dataplane/io/file.h"

namespace isthmus::lab {

using dataplane::io::File;

// The ones that the calling thread is in.
File own_network_namespace();
File own_user_namespace();

// Into a new network namespace.
std::error_code leave_for_new_network();
// An ordinary user becomes root of a new user namespace, which may make network namespaces; where
// nobody else is in the process. Root stays what it is.
std::error_code become_root_of_own();

std::error_code enter_network(int network_namespace);
std::error_code enter_user(int user_namespace);

// Is in a network namespace as long as it lives. Where there is no way back, std::terminate.
class Inside {
 public:
  Inside(int network_namespace, const File& home);
  ~Inside();
  explicit operator bool() const { return !error_; }

 private:
  const File& home_;
  std::error_code error_;
};

// The processes in any of these network namespaces, of those that the caller may look at.
std::vector<pid_t> processes_in(std::span<const int> network_namespaces);

}  // namespace isthmus::lab
