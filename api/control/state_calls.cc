// What the daemon is and how it does: liveness, readiness, version, configuration, sizes.
#include <fmt/format.h>

#include "api/config/version.h"
#include "api/control/calls.h"
#include "api/json/json_text.h"

namespace isthmus::api::control {
namespace {

using json::JsonText;

constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

#if defined(__clang__)
constexpr std::string_view kCompiler = "clang " __clang_version__;
#else
constexpr std::string_view kCompiler = "gcc " __VERSION__;
#endif

std::string not_programmed(const Controller& controller) {
  return controller.dataplane_stats().version > 0 ? "" : "the stored state is not programmed yet";
}

}  // namespace

http::Response livez(const Service&, const http::Request&) {
  return text_answer("ok\n", kPlainText);
}

// One line for each check, as Kubernetes' components print them; "ok" alone when all is well and
// nobody asked.
http::Response readyz(const Service& service, const http::Request& request) {
  const auto verbose = flag(request, "verbose");
  if (!verbose) return answer(problem_of(verbose.error()));
  std::string lines;
  bool ready = true;
  const auto note = [&](std::string_view name, const std::string& trouble) {
    ready = ready && trouble.empty();
    lines += trouble.empty() ? fmt::format("[+]{} ok\n", name)
                             : fmt::format("[-]{} failed: {}\n", name, trouble);
  };
  note("programmed", not_programmed(service.controller));
  for (const ReadyCheck& check : service.options.ready_checks) note(check.name, check.trouble());
  if (ready && !*verbose) return text_answer("ok\n", kPlainText);
  http::Response response = text_answer(lines + (ready ? "ready\n" : "not ready\n"), kPlainText);
  response.status = ready ? 200 : 503;
  return response;
}

http::Response show_ca(const Service& service, const http::Request&) {
  std::string pem = service.options.ca_pem ? service.options.ca_pem() : "";
  if (!pem.empty()) return text_answer(std::move(pem), "application/x-pem-file");
  return answer(
      problem_of({ErrorCode::ResourceNotFound,
                  "",
                  "This daemon has no CA of its own: it has the certificate of --tls-cert, or "
                  "--tls is off.",
                  "Trust the CA that has signed that certificate.",
                  {}}));
}

http::Response show_version(const Service&, const http::Request&) {
  JsonText json;
  json.object()
      .text("name", "isthmus")
      .text("version", config::kVersion)
      .text("builtWith", kCompiler)
      .end_object();
  return json_answer(json.take());
}

http::Response show_config(const Service& service, const http::Request&) {
  JsonText json;
  json.object().key("settings").array();
  for (const config::Setting& setting : service.options.settings) {
    json.object()
        .text("name", setting.name)
        .text("value", setting.value)
        .text("origin", setting.origin.text)
        .end_object();
  }
  json.end_array().end_object();
  return json_answer(json.take());
}

http::Response show_stats(const Service& service, const http::Request&) {
  const ModelPtr model = service.controller.model();
  const dataplane::DataplaneStats dataplane = service.controller.dataplane_stats();
  const ControllerStats& stats = service.controller.stats();
  JsonText json;
  json.object()
      .number("revision", model->revision())
      .text("digest", service.controller.digest())
      .number("networks", model->count(Kind::VirtualNetwork))
      .number("routes", dataplane.routes)
      .number("tables", dataplane.tables)
      .number("bytes", dataplane.bytes)
      .number("recomputedRoutes", stats.recomputed_routes)
      .number("transactions", stats.transactions)
      .number("changes", stats.changes)
      .number("refused", stats.refused)
      .number("failed", stats.failed)
      .key("resources")
      .object();
  for (const KindInfo& row : kinds_in(Realm::Onprem)) {
    // The children of two types are called the same: a child's count names its parent too.
    json.number(row.parent == Kind::None
                    ? std::string(row.segment)
                    : fmt::format("{}/{}", info(row.parent).segment, row.segment),
                model->count(row.kind));
  }
  json.end_object().end_object();
  return json_answer(json.take());
}

}  // namespace isthmus::api::control
