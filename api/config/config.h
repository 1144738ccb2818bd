// The configuration of isthmusd: one table of options, four places where a value can come from.
// Precedence: flags > environment > YAML file (--config FILE) > defaults. Each value remembers its
// origin, which --print-config shows and which error messages name.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "api/front/admission.h"
#include "api/http/limits.h"
#include "api/json/limits.h"
#include "controller/rules/limits.h"

namespace isthmus::api::config {

enum class LogFormat { Text, Json };
enum class EmptyCollection {
  Full,  // {"value":[],"nextLink":""}
  Bare,  // {"nextLink":""}, as a real controller is said to answer
};
// How the Azure API tells of what changes: done, or as an operation to ask about.
enum class Lro : uint8_t { Sync, Async };

struct Listen {
  std::string address = "127.0.0.1";  // without brackets
  uint16_t port = 8181;
  friend bool operator==(const Listen&, const Listen&) = default;
};

struct Tls {
  bool on = true;
  std::string folder;            // of our own CA and certificate; empty: beside the state file
  std::string certificate, key;  // files of the user's own; both or none
  std::string client_ca;         // a file; empty: clients are not asked for certificates
};

bool is_loopback(const Listen& listen);

// What callers show to say who they are. Nothing: nobody is asked.
struct Auth {
  bool token = false;
  bool certificate = false;
  friend bool operator==(const Auth&, const Auth&) = default;
};

// Of the Azure realm.
struct Subscription {
  std::string id;           // a UUID, in lower case
  std::string name;         // for people
  std::string tenant = {};  // a UUID, in lower case; empty: where everybody signs in
  friend bool operator==(const Subscription&, const Subscription&) = default;
};
constexpr std::string_view kDefaultSubscription = "11111111-1111-1111-1111-111111111111";
constexpr std::string_view kDefaultSubscriptionName = "Isthmus lab";

struct Config {
  Listen listen;
  Tls tls;
  std::string port_file;  // empty: none
  std::string state;      // a file, or ":memory:"
  LogFormat log_format = LogFormat::Text;
  std::string log_level = "info";  // trace, debug, info, warn, error, off
  int io_threads = 2;
  http::Limits limits;
  front::LoadOptions load;
  size_t journal_entries = 100'000;  // kept at most; with the bytes, and 30 days
  size_t journal_bytes = 64 << 20;
  size_t requests_kept = 1000;  // what /_isthmus/v1/requests shows at most
  json::Limits json_limits;
  std::vector<std::string> allowed_hosts;
  EmptyCollection empty_collection = EmptyCollection::Full;
  std::chrono::milliseconds provisioning_delay{0};  // 0: Succeeded at once
  Lro lro = Lro::Sync;
  std::string backups;    // a folder; empty: beside the state file
  std::string snapshots;  // the same
  std::string wires;      // a socket; empty: there is none, and no packet is forwarded
  bool io_uring = true;   // where the system has it
  Auth auth;
  std::string access;  // a file that says who may do what
  std::string policy;  // a file that says who may peer with other subscriptions; empty: everybody
  std::string audit;   // a file; empty: none is written
  bool audit_required = false;
  size_t audit_bytes = 100 * 1024 * 1024;
  std::vector<std::string> init;  // hooks, in order: control/init_hooks.h
  std::string clock = "real";     // clock_text.h
  std::optional<uint64_t> seed;   // absent: identifiers are random
  bool bare = false;              // start without the resources of a fresh controller
  isthmus::Limits resource_limits;
  std::vector<Subscription> subscriptions = {
      {std::string(kDefaultSubscription), std::string(kDefaultSubscriptionName)}};
};

// Where a value came from, as a person would say it: "default", "flag --listen", "environment
// ISTHMUS_LISTEN", "isthmusd.yaml line 3".
struct Origin {
  std::string text = "default";
};

struct Setting {
  std::string_view name;  // "listen"
  std::string value;      // canonical: "127.0.0.1:8181"
  Origin origin;
};

struct Loaded {
  Config config;
  std::vector<Setting> settings;  // one per option, in table order
};

// The command line asked for something else than running, or is wrong: print `text` and exit.
struct Exit {
  int code = 0;      // 0: print to stdout; 2: usage, print to stderr
  std::string text;  // ends with a newline
};

using Environment = std::function<const char*(const char* name)>;  // std::getenv outside tests

// Reads flags, environment and file. `arguments` are without the program's name.
tl::expected<Loaded, Exit> load(const std::vector<std::string>& arguments,
                                const Environment& environment);

// One line per option: name, value and origin, aligned.
std::string print(const std::vector<Setting>& settings);

}  // namespace isthmus::api::config
