#include "api/control/control_handler.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <span>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "api/control/calls.h"
#include "api/control/suggest.h"
#include "controller/model/text.h"

namespace isthmus::api::control {
namespace {

using access::Role;
using http::Method;

constexpr std::chrono::seconds kHeartbeat{15};  // of those who listen to events

// A call that answers at once.
template <http::Response (*call)(const Service&, const http::Request&)>
void now(const Service& service, const http::Request& request, const http::Done& done) {
  done(call(service, request));
}

constexpr std::string_view kDryRun = "dryRun";
constexpr std::array<std::string_view, 1> kVerbose = {"verbose"};
constexpr std::array<std::string_view, 3> kRoutesParameters = {"nic", "subnet", "losers"};
constexpr std::array<std::string_view, 2> kFlowsParameters = {"nic", "limit"};
constexpr std::array<std::string_view, 2> kApplyParameters = {kDryRun, "prune"};
constexpr std::array<std::string_view, 1> kExportParameters = {"group"};
constexpr std::array<std::string_view, 1> kHostParameters = {"host"};
constexpr std::array<std::string_view, 1> kSnapshotParameters = {"replace"};
constexpr std::array<std::string_view, 2> kJournalParameters = {"after", "limit"};
constexpr std::array<std::string_view, 1> kEventsParameters = {"after"};
constexpr std::array<std::string_view, 5> kRequestsParameters = {"path", "method", "status",
                                                                 "limit", "after"};
constexpr std::span<const std::string_view> kNone;

// A row without its role does not compile. What only asks needs a reader, whatever its method; what
// the work of everybody else rests on needs an owner.
struct Row {
  Method method;
  std::string_view path;  // a segment in braces is any
  Role role;              // who may; docs/access.md has the rules for dry runs and open calls
  std::span<const std::string_view> parameters;  // of the query; others are refused
  void (*call)(const Service&, const http::Request&, const http::Done&);
  std::string_view summary;  // docs/calls.json says the rest
};

// clang-format off
constexpr Row kRows[] = {
    {Method::Get, "/livez", Role::Anyone, kNone, &now<&livez>, "is the daemon there?"},
    {Method::Get, "/readyz", Role::Anyone, kVerbose, &now<&readyz>, "is it ready to serve?"},
    {Method::Get, "/metrics", Role::Reader, kNone, &now<&show_metrics>, "counters and gauges, for Prometheus"},
    {Method::Get, "/_isthmus/ca.pem", Role::Anyone, kNone, &now<&show_ca>, "who signs the certificate of HTTPS, for clients to trust"},
    {Method::Get, "/openapi.json", Role::Anyone, kNone, &now<&show_openapi>, "this API as an OpenAPI 3.1 document"},
    {Method::Get, "/docs", Role::Anyone, kNone, &now<&show_docs>, "a page that shows it"},
    {Method::Get, "/docs/{name}", Role::Anyone, kNone, &now<&show_docs_file>, "what the page is made of"},
    {Method::Get, "/_isthmus/v1/version", Role::Reader, kNone, &now<&show_version>, "what was built"},
    {Method::Get, "/_isthmus/v1/config", Role::Owner, kNone, &now<&show_config>, "the effective settings, and where each comes from"},
    {Method::Get, "/_isthmus/v1/stats", Role::Reader, kNone, &now<&show_stats>, "sizes, counters, and the digest of what is forwarded"},
    {Method::Get, "/_isthmus/v1/routes", Role::Reader, kRoutesParameters, &now<&show_routes>, "the effective routes of an interface or a subnet"},
    {Method::Get, "/_isthmus/v1/interfaces", Role::Reader, kNone, &now<&show_interfaces>, "every network interface as the machine behind it is set up"},
    {Method::Get, "/_isthmus/v1/counters", Role::Reader, kNone, &now<&show_counters>, "what went through interfaces and peerings, and what was dropped"},
    {Method::Get, "/_isthmus/v1/flows", Role::Reader, kFlowsParameters, &now<&show_flows>, "the flows that are known, and which way their packets go"},
    {Method::Post, "/_isthmus/v1/explain", Role::Reader, kNone, &now<&explain_packet>, "what happens to a packet and its reply, and why"},
    {Method::Post, "/_isthmus/v1/apply", Role::Contributor, kApplyParameters, &apply_document, "make the controller hold what a lab document says"},
    {Method::Post, "/_isthmus/v1/expectations", Role::Reader, kNone, &now<&test_expectations>, "whether what a lab document expects is true of the controller"},
    {Method::Get, "/_isthmus/v1/export", Role::Reader, kExportParameters, &now<&export_document>, "what the controller holds, as a lab document"},
    {Method::Post, "/_isthmus/v1/whatif", Role::Reader, kNone, &what_if, "what changes would do, without doing them"},
    {Method::Get, "/_isthmus/v1/host-faults", Role::Reader, kNone, &now<&show_host_faults>, "which hosts fail, and how"},
    {Method::Put, "/_isthmus/v1/host-faults", Role::Owner, kHostParameters, &put_host_fault, "make a host fail"},
    {Method::Delete, "/_isthmus/v1/host-faults", Role::Owner, kHostParameters, &delete_host_faults, "make a host, or all of them, well again"},
    {Method::Get, "/_isthmus/v1/snapshots", Role::Reader, kNone, &list_snapshots, "the snapshots that there are"},
    {Method::Post, "/_isthmus/v1/snapshots", Role::Contributor, kSnapshotParameters, &create_snapshot, "keep what the controller holds, under a name"},
    {Method::Get, "/_isthmus/v1/snapshots/{name}", Role::Reader, kNone, &get_snapshot, "a snapshot as a file"},
    {Method::Put, "/_isthmus/v1/snapshots/{name}", Role::Contributor, kSnapshotParameters, &put_snapshot, "a snapshot from a file"},
    {Method::Delete, "/_isthmus/v1/snapshots/{name}", Role::Contributor, kNone, &delete_snapshot, "forget a snapshot"},
    {Method::Post, "/_isthmus/v1/snapshots/{name}/restore", Role::Owner, kNone, &restore_snapshot, "make the controller hold what it held then"},
    {Method::Get, "/_isthmus/v1/snapshots/{name}/diff/{other}", Role::Reader, kNone, &compare_snapshots, "what is different between two snapshots, or one and now"},
    {Method::Get, "/_isthmus/v1/journal", Role::Reader, kJournalParameters, &show_journal, "what was changed, when, and by whom"},
    {Method::Post, "/_isthmus/v1/journal/{revision}/restore", Role::Owner, kNone, &restore_revision, "make the controller hold what it held at a revision"},
    {Method::Get, "/_isthmus/v1/events", Role::Reader, kEventsParameters, &now<&show_events>, "the journal as it grows: server-sent events"},
    {Method::Get, "/_isthmus/v1/requests", Role::Owner, kRequestsParameters, &now<&show_requests>, "the last calls, and what became of them"},
    {Method::Delete, "/_isthmus/v1/requests", Role::Owner, kNone, &now<&clear_requests>, "forget them"},
    {Method::Get, "/_isthmus/v1/faults", Role::Reader, kNone, &now<&list_faults>, "the faults that are injected, and what each has hit"},
    {Method::Post, "/_isthmus/v1/faults", Role::Owner, kNone, &now<&create_fault>, "inject a fault"},
    {Method::Delete, "/_isthmus/v1/faults", Role::Owner, kNone, &now<&clear_faults>, "inject none any more"},
    {Method::Get, "/_isthmus/v1/faults/{name}", Role::Reader, kNone, &now<&get_fault>, "one fault"},
    {Method::Put, "/_isthmus/v1/faults/{name}", Role::Owner, kNone, &now<&put_fault>, "inject a fault, or change one"},
    {Method::Delete, "/_isthmus/v1/faults/{name}", Role::Owner, kNone, &now<&delete_fault>, "take a fault away"},
    {Method::Get, "/_isthmus/v1/clock", Role::Reader, kNone, &now<&show_clock>, "the time that the controller goes by"},
    {Method::Put, "/_isthmus/v1/clock", Role::Owner, kNone, &now<&put_clock>, "stop that time, set it, or make it run faster"},
    {Method::Post, "/_isthmus/v1/reset", Role::Owner, kNone, &reset_controller, "back to a fresh controller"},
};
// clang-format on

std::string path_of(const http::Request& request) {
  std::string path;
  for (const std::string& segment : request.segments) path += "/" + segment;
  return path.empty() ? "/" : path;
}

// Segment by segment, without case.
bool matches(std::string_view pattern, std::string_view path) {
  while (!pattern.empty() && !path.empty()) {
    const size_t end = std::min(pattern.find('/', 1), pattern.size());
    const size_t path_end = std::min(path.find('/', 1), path.size());
    const bool is_any = pattern.substr(1, end - 1).starts_with('{') && path_end > 1;
    if (!is_any && !http::equal_without_case(pattern.substr(0, end), path.substr(0, path_end)))
      return false;
    pattern.remove_prefix(end);
    path.remove_prefix(path_end);
  }
  return pattern.empty() && path.empty();
}

http::Response not_found(const std::string& path) {
  std::vector<std::string_view> paths;
  for (const Row& row : kRows) {  // the methods of a path stand together
    if (paths.empty() || paths.back() != row.path) paths.push_back(row.path);
  }
  const std::string_view near = nearest(path, paths);
  Problem problem;
  problem.status = 404;
  problem.code = info(ErrorCode::ResourceNotFound).name;
  problem.title = info(ErrorCode::ResourceNotFound).meaning;
  problem.detail = fmt::format("Nothing is at {}.", in_quotes(path));
  problem.remedy = near.empty()
                       ? fmt::format("The paths are /networking/v1 and {}.", fmt::join(paths, ", "))
                       : fmt::format("Did you mean {}?", near);
  return answer(problem);
}

// HEAD is GET; the server leaves out the body.
const Row* find_row(const http::Request& request, std::string_view path) {
  const Method method = request.method == Method::Head ? Method::Get : request.method;
  const auto row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& r) {
    return matches(r.path, path) && r.method == method;
  });
  return row == std::end(kRows) ? nullptr : &*row;
}

// The methods of a path, as the Allow header lists them.
std::string allowed(std::string_view path) {
  std::string methods;
  for (const Row& row : kRows) {
    if (!matches(row.path, path)) continue;
    methods += (methods.empty() ? "" : ", ") + std::string(http::to_string(row.method));
    if (row.method == Method::Get) methods += ", HEAD";
  }
  return methods.empty() ? "" : methods + ", OPTIONS";
}

http::Response other_method(const http::Request& request, const std::string& path) {
  http::Response response;
  if (request.method == Method::Options) {
    response.status = 204;
  } else {
    response = answer(
        problem_of({ErrorCode::MethodNotAllowed,
                    "",
                    fmt::format("{} does not take {}.", path, http::to_string(request.method)),
                    fmt::format("Use one of {}.", allowed(path)),
                    {}}));
  }
  response.headers.push_back({"Allow", allowed(path)});
  return response;
}

// A misspelt dryRun must not become a real change.
std::optional<Error> unknown_parameter(const Row& row, const http::Request& request) {
  for (const http::QueryParameter& parameter : request.query) {
    const bool known = std::any_of(
        row.parameters.begin(), row.parameters.end(),
        [&](std::string_view name) { return http::equal_without_case(name, parameter.name); });
    if (known) continue;
    const std::string_view near = nearest(parameter.name, row.parameters);
    return Error{ErrorCode::InvalidParameterValue,
                 "",
                 fmt::format("{} has no query parameter {}.", row.path, in_quotes(parameter.name)),
                 near.empty() ? "" : fmt::format("Did you mean '{}'?", near),
                 {}};
  }
  return std::nullopt;
}

}  // namespace

struct ControlHandler::Kept {
  Kept(Controller& controller, const ControlOptions& options)
      : snapshots(options.snapshots, "snapshot"),
        events(controller),
        requests(options.requests_kept, controller.clock()),
        faults(controller.clock()) {
    beat();
  }
  ~Kept() {
    boost::asio::post(background, [this] {
      is_ending = true;
      heartbeat.cancel();
    });
    background.join();
  }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;

  void beat() {
    if (is_ending) return;
    heartbeat.expires_after(kHeartbeat);
    heartbeat.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      events.keep_alive();
      beat();
    });
  }

  json::SavedModels snapshots;
  EventFeed events;
  front::RequestLog requests;
  front::FaultTable faults;
  front::LoadMetrics load;
  boost::asio::thread_pool background{1};
  boost::asio::steady_timer heartbeat{background};
  bool is_ending = false;  // the background thread's alone
};

ControlHandler::ControlHandler(Controller& controller, ControlOptions options)
    : controller_(controller),
      options_(std::move(options)),
      kept_(std::make_unique<Kept>(controller, options_)) {}

ControlHandler::~ControlHandler() = default;

front::RequestLog& ControlHandler::requests() { return kept_->requests; }
front::FaultTable& ControlHandler::faults() { return kept_->faults; }
front::LoadMetrics& ControlHandler::load() { return kept_->load; }

void ControlHandler::handle(http::Request request, http::Done done) {
  const std::string path = path_of(request);
  const Row* row = find_row(request, path);
  if (row == nullptr)
    return done(allowed(path).empty() ? not_found(path) : other_method(request, path));
  if (const auto error = unknown_parameter(*row, request)) return done(answer(problem_of(*error)));
  row->call({controller_, options_, http_metrics_.load(), kept_->load, kept_->requests,
             kept_->faults, kept_->snapshots, kept_->events, kept_->background},
            request, done);
}

// A dry run changes nothing, and an open call with parameters tells more than whether all is well.
Role required_role(const http::Request& request) {
  const Row* row = find_row(request, path_of(request));
  if (row == nullptr) return access::role_for(request.method);
  if (row->role == Role::Anyone && !request.query.empty()) return Role::Reader;
  const bool has_dry_run =
      std::find(row->parameters.begin(), row->parameters.end(), kDryRun) != row->parameters.end();
  if (has_dry_run && flag(request, kDryRun).value_or(false))
    return std::min(row->role, Role::Reader);
  return row->role;
}

std::vector<RouteInfo> control_routes() {
  std::vector<RouteInfo> routes;
  for (const Row& row : kRows) routes.push_back({row.method, row.path, row.role, row.summary});
  return routes;
}

std::span<const CallShape> call_shapes() {
  static const std::vector<CallShape> shapes = [] {
    std::vector<CallShape> all;
    for (const Row& row : kRows) all.push_back({row.method, row.path, row.parameters, row.summary});
    return all;
  }();
  return shapes;
}

http::Response json_answer(std::string body) {
  http::Response response;
  response.body = std::move(body);
  return response;
}

http::Response text_answer(std::string body, std::string_view content_type) {
  http::Response response;
  response.body = std::move(body);
  response.content_type = content_type;
  return response;
}

Result<bool> flag(const http::Request& request, std::string_view name) {
  const auto value = request.parameter(name);
  if (!value || http::equal_without_case(*value, "false")) return false;
  if (value->empty() || http::equal_without_case(*value, "true")) return true;
  return fail(ErrorCode::InvalidParameterValue, "",
              fmt::format("{} is not a value of {}: use true or false.", in_quotes(*value), name));
}

}  // namespace isthmus::api::control
