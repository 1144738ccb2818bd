#include "api/config/conflicts.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/config/options.h"

namespace isthmus::api::config {
namespace {

const Setting& setting(const Loaded& loaded, std::string_view name) {
  return *std::find_if(loaded.settings.begin(), loaded.settings.end(),
                       [&](const Setting& s) { return s.name == name; });
}

bool asks_anybody(const Config& config) { return config.auth.token || config.auth.certificate; }

// The first row that holds keeps the daemon from starting.
struct Conflict {
  std::string_view option;  // the sentence begins with its value, and where that comes from
  std::string_view why;
  bool (*holds)(const Loaded&);
};
constexpr Conflict kConflicts[] = {
    {"state",
     "neither XDG_STATE_HOME nor HOME says where to keep it; give --state FILE or --state :memory:",
     [](const Loaded& l) { return l.config.state.empty(); }},
    {"tls-cert", "it goes together with tls-key: give both, or none",
     [](const Loaded& l) { return l.config.tls.certificate.empty() != l.config.tls.key.empty(); }},
    {"tls", "then there is no use for tls-cert and tls-client-ca",
     [](const Loaded& l) {
       const Tls& tls = l.config.tls;
       return !tls.on && !(tls.certificate.empty() && tls.client_ca.empty());
     }},
    {"listen",
     "who may do what has to be chosen for an address that is not loopback: --auth token, "
     "--auth certificate, or --auth none (whoever reaches the port may do everything)",
     [](const Loaded& l) {
       return !is_loopback(l.config.listen) && setting(l, "auth").origin.text == Origin().text;
     }},
    {"auth",
     "clients are not asked for certificates; give --tls-client-ca FILE, the CAs that sign them, "
     "and leave --tls on",
     [](const Loaded& l) {
       return l.config.auth.certificate && (!l.config.tls.on || l.config.tls.client_ca.empty());
     }},
    {"auth",
     "tokens do not travel over plain HTTP to an address that is not loopback; leave --tls on, or "
     "listen on 127.0.0.1",
     [](const Loaded& l) {
       return l.config.auth.token && !is_loopback(l.config.listen) && !l.config.tls.on;
     }},
    {"auth",
     "nobody's certificate is known; give --access FILE, which lists whose certificate may do what",
     [](const Loaded& l) { return l.config.auth.certificate && l.config.access.empty(); }},
    {"auth",
     "there is no place for an owner's token beside a state in memory; give --access FILE, or "
     "--state FILE",
     [](const Loaded& l) {
       return l.config.auth.token && l.config.access.empty() && l.config.state == ":memory:";
     }},
    {"access",
     "nobody is asked who he is, so the file would say nothing; give --auth token, certificate or "
     "both",
     [](const Loaded& l) { return !l.config.access.empty() && !asks_anybody(l.config); }},
    {"audit-required", "there is no audit log; give --audit FILE",
     [](const Loaded& l) { return l.config.audit_required && l.config.audit.empty(); }},
};

}  // namespace

std::string conflict(const Loaded& loaded) {
  for (const Conflict& row : kConflicts) {
    if (!row.holds(loaded)) continue;
    const Setting& given = setting(loaded, row.option);
    return given.value.empty() ? fmt::format("{}: {}", row.option, row.why)
                               : fmt::format("{} {} from {}: {}", row.option, given.value,
                                             given.origin.text, row.why);
  }
  return {};
}

}  // namespace isthmus::api::config
