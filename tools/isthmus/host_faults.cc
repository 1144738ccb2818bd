// isthmus host-fault: which hosts fail, and switching that.
#include <fmt/format.h>

#include "tools/isthmus/tasks.h"

namespace isthmus::cli {
namespace {

constexpr std::string_view kHostFaultsPath = "/_isthmus/v1/host-faults";

constexpr Column kHostFaultColumns[] = {
    {"Host", "/host"},
    {"Code", "/code"},
    {"Message", "/message"},
};

Result<void> print(Session& session, const Json& answer) {
  const Value* list = find(answer, "/hostFaults");
  const Json faults =
      list != nullptr && list->IsArray() ? copy(*list) : Json(rapidjson::kArrayType);
  return session.output.print(faults, [&] { return grid_of(kHostFaultColumns, faults); });
}

}  // namespace

Result<void> host_faults(Session& session, const Arguments& arguments) {
  if (!arguments.has("HOST")) {
    const Result<Json> answer = session.api.get(kHostFaultsPath);
    return answer ? print(session, *answer) : Result<void>(tl::unexpected(answer.error()));
  }
  if (!arguments.has("CODE"))
    return usage("host-fault needs a code behind the host, such as HostUnreachable, or none");
  const std::string target =
      fmt::format("{}?host={}", kHostFaultsPath, encoded(arguments.text("HOST")));
  const std::string_view code = arguments.text("CODE");
  Json body(rapidjson::kObjectType);
  auto& memory = body.GetAllocator();
  body.AddMember("code", Value(std::string(code).c_str(), memory), memory);
  const Result<Reply> reply =
      code == "none" ? session.api.call({"DELETE", target, {}, {}}) : session.api.put(target, body);
  return reply ? print(session, reply->json) : Result<void>(tl::unexpected(reply.error()));
}

}  // namespace isthmus::cli
