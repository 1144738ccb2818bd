// The calls of our own API, one function each. Private to this folder.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/thread_pool.hpp>

#include "api/control/control_handler.h"
#include "api/control/event_feed.h"
#include "api/control/openapi.h"
#include "api/front/fault_table.h"
#include "api/front/request_log.h"
#include "api/json/saved_models.h"

namespace isthmus::api::control {

// What a call may use.
struct Service {
  Controller& controller;
  const ControlOptions& options;
  const http::Metrics* http_metrics;  // null before there is a server
  const front::LoadMetrics& load;
  front::RequestLog& requests;
  front::FaultTable& faults;
  json::SavedModels& snapshots;
  EventFeed& events;
  boost::asio::thread_pool& background;  // for calls that wait for the disk
};

http::Response livez(const Service& service, const http::Request& request);
http::Response readyz(const Service& service, const http::Request& request);
http::Response show_ca(const Service& service, const http::Request& request);
http::Response show_metrics(const Service& service, const http::Request& request);
http::Response show_version(const Service& service, const http::Request& request);
http::Response show_config(const Service& service, const http::Request& request);
http::Response show_stats(const Service& service, const http::Request& request);
http::Response show_routes(const Service& service, const http::Request& request);
http::Response show_interfaces(const Service& service, const http::Request& request);
http::Response show_counters(const Service& service, const http::Request& request);
http::Response show_flows(const Service& service, const http::Request& request);
http::Response explain_packet(const Service& service, const http::Request& request);
http::Response test_expectations(const Service& service, const http::Request& request);
http::Response export_document(const Service& service, const http::Request& request);
void apply_document(const Service& service, const http::Request& request, const http::Done& done);
void reset_controller(const Service& service, const http::Request& request, const http::Done& done);

http::Response show_host_faults(const Service& service, const http::Request& request);
void put_host_fault(const Service& service, const http::Request& request, const http::Done& done);
void delete_host_faults(const Service& service, const http::Request& request,
                        const http::Done& done);

void list_snapshots(const Service& service, const http::Request& request, const http::Done& done);
void create_snapshot(const Service& service, const http::Request& request, const http::Done& done);
void get_snapshot(const Service& service, const http::Request& request, const http::Done& done);
void put_snapshot(const Service& service, const http::Request& request, const http::Done& done);
void delete_snapshot(const Service& service, const http::Request& request, const http::Done& done);
void restore_snapshot(const Service& service, const http::Request& request, const http::Done& done);
void compare_snapshots(const Service& service, const http::Request& request,
                       const http::Done& done);

void show_journal(const Service& service, const http::Request& request, const http::Done& done);
void restore_revision(const Service& service, const http::Request& request, const http::Done& done);
http::Response show_events(const Service& service, const http::Request& request);

void what_if(const Service& service, const http::Request& request, const http::Done& done);

http::Response show_clock(const Service& service, const http::Request& request);
http::Response put_clock(const Service& service, const http::Request& request);

http::Response show_requests(const Service& service, const http::Request& request);
http::Response clear_requests(const Service& service, const http::Request& request);

http::Response list_faults(const Service& service, const http::Request& request);
http::Response create_fault(const Service& service, const http::Request& request);
http::Response clear_faults(const Service& service, const http::Request& request);
http::Response get_fault(const Service& service, const http::Request& request);
http::Response put_fault(const Service& service, const http::Request& request);
http::Response delete_fault(const Service& service, const http::Request& request);

http::Response show_openapi(const Service& service, const http::Request& request);
http::Response show_docs(const Service& service, const http::Request& request);
http::Response show_docs_file(const Service& service, const http::Request& request);

http::Response json_answer(std::string body);
http::Response text_answer(std::string body, std::string_view content_type);

// "web1" or "/networkInterfaces/web1", or the id that Azure gives one.
Result<const Resource*> find_nic(const Model& model, std::string_view written);  // routes_call.cc

// "?name=7"; `otherwise` where it is not there, and a problem that says what is wanted for anything
// else.
Result<uint64_t> number_parameter(const http::Request& request, std::string_view name,
                                  std::string_view wanted, uint64_t otherwise);  // journal_calls.cc

// "?name", "?name=true" and "?name=false"; anything else is a problem.
Result<bool> flag(const http::Request& request, std::string_view name);

// The table of routes as the documentation needs it.
std::span<const CallShape> call_shapes();

}  // namespace isthmus::api::control
