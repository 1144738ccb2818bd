// What was changed, by whom, and back to what it was: the journal of the controller, read, followed
// as it grows, and undone.
#include <fmt/format.h>

#include <charconv>

#include "api/control/calls.h"
#include "api/control/event_feed.h"
#include "api/control/journal.h"
#include "api/json/json_text.h"
#include "api/json/timestamp.h"
#include "controller/model/text.h"

namespace isthmus::api::control {
namespace {

using json::JsonText;

constexpr uint64_t kEntriesMax = 1000;     // in one answer
constexpr uint64_t kEntriesDefault = 100;  // the newest, where nothing is asked for
constexpr size_t kRevisionSegment = 3;     // /_isthmus/v1/journal/{revision}/restore

Result<uint64_t> number(std::string_view text, std::string_view what) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size()) return value;
  return fail(ErrorCode::InvalidParameterValue, "",
              fmt::format("{} is not {}.", in_quotes(text), what), "Write a whole number.");
}

struct Slice {
  Revision after = 0;
  size_t limit = 0;
};

// The newest entries, or those after a revision.
Result<Slice> read_slice(const http::Request& request, Revision present) {
  const auto limit = number_parameter(request, "limit", "a number of entries", kEntriesDefault);
  if (!limit) return tl::unexpected(limit.error());
  Slice slice{0, static_cast<size_t>(std::min(*limit, kEntriesMax))};
  const Revision newest = present > slice.limit ? present - slice.limit : 0;
  const auto after = number_parameter(request, "after", "a revision", newest);
  if (!after) return tl::unexpected(after.error());
  slice.after = *after;
  return slice;
}

}  // namespace

Result<uint64_t> number_parameter(const http::Request& request, std::string_view name,
                                  std::string_view wanted, uint64_t otherwise) {
  const auto text = request.parameter(name);
  return text ? number(*text, wanted) : otherwise;
}

std::string entry_json(const JournalEntry& entry) {
  JsonText out;
  out.object().number("revision", entry.revision).text("time", json::timestamp(entry.time_ms));
  out.text("who", entry.who).key("changes").raw(entry.what).end_object();
  return out.take();
}

void show_journal(const Service& service, const http::Request& request, const http::Done& done) {
  const Revision present = service.controller.model()->revision();
  const auto slice = read_slice(request, present);
  if (!slice) return done(answer(problem_of(slice.error())));
  service.controller.journal(slice->after, slice->limit,
                             [done, present](const Result<Entries>& entries) {
                               if (!entries) return done(answer(problem_of(entries.error())));
                               JsonText out;
                               out.object().number("revision", present).key("entries").array();
                               for (const JournalEntry& entry : *entries)
                                 out.raw(entry_json(entry));
                               out.end_array().end_object();
                               done(json_answer(out.take()));
                             });
}

void restore_revision(const Service& service, const http::Request& request,
                      const http::Done& done) {
  const auto revision = number(request.segments[kRevisionSegment], "a revision");
  if (!revision) return done(answer(problem_of(revision.error())));
  service.controller.go_back(
      *revision, request.who(), [done, back_to = *revision](const Result<Committed>& result) {
        if (!result) return done(answer(problem_of(result.error())));
        JsonText out;
        out.object().number("restored", back_to).number("revision", result->model->revision());
        done(json_answer(out.end_object().take()));
      });
}

// A client that was cut off says where it was: EventSource does so by itself.
http::Response show_events(const Service& service, const http::Request& request) {
  const Revision present = service.controller.model()->revision();
  auto after = number_parameter(request, "after", "a revision", present);
  if (const auto last = request.headers.get("Last-Event-ID"))
    after = number(*last, "a revision (Last-Event-ID)");
  if (!after) return answer(problem_of(after.error()));
  http::Response response;
  response.content_type = "text/event-stream";
  response.headers.push_back({"Cache-Control", "no-store"});
  response.stream = service.events.after(std::min(*after, present));
  return response;
}

}  // namespace isthmus::api::control
