#include "api/arm/shared_key.h"

#include "api/json/json_reader.h"
#include "api/json/json_text.h"
#include "api/json/parse.h"

namespace isthmus::api::arm {
namespace {

constexpr std::string_view kHidden = "********";

}  // namespace

Result<std::string> read_shared_key(std::string_view body, const json::Limits& limits) {
  const auto document = json::parse_json(body, limits);
  if (!document) return fail(ErrorCode::InvalidRequestContent, "", document.error().message);
  const json::Value* value = json::find_member(*document, "value");
  if (value != nullptr && value->IsString() && !json::is_blank(*value))
    return std::string(json::text_of(*value));
  return fail(ErrorCode::InvalidParameterValue, "/value", "A shared key is a text in value.",
              R"(Send {"value": "..."}.)");
}

std::string shared_key_text(const Model&, const Resource& connection) {
  json::JsonText out;
  out.object().text("id", connection.id.path() + "/sharedkey");
  out.text("value", connection.as<GatewayConnection>().has_shared_key ? kHidden : "");
  return out.end_object().take();
}

}  // namespace isthmus::api::arm
