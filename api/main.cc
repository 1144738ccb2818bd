// isthmusd: builds every object and wires it. The cast list of the program.
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "api/config/config.h"
#include "api/config/logging.h"
#include "api/config/version.h"
#include "api/control/control_handler.h"
#include "api/front/admission.h"
#include "api/front/fault_injector.h"
#include "api/http/server.h"
#include "api/json/store_encoding.h"
#include "api/networking/networking_handler.h"
#include "controller/controller.h"
#include "controller/store/sqlite_store.h"
#include "dataplane/dataplane.h"

namespace isthmus::api {
namespace {

constexpr std::string_view kNetworking = "/networking";

// By the target as it came: the server's own errors have nothing better.
bool is_networking(std::string_view path) {
  if (!http::starts_without_case(path, kNetworking)) return false;
  return path.size() == kNetworking.size() || path[kNetworking.size()] == '/' ||
         path[kNetworking.size()] == '?';
}

// Gives each request to the dialect of its path.
class Dialects final : public http::Handler {
 public:
  Dialects(http::Handler& networking, http::Handler& control)
      : networking_(networking), control_(control) {}
  void handle(http::Request request, http::Done done) override {
    const bool is_networking_path =
        !request.segments.empty() &&
        http::equal_without_case(request.segments.front(), "networking");
    (is_networking_path ? networking_ : control_).handle(std::move(request), std::move(done));
  }

 private:
  http::Handler& networking_;
  http::Handler& control_;
};

http::Response error_body(const http::ServerError& error) {
  return is_networking(error.path) ? networking::networking_error_body(error)
                                   : control::problem_body(error);
}

// The signals that stop the daemon. Blocked in every thread, so that only wait_for() sees them.
sigset_t block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);  // a file at its size limit is an error of the store, not the end
  return signals;
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
  options.access_log = config.log_format == config::LogFormat::Json ? http::AccessLogFormat::Json
                                                                    : http::AccessLogFormat::Text;
  return options;
}

Controller::Options controller_options(const config::Config& config) {
  Controller::Options options;
  options.limits.peerings_per_network = static_cast<uint32_t>(config.peerings_per_network);
  options.limits.prefixes_per_network = static_cast<uint32_t>(config.prefixes_per_network);
  options.bare = config.bare;
  return options;
}

// What is kept outlives the state that it is of, unless that is in memory.
std::string folder_beside(const config::Config& config, const std::string& chosen,
                          std::string_view ending) {
  if (!chosen.empty() || config.state == ":memory:") return chosen;
  return config.state + std::string(ending);
}

int run(const config::Loaded& loaded) {
  const config::Config& config = loaded.config;
  config::set_up_logging(config.log_format, config.log_level);
  const sigset_t stop_signals = block_stop_signals();

  auto store = open_sqlite_store(config.state);
  if (!store) return fail(store.error().text());
  const json::StoreEncoding encoding;
  dataplane::Dataplane dataplane;
  const SystemClock clock;
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
  control_options.requests_kept = config.requests_kept;
  control::ControlHandler control(controller, control_options);
  Dialects dialects(networking, control);
  front::FaultInjector faults(control.faults(), error_body, dialects);
  front::ClientThrottle throttle(config.load, controller.clock(), error_body, control.load(),
                                 faults);
  front::Admission admission(config.load, error_body, control.load(), throttle);
  front::RequestRecorder recorder(control.requests(), admission);
  http::Server server(server_options(config, noted_error_body(control.requests())), recorder);
  control.show(server.metrics());
  if (auto listening = server.start(); !listening) return fail(listening.error());
  if (!config.port_file.empty() && !write_port_file(config.port_file, server.port())) {
    return fail("cannot write the port file " + config.port_file);
  }
  spdlog::info("isthmusd {} serves {} with state {} at revision {}", config::kVersion, server.url(),
               config.state, controller.model()->revision());

  int signal = 0;
  sigwait(&stop_signals, &signal);
  spdlog::info("stopping on {}", strsignal(signal));
  faults.stop();
  server.stop();
  controller.stop();
  return 0;
}

}  // namespace
}  // namespace isthmus::api

int main(int argc, char** argv) {
  using namespace isthmus::api;
  const auto loaded =
      config::load({argv + 1, argv + argc}, [](const char* name) { return std::getenv(name); });
  if (!loaded) {
    std::fputs(loaded.error().text.c_str(), loaded.error().code == 0 ? stdout : stderr);
    return loaded.error().code;
  }
  return run(*loaded);
}
