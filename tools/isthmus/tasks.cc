#include "tools/isthmus/tasks.h"

#include "api/config/version.h"

namespace isthmus::cli {
namespace {

constexpr auto kRequired = Option::Need::Required;
constexpr auto kOne = Option::Values::One;
constexpr auto kNone = Option::Values::None;

constexpr Option kRoutesOptions[] = {
    {"WHAT", "a NIC, or a subnet as NETWORK/SUBNET", kOne, kRequired},
    {"--losers", "also the routes that lost, and why", kNone},
};
constexpr Option kExplainOptions[] = {
    {"FROM", "a NIC, or ADDRESS@NETWORK", kOne, kRequired},
    {"TO", "a NIC, a name or an address", kOne, kRequired},
    {"WHAT", "tcp/443, udp/53, icmp or any (default)"},
};
constexpr Option kApplyOptions[] = {
    {"-f,--file", "a lab document; - reads it from the standard input", kOne, kRequired},
    {"--dry-run", "say what would change, and change nothing", kNone},
    {"--prune", "also delete what the document does not have", kNone},
};
constexpr Option kWaitOptions[] = {
    {"--for", "ready, peering=NETWORK/NAME:STATE or operation=ID", kOne, kRequired},
    {"--timeout", "how long, such as 500ms, 30s or 2m (30s)"},
};

constexpr Option kHostFaultOptions[] = {
    {"HOST", "a server or a virtual server; without one: which hosts fail"},
    {"CODE", "such as HostUnreachable, or none"},
};

constexpr Option kSnapshotOptions[] = {
    {"VERB", "create, list, restore, diff, delete, save or load", kOne, kRequired},
    {"NAME", "of the snapshot"},
    {"OTHER", "of diff: another snapshot; without one: now"},
    {"--replace", "of create and load: in the place of one with this name", kNone},
    {"-f,--file", "of save and load: the file; - is the standard output or input"},
};

constexpr Option kWhatifOptions[] = {
    {"WHAT", "a create, update or delete as you would type it, or -f FILE", Option::Values::Rest,
     kRequired},
};

constexpr Option kJournalOptions[] = {
    {"VERB", "restore, to go back; without it: the newest entries"},
    {"REVISION", "of restore: the revision to go back to"},
    {"--after", "entries after this revision"},
    {"--limit", "how many (100)"},
};

constexpr Option kClockOptions[] = {
    {"MODE", "real, frozen or scaled; without anything: what it is now"},
    {"--time", "set it, such as 2026-01-01T00:00:00Z"},
    {"--rate", "of scaled: how many seconds pass in one"},
    {"--advance", "move it on, such as 500ms, 10s or 2m"},
};

constexpr Option kTokenOptions[] = {
    {"VERB", "create", kOne, kRequired},
    {"-n,--name", "whose it is; the journal and the logs say so", kOne, kRequired},
    {"--role", "reader, contributor or owner", kOne, kRequired},
    {"--expires", "when it ends: 30d, 12h, 5m or a time; never, without this"},
    {"-f,--file", "the access file to add its line to; without one the line is printed"},
};

constexpr Option kBenchOptions[] = {
    {"WHAT", "fib, and the options of that benchmark: isthmus bench fib --help",
     Option::Values::Rest, kRequired},
};

constexpr Task kTasks[] = {
    {"explain", "trace", "what happens to a packet and its reply, and why", kExplainOptions,
     &explain},
    {"routes", "", "the effective routes of a NIC or a subnet", kRoutesOptions, &show_routes},
    {"apply", "", "make the controller hold what a lab document says", kApplyOptions, &apply_lab},
    {"export", "", "what the controller holds, as a lab document", {}, &export_lab},
    {"whatif", "", "what a change would do to states, routes and reachability", kWhatifOptions,
     &what_if},
    {"journal", "", "what was changed, when and by whom; go back to a revision", kJournalOptions,
     &journal},
    {"clock", "", "the time that the controller goes by; stop it, set it, hurry it", kClockOptions,
     &show_or_set_clock},
    {"host-fault", "", "which hosts fail; make one fail or well again", kHostFaultOptions,
     &host_faults},
    {"snapshot", "", "keep what the controller holds; compare, restore, save to a file",
     kSnapshotOptions, &snapshots},
    {"token", "", "make a token, and the line of the access file for it", kTokenOptions, &tokens},
    {"wait", "", "until a condition holds", kWaitOptions, &wait_for},
    {"bench", "", "measure forwarding tables: isthmus bench fib --help", kBenchOptions, &run_bench},
    {"reset", "", "back to a fresh controller: everything is deleted", {}, &reset},
    {"version", "", "of this program and of the server", {}, &show_version},
};

constexpr Column kVersionColumns[] = {
    {"Client", "/client"},
    {"Server", "/server/version"},
    {"ServerBuiltWith", "/server/builtWith"},
};

}  // namespace

std::span<const Task> tasks() { return kTasks; }

Result<void> show_version(Session& session, const Arguments&) {
  Result<Json> server = session.api.get("/_isthmus/v1/version");
  Json versions(rapidjson::kObjectType);
  auto& memory = versions.GetAllocator();
  versions.AddMember("client", Value(std::string(api::config::kVersion).c_str(), memory), memory);
  versions.AddMember("server", server ? Value(*server, memory) : Value(), memory);
  Result<void> printed =
      session.output.print(versions, [&] { return grid_of(kVersionColumns, versions); });
  if (!printed) return printed;
  if (!server) return tl::unexpected(server.error());
  return {};
}

}  // namespace isthmus::cli
