#include "api/networking/networking_handler.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <memory>

#include "api/json/draft.h"
#include "api/json/render.h"
#include "api/networking/address.h"
#include "api/networking/answers.h"
#include "api/networking/conditions.h"
#include "controller/model/text.h"

namespace isthmus::api::networking {

// One call on its way to its answer.
struct Call {
  NetworkingHandler& handler;
  http::Request request;
  Address address;
  http::Done done;

  std::string_view host() const { return request.headers.get("Host").value_or(""); }
  void fail_with(const Error& error) const { done(error_answer(error)); }
};
using CallPtr = std::shared_ptr<Call>;

// The methods; a struct so that the handler can befriend them all at once.
struct Methods {
  static void discovery(const CallPtr& call) { call->done(discovery_answer()); }
  static void list(const CallPtr& call);
  static void get(const CallPtr& call);
  static void put(const CallPtr& call);
  static void remove(const CallPtr& call);
  static void operation(const CallPtr& call);
  static void operation_result(const CallPtr& call);

 private:
  static http::Response resource_answer(int status, const Model& model, const Resource& resource);
  static bool has_operation(const CallPtr& call);
};

namespace {

using http::Method;

struct Route {
  Form form;
  Method method;
  void (*answer)(const CallPtr&);
};

constexpr std::array kRoutes = {
    Route{Form::Discovery, Method::Get, &Methods::discovery},
    Route{Form::Collection, Method::Get, &Methods::list},
    Route{Form::Item, Method::Get, &Methods::get},
    Route{Form::Item, Method::Put, &Methods::put},
    Route{Form::Item, Method::Delete, &Methods::remove},
    Route{Form::Singleton, Method::Get, &Methods::get},
    Route{Form::Singleton, Method::Put, &Methods::put},
    Route{Form::Learned, Method::Get, &Methods::get},
    Route{Form::Operation, Method::Get, &Methods::operation},
    Route{Form::OperationResult, Method::Get, &Methods::operation_result},
};

const Route* find_route(Form form, Method method) {
  if (method == Method::Head) method = Method::Get;  // the server leaves out the body
  for (const Route& route : kRoutes) {
    if (route.form == form && route.method == method) return &route;
  }
  return nullptr;
}

http::Response wrong_method(const Call& call) {
  std::string allowed;
  for (const Route& route : kRoutes) {
    if (route.form != call.address.form) continue;
    allowed += (allowed.empty() ? "" : ", ") + std::string(to_string(route.method));
    if (route.method == Method::Get) allowed += ", HEAD";
  }
  http::Response response = error_answer(
      {ErrorCode::MethodNotAllowed,
       "",
       fmt::format("{} {} is not possible.", to_string(call.request.method), call.request.path()),
       fmt::format("The methods here are {}.", allowed),
       {}});
  response.headers.push_back({"Allow", allowed});
  return response;
}

// A name that nothing can have is a mistake to store, and not there to whoever looks.
Error as_seen_by(Method method, Error error) {
  if (error.code != ErrorCode::InvalidResourceId || !is_safe(method)) return error;
  return {ErrorCode::ResourceNotFound, "", std::move(error.message), std::move(error.remedy), {}};
}

Error nothing_at(const ResourceId& id) {
  return {ErrorCode::ResourceNotFound,
          "",
          fmt::format("There is no {} '{}'.", info(id.kind()).noun, id.path()),
          "",
          {}};
}

Result<size_t> read_page_size(const http::Request& request, size_t most) {
  const auto text = request.parameter("$top");
  if (!text) return most;
  size_t count = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
  if (error == std::errc{} && end == text->data() + text->size() && count > 0)
    return std::min(count, most);
  return fail(ErrorCode::InvalidParameterValue, "$top",
              fmt::format("{} is not a number of items.", in_quotes(*text)),
              "Write a number from 1.");
}

// The items of one page. It starts after `token`, the name of the last item of the page before,
// which may be gone by now; without a token it is the first one.
struct Page {
  std::vector<const Resource*> items;
  bool is_last = true;
};
Result<Page> read_page(const Model& model, const Address& address,
                       std::optional<std::string_view> token, size_t size) {
  ResourceId after = address.id;
  if (token) {
    auto last =
        after.empty() ? ResourceId::make(address.kind, *token) : after.child(address.kind, *token);
    if (!last) {
      return fail(ErrorCode::InvalidParameterValue, "$skipToken",
                  fmt::format("{} is not a token of this collection.", in_quotes(*token)),
                  "Follow nextLink as it is.");
    }
    after = std::move(*last);
  }
  const auto& all = model.collection(address.kind);
  Page page;
  for (auto it = all.lower_bound(after); it != all.end(); ++it) {
    const ResourceId& id = (*it)->id;
    if (id == after) continue;
    if (id.realm() != Realm::Onprem || !(address.id.empty() || address.id.contains(id))) break;
    page.is_last = page.items.size() < size;
    if (!page.is_last) break;
    page.items.push_back(it->get());
  }
  return page;
}

}  // namespace

NetworkingHandler::NetworkingHandler(Controller& controller, NetworkingOptions options)
    : controller_(controller), options_(options), operations_(options.operations_kept) {}

void NetworkingHandler::handle(http::Request request, http::Done done) {
  auto address = parse_address(request.segments);
  if (!address) return done(error_answer(as_seen_by(request.method, std::move(address.error()))));
  const auto call =
      std::make_shared<Call>(Call{*this, std::move(request), std::move(*address), std::move(done)});
  const Route* route = find_route(call->address.form, call->request.method);
  if (route == nullptr) return call->done(wrong_method(*call));
  route->answer(call);
}

http::Response Methods::resource_answer(int status, const Model& model, const Resource& resource) {
  http::Response response = json_answer(status, json::render(model, resource));
  response.headers.push_back({"ETag", etag(model, resource)});
  return response;
}

void Methods::list(const CallPtr& call) {
  const Address& address = call->address;
  const NetworkingOptions& options = call->handler.options_;
  const auto size = read_page_size(call->request, options.page_items);
  if (!size) return call->fail_with(size.error());
  const ModelPtr model = call->handler.controller_.model();
  if (!address.id.empty() && model->find(address.id) == nullptr)
    return call->fail_with(nothing_at(address.id));

  const auto page = read_page(*model, address, call->request.parameter("$skipToken"), *size);
  if (!page) return call->fail_with(page.error());
  if (page->items.empty() && options.empty_collection == config::EmptyCollection::Bare)
    return call->done(json_answer(200, R"({"nextLink":""})"));
  std::string next;
  if (!page->is_last) {
    next = link(call->host(), fmt::format("{}?$top={}&$skipToken={}", collection_path(address),
                                          *size, page->items.back()->id.name()));
  }
  call->done(json_answer(200, json::render_list(*model, page->items, next)));
}

void Methods::get(const CallPtr& call) {
  const ModelPtr model = call->handler.controller_.model();
  const Resource* resource = model->find(call->address.id);
  if (resource == nullptr) return call->fail_with(nothing_at(call->address.id));
  call->done(resource_answer(200, *model, *resource));
}

void Methods::put(const CallPtr& call) {
  auto draft =
      json::read_draft(call->request.body, call->address.id, call->handler.options_.json_limits);
  if (!draft) return call->fail_with(draft.error());
  Change change;
  change.who = call->request.peer;
  change.operations.push_back(
      {Verb::Put, std::move(*draft), read_conditions(call->request.headers), false});
  call->handler.controller_.submit(std::move(change), [call](Result<Committed> committed) {
    if (!committed) return call->fail_with(committed.error());
    const Outcome& outcome = committed->outcomes.front();
    const Resource* resource = committed->model->find(outcome.id);
    const int status = outcome.effect == Effect::Created ? 201 : 200;
    call->done(resource_answer(status, *committed->model, *resource));
  });
}

void Methods::remove(const CallPtr& call) {
  Operation operation;
  operation.verb = Verb::Delete;
  operation.draft.id = call->address.id;
  operation.precondition = read_conditions(call->request.headers);
  Change change;
  change.who = call->request.peer;
  change.operations.push_back(std::move(operation));
  call->handler.controller_.submit(std::move(change), [call](Result<Committed> committed) {
    if (!committed) return call->fail_with(committed.error());
    if (committed->outcomes.front().effect == Effect::Unchanged)
      return call->done(json_answer(204, ""));
    call->handler.operations_.add_succeeded(call->request.request_id);
    call->done(accepted(call->host(), call->address.version, call->request.request_id));
  });
}

bool Methods::has_operation(const CallPtr& call) {
  if (call->handler.operations_.has(call->address.operation_id)) return true;
  call->fail_with({ErrorCode::ResourceNotFound,
                   "",
                   fmt::format("There is no operation {}.", in_quotes(call->address.operation_id)),
                   "The newest ones are kept, until the controller restarts.",
                   {}});
  return false;
}

void Methods::operation(const CallPtr& call) {
  if (has_operation(call)) call->done(json_answer(200, R"({"status":"Succeeded"})"));
}

void Methods::operation_result(const CallPtr& call) {
  if (has_operation(call)) call->done(json_answer(204, ""));
}

}  // namespace isthmus::api::networking
