// isthmus env: what a shell evaluates so that az, the SDKs and Terraform take the server for their
// cloud: eval "$(isthmus env)", and back with eval "$(isthmus env --unset)".
#include <fmt/format.h>

#include "tools/isthmus/azure_environment.h"

namespace isthmus::cli {
namespace {

Json object_of(const std::vector<Variable>& variables) {
  Json json(rapidjson::kObjectType);
  auto& memory = json.GetAllocator();
  for (const auto& [name, value] : variables)
    json.AddMember(Value(name.c_str(), memory), Value(value.c_str(), memory), memory);
  return json;
}

std::string shell_lines(const std::vector<Variable>& variables) {
  std::string lines;
  for (const auto& [name, value] : variables) {
    lines += value.empty() ? fmt::format("unset {}\n", name)
                           : fmt::format("export {}={}\n", name, shell_quoted(value));
  }
  return lines;
}

}  // namespace

Result<void> show_environment(Session& session, const Arguments& arguments) {
  std::vector<Variable> variables;
  if (arguments.has("unset")) {
    auto forgotten = forget_azure_environment(session);
    if (!forgotten) return tl::unexpected(forgotten.error());
    variables = std::move(*forgotten);
  } else {
    auto prepared = prepare_azure_environment(session, arguments);
    if (!prepared) return tl::unexpected(prepared.error());
    variables = std::move(prepared->variables);
  }
  if (session.output.settings().form_was_chosen) return session.output.print(object_of(variables));
  session.output.print_text(shell_lines(variables));
  return {};
}

}  // namespace isthmus::cli
