// The calls of this dialect, one function each; networking_handler.cc has the table that gives each
// address and method its function. Private to this folder.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "api/http/message.h"
#include "api/json/render.h"
#include "api/networking/address.h"
#include "api/networking/networking_handler.h"
#include "api/networking/service.h"

namespace isthmus::api::networking {

// One call on its way to its answer.
struct Call {
  Service& service;
  http::Request request;
  Address address;
  http::Done done;

  // Of this server as the client reached it: "https://127.0.0.1:8181"; empty where it did not say.
  std::string origin() const {
    const std::string_view host = request.headers.get("Host").value_or("");
    if (host.empty()) return {};
    return (request.is_tls ? "https://" : "http://") + std::string(host);
  }
  // Of the operation that this call starts, where it starts one.
  const std::string& operation_id() const { return request.request_id; }
  void fail_with(const Error& error) const;
};
using CallPtr = std::shared_ptr<Call>;

// How many items a page of this call's collection may have: what $top says, or the most there are.
Result<size_t> page_size(const Call& call);

void discovery(const CallPtr& call);

// Resources of the model.
void list_resources(const CallPtr& call);
void get_resource(const CallPtr& call);
void put_resource(const CallPtr& call);
void delete_resource(const CallPtr& call);

// Operations, and what instance ids stand for.
void list_operations(const CallPtr& call);
void get_operation(const CallPtr& call);
void get_operation_result(const CallPtr& call);
void list_instances(const CallPtr& call);
void get_instance(const CallPtr& call);

// Diagnostics.
void check_connectivity(const CallPtr& call);
void list_connectivity_results(const CallPtr& call);
void get_connectivity_result(const CallPtr& call);
void collect_slb_state(const CallPtr& call);
void get_slb_state(const CallPtr& call);
void collect_controller_state(const CallPtr& call);
void get_controller_state(const CallPtr& call);
void get_statistics(const CallPtr& call);

// Backups.
void list_backups(const CallPtr& call);
void get_backup(const CallPtr& call);
void put_backup(const CallPtr& call);
void delete_backup(const CallPtr& call);
void list_restores(const CallPtr& call);
void get_restore(const CallPtr& call);
void put_restore(const CallPtr& call);
void delete_restore(const CallPtr& call);

}  // namespace isthmus::api::networking
