// isthmusd: builds every object and wires it. The cast list of the program.
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "api/access/access_handler.h"
#include "api/access/entrance.h"
#include "api/access/policy.h"
#include "api/arm/arm_handler.h"
#include "api/arm/resource_calls.h"
#include "api/config/clock_text.h"
#include "api/config/config.h"
#include "api/config/logging.h"
#include "api/config/service_manager.h"
#include "api/config/version.h"
#include "api/control/control_handler.h"
#include "api/control/init_hooks.h"
#include "api/front/admission.h"
#include "api/front/fault_injector.h"
#include "api/http/server.h"
#include "api/json/store_encoding.h"
#include "api/networking/networking_handler.h"
#include "api/tls/certificates.h"
#include "api/wires/wire_socket.h"
#include "controller/base/failpoint.h"
#include "controller/controller.h"
#include "controller/store/sqlite_store.h"
#include "dataplane/dataplane.h"

namespace isthmus::api {
namespace {

constexpr std::string_view kNetworking = "networking";
constexpr std::string_view kOurs = "_isthmus";

// Whose a path is: what is nobody's is our own, whose answer names what there is.
enum class Dialect : uint8_t { Networking, Arm, Control };

Dialect dialect_of(std::string_view first_segment) {
  if (http::equal_without_case(first_segment, kNetworking)) return Dialect::Networking;
  return http::equal_without_case(first_segment, kOurs) ? Dialect::Control : Dialect::Arm;
}

Dialect dialect_of(const http::Request& request) {
  if (request.segments.empty()) return Dialect::Control;
  const Dialect dialect = dialect_of(request.segments.front());
  return dialect == Dialect::Arm && !arm::is_arm(request.segments) ? Dialect::Control : dialect;
}

// By the target as it came: the server's own errors have nothing better.
Dialect dialect_of_target(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  const std::string_view below = path.substr(std::min<size_t>(1, path.size()));
  const Dialect dialect = dialect_of(below.substr(0, below.find('/')));
  return dialect == Dialect::Arm && !arm::is_arm(target) ? Dialect::Control : dialect;
}

access::Role required_role(const http::Request& request) {
  switch (dialect_of(request)) {
    case Dialect::Networking:
      return networking::required_role(request);
    case Dialect::Arm:
      return arm::required_role(request);
    case Dialect::Control:
      break;
  }
  return control::required_role(request);
}

// Gives each request to the dialect of its path.
class Dialects final : public http::Handler {
 public:
  Dialects(http::Handler& networking, http::Handler& arm, http::Handler& control)
      : networking_(networking), arm_(arm), control_(control) {}
  void handle(http::Request request, http::Done done) override {
    const Dialect dialect = dialect_of(request);
    http::Handler& handler = dialect == Dialect::Networking ? networking_
                             : dialect == Dialect::Arm      ? arm_
                                                            : control_;
    handler.handle(std::move(request), std::move(done));
  }

 private:
  http::Handler& networking_;
  http::Handler& arm_;
  http::Handler& control_;
};

http::Response error_body(const http::ServerError& error) {
  switch (dialect_of_target(error.path)) {
    case Dialect::Networking:
      return networking::networking_error_body(error);
    case Dialect::Arm:
      return arm::arm_error_body(error);
    case Dialect::Control:
      break;
  }
  return control::problem_body(error);
}

// What only this process is to know, such as tokens and keys, is in its memory: no core file has
// it, and no other process of the same user looks.
void keep_memory_private() {
#if !defined(__SANITIZE_ADDRESS__)  // whose search for leaks is such a process
  prctl(PR_SET_DUMPABLE, 0);
#endif
}

// The signals that the daemon acts on. Blocked in every thread, so that only one that waits sees
// them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGHUP);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a file at its size limit is an error of the store, not the end
  return signals;
}

void tell_service_manager(std::string_view state) {
  config::tell_service_manager(std::getenv("NOTIFY_SOCKET"), state);
}

// What SIGHUP makes the daemon read anew. Each says in the log what came of it, and keeps what it
// had where that went wrong.
using Reloads = std::vector<std::function<void()>>;

// Until a signal to stop, which is returned. What is read anew is so once a day too: the daemon's
// own certificate is renewed before its time is up.
int wait_for_stop(const sigset_t& signals, const Reloads& reloads) {
  constexpr timespec kDay{24 * 60 * 60, 0};
  for (;;) {
    const int signal = sigtimedwait(&signals, nullptr, &kDay);
    if (signal > 0 && signal != SIGHUP) return signal;
    if (signal != SIGHUP && errno != EAGAIN) continue;
    tell_service_manager(config::kReloading);
    for (const auto& reload : reloads) reload();
    tell_service_manager(config::kReady);
  }
}

int fail(const std::string& message) {
  std::fprintf(stderr, "isthmusd: %s\n", message.c_str());
  return 1;
}

// Written whole or not at all, so that who waits for the file never reads half a number.
bool write_port_file(const std::string& path, uint16_t port) {
  const std::string temporary = path + ".new";
  std::ofstream file(temporary);
  file << port << '\n';
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(temporary, path, error);
  return file && !error;
}

// What reading the state took and is free now lies between what stays, where free() keeps it for
// later: with 10,000 networks, a third of the resident memory.
void give_back_free_memory() { malloc_trim(0); }

// With a seed, what would be random is a sequence: the same calls get the same identifiers.
std::function<std::string()> request_ids(std::optional<uint64_t> seed) {
  if (!seed) return http::random_request_id;
  const auto count = std::make_shared<std::atomic<uint64_t>>(0);
  return [seed = *seed, count] { return Uuid::derive({seed, 1}, ++*count).to_string(); };
}

// Its own errors are among the last calls too: they never reach a handler.
http::ErrorBody noted_error_body(front::RequestLog& requests) {
  return [&requests](const http::ServerError& error) {
    requests.add(error);
    return error_body(error);
  };
}

http::ServerOptions server_options(const config::Config& config, http::ErrorBody error_body) {
  http::ServerOptions options;
  options.address = config.listen.address;
  options.port = config.listen.port;
  options.io_threads = config.io_threads;
  options.limits = config.limits;
  options.allowed_hosts = config.allowed_hosts;
  options.error_body = std::move(error_body);
  options.make_request_id = request_ids(config.seed);
  options.access_log = config.log_format == config::LogFormat::Json ? http::AccessLogFormat::Json
                                                                    : http::AccessLogFormat::Text;
  return options;
}

Controller::Options controller_options(const config::Config& config) {
  Controller::Options options;
  options.limits = config.resource_limits;
  options.bare = config.bare;
  return options;
}

// What is kept outlives the state that it is of, unless that is in memory.
std::string folder_beside(const config::Config& config, const std::string& chosen,
                          std::string_view ending) {
  if (!chosen.empty() || config.state == ":memory:") return chosen;
  return config.state + std::string(ending);
}

SqliteOptions store_options(const config::Config& config) {
  SqliteOptions options;
  options.journal_entries_max = config.journal_entries;
  options.journal_bytes_max = config.journal_bytes;
  if (config.seed) options.identity = Uuid::derive({*config.seed, 0}, 0).to_string();
  return options;
}

// What a test asks of this run; said aloud, so that nobody wonders why it fails.
tl::expected<void, std::string> arm_failpoints_of_environment() {
  const char* rules = std::getenv("ISTHMUS_FAILPOINTS");
  if (rules == nullptr || *rules == '\0') return {};
  if (auto armed = arm_failpoints(rules); !armed) return armed;
  spdlog::warn("failpoints are armed, this run is to go wrong: {}", rules);
  return {};
}

tls::CertificateOptions certificate_options(const config::Config& config) {
  return {folder_beside(config, config.tls.folder, ".tls"), config.tls.certificate, config.tls.key,
          config.tls.client_ca,
          tls::certificate_hosts(config.listen.address, config.allowed_hosts)};
}

// Tokens are for clients, which go by real time.
arm::ArmOptions arm_options(const config::Config& config, arm::ResourceCalls& resources) {
  arm::ArmOptions options;
  options.resources = &resources;
  options.asks_for_tokens = config.auth.token;
  options.subscriptions = [subscriptions = config.subscriptions] { return subscriptions; };
  options.now_s = [] { return SystemClock().now_ms() / 1000; };
  return options;
}

// Empty where there is no such subscription.
std::string tenant_of(const config::Config& config, const ResourceId& subscription) {
  for (const config::Subscription& one : config.subscriptions) {
    if (!http::equal_without_case(one.id, subscription.name())) continue;
    return one.tenant.empty() ? std::string(arm::kDefaultTenant) : one.tenant;
  }
  return {};
}

arm::ResourceOptions resource_options(const config::Config& config,
                                      const access::PolicyFile& policy) {
  arm::ResourceOptions options;
  options.may_link = [&config, &policy](std::string_view client, std::string_view action,
                                        const ResourceId& linked) {
    const ResourceId subscription = linked.ancestor(Kind::Subscription);
    const std::string tenant = tenant_of(config, subscription);
    return access::allows(*policy.policy(), {client, action, subscription.name(), tenant});
  };
  options.json_limits = config.json_limits;
  options.operations.lro = config.lro;
  if (config.provisioning_delay.count() > 0) options.operations.time = config.provisioning_delay;
  return options;
}

// For connections that begin from now on.
tl::expected<void, std::string> load_certificates(tls::Certificates& certificates,
                                                  http::Server& server) {
  const auto now = std::chrono::system_clock::now();
  auto context = certificates.load(std::chrono::floor<std::chrono::seconds>(now));
  if (!context) return tl::unexpected(context.error());
  server.use_tls(std::move(*context));
  return {};
}

void reload_certificates(tls::Certificates& certificates, http::Server& server) {
  if (auto loaded = load_certificates(certificates, server); loaded) {
    spdlog::info("read anew: certificates");
  } else {
    spdlog::error("certificates stay as they were: {}", loaded.error());
  }
}

int run(const config::Loaded& loaded) {
  const config::Config& config = loaded.config;
  config::set_up_logging(config.log_format, config.log_level);
  const sigset_t signals = block_signals();

  if (auto armed = arm_failpoints_of_environment(); !armed) return fail(armed.error());
  auto store = open_sqlite_store(config.state, store_options(config));
  if (!store) return fail(store.error().text());
  const auto entrance = access::Entrance::open(config);
  if (!entrance) return fail(entrance.error());
  const auto policy = access::PolicyFile::open(config.policy);
  if (!policy) return fail(policy.error());
  const json::StoreEncoding encoding;
  dataplane::Dataplane dataplane;
  SettableClock clock(*config::parse_clock(config.clock));
  Controller controller(**store, encoding, dataplane, clock, controller_options(config));
  if (auto started = controller.start(); !started) return fail(started.error().text());
  give_back_free_memory();

  networking::NetworkingOptions networking_options;
  networking_options.empty_collection = config.empty_collection;
  networking_options.json_limits = config.json_limits;
  networking_options.provisioning_delay = config.provisioning_delay;
  networking_options.backups = folder_beside(config, config.backups, ".backups");
  networking::NetworkingHandler networking(controller, networking_options);
  control::ControlOptions control_options;
  control_options.settings = loaded.settings;
  control_options.snapshots = folder_beside(config, config.snapshots, ".snapshots");
  control_options.clock = &clock;
  control_options.subscription = config.subscriptions.front().id;
  control::InitHooks hooks(config.init);
  control_options.ready_checks.push_back(hooks.ready_check());
  tls::Certificates certificates(certificate_options(config));
  control_options.ca_pem = [&] { return certificates.ca_pem(); };
  control_options.requests_kept = config.requests_kept;
  std::unique_ptr<wires::WireSocket> wires;
  if (!config.wires.empty()) {
    using dataplane::io::WriteWay;
    auto opened = wires::WireSocket::open(config.wires, controller, dataplane,
                                          config.io_uring ? WriteWay::Batched : WriteWay::OneByOne);
    if (!opened) return fail(opened.error());
    wires = std::move(*opened);
    control_options.packets = [&wires] { return wires->totals(); };
    control_options.wires = std::filesystem::absolute(config.wires).string();
    control_options.flows = [&wires](const auto& query) { return wires->flows(query); };
  }
  control::ControlHandler control(controller, control_options);
  arm::ControllerResources azure_resources(controller, resource_options(config, **policy));
  arm::ArmHandler azure(arm_options(config, azure_resources));
  Dialects dialects(networking, azure, control);

  // From the inside out: each hands on what it lets pass.
  const http::ErrorBody noted = noted_error_body(control.requests());
  front::FaultInjector faults(control.faults(), error_body, dialects);
  front::ClientThrottle throttle(config.load, controller.clock(), error_body, control.load(),
                                 faults);
  front::RequestRecorder recorder(control.requests(), throttle);
  access::AccessOptions access_options = (*entrance)->options();
  access_options.needed = required_role;
  access_options.error_body = noted;
  access::AccessHandler access(std::move(access_options), recorder);
  front::Admission admission(config.load, noted, control.load(), access);
  http::ServerOptions options = server_options(config, noted);
  options.now = [&clock] { return static_cast<std::time_t>(clock.now_ms() / 1000); };
  http::Server server(std::move(options), admission);
  control.show(server.metrics());
  Reloads reloads = {[&] { (*entrance)->reload(); }, [&] { (*policy)->reload(); }};
  if (config.tls.on) {
    if (auto tls = load_certificates(certificates, server); !tls) return fail(tls.error());
    reloads.push_back([&] { reload_certificates(certificates, server); });
  }
  if (auto listening = server.start(); !listening) return fail(listening.error());
  if (!config.port_file.empty() && !write_port_file(config.port_file, server.port())) {
    return fail("cannot write the port file " + config.port_file);
  }
  spdlog::info("isthmusd {} serves {} with state {} at revision {}", config::kVersion, server.url(),
               config.state, controller.model()->revision());
  hooks.start(control, server.url());

  tell_service_manager(config::kReady);
  const int signal = wait_for_stop(signals, reloads);
  tell_service_manager(config::kStopping);
  spdlog::info("stopping on {}", strsignal(signal));
  hooks.stop();
  faults.stop();
  server.stop();
  controller.stop();
  return 0;
}

}  // namespace
}  // namespace isthmus::api

int main(int argc, char** argv) {
  using namespace isthmus::api;
  keep_memory_private();
  const auto loaded =
      config::load({argv + 1, argv + argc}, [](const char* name) { return std::getenv(name); });
  if (!loaded) {
    std::fputs(loaded.error().text.c_str(), loaded.error().code == 0 ? stdout : stderr);
    return loaded.error().code;
  }
  return run(*loaded);
}
