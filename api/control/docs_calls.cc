// GET of /openapi.json, and of /docs: the page that shows it.
#include <fmt/format.h>

#include "api/control/calls.h"
#include "api/control/docs/assets.h"
#include "api/control/openapi.h"
#include "controller/model/text.h"

namespace isthmus::api::control {
namespace {

constexpr size_t kFileSegment = 1;  // /docs/{name}

// Nothing but what this server sends, in no frame. The style sheet holds its pictures itself.
constexpr std::string_view kPolicy =
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

http::Response serve(const docs::Asset& asset) {
  http::Response response = text_answer(std::string(asset.content), asset.content_type);
  response.headers = {{"Content-Security-Policy", std::string(kPolicy)},
                      {"X-Content-Type-Options", "nosniff"},
                      {"X-Frame-Options", "DENY"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Cache-Control", "no-cache"}};
  if (!asset.encoding.empty())
    response.headers.push_back({"Content-Encoding", std::string(asset.encoding)});
  return response;
}

}  // namespace

http::Response show_openapi(const Service&, const http::Request&) {
  static const std::string document = openapi_document(call_shapes());
  http::Response response = json_answer(document);
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
  return response;
}

http::Response show_docs(const Service&, const http::Request&) { return serve(docs::page()); }

http::Response show_docs_file(const Service&, const http::Request& request) {
  const std::string& name = request.segments[kFileSegment];
  if (const docs::Asset* asset = docs::find_asset(name)) return serve(*asset);
  return answer(problem_of({ErrorCode::ResourceNotFound,
                            "",
                            fmt::format("There is no file {} here.", in_quotes(name)),
                            "The page is /docs.",
                            {}}));
}

}  // namespace isthmus::api::control
