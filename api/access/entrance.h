// What the daemon's settings say about access: who may come in, and what is written about it.
//
// Threads: one owner; reload() by the one that handles signals.
#pragma once

#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "api/access/access_handler.h"
#include "api/config/config.h"

namespace isthmus::api::access {

class Entrance {
 public:
  // After the store is open: an owner's token lies beside it. The error is a sentence.
  static tl::expected<std::unique_ptr<Entrance>, std::string> open(const config::Config& config);

  // For the handler that asks; without the parts that only the dialects know.
  AccessOptions options() const;

  // What SIGHUP does here: reads the access file anew, and opens the audit log anew.
  void reload();

 private:
  explicit Entrance(const config::Config& config)
      : accepts_{config.auth.token, config.auth.certificate},
        audit_required_(config.audit_required) {}

  const Accepts accepts_;
  const bool audit_required_;
  std::unique_ptr<Roster> roster_;
  std::shared_ptr<AuditLog> audit_;  // null: none is written
};

}  // namespace isthmus::api::access
