// One connection, from accept to close. Private to the server (it includes Asio).
#pragma once

#include <memory>
#include <optional>

#include "api/http/refusals.h"
#include "api/http/worker.h"

namespace isthmus::api::http {

struct Client {
  Socket socket;
  asio::ip::address address;
  ConnectionCount::Place place;
};

// Serves the connection until either side ends it, then gives up its place.
// With a refusal: answers it, unasked, and closes.
void start_session(Shared& shared, const std::shared_ptr<Worker>& worker, Client client,
                   std::optional<Refusal> refusal);

}  // namespace isthmus::api::http
