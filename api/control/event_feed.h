// The changes of the controller as they happen, for whoever listens: server-sent events (WHATWG
// HTML, "Server-sent events"), one for each revision, its id the revision.
//
// A listener is a place in the journal. The newest events are in memory; one who asks for older
// ones, or falls behind, is served from the journal, so a slow listener costs nobody anything and
// misses nothing that the journal still has. What it no longer has is told as an event "gap".
//
// Threads: any. Streams may outlive the feed, and end then.
#pragma once

#include <memory>

#include "api/http/message.h"
#include "controller/controller.h"

namespace isthmus::api::control {

class EventFeed {
 public:
  explicit EventFeed(Controller& controller);
  ~EventFeed();  // ends the streams
  EventFeed(const EventFeed&) = delete;
  EventFeed& operator=(const EventFeed&) = delete;

  // The events after a revision, without end.
  std::shared_ptr<http::BodyStream> after(Revision revision);
  // Lets those who wait send something, so that a proxy or a client in between knows that they are
  // still there.
  void keep_alive();

 private:
  struct State;
  class Stream;
  const std::shared_ptr<State> state_;
};

}  // namespace isthmus::api::control
