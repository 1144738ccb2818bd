#include "api/config/options.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

#include "api/config/clock_text.h"
#include "api/config/option_kinds.h"
#include "api/config/quantity.h"
#include "api/http/target.h"
#include "controller/base/uuid.h"
#include "controller/model/resource_id.h"

namespace isthmus::api::config {
namespace {

constexpr std::string_view kLogLevels[] = {"trace", "debug", "info", "warn", "error", "off"};

bool is_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> binary{};
  return inet_pton(AF_INET, text.c_str(), binary.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), binary.data()) == 1;
}

bool assign_listen(Config& config, std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  std::string_view host = text.substr(0, colon);
  const auto port = number(text.substr(colon + 1));
  if (!port || *port > 65535) return false;
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  const std::string address = host == "localhost" ? "127.0.0.1" : std::string(host);
  const bool v6 = address.find(':') != std::string::npos;
  if (bracketed != v6 || !is_address(address)) return false;
  config.listen = {address, static_cast<uint16_t>(*port)};
  return true;
}

std::string print_listen(const Config& config) {
  const std::string& address = config.listen.address;
  const bool v6 = address.find(':') != std::string::npos;
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(config.listen.port);
}

bool assign_hosts(Config& config, std::string_view text) {
  std::vector<std::string> hosts;
  while (!text.empty()) {
    const std::string_view host = text.substr(0, text.find(','));
    const auto authority = http::parse_authority(host);
    if (!authority || authority->host != host || host.empty()) return false;
    hosts.emplace_back(host);
    text.remove_prefix(std::min(host.size() + 1, text.size()));
  }
  config.allowed_hosts = std::move(hosts);
  return true;
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text.append(text.empty() ? "" : ",").append(item);
  return text;
}

std::string print_hosts(const Config& config) { return joined(config.allowed_hosts); }

bool assign_level(Config& config, std::string_view text) {
  if (std::find(std::begin(kLogLevels), std::end(kLogLevels), text) == std::end(kLogLevels))
    return false;
  config.log_level = text;
  return true;
}

// "token", "certificate", both, or "none".
bool assign_auth(Config& config, std::string_view text) {
  Auth auth;
  for (std::string_view rest = text; !rest.empty() && text != "none";) {
    const std::string_view word = rest.substr(0, rest.find(','));
    if (word != "token" && word != "certificate") return false;
    (word == "token" ? auth.token : auth.certificate) = true;
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    if (rest.empty() && text.back() == ',') return false;
  }
  if (text.empty()) return false;
  config.auth = auth;
  return true;
}

std::string print_auth(const Config& config) {
  const auto [token, certificate] = config.auth;
  if (token && certificate) return "token,certificate";
  return token ? "token" : certificate ? "certificate" : "none";
}

bool assign_threads(Config& config, std::string_view text) {
  const auto threads = number(text);
  if (!threads || *threads < 1 || *threads > 64) return false;
  config.io_threads = static_cast<int>(*threads);
  return true;
}

bool assign_log_format(Config& config, std::string_view text) {
  if (text != "text" && text != "json") return false;
  config.log_format = text == "json" ? LogFormat::Json : LogFormat::Text;
  return true;
}

bool assign_empty_collection(Config& config, std::string_view text) {
  if (text != "full" && text != "bare") return false;
  config.empty_collection = text == "full" ? EmptyCollection::Full : EmptyCollection::Bare;
  return true;
}

// Zero needs no unit.
bool assign_delay(Config& config, std::string_view text) {
  const auto value = text == "0" ? std::optional<uint64_t>(0) : quantity(text, kTimeUnits);
  if (value) config.provisioning_delay = std::chrono::milliseconds(*value);
  return value.has_value();
}

std::string print_delay(const Config& config) {
  const auto ms = static_cast<uint64_t>(config.provisioning_delay.count());
  return ms == 0 ? "0" : with_unit(ms, kTimeUnits);
}

bool assign_lro(Config& config, std::string_view text) {
  if (text != "sync" && text != "async") return false;
  config.lro = text == "async" ? Lro::Async : Lro::Sync;
  return true;
}

bool assign_init(Config& config, std::string_view text) {
  std::vector<std::string> files;
  while (!text.empty()) {
    files.emplace_back(text.substr(0, text.find(',')));
    text.remove_prefix(std::min(files.back().size() + 1, text.size()));
    if (files.back().empty()) return false;
  }
  config.init = std::move(files);
  return true;
}

std::string print_init(const Config& config) { return joined(config.init); }

// "ID", "ID=NAME", "ID=NAME@TENANT" or "ID@TENANT".
std::optional<Subscription> subscription_from(std::string_view text, size_t number) {
  const size_t at = text.rfind('@');
  const std::string_view tenant = at == std::string_view::npos ? "" : text.substr(at + 1);
  std::string_view front = text.substr(0, at);
  const size_t equals = front.find('=');
  Subscription subscription{lower_case(front.substr(0, equals)), "", lower_case(tenant)};
  if (equals != std::string_view::npos) {
    subscription.name = front.substr(equals + 1);
  } else {
    subscription.name = kDefaultSubscriptionName;
    if (number > 1) subscription.name += " " + std::to_string(number);
  }
  const bool is_legal = Uuid::parse(subscription.id) && !subscription.name.empty() &&
                        (at == std::string_view::npos || Uuid::parse(subscription.tenant));
  return is_legal ? std::optional(std::move(subscription)) : std::nullopt;
}

bool assign_subscriptions(Config& config, std::string_view text) {
  std::vector<Subscription> subscriptions;
  do {
    const std::string_view item = text.substr(0, text.find(','));
    auto subscription = subscription_from(item, subscriptions.size() + 1);
    if (!subscription) return false;
    const bool is_known =
        std::any_of(subscriptions.begin(), subscriptions.end(),
                    [&](const Subscription& other) { return other.id == subscription->id; });
    if (is_known) return false;
    subscriptions.push_back(std::move(*subscription));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
  } while (!text.empty());
  config.subscriptions = std::move(subscriptions);
  return true;
}

std::string print_subscriptions(const Config& config) {
  std::string text;
  for (const Subscription& one : config.subscriptions) {
    text.append(text.empty() ? "" : ",").append(one.id).append("=").append(one.name);
    if (!one.tenant.empty()) text.append("@").append(one.tenant);
  }
  return text;
}

bool assign_clock(Config& config, std::string_view text) {
  if (!parse_clock(text)) return false;
  config.clock = text;
  return true;
}

bool assign_seed(Config& config, std::string_view text) {
  const auto seed = number(text);
  if (seed) config.seed = *seed;
  return seed.has_value();
}

bool assign_state(Config& config, std::string_view text) {
  if (text.empty()) return false;
  config.state = text;
  return true;
}

bool assign_requests_kept(Config& config, std::string_view text) {
  constexpr uint64_t kMost = 100'000;  // some 50 MB
  const auto count = number(text);
  if (!count || *count > kMost) return false;
  config.requests_kept = *count;
  return true;
}

// "250,25", or off.
bool assign_rate(std::optional<front::Rate>& rate, std::string_view text) {
  constexpr uint64_t kMost = 1'000'000;
  const size_t comma = text.find(',');
  if (text == "off") {
    rate.reset();
    return true;
  }
  if (comma == std::string_view::npos) return false;
  const auto burst = number(text.substr(0, comma));
  const auto per_second = number(text.substr(comma + 1));
  if (!burst || !per_second || *burst == 0 || *per_second == 0) return false;
  if (*burst > kMost || *per_second > kMost) return false;
  rate = front::Rate{static_cast<uint32_t>(*burst), static_cast<uint32_t>(*per_second)};
  return true;
}

std::string print_rate(const std::optional<front::Rate>& rate) {
  if (!rate) return "off";
  return std::to_string(rate->burst) + "," + std::to_string(rate->per_second);
}

template <class Access>
constexpr Option rate_option(std::string_view name, std::string_view help, Access) {
  return {name,
          "BURST,RATE",
          "off, or calls at once and calls a second from 1 to 1000000, as in 250,25",
          help,
          [](Config& c, std::string_view text) { return assign_rate(Access{}(c), text); },
          [](const Config& c) { return print_rate(Access{}(c)); }};
}

constexpr Option kOptions[] = {
    {"listen", "ADDRESS:PORT", "an address and port, as in 127.0.0.1:8181 or [::1]:8181",
     "where to serve HTTP and HTTPS; port 0 takes a free one", assign_listen, print_listen},
    path_option("port-file", "FILE", "write the port there once it is open",
                [](auto& c) -> auto& { return c.port_file; }),
    {"state", "FILE", "a file name or :memory:", "where the state lives; :memory: keeps nothing",
     assign_state, [](const Config& c) { return c.state; }},
    path_option("backups", "FOLDER",
                "where networkControllerBackup keeps backups; beside the state where none is named",
                [](auto& c) -> auto& { return c.backups; }),
    path_option("snapshots", "FOLDER",
                "where snapshots are kept; beside the state where none is named",
                [](auto& c) -> auto& { return c.snapshots; }),
    path_option("wires", "SOCKET",
                "where other processes plug wires into network interfaces, and packets are "
                "forwarded between them; nowhere where none is named",
                [](auto& c) -> auto& { return c.wires; }),
    on_off_option("io-uring",
                  "write packets by io_uring, many with one system call, where the system has it",
                  [](auto& c) -> auto& { return c.io_uring; }),
    {"init", "FILE[,FILE]", "a list of files",
     "lab documents to apply, and programs to run, before the daemon says that it is ready",
     assign_init, print_init, Arity::Many},
    on_off_option("tls",
                  "serve HTTPS too, on the same port; its certificate is made at the first start",
                  [](auto& c) -> auto& { return c.tls.on; }),
    path_option("tls-folder", "FOLDER",
                "where the CA and certificate are kept that are made; beside the state where none "
                "is named",
                [](auto& c) -> auto& { return c.tls.folder; }),
    path_option("tls-cert", "FILE",
                "a certificate (PEM) to use instead, followed by those that lead to its CA",
                [](auto& c) -> auto& { return c.tls.certificate; }),
    path_option("tls-key", "FILE", "its key (PEM), which nobody else may read (mode 600)",
                [](auto& c) -> auto& { return c.tls.key; }),
    path_option("tls-client-ca", "FILE",
                "ask clients for certificates, and take those that these CAs (PEM) have signed",
                [](auto& c) -> auto& { return c.tls.client_ca; }),
    {"auth", "none|token|certificate", "none, token, certificate, or token,certificate",
     "what callers show to say who they are; beyond loopback this has to be chosen", assign_auth,
     print_auth, Arity::Many},
    path_option(
        "access", "FILE",
        "who may do what; without it --auth token knows an owner, whose token is in STATE.token",
        [](auto& c) -> auto& { return c.access; }),
    path_option("audit", "FILE", "write a line for each change and each refused call there",
                [](auto& c) -> auto& { return c.audit; }),
    switch_option("audit-required", "refuse a change (503) whose line cannot be made durable",
                  [](auto& c) -> auto& { return c.audit_required; }),
    bytes_option("audit-size", "then the audit log is renamed to FILE.TIME and begun anew",
                 [](auto& c) -> auto& { return c.audit_bytes; }),
    {"provisioning-delay", "TIME", "0, or a time with its unit, as in 500ms, 10s or 2m",
     "how long a change says Updating or Deleting though it has happened", assign_delay,
     print_delay},
    {"lro", "sync|async", "sync or async",
     "how the Azure API answers a change: when it has happened, or as an operation that takes the "
     "provisioning-delay (500ms where that is 0)",
     assign_lro,
     [](const Config& c) { return std::string(c.lro == Lro::Sync ? "sync" : "async"); }},
    {"subscription", "ID[=NAME][@TENANT]",
     "a list of subscriptions, each once: a UUID, perhaps =NAME, perhaps @ and the UUID of a "
     "tenant",
     "a subscription of the Azure API; given several times, the first is where clients find "
     "themselves",
     assign_subscriptions, print_subscriptions, Arity::Many},
    path_option("policy", "FILE",
                "who may peer with networks of other subscriptions; without it, everybody",
                [](auto& c) -> auto& { return c.policy; }),
    {"clock", "CLOCK", "real, frozen, frozen=2026-01-01T00:00:00Z, scaled=60 or scaled=60@TIME",
     "the time that the controller goes by: the system's, one that stands still, or a faster one",
     assign_clock, [](const Config& c) { return c.clock; }},
    {"seed", "N", "a whole number",
     "identifiers follow from it: the same calls get the same answers", assign_seed,
     [](const Config& c) { return c.seed ? std::to_string(*c.seed) : std::string(); }},
    {"log-format", "FORMAT", "text or json", "text or json, on stderr", assign_log_format,
     [](const Config& c) {
       return std::string(c.log_format == LogFormat::Json ? "json" : "text");
     }},
    {"log-level", "LEVEL", "trace, debug, info, warn, error or off",
     "info shows one line per request", assign_level, [](const Config& c) { return c.log_level; }},
    {"io-threads", "N", "a number from 1 to 64", "threads that serve HTTP", assign_threads,
     [](const Config& c) { return std::to_string(c.io_threads); }},
    {"host-allow", "NAME[,NAME]", "a list of host names or addresses without ports",
     "names that a Host header may have beside localhost, 127.0.0.1 and [::1]", assign_hosts,
     print_hosts, Arity::Many},
    switch_option("bare", "start without the resources of a fresh controller",
                  [](auto& c) -> auto& { return c.bare; }),
    {"empty-collection", "SHAPE", "full or bare",
     "an empty collection is {\"value\":[],\"nextLink\":\"\"} (full) or {\"nextLink\":\"\"} (bare)",
     assign_empty_collection,
     [](const Config& c) {
       return std::string(c.empty_collection == EmptyCollection::Full ? "full" : "bare");
     }},
#define X(field, option, value, help) \
  count_option(option, help, [](auto& c) -> auto& { return c.resource_limits.field; }),
    ISTHMUS_LIMITS(X)
#undef X
        bytes_option("limit-target", "longest request target (414)",
                     [](auto& c) -> auto& { return c.limits.target_bytes; }),
    bytes_option("limit-header", "longest header section (431)",
                 [](auto& c) -> auto& { return c.limits.header_bytes; }),
    count_option("limit-header-fields", "most header fields (431)",
                 [](auto& c) -> auto& { return c.limits.header_fields; }),
    bytes_option("limit-body", "longest body (413)",
                 [](auto& c) -> auto& { return c.limits.body_bytes; }),
    bytes_option("limit-chunk-extension", "longest chunk extension (400)",
                 [](auto& c) -> auto& { return c.limits.chunk_extension_bytes; }),
    bytes_option("limit-body-rate", "fewest bytes per second of a body (408)",
                 [](auto& c) -> auto& { return c.limits.body_bytes_per_second; }),
    count_option("limit-members", "most members and elements of a resource's JSON (400)",
                 [](auto& c) -> auto& { return c.json_limits.members; }),
    count_option("limit-connections", "most connections (503)",
                 [](auto& c) -> auto& { return c.limits.connections; }),
    count_option("limit-connections-per-address",
                 "most connections of one address; loopback is exempt (503)",
                 [](auto& c) -> auto& { return c.limits.connections_per_address; }),
    count_option("limit-in-flight", "most reads that are answered at the same time (429)",
                 [](auto& c) -> auto& { return c.load.reads_in_flight; }),
    count_option("limit-in-flight-writes", "most changes that are answered at the same time (429)",
                 [](auto& c) -> auto& { return c.load.writes_in_flight; }),
    rate_option("throttle-reads", "reads of one client, at once and each second (429)",
                [](auto& c) -> auto& { return c.load.reads; }),
    rate_option("throttle-writes", "changes of one client; its deletes count apart (429)",
                [](auto& c) -> auto& { return c.load.writes; }),
    count_option("journal-entries", "most changes that the journal knows and can go back over",
                 [](auto& c) -> auto& { return c.journal_entries; }),
    bytes_option("journal-size", "most bytes that these take in the state file, roughly",
                 [](auto& c) -> auto& { return c.journal_bytes; }),
    {"requests-kept", "N", "a number from 0 to 100000", "how many of the last calls are listed",
     assign_requests_kept, [](const Config& c) { return std::to_string(c.requests_kept); }},
    time_option("timeout-header", "from the first byte to the end of the header (408)",
                [](auto& c) -> auto& { return c.limits.header_timeout; }),
    time_option("timeout-body", "for the body (408)",
                [](auto& c) -> auto& { return c.limits.body_timeout; }),
    time_option("timeout-idle", "between requests; then the connection is closed",
                [](auto& c) -> auto& { return c.limits.idle_timeout; }),
    time_option("timeout-request", "from the first byte to the last one of the answer (503)",
                [](auto& c) -> auto& { return c.limits.request_timeout; }),
    time_option("timeout-stop", "how long a stop waits for running requests",
                [](auto& c) -> auto& { return c.limits.stop_timeout; }),
};

}  // namespace

std::span<const Option> options() { return kOptions; }

const Option* find_option(std::string_view name) {
  const auto found = std::find_if(std::begin(kOptions), std::end(kOptions),
                                  [&](const Option& option) { return option.name == name; });
  return found == std::end(kOptions) ? nullptr : &*found;
}

std::string environment_name(const Option& option) {
  std::string name = "ISTHMUS_" + std::string(option.name);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    if (c == '-') return '_';
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return name;
}

std::optional<uint64_t> parse_time(std::string_view text) { return quantity(text, kTimeUnits); }

bool is_loopback(const Listen& listen) {
  return listen.address.starts_with("127.") || listen.address == "::1";
}

}  // namespace isthmus::api::config
