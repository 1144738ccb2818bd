// Lab documents in and out, and the way back to a fresh controller.
#include <fmt/format.h>

#include <array>

#include "api/control/calls.h"
#include "api/control/lab/expand.h"
#include "api/control/lab/export.h"
#include "api/control/lab_text.h"
#include "api/json/json_text.h"
#include "controller/model/text.h"
#include "controller/rules/apply.h"

namespace isthmus::api::control {
namespace {

using json::JsonText;

using lab::LabDocument;
using lab::Prune;

constexpr std::array<std::string_view, 4> kEffects = {"created", "updated", "deleted", "unchanged"};

std::string write_outcomes(const std::vector<Outcome>& outcomes, Revision revision,
                           bool is_dry_run) {
  JsonText json;
  json.object().key("changes").array();
  for (const Outcome& outcome : outcomes) {
    json.object()
        .text("change", kEffects[static_cast<size_t>(outcome.effect)])
        .text("resource", outcome.id.path())
        .end_object();
  }
  json.end_array().number("revision", revision);
  if (is_dry_run) json.key("dryRun").boolean(true);
  json.end_object();
  return json.take();
}

tl::expected<Applied, Problem> rehearse(const LabDocument& document, Prune prune,
                                        const Model& model, const Limits& limits, int64_t now_ms) {
  if (const auto legal = check_locations(document, model); !legal)
    return tl::unexpected(problem_in(document, legal.error()));
  Change change = expand(document, model, prune);
  change.time_ms = now_ms;
  auto applied = apply(model, change, limits);
  if (!applied) return tl::unexpected(problem_in(document, applied.error()));
  return std::move(*applied);
}

}  // namespace

tl::expected<Applied, Problem> rehearse_document(const http::Request& request,
                                                 const std::string& subscription,
                                                 const Model& model, const Limits& limits,
                                                 int64_t now_ms) {
  const auto document = read_document(request, subscription);
  if (!document) return tl::unexpected(document.error());
  return rehearse(*document, Prune::Keep, model, limits, now_ms);
}

void apply_document(const Service& service, const http::Request& request, const http::Done& done) {
  const auto dry_run = flag(request, "dryRun");
  const auto prune_flag = flag(request, "prune");
  if (!dry_run) return done(answer(problem_of(dry_run.error())));
  if (!prune_flag) return done(answer(problem_of(prune_flag.error())));
  auto parsed = read_document(request, service.options.subscription);
  if (!parsed) return done(answer(parsed.error()));
  const Prune prune = *prune_flag ? Prune::Delete : Prune::Keep;
  if (*dry_run) {
    const Controller& controller = service.controller;
    const ModelPtr model = controller.model();
    const auto applied =
        rehearse(*parsed, prune, *model, controller.limits(), controller.clock().now_ms());
    return done(applied ? json_answer(write_outcomes(applied->outcomes, model->revision(), true))
                        : answer(applied.error()));
  }

  // Expanded where it is decided, so that no other change comes between.
  const auto document = std::make_shared<const LabDocument>(std::move(*parsed));
  const Controller& controller = service.controller;
  service.controller.submit(
      [document, prune, &controller](const Model& model, int64_t now_ms) -> Result<Applied> {
        if (auto legal = check_locations(*document, model); !legal)
          return tl::unexpected(legal.error());
        Change change = expand(*document, model, prune);
        change.time_ms = now_ms;
        return apply(model, change, controller.limits());
      },
      request.who(),
      [document, done](const Result<Committed>& result) {
        done(result
                 ? json_answer(write_outcomes(result->outcomes, result->model->revision(), false))
                 : answer(problem_in(*document, result.error())));
      });
}

http::Response export_document(const Service& service, const http::Request& request) {
  const ModelPtr model = service.controller.model();
  const std::string& subscription = service.options.subscription;
  const auto group = request.parameter("group");
  if (!group) return text_answer(lab::export_lab(*model), kYaml);
  const bool is_there = is_legal_azure_name(Kind::ResourceGroup, *group) &&
                        model->find(lab::lab_group(*group, subscription)) != nullptr;
  if (!is_there)
    return answer(problem_of({ErrorCode::ResourceNotFound,
                              "",
                              fmt::format("There is no resource group {}.", in_quotes(*group)),
                              "",
                              {}}));
  return text_answer(lab::export_lab(*model, {Realm::Azure, std::string(*group), subscription}),
                     kYaml);
}

void reset_controller(const Service& service, const http::Request& request,
                      const http::Done& done) {
  service.controller.reset(request.who(), [done](const Result<Committed>& result) {
    if (!result) return done(answer(problem_of(result.error())));
    JsonText json;
    json.object().number("revision", result->model->revision()).end_object();
    done(json_answer(json.take()));
  });
}

}  // namespace isthmus::api::control
