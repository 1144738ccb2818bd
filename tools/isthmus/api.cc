#include "tools/isthmus/api.h"

#include <fmt/format.h>

#include <thread>

namespace isthmus::cli {
namespace {

constexpr std::chrono::milliseconds kPollInterval{100};

Exit exit_of(int status) {
  switch (status) {
    case 404:
      return Exit::NotFound;
    case 409:
    case 412:
      return Exit::Conflict;
    default:
      return Exit::Failure;
  }
}

// {"error":{"code","message","details":[{"message"}]}}, as the Network Controller answers.
void read_controller_error(const Value& error, Problem& problem) {
  problem.code = text_at(error, "/code");
  problem.message = text_at(error, "/message");
  const Value* details = find(error, "/details");
  if (details == nullptr || !details->IsArray()) return;
  for (const Value& detail : details->GetArray())
    problem.remedy += (problem.remedy.empty() ? "" : "; ") + text_at(detail, "/message");
}

// RFC 9457 with our members.
void read_problem_document(const Value& document, Problem& problem) {
  problem.code = text_at(document, "/code");
  problem.message = text_at(document, "/detail");
  if (problem.message.empty()) problem.message = text_at(document, "/title");
  problem.remedy = text_at(document, "/remedy");
  const Value* all = find(document, "/problems");
  if (all != nullptr && all->IsArray() && all->Size() > 1)
    problem.message += fmt::format(" (and {} more: -o json lists them)", all->Size() - 1);
}

Problem unreachable(const std::string& server, const NoAnswer& reason) {
  return {Exit::Unreachable,
          {},
          fmt::format("cannot reach {}: {}", server, reason.why),
          reason.remedy.empty()
              ? "is isthmusd running there? --server or ISTHMUS_SERVER names another"
              : reason.remedy,
          {}};
}

}  // namespace

Problem to_problem(const HttpResponse& response) {
  Problem problem{exit_of(response.status), {}, {}, {}, response.body};
  if (const std::optional<Json> json = parse_json(response.body); json && json->IsObject()) {
    if (const Value* error = find(*json, "/error"); error != nullptr && error->IsObject())
      read_controller_error(*error, problem);
    else
      read_problem_document(*json, problem);
  }
  if (problem.message.empty())
    problem.message = fmt::format("the server answered with status {}", response.status);
  return problem;
}

std::string path_of(std::string_view link) {
  const size_t scheme = link.find("://");
  if (scheme == std::string_view::npos) return std::string(link);
  const size_t path = link.find('/', scheme + 3);
  return std::string(path == std::string_view::npos ? "/" : link.substr(path));
}

std::string encoded(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (char c : text) {
    if (kPlain.find(c) != std::string_view::npos)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// What a person does about it who is not let in.
Problem Api::refused(const HttpResponse& response) const {
  Problem problem = to_problem(response);
  if (problem.code == "AuthenticationFailed") {
    problem.remedy = token_.empty()
                         ? "give a token: --token-file FILE, ISTHMUS_TOKEN_FILE or ISTHMUS_TOKEN; "
                           "the owner's is beside the daemon's state, in STATE.token"
                         : "have a token made by who runs isthmusd: isthmus token create";
  }
  if (problem.code == "AuthorizationFailed")
    problem.remedy = "have a token of that role made by who runs isthmusd: isthmus token create";
  return problem;
}

Result<Reply> Api::call(const HttpRequest& request, std::chrono::milliseconds timeout) {
  HttpRequest signed_request = request;
  if (!token_.empty()) signed_request.headers.emplace_back("Authorization", "Bearer " + token_);
  auto response = transport_.send(signed_request, timeout);
  if (!response) return tl::unexpected(unreachable(server_, response.error()));
  if (response->status < 200 || response->status >= 300) return tl::unexpected(refused(*response));
  Json json = parse_json(response->body).value_or(Json());
  return Reply{std::move(*response), std::move(json)};
}

Result<Json> Api::get(std::string_view target) {
  return call({"GET", std::string(target), {}, {}}).map([](Reply&& reply) {
    return std::move(reply.json);
  });
}

Result<Json> Api::list(std::string_view target) {
  Json all(rapidjson::kArrayType);
  for (std::string next(target); !next.empty();) {
    Result<Json> page = get(next);
    if (!page) return tl::unexpected(page.error());
    if (const Value* elements = find(*page, "/value"); elements != nullptr && elements->IsArray())
      for (const Value& element : elements->GetArray())
        all.PushBack(Value(element, all.GetAllocator()), all.GetAllocator());
    next = path_of(text_at(*page, "/nextLink"));
  }
  return all;
}

Result<Reply> Api::put(std::string_view target, const Value& body, std::string_view if_match) {
  HttpRequest request{
      "PUT", std::string(target), {{"Content-Type", "application/json"}}, to_text(body)};
  if (!if_match.empty()) request.headers.emplace_back("If-Match", if_match);
  return call(request);
}

Result<Reply> Api::post(std::string_view target, std::string body, std::string_view content_type) {
  HttpRequest request{"POST", std::string(target), {}, std::move(body)};
  if (!content_type.empty()) request.headers.emplace_back("Content-Type", content_type);
  return call(request);
}

Result<Json> Api::ask(std::string_view target) {
  Result<Reply> reply = post(target, {}, {});
  const auto deadline = std::chrono::steady_clock::now() + kTimeout;
  while (reply && reply->http.status == 202 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kPollInterval);
    reply = call({"GET", path_of(reply->http.header("Location")), {}, {}});
  }
  if (!reply) return tl::unexpected(reply.error());
  if (reply->http.status == 202)
    return tl::unexpected(
        Problem{Exit::Timeout, {}, "the question is accepted but not answered after 60 s", {}, {}});
  return std::move(reply->json);
}

Result<void> Api::finish(const Reply& reply) {
  const std::string operation = path_of(reply.http.header("Azure-AsyncOperation"));
  if (operation.empty()) return {};

  const auto deadline = std::chrono::steady_clock::now() + kTimeout;
  while (std::chrono::steady_clock::now() < deadline) {
    const Result<Json> state = get(operation);
    if (!state) return tl::unexpected(state.error());
    const std::string status = text_at(*state, "/status");
    if (status == "Succeeded") return {};
    if (status != "InProgress") {
      Problem problem{Exit::Failure, {}, "the operation ended as " + status, {}, to_text(*state)};
      if (const Value* error = find(*state, "/error")) read_controller_error(*error, problem);
      return tl::unexpected(problem);
    }
    std::this_thread::sleep_for(kPollInterval);
  }
  const std::string_view path = std::string_view(operation).substr(0, operation.find('?'));
  const bool is_on_prem = path.starts_with("/networking/");
  return tl::unexpected(Problem{Exit::Timeout,
                                {},
                                "the change is accepted but not done after 60 s",
                                fmt::format("isthmus wait --for operation={}",
                                            is_on_prem ? path.substr(path.rfind('/') + 1) : path),
                                {}});
}

Result<bool> Api::remove(std::string_view target) {
  const Result<Reply> reply = call({"DELETE", std::string(target), {}, {}});
  if (!reply) return tl::unexpected(reply.error());
  if (reply->http.status == 202)
    if (const Result<void> done = finish(*reply); !done) return tl::unexpected(done.error());
  return reply->http.status != 204;
}

}  // namespace isthmus::cli
