// Tokens, as OAuth 2.0 (RFC 6749) gives them. Where nobody is asked who he is, everybody gets one.
// Where callers show a token of this controller, that is the secret they sign in with, and it is
// the token that they get: so each call has the role of the token, and nothing is kept here.
#include <fmt/format.h>

#include <optional>

#include "api/access/authenticate.h"
#include "api/access/digest.h"
#include "api/arm/answers.h"
#include "api/arm/calls.h"
#include "api/arm/unsigned_token.h"
#include "api/http/target.h"
#include "api/json/json_text.h"

namespace isthmus::api::arm {
namespace {

using json::JsonText;

constexpr int64_t kLifetimeS = 24 * 60 * 60;

using Form = std::vector<http::QueryParameter>;

// The parameters of the form; nothing where it is none.
Form form_of(const http::Request& request) {
  auto form = http::decode_query(request.body);
  return form ? std::move(*form) : Form();
}

// The first of this name that is text; names of OAuth are as they are written.
std::string_view value_of(const Form& form, std::string_view name) {
  for (const http::QueryParameter& field : form)
    if (field.name == name && http::is_utf8(field.value)) return field.value;
  return {};
}

http::Response without_caching(http::Response response) {
  response.headers.push_back({"Cache-Control", "no-store"});  // RFC 6749 section 5.1
  return response;
}

http::Response oauth_error(int status, std::string_view error, std::string_view description) {
  JsonText out;
  out.object().text("error", error).text("error_description", description).end_object();
  return without_caching(json_answer(status, out.take()));
}

// "https://host//.default" is the audience "https://host/".
std::string audience_of(std::string_view scope, std::string_view otherwise) {
  constexpr std::string_view kDefault = "/.default";
  scope = scope.substr(0, scope.find(' '));
  if (scope.ends_with(kDefault)) scope.remove_suffix(kDefault.size());
  return std::string(scope.empty() ? otherwise : scope);
}

std::string token_for(const Call& call, std::string_view client, std::string_view audience,
                      std::string_view user = {}) {
  const int64_t now = call.options.now_s();
  const std::string issuer = call.origin() + "/adfs";
  return unsigned_token(
      {issuer, audience, call.options.tenant, client, now, now + kLifetimeS, user});
}

// A service principal's, a person's, or what a person has got in its place.
std::string_view secret_in(const Form& form) {
  for (const char* name : {"client_secret", "password", "refresh_token"})
    if (const std::string_view secret = value_of(form, name); !secret.empty()) return secret;
  return {};
}

// What stands in a refresh token that is no secret: whose it is.
constexpr std::string_view kRefresh = "isthmus-refresh:";

// The person that signs in, or did; nobody where a service principal does.
std::string_view user_in(const Form& form) {
  const std::string_view refresh = value_of(form, "refresh_token");
  if (refresh.starts_with(kRefresh)) return refresh.substr(kRefresh.size());
  return value_of(form, "grant_type") == "password" ? value_of(form, "username") : "";
}

// What clients keep of a person: who it is (OpenID Connect Core section 2), and what gets the next
// token without the password.
void write_user(JsonText& out, const Call& call, std::string_view client, std::string_view user,
                std::string_view secret) {
  JsonText info;
  info.object().text("uid", object_id(user)).text("utid", call.options.tenant).end_object();
  out.text("id_token", token_for(call, client, client, user))
      .text("client_info", base64url(info.take()))
      .text("refresh_token", call.options.asks_for_tokens
                                 ? std::string(secret)
                                 : std::string(kRefresh) + std::string(user));
}

// Why the secret does not become the token; nothing where it may.
std::optional<http::Response> bad_secret(const http::Request& request, std::string_view secret) {
  if (!request.is_tls && !access::is_loopback_peer(request.peer))
    return oauth_error(400, "invalid_request",
                       "The secret came over plain HTTP, where others can read it: use https, and "
                       "have it replaced.");
  if (access::is_token_text(secret)) return std::nullopt;
  return oauth_error(401, "invalid_client",
                     "This controller asks for its tokens: sign in with one as the client secret "
                     "(az login --service-principal -u NAME -p TOKEN); isthmus token create makes "
                     "one.");
}

}  // namespace

// The secret is taken from the body alone: what stands in a path is in logs.
http::Response give_token(const Call& call) {
  const auto form = form_of(call.request);
  const std::string_view secret = secret_in(form);
  if (call.options.asks_for_tokens) {
    if (auto refusal = bad_secret(call.request, secret)) return std::move(*refusal);
  }
  std::string_view scope = value_of(form, "scope");
  if (scope.empty()) scope = value_of(form, "resource");
  const std::string audience = audience_of(scope, call.origin() + "/");
  const std::string_view client = value_of(form, "client_id");
  const std::string_view user = user_in(form);
  JsonText out;
  out.object()
      .text("token_type", "Bearer")
      .number("expires_in", kLifetimeS)
      .number("ext_expires_in", kLifetimeS)
      .text("access_token", call.options.asks_for_tokens ? std::string(secret)
                                                         : token_for(call, client, audience, user));
  if (!user.empty()) write_user(out, call, client, user, secret);
  out.end_object();
  return without_caching(json_answer(200, out.take()));
}

// What a virtual machine, or a web application, asks the host that it runs on.
http::Response give_identity_token(const Call& call) {
  if (call.options.asks_for_tokens)
    return oauth_error(400, "invalid_request",
                       "A managed identity has no secret, and this controller asks for one of its "
                       "tokens: sign in as a service principal, with the token as its secret.");
  const auto& fields =
      call.request.method == http::Method::Post ? form_of(call.request) : call.request.query;
  std::string resource(value_of(fields, "resource"));
  if (resource.empty()) resource = call.origin() + "/";
  const std::string expires = std::to_string(call.options.now_s() + kLifetimeS);
  JsonText out;
  out.object()
      .text("access_token", token_for(call, "managed-identity", resource))
      .text("expires_in", std::to_string(kLifetimeS))
      .text("expires_on", expires)
      .text("resource", resource)
      .text("token_type", "Bearer")
      .end_object();
  return without_caching(json_answer(200, out.take()));
}

}  // namespace isthmus::api::arm
