#include "api/access/entrance.h"

#include <spdlog/spdlog.h>

#include "controller/base/clock.h"

namespace isthmus::api::access {
namespace {

// Real time, whatever clock the controller has: a frozen one keeps no token alive.
int64_t real_time_ms() { return SystemClock().now_ms(); }

tl::expected<std::unique_ptr<Roster>, std::string> open_roster(const config::Config& config) {
  if (!config.auth.token && !config.auth.certificate) return std::make_unique<Roster>();
  if (!config.access.empty()) return Roster::of_file(config.access);
  return Roster::of_owner_token(config.state + ".token");
}

void warn_of_open_doors(const config::Config& config) {
  if (config.auth != config::Auth() || config::is_loopback(config.listen)) return;
  spdlog::warn("whoever reaches {} may do everything here: --auth is none", config.listen.address);
}

}  // namespace

tl::expected<std::unique_ptr<Entrance>, std::string> Entrance::open(const config::Config& config) {
  std::unique_ptr<Entrance> entrance(new Entrance(config));
  warn_of_open_doors(config);
  auto roster = open_roster(config);
  if (!roster) return tl::unexpected(std::move(roster.error()));
  entrance->roster_ = std::move(*roster);
  if (config.audit.empty()) return entrance;
  auto audit = AuditLog::open({config.audit, config.audit_bytes, real_time_ms});
  if (!audit) return tl::unexpected(std::move(audit.error()));
  entrance->audit_ = std::move(*audit);
  return entrance;
}

AccessOptions Entrance::options() const {
  AccessOptions options;
  options.accepts = accepts_;
  options.roster = roster_.get();
  options.audit = audit_;
  options.audit_required = audit_required_;
  options.now_ms = real_time_ms;
  return options;
}

void Entrance::reload() {
  if (accepts_.anything()) roster_->reload();
  if (audit_) audit_->reopen();
}

}  // namespace isthmus::api::access
