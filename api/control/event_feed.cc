#include "api/control/event_feed.h"

#include <fmt/format.h>

#include <deque>
#include <set>

#include "api/control/journal.h"

namespace isthmus::api::control {
namespace {

constexpr size_t kKept = 1024;       // events in memory
constexpr size_t kReadAtOnce = 256;  // from the journal, and in one piece of a stream

std::string event_text(const JournalEntry& entry) {
  return fmt::format("id: {}\nevent: change\ndata: {}\n\n", entry.revision, entry_json(entry));
}

// What came up to here is not known any more: the listener has to read everything again.
std::string gap_text(Revision until) {
  return fmt::format("id: {}\nevent: gap\ndata: {{\"revision\":{}}}\n\n", until, until);
}

}  // namespace

struct EventFeed::State {
  explicit State(Controller& which) : controller(&which) {}

  struct Event {
    Revision revision;
    std::string text;
  };
  std::mutex mutex;          // guards the rest
  Controller* controller;    // null: the feed is gone
  std::deque<Event> newest;  // without a gap
  std::set<Stream*> waiting;
};

// Where one listener is. `next` is not called again before the piece is there.
class EventFeed::Stream final : public http::BodyStream,
                                public std::enable_shared_from_this<EventFeed::Stream> {
 public:
  Stream(std::shared_ptr<State> state, Revision after) : state_(std::move(state)), after_(after) {}
  ~Stream() override {
    const std::lock_guard lock(state_->mutex);
    state_->waiting.erase(this);
  }

  void next(Piece piece) override {
    std::optional<std::string> text;
    Controller* behind = nullptr;
    {
      const std::lock_guard lock(state_->mutex);
      if (state_->controller != nullptr) {
        text = has_greeted_ ? take() : greet();
        if (text->empty() && after_ < state_->controller->model()->revision())
          behind = state_->controller;
        if (text->empty() && behind == nullptr) {
          piece_ = std::move(piece);
          state_->waiting.insert(this);
          return;
        }
      }
    }
    if (behind != nullptr) return read(*behind, std::move(piece));
    piece(std::move(text));
  }

  // Under the lock: what has come for one who waits, and whom to give it.
  std::pair<Piece, std::string> wake(std::string text) {
    if (text.empty()) text = take();
    return {std::move(piece_), std::move(text)};
  }

 private:
  // So that a client sees at once that it is heard.
  std::string greet() {
    has_greeted_ = true;
    return fmt::format("retry: 1000\n: events after revision {}\n\n", after_);
  }

  // Under the lock: from memory; empty where that has nothing, or does not reach back.
  std::string take() {
    std::string text;
    const auto& newest = state_->newest;
    if (newest.empty() || newest.front().revision > after_ + 1) return text;
    for (size_t taken = 0; taken < kReadAtOnce && after_ < newest.back().revision; ++taken)
      text += newest[++after_ - newest.front().revision].text;
    return text;
  }

  void read(Controller& controller, Piece piece) {
    const Revision present = controller.model()->revision();
    controller.journal(
        after_, kReadAtOnce,
        [self = shared_from_this(), piece, present](const Result<Entries>& entries) {
          piece(entries ? std::optional(self->tell(*entries, present)) : std::nullopt);
        });
  }

  std::string tell(const Entries& entries, Revision present) {
    std::string text;
    const Revision first = entries.empty() ? present + 1 : entries.front().revision;
    if (first > after_ + 1) text = gap_text(first - 1);
    for (const JournalEntry& entry : entries) text += event_text(entry);
    after_ = entries.empty() ? present : entries.back().revision;
    return text;
  }

  const std::shared_ptr<State> state_;
  Revision after_;
  bool has_greeted_ = false;
  Piece piece_;
};

EventFeed::EventFeed(Controller& controller) : state_(std::make_shared<State>(controller)) {
  controller.listen([state = state_](const EntriesPtr& entries) {
    std::vector<std::pair<http::BodyStream::Piece, std::string>> awake;
    {
      const std::lock_guard lock(state->mutex);
      auto& newest = state->newest;
      const bool follows = !entries->empty() && !newest.empty() &&
                           entries->front().revision == newest.back().revision + 1;
      if (!follows) newest.clear();
      for (const JournalEntry& entry : *entries)
        newest.push_back({entry.revision, event_text(entry)});
      while (newest.size() > kKept) newest.pop_front();
      for (Stream* stream : state->waiting) awake.push_back(stream->wake(""));
      state->waiting.clear();
    }
    // Where memory has nothing for them, a comment makes them ask again, and the journal answers.
    for (auto& [piece, text] : awake) piece(text.empty() ? ":\n\n" : std::move(text));
  });
}

EventFeed::~EventFeed() {
  std::vector<http::BodyStream::Piece> ended;
  {
    const std::lock_guard lock(state_->mutex);
    state_->controller = nullptr;
    for (Stream* stream : state_->waiting) ended.push_back(stream->wake(":").first);
    state_->waiting.clear();
  }
  for (const auto& piece : ended) piece(std::nullopt);
}

std::shared_ptr<http::BodyStream> EventFeed::after(Revision revision) {
  return std::make_shared<Stream>(state_, revision);
}

void EventFeed::keep_alive() {
  std::vector<std::pair<http::BodyStream::Piece, std::string>> awake;
  {
    const std::lock_guard lock(state_->mutex);
    for (Stream* stream : state_->waiting) awake.push_back(stream->wake(": still here\n\n"));
    state_->waiting.clear();
  }
  for (auto& [piece, text] : awake) piece(std::move(text));
}

}  // namespace isthmus::api::control
