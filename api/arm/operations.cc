#include "api/arm/operations.h"

#include <fmt/format.h>

#include <array>
#include <limits>

#include "api/arm/answers.h"
#include "api/arm/api_version.h"
#include "api/arm/operation_name.h"
#include "api/arm/resource_text.h"
#include "controller/model/references.h"
#include "controller/model/text.h"

namespace isthmus::api::arm {
namespace {

using http::Method;

constexpr int64_t kUndecided = std::numeric_limits<int64_t>::max();
constexpr std::string_view kRetryAfterS = "1";  // real Azure says 10

// What changes as one: a group, or a resource at its top with all that is below, as Azure
// serialises the writes on one virtual network.
ResourceId scope_of(ResourceId id) {
  while (!id.empty() && id.kind() != Kind::ResourceGroup &&
         id.parent().kind() != Kind::ResourceGroup)
    id = id.parent();
  return id;
}

bool is_write(Method method) {
  return method == Method::Put || method == Method::Patch || method == Method::Delete;
}

// Where a resource is: by its own location, that of its parent, or of its group.
std::string location_of(const Model& model, ResourceId id) {
  for (; !id.empty(); id = id.parent()) {
    const Resource* resource = model.find(id);
    if (resource != nullptr && resource->annotations && !resource->annotations->location.empty())
      return resource->annotations->location;
  }
  return "global";
}

// An operation's own address, and that of its result, as the client that began it reaches them.
// What happens to a group is no operation of a provider's: there is a result to ask for, and no
// more.
struct Links {
  std::string status;
  std::string result;
};
Links links_of(const http::Request& request, const ResourceId& id, const std::string& location,
               std::string_view operation) {
  const std::string front = arm::origin(request) + id.ancestor(Kind::Subscription).path();
  const std::string back =
      fmt::format("{}?{}={}", operation, kApiVersion, request.parameter(kApiVersion).value_or(""));
  if (id.kind() == Kind::ResourceGroup) {
    const std::string result = front + "/operationresults/" + back;
    return {result, result};
  }
  const std::string place =
      fmt::format("{}/providers/Microsoft.Network/locations/{}", front, location);
  return {place + "/operations/" + back, place + "/operationResults/" + back};
}

// Of the draft and of all that it makes; what it only repeats is not judged again.
void each_reference(const Draft& draft,
                    const std::function<void(const ResourceId&, const ResourceId&)>& see) {
  for_each_reference(
      draft.id.realm(), draft.body,
      [&](const ResourceId& target, const ReferenceMember&) { see(draft.id, target); });
  for (const DraftChildren& children : draft.children) {
    if (info(children.kind).in_parent == InParent::Echoed) continue;
    for (const Draft& child : children.items) each_reference(child, see);
  }
}

http::Response failure_answer(const http::OperationFailure& failure) {
  const ArmErrorInfo& retryable = info(ArmErrorCode::RetryableError);
  const int status = failure.code == retryable.name ? retryable.status : 500;
  return error_answer(status, failure.code, failure.message);
}

void add_retry(http::Response& response) {
  response.headers.push_back({"Retry-After", std::string(kRetryAfterS)});
}

}  // namespace

// A call from when it came until it is answered. One that never is gives its claim back, too.
struct Operations::Started {
  Operations& operations;
  const http::Request request;  // without its body
  const ResourceId id;
  const ModelPtr before;  // of a deletion
  bool has_claim = false;

  ~Started() {
    if (has_claim) operations.release(id, name());
  }
  const std::string& name() const { return request.request_id; }
};

namespace {

http::Response no_operation(const Place& place) {
  return error_answer(
      ArmErrorCode::ResourceNotFound,
      fmt::format("There is no operation {}. The newest ones are kept, until the controller "
                  "restarts.",
                  in_quotes(place.name)));
}

http::Request without_body(const http::Request& request) {
  http::Request copy;
  copy.method = request.method;
  copy.query = request.query;
  copy.headers = request.headers;
  copy.request_id = request.request_id;
  copy.operation_failure = request.operation_failure;
  copy.is_tls = request.is_tls;
  return copy;
}

}  // namespace

std::optional<std::string> Operations::uri_in_the_way(const ResourceId& id) const {
  const int64_t now = now_ms();
  for (const ResourceId& scope : {scope_of(id), id.ancestor(Kind::ResourceGroup)}) {
    const auto claim = claims_.find(scope);
    if (claim != claims_.end() && claim->second.until_ms > now) return claim->second.uri;
  }
  return std::nullopt;
}

// An operation on the resource, on what it is part of, or on a part of it.
const Operations::Claim* Operations::running_on(const ResourceId& id) const {
  for (const ResourceId& scope : {scope_of(id), id.ancestor(Kind::ResourceGroup)}) {
    const auto claim = claims_.find(scope);
    if (claim == claims_.end() || claim->second.until_ms <= now_ms()) continue;
    const ResourceId& resource = claim->second.resource;
    if (resource.contains(id) || id.contains(resource)) return &claim->second;
  }
  return nullptr;
}

std::optional<http::Response> Operations::unprovisioned(const Draft& draft) const {
  if (!is_async()) return std::nullopt;
  const ResourceId own_scope = scope_of(draft.id);
  std::optional<http::Response> refusal;
  const std::lock_guard lock(mutex_);
  each_reference(draft, [&](const ResourceId& owner, const ResourceId& target) {
    if (refusal || scope_of(target) == own_scope) return;
    const Claim* claim = running_on(target);
    if (claim == nullptr) return;
    refusal = error_answer(
        ArmErrorCode::ReferencedResourceNotProvisioned,
        fmt::format("Cannot proceed with operation because resource {} used by resource {} is not "
                    "in Succeeded state. Resource is in {} state and the last operation that "
                    "updated/is updating the resource is {}.",
                    target.path(), owner.path(),
                    claim->method == Method::Delete ? "Deleting" : "Updating",
                    operation_name(claim->method, claim->resource.kind())));
  });
  return refusal;
}

std::optional<http::Response> Operations::begin(const http::Request& request, const ResourceId& id,
                                                Pace pace, http::Done& done) {
  if (!is_async() || (pace == Pace::AtOnce && !is_write(request.method))) return std::nullopt;
  const ModelPtr model = controller_.model();
  const bool is_deletion = request.method == Method::Delete;
  const auto started = std::make_shared<Started>(
      Started{*this, without_body(request), id, is_deletion ? model : nullptr});
  if (is_write(request.method)) {
    const std::lock_guard lock(mutex_);
    for (; !expiring_.empty() && expiring_.front().first <= now_ms(); expiring_.pop_front()) {
      const auto claim = claims_.find(expiring_.front().second);
      if (claim != claims_.end() && claim->second.until_ms <= now_ms()) claims_.erase(claim);
    }
    if (const auto uri = uri_in_the_way(id))
      return error_answer(
          ArmErrorCode::AnotherOperationInProgress,
          fmt::format("Another operation on this or dependent resource is in progress. To retrieve "
                      "status of the operation use uri: {}.",
                      *uri));
    if (pace == Pace::AtOnce) return std::nullopt;
    const Links links = links_of(request, id, location_of(*model, id), started->name());
    claims_[scope_of(id)] = {started->name(), links.status,  kUndecided, id,
                             started->before, request.method};
    started->has_claim = true;
  }
  if (is_deletion && request.operation_failure && model->find(id) != nullptr)
    return told(*started, json_answer(200, ""));
  done = [started, tell = std::move(done)](http::Response answer) {
    tell(started->operations.told(*started, std::move(answer)));
  };
  return std::nullopt;
}

// What failed, and a deletion of nothing, is told as it is.
http::Response Operations::told(Started& started, http::Response answer) {
  const Method method = started.request.method;
  if (answer.status >= 300 || (method == Method::Delete && answer.status == 204)) {
    if (std::exchange(started.has_claim, false)) release(started.id, started.name());
    return answer;
  }
  const auto& failure = started.request.operation_failure;
  const ModelPtr model = started.before ? started.before : controller_.model();
  const Links links =
      links_of(started.request, started.id, location_of(*model, started.id), started.name());
  if (std::exchange(started.has_claim, false)) {
    const std::lock_guard lock(mutex_);
    Claim& claim = claims_[scope_of(started.id)];
    claim.uri = links.status;
    claim.until_ms = now_ms() + options_.time.count();
    expiring_.emplace_back(claim.until_ms, scope_of(started.id));
  }
  if (method == Method::Put) {
    if (failure) note_failure(started.id);
    remember(started.name(),
             {method, started.id, failure ? failure_answer(*failure) : http::Response()});
    answer.headers.push_back({"Azure-AsyncOperation", links.status});
    answer.headers.push_back({"Azure-AsyncNotification", "Enabled"});
    add_retry(answer);
    return answer;
  }
  if (failure) answer = failure_answer(*failure);
  remember(started.name(), {method, started.id, std::move(answer)});
  http::Response accepted = json_answer(202, "");
  if (method == Method::Delete && links.status != links.result)
    accepted.headers.push_back({"Azure-AsyncOperation", links.status});
  accepted.headers.push_back({"Location", links.result});
  add_retry(accepted);
  return accepted;
}

// The claim on the resource keeps its newest change the one that failed.
void Operations::note_failure(const ResourceId& id) {
  const ModelPtr model = controller_.model();
  const Resource* resource = model->find(id);
  if (resource == nullptr) return;
  const std::lock_guard lock(mutex_);
  auto failed = std::make_shared<std::set<Revision>>();
  if (failed_) *failed = *failed_;
  failed->insert(resource->put.revision);
  if (failed->size() > options_.kept) failed->erase(failed->begin());
  failed_ = std::move(failed);
}

void Operations::release(const ResourceId& id, const std::string& operation) {
  const std::lock_guard lock(mutex_);
  const auto claim = claims_.find(scope_of(id));
  if (claim != claims_.end() && claim->second.operation == operation) claims_.erase(claim);
}

void Operations::remember(const std::string& operation, FinishedOperation finished) {
  const size_t bytes = finished.answer.body.size();
  finished_.put(operation, std::move(finished), now_ms());
  if (bytes == 0) return;
  const std::lock_guard lock(mutex_);
  bodies_.emplace_back(operation, bytes);
  body_bytes_ += bytes;
  for (; body_bytes_ > options_.body_bytes; bodies_.pop_front()) {
    body_bytes_ -= bodies_.front().second;
    finished_.remove(bodies_.front().first);
  }
}

// Of the subscription that the path names.
std::optional<Operations::Finished::Entry> Operations::find(const Place& place) const {
  auto entry = finished_.find(place.name, now_ms());
  if (entry && place.id.contains(entry->value.resource)) return entry;
  return std::nullopt;
}

bool Operations::is_running(const Finished::Entry& entry) const {
  return now_ms() < entry.added_ms + options_.time.count();
}

http::Response Operations::status(const Place& place) const {
  const auto entry = find(place);
  if (!entry) return no_operation(place);
  if (is_running(*entry)) {
    http::Response running = json_answer(200, R"({"status":"InProgress"})");
    add_retry(running);
    return running;
  }
  const http::Response& answer = entry->value.answer;
  if (answer.status < 300) return json_answer(200, R"({"status":"Succeeded"})");
  // The body is {"error":{...}}: its member goes beside the status.
  return json_answer(200, R"({"status":"Failed",)" + answer.body.substr(1));
}

http::Response Operations::result(const http::Request& request, const Place& place) const {
  const auto entry = find(place);
  if (!entry) return no_operation(place);
  if (is_running(*entry)) {
    http::Response running = json_answer(202, "");
    running.headers.push_back(
        {"Location", fmt::format("{}{}?{}={}", arm::origin(request), request.path(), kApiVersion,
                                 request.parameter(kApiVersion).value_or(""))});
    add_retry(running);
    return running;
  }
  const FinishedOperation& finished = entry->value;
  if (finished.answer.status >= 300 || finished.method == Method::Post) return finished.answer;
  const bool is_group = finished.resource.kind() == Kind::ResourceGroup;
  if (finished.method == Method::Delete) return json_answer(is_group ? 200 : 204, "");
  const ModelPtr model = controller_.model();
  const Resource* resource = model->find(finished.resource);
  if (resource == nullptr) return json_answer(204, "");
  return json_answer(200, resource_text(*model, *resource, phase()));
}

json::Phase Operations::phase() const {
  if (!is_async()) return {};
  const std::lock_guard lock(mutex_);
  return {now_ms() - options_.time.count(), false, failed_};
}

ModelPtr Operations::model_with_leaving(const ResourceId& id) const {
  if (!is_async()) return nullptr;
  const int64_t now = now_ms();
  const std::lock_guard lock(mutex_);
  for (const ResourceId& scope : {scope_of(id), id.ancestor(Kind::ResourceGroup)}) {
    const auto claim = claims_.find(scope);
    if (claim == claims_.end() || claim->second.before == nullptr) continue;
    const Claim& deletion = claim->second;
    const bool is_running = deletion.until_ms != kUndecided && deletion.until_ms > now;
    if (is_running && deletion.resource.contains(id) && deletion.before->find(id) != nullptr)
      return deletion.before;
  }
  return nullptr;
}

}  // namespace isthmus::api::arm
