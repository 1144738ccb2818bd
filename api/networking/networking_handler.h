// The Network Controller's northbound API at /networking/{v1..v5}: requests to changes, resources
// to answers. It decides nothing: what is legal is the controller's rules.
//
// Sources: the Network Controller northbound API reference (paths, methods, status codes,
// envelope); where that is silent, docs/api/networking.md says what this controller does.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "api/access/role.h"
#include "api/config/config.h"
#include "api/http/message.h"
#include "controller/controller.h"

namespace isthmus::api::networking {

struct NetworkingOptions {
  config::EmptyCollection empty_collection = config::EmptyCollection::Full;
  size_t page_items = 10'000;       // of one answer; a client may ask for fewer with $top
  size_t operations_kept = 10'000;  // finished operations that can still be asked about
  json::Limits json_limits = {};    // of the bodies of PUT
  // How long what was changed says Updating, and what was deleted Deleting, though the change
  // happened at once.
  std::chrono::milliseconds provisioning_delay{0};
  std::string backups = {};  // a folder; empty: backups are kept in memory
};

struct Service;

class NetworkingHandler final : public http::Handler {
 public:
  NetworkingHandler(Controller& controller, const NetworkingOptions& options);
  ~NetworkingHandler() override;

  // For paths below /networking. GET answers on the calling thread; PUT and DELETE answer on the
  // controller's, backups on a thread of their own.
  void handle(http::Request request, http::Done done) override;

 private:
  const std::unique_ptr<Service> service_;
};

// Who may make this call: by its method and path, before anything is looked at. A restore replaces
// everything, and takes an owner.
access::Role required_role(const http::Request& request);

// The server's own errors, in this dialect's shape.
http::Response networking_error_body(const http::ServerError& error);

}  // namespace isthmus::api::networking
