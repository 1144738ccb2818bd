#include "tools/isthmus/tasks.h"

#include "api/config/version.h"

namespace isthmus::cli {
namespace {

constexpr auto kRequired = Option::Need::Required;
constexpr auto kMaybe = Option::Need::Optional;
constexpr auto kOne = Option::Values::One;
constexpr auto kMany = Option::Values::Many;
constexpr auto kNone = Option::Values::None;

constexpr std::string_view kNics = "/networkInterfaces";
constexpr std::string_view kSnapshots = "/_isthmus/v1/snapshots";
constexpr std::string_view kFile = ":file";
constexpr std::string_view kMethods = "GET|PUT|POST|DELETE|PATCH|OPTIONS";

constexpr Option kRoutesOptions[] = {
    {"WHAT", "a NIC, or a subnet as NETWORK/SUBNET", kOne, kRequired, kNics},
    {"--losers", "also the routes that lost, and why", kNone},
};
constexpr Option kExplainOptions[] = {
    {"FROM", "a NIC, or ADDRESS@NETWORK", kOne, kRequired, kNics},
    {"TO", "a NIC, a name or an address", kOne, kRequired, kNics},
    {"WHAT", "tcp/443, udp/53, icmp or any (default)", kOne, kMaybe, "tcp/|udp/|icmp|any"},
};
constexpr Option kApplyOptions[] = {
    {"-f,--file", "a lab document; - reads it from the standard input", kOne, kRequired, kFile},
    {"--dry-run", "say what would change, and change nothing", kNone},
    {"--prune", "also delete what the document does not have", kNone},
};
constexpr std::string_view kTimeoutHelp = "how long the answers to packets may take (500ms)";

constexpr Option kTestOptions[] = {
    {"FILE", "lab documents; - reads one from the standard input", kMany, kRequired, kFile},
    {"--apply", "apply each document before its expectations are tested", kNone},
    {"--packets", "also send what is expected between the machines of the lab that is up", kNone},
    {"--timeout", kTimeoutHelp},
    {"--junit", "also write a report in JUnit's XML, for CI systems", kOne, kMaybe, kFile},
};
constexpr Option kWaitOptions[] = {
    {"--for", "ready, peering=NETWORK/NAME:STATE (or :FullyInSync) or operation=ID", kOne,
     kRequired, "ready|peering=|operation="},
    {"--timeout", "how long, such as 500ms, 30s or 2m (30s)"},
};

constexpr Option kHostFaultOptions[] = {
    {"HOST", "a server or a virtual server; without one: which hosts fail", kOne, kMaybe,
     "/servers"},
    {"CODE", "such as HostUnreachable, or none", kOne, kMaybe, "HostUnreachable|none"},
};

constexpr Option kSnapshotOptions[] = {
    {"VERB", "create, list, restore, diff, delete, save or load", kOne, kRequired,
     "create|list|restore|diff|delete|save|load"},
    {"NAME", "of the snapshot", kOne, kMaybe, kSnapshots},
    {"OTHER", "of diff: another snapshot; without one: now", kOne, kMaybe, kSnapshots},
    {"--replace", "of create and load: in the place of one with this name", kNone},
    {"-f,--file", "of save and load: the file; - is the standard output or input", kOne, kMaybe,
     kFile},
};

constexpr Option kCaptureOptions[] = {
    {"NIC", "a NIC, or all", kOne, kRequired, kNics},
    {"-w,--write", "a pcapng file; - is the standard output", kOne, kMaybe, kFile},
    {"--drops", "only frames that were dropped, each with the reason", kNone},
    {"--count", "end after so many frames"},
};

constexpr Option kFlowsOptions[] = {
    {"NIC", "those of a NIC; without one all of them", kOne, kMaybe, kNics},
    {"--limit", "at most so many, those with the latest packets (100)"},
};

constexpr Option kTopOptions[] = {
    {"--interval", "between two looks, such as 500ms or 5s (1s)"},
    {"--count", "end after so many looks; on a terminal it goes on until Ctrl-C"},
};

constexpr Option kRequestsOptions[] = {
    {"--path", "a pattern such as '/networking/**'; * is within a segment, ** anything"},
    {"--method", "such as PUT, or PUT,DELETE", kOne, kMaybe, kMethods},
    {"--status", "such as 404, 4xx, or 409,5xx"},
    {"--limit", "at most so many, the last ones"},
    {"--follow", "go on with those that come, until Ctrl-C", kNone},
};

constexpr Option kFaultsOptions[] = {
    {"VERB", "list, add, delete or clear", kOne, kRequired, "list|add|delete|clear"},
    {"NAME", "of the fault; of add: without one it gets a number", kOne, kMaybe,
     "/_isthmus/v1/faults"},
    {"--path", "which calls: a pattern such as '/networking/**'; every path by default"},
    {"--method", "which calls: PUT, or PUT DELETE; every method by default", kMany, kMaybe,
     kMethods},
    {"--principal", "which calls: of whom; anybody's by default"},
    {"--status", "the answer: 400 to 599"},
    {"--code", "of the answer, or of the operation; what the status is called by default"},
    {"--message", "of the answer, or of the operation"},
    {"--header", "of the answer: 'NAME: VALUE'", kMany},
    {"--retry-after", "of the answer, in seconds"},
    {"--close", "no answer: the connection is cut", kNone},
    {"--throttle", "BURST,PER_SECOND such as 250,25; 429 above it"},
    {"--delay", "such as 200ms, or 100ms..2s"},
    {"--when",
     "before the call happens (default), after: its answer is lost, or operation: the one that it "
     "begins fails",
     kOne, kMaybe, "before|after|operation"},
    {"--rate", "the part of the calls that is hit, such as 0.2; all by default"},
    {"--count", "so many are hit, then none"},
    {"--after", "the first so many are not hit"},
    {"--seed", "of the chance; equal seeds hit alike"},
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

constexpr Option kEventsOptions[] = {
    {"--after", "begin after this revision (the present one)"},
    {"--count", "end after so many"},
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

constexpr Option kEnvOptions[] = {
    {"--unset", "what takes it back", kNone},
    {"--folder", "where the CA and az's settings are kept; by default one for this server", kOne,
     kMaybe, kFile},
};
constexpr Option kAzOptions[] = {
    {"VERB", "setup", kOne, kRequired, "setup"},
    kEnvOptions[1],
};

constexpr Option kLabUpOptions[] = {
    {"FILE", "a lab document to apply first, whose machines are meant; without one, all are", kOne,
     kMaybe, kFile},
    {"--wait", "for a server that is still starting, at most 30 s", kNone},
};
constexpr Option kLabDownOptions[] = {
    {"--wires", "the server's socket for wires, where it does not answer any more", kOne, kMaybe,
     kFile},
};
constexpr Option kLabExecOptions[] = {
    {"MACHINE", "and behind it the command, such as: web1 -- ping -c3 db1", Option::Values::Rest,
     kRequired, kNics},
};
constexpr Option kLabAttachOptions[] = {
    {"NIC", "a network interface", kOne, kRequired, kNics},
    {"--netns", "a name of ip netns, a process, or a path", kOne, kRequired, kFile},
    {"--ifname", "what its device is called there (eth0)"},
};
constexpr Option kLabDetachOptions[] = {
    {"NIC", "a network interface", kOne, kRequired, kNics},
};
constexpr Option kLabReplayOptions[] = {
    {"NIC", "whose machine sends them", kOne, kRequired, kNics},
    {"FILE", "pcap or pcapng, of Ethernet; - is the standard input", kOne, kRequired, kFile},
    {"--to", "other NICs that take what they get, so that it arrives", kMany, kMaybe, kNics},
    {"-w,--write", "a pcapng file; - is the standard output", kOne, kMaybe, kFile},
    {"--all", "also frames from another MAC address than the NIC's", kNone},
};
constexpr Option kLabPingOptions[] = {
    {"FROM", "a machine", kOne, kMaybe, kNics},
    {"TO", "another one", kOne, kMaybe, kNics},
    {"--all", "from each to each", kNone},
    {"--timeout", kTimeoutHelp},
};

constexpr Option kLabBenchOptions[] = {
    {"FROM", "a machine", kOne, kRequired, kNics},
    {"TO", "another one", kOne, kRequired, kNics},
    {"--port", "of TCP and UDP, which access lists have to let through (5201)"},
    {"--repetitions", "of each measurement (5)"},
};

constexpr Option kBenchOptions[] = {
    {"WHAT", "fib, and the options of that benchmark: isthmus bench fib --help",
     Option::Values::Rest, kRequired},
};

constexpr Option kCompletionOptions[] = {
    {"SHELL", "bash, zsh or fish", kOne, kRequired, "bash|zsh|fish"},
};
constexpr Option kManOptions[] = {
    {"PAGE", "isthmus (default), or isthmusd: the daemon", kOne, kMaybe, "isthmus|isthmusd"},
};

constexpr Task kTasks[] = {
    {"explain", "trace", "what happens to a packet and its reply, and why", kExplainOptions,
     &explain},
    {"routes", "", "the effective routes of a NIC or a subnet", kRoutesOptions, &show_routes},
    {"apply", "", "make the controller hold what a lab document says", kApplyOptions, &apply_lab},
    {"test", "", "whether what lab documents expect is true", kTestOptions, &test_labs},
    {"export",
     "",
     "what the controller holds, or with -g a group, as a lab document",
     {},
     &export_lab},
    {"whatif", "", "what a change would do to states, routes and reachability", kWhatifOptions,
     &what_if},
    {"journal", "", "what was changed, when and by whom; go back to a revision", kJournalOptions,
     &journal},
    {"events", "", "what is changed, as it comes", kEventsOptions, &follow_events},
    {"clock", "", "the time that the controller goes by; stop it, set it, hurry it", kClockOptions,
     &show_or_set_clock},
    {"host-fault", "", "which hosts fail; make one fail or well again", kHostFaultOptions,
     &host_faults},
    {"snapshot", "", "keep what the controller holds; compare, restore, save to a file",
     kSnapshotOptions, &snapshots},
    {"token", "", "make a token, and the line of the access file for it", kTokenOptions, &tokens},
    {"flows", "", "the flows that packets belong to, and which way they go", kFlowsOptions,
     &show_flows},
    {"top", "", "what goes through NICs and peerings, and what is dropped, each second",
     kTopOptions, &top},
    {"requests", "", "the last calls, and what became of them", kRequestsOptions, &show_requests},
    {"faults", "", "inject answers, delays and failures into the calls of clients", kFaultsOptions,
     &faults},
    {"wait", "", "until a condition holds", kWaitOptions, &wait_for},
    {"env", "", "for az, the SDKs and Terraform: eval \"$(isthmus env)\"", kEnvOptions,
     &show_environment},
    {"az", "", "make az know this server as its cloud, and sign in", kAzOptions, &az},
    {"lab", "", "machines behind network interfaces, and real packets between them", {}, nullptr},
    {"lab up", "", "make the machines, and let their packets through", kLabUpOptions, &lab_up},
    {"lab down", "", "take away the machines, and all that runs in them", kLabDownOptions,
     &lab_down},
    {"lab status", "", "the machines that are up", {}, &lab_status},
    {"lab exec", "", "run a command in a machine", kLabExecOptions, &lab_exec},
    {"lab capture", "", "the frames that a NIC sends and gets; wireshark -k -i - reads them",
     kCaptureOptions, &lab_capture},
    {"lab replay", "", "send the frames of a capture file, and see what becomes of each",
     kLabReplayOptions, &lab_replay},
    {"lab flows", "", "the flows that packets belong to, as isthmus flows", kFlowsOptions,
     &show_flows},
    {"lab attach", "", "put a network namespace that is there behind a NIC", kLabAttachOptions,
     &lab_attach},
    {"lab detach", "", "take away what is behind a NIC", kLabDetachOptions, &lab_detach},
    {"lab ping", "", "pings, beside what the tables predict of them", kLabPingOptions, &lab_ping},
    {"lab bench", "", "how fast the path between two machines is, beside a bare wire",
     kLabBenchOptions, &lab_bench},
    {"lab doctor", "", "what a lab needs of this machine, and what is missing", {}, &lab_doctor},
    {"bench", "", "measure forwarding tables: isthmus bench fib --help", kBenchOptions, &run_bench},
    {"reset", "", "back to a fresh controller: everything is deleted", {}, &reset},
    {"completion", "", "what a shell needs to complete words: source <(isthmus completion bash)",
     kCompletionOptions, &print_completion},
    {"man", "", "a manual page, for man(1): isthmus man | man -l -", kManOptions, &print_manual},
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
