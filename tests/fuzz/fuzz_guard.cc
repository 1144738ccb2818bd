// Bytes of a connection to requests: whatever comes, each is taken or refused, and in how many
// pieces it came makes no difference.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "api/http/inbox.h"

namespace {

using isthmus::api::http::Inbox;
using isthmus::api::http::Request;

constexpr const char* kEnded = "ended";    // in the middle of a request
constexpr const char* kClosed = "closed";  // after an answer

// What became of a connection: each request, and how it ended.
struct Story {
  std::vector<std::string> requests;
  std::string end;
  friend bool operator==(const Story&, const Story&) = default;
};

std::string told(const Request& request) {
  std::string text = request.target + "\n" + request.body + "\n";
  for (const std::string& segment : request.segments) text += "/" + segment;
  for (const auto& field : request.headers) text += "\n" + field.name + ": " + field.value;
  return text;
}

class Connection {
 public:
  Connection(const uint8_t* data, size_t size, size_t piece)
      : data_(data), left_(size), piece_(piece) {
    limits_.body_bytes = 4096;
  }

  Story story() {
    Inbox inbox(limits_, hosts_);
    Story story;
    for (;;) {
      inbox.begin();
      if (!read(inbox, &Inbox::parse_header, story)) return story;
      if (inbox.has_body() && !read(inbox, &Inbox::parse_body, story)) return story;
      const auto request = inbox.take();
      story.requests.push_back(request ? told(*request) : std::string(inbox.refusal().code));
      if (!inbox.keeps_alive()) {
        story.end = kClosed;
        return story;
      }
    }
  }

 private:
  bool read(Inbox& inbox, Inbox::Parsed (Inbox::*parse)(), Story& story) {
    for (;;) {
      const Inbox::Parsed parsed = (inbox.*parse)();
      if (parsed == Inbox::Parsed::Complete) return true;
      if (parsed == Inbox::Parsed::Refused) {
        story.end = inbox.refusal().code;
        return false;
      }
      if (left_ == 0) {
        story.end = kEnded;
        return false;
      }
      const auto room = inbox.prepare();
      const size_t bytes = std::min({piece_, left_, room.size()});
      if (bytes == 0) std::abort();  // a full buffer is refused, so there is always room
      std::memcpy(room.data(), data_, bytes);
      inbox.commit(bytes);
      data_ += bytes;
      left_ -= bytes;
    }
  }

  const uint8_t* data_;
  size_t left_;
  const size_t piece_;
  isthmus::api::http::Limits limits_;
  const std::vector<std::string> hosts_;
};

// A request that ends in the middle of its header may be refused already, or be waited for: the
// parser looks at what came first at once, and then again when the header is there.
bool agree(const Story& whole, const Story& bytewise) {
  const bool is_early_refusal = bytewise.end == kEnded && whole.end != kClosed;
  return whole == bytewise || (is_early_refusal && whole.requests == bytewise.requests);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Story whole = Connection(data, size, size + 1).story();
  const Story bytewise = Connection(data, size, 1).story();
  if (!agree(whole, bytewise)) std::abort();
  return 0;
}
