#include "controller/controller.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <new>
#include <utility>

#include "controller/program/program.h"
#include "controller/rules/apply.h"
#include "controller/rules/fresh.h"
#include "controller/rules/restore.h"

namespace isthmus {
namespace {

constexpr size_t kBatchMax =
    256;  // changes in one transaction; bounds how long the first of them waits

constexpr std::string_view kEffects[] = {"created", "updated", "deleted", "unchanged"};

// Paths hold no character that JSON would escape.
std::string journal_text(const std::vector<Outcome>& outcomes) {
  std::string text;
  for (const Outcome& outcome : outcomes) {
    if (outcome.effect == Effect::Unchanged) continue;
    text += fmt::format(R"({}{{"change":"{}","resource":"{}"}})", text.empty() ? "" : ",",
                        kEffects[static_cast<size_t>(outcome.effect)], outcome.id.path());
  }
  return "[" + text + "]";
}

uint64_t microseconds_since(std::chrono::steady_clock::time_point start) {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                   std::chrono::steady_clock::now() - start)
                                   .count());
}

Error unavailable(std::string reason) {
  return {ErrorCode::StorageUnavailable,
          "",
          "The change was not made: " + std::move(reason) + ".",
          "Nothing happened; try again when that is mended.",
          {}};
}

// Whoever cannot be answered for want of memory hears from the server, when the time is up, that
// the outcome is unknown.
void answer(const Controller::Done& done, Result<Committed> result) {
  try {
    done(std::move(result));
  } catch (const std::bad_alloc&) {
  }
}

Error outcome_unknown(const std::string& what) {
  return {ErrorCode::OutcomeUnknown,
          "",
          what,
          "Read the resource when the storage is back: it says whether the change happened.",
          {}};
}

}  // namespace

// A change that the rules let pass, not yet durable.
struct Controller::Judged {
  Request* request;
  ModelPtr model;
  std::vector<ResourceChange> changes;
  Result<std::vector<Outcome>> outcomes;
};

Controller::Controller(Store& store, const ResourceEncoding& encoding,
                       dataplane::Dataplane& dataplane, const Clock& clock, Options options)
    : store_(store),
      encoding_(encoding),
      dataplane_(dataplane),
      clock_(clock),
      options_(options),
      model_(std::make_shared<const Model>()),
      diagnostics_(dataplane.grace_periods()) {}

Controller::~Controller() { stop(); }

Result<void> Controller::start() {
  if (auto adopted = adopt_store(); !adopted) return adopted;
  thread_ = std::thread([this] { run(); });
  if (model()->revision() != 0 || options_.bare) return {};
  std::mutex mutex;
  std::condition_variable answered;
  std::optional<Result<Committed>> answer;
  reset("isthmus", [&](Result<Committed> result) {
    const std::lock_guard lock(mutex);
    answer = std::move(result);
    answered.notify_one();
  });
  std::unique_lock lock(mutex);
  answered.wait(lock, [&] { return answer.has_value(); });
  if (!*answer) return tl::unexpected(answer->error());
  return {};
}

void Controller::stop() {
  {
    const std::lock_guard lock(queue_mutex_);
    is_stopping_ = true;
  }
  queue_changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Controller::submit(Change change, Done done) {
  std::string who = change.who;
  Decide decide = [this, change = std::move(change)](const Model& model, int64_t now_ms) mutable {
    change.time_ms = now_ms;
    return apply(model, change, options_.limits);
  };
  submit(std::move(decide), std::move(who), std::move(done));
}

void Controller::submit(Decide decide, std::string who, Done done) {
  {
    const std::lock_guard lock(queue_mutex_);
    if (!is_stopping_) {
      queue_.push_back({std::move(decide), std::move(who), std::move(done)});
      queue_changed_.notify_one();
      return;
    }
  }
  done(tl::unexpected(unavailable("the controller is stopping")));
}

void Controller::journal(Revision after, size_t limit, std::function<void(Result<Entries>)> done) {
  const bool is_taken = enqueue([this, after, limit, done] { done(store_.journal(after, limit)); });
  if (!is_taken) done(tl::unexpected(unavailable("the controller is stopping")));
}

void Controller::listen(Listener listener) {
  enqueue([this, listener = std::move(listener)] { listeners_.push_back(listener); });
}

bool Controller::enqueue(Look look) {
  const std::lock_guard lock(queue_mutex_);
  if (is_stopping_) return false;
  looks_.push_back(std::move(look));
  queue_changed_.notify_one();
  return true;
}

void Controller::go_back(Revision to, std::string who, Done done) {
  submit([this, to](const Model& model, int64_t now_ms) { return undo(to, model, now_ms); },
         std::move(who), std::move(done));
}

// From what the store holds, which is the model that is published: changes of the same batch that
// came before this one are gone with everything else.
Result<Applied> Controller::undo(Revision to, const Model& model, int64_t now_ms) const {
  const ModelPtr present = this->model();
  if (to > present->revision()) {
    return fail(
        ErrorCode::InvalidParameterValue, "",
        fmt::format("Revision {} is yet to come: the present one is {}.", to, present->revision()));
  }
  auto records = store_.undo(to);
  if (!records) return tl::unexpected(std::move(records.error()));
  std::map<std::string, std::optional<std::string>> undone;
  for (RecordChange& record : *records)
    undone.emplace(std::move(record.key), std::move(record.document));
  std::vector<ResourcePtr> resources;
  for (const KindInfo& row : kKinds) {
    for (const ResourcePtr& resource : present->collection(row.kind)) {
      if (!undone.contains(resource->id.key())) resources.push_back(resource);
    }
  }
  for (const auto& [key, document] : undone) {
    if (!document) continue;
    auto resource = encoding_.decode(*document);
    if (!resource) return tl::unexpected(std::move(resource.error()));
    resources.push_back(std::make_shared<const Resource>(std::move(*resource)));
  }
  return restore(model, model.identity(), std::move(resources), now_ms);
}

void Controller::reset(std::string who, Done done) {
  const FreshContents contents = options_.bare ? FreshContents::Bare : FreshContents::Seeded;
  submit(
      [this, contents](const Model& model, int64_t now_ms) {
        return make_fresh(model, contents, options_.limits, now_ms);
      },
      std::move(who), std::move(done));
}

Result<Applied> Controller::rehearse(const Change& change) const {
  return apply(*model(), change, options_.limits);
}

ModelPtr Controller::model() const {
  const std::lock_guard lock(model_mutex_);
  return model_;
}

dataplane::DataplaneStats Controller::dataplane_stats() const {
  const std::lock_guard lock(model_mutex_);
  return dataplane_stats_;
}

std::string Controller::digest() {
  std::string text;
  diagnose([&text](const Model& model, const dataplane::Tables& tables) {
    text = isthmus::digest(dataplane::contents(tables), model);
  });
  return text;
}

void Controller::diagnose(const std::function<void(const Model&, const dataplane::Tables&)>& look) {
  const std::lock_guard lock(diagnostics_mutex_);
  while (true) {
    const dataplane::rcu::Guard guard(diagnostics_);
    const dataplane::Tables& tables = dataplane_.view(guard);
    ModelPtr model;
    uint64_t version = 0;
    {
      const std::lock_guard model_lock(model_mutex_);
      model = model_;
      version = dataplane_version_;
    }
    // The tables are published a moment before their model; whoever looks in between looks again.
    if (version == tables.version) return look(*model, tables);
  }
}

// The thread outlives a lack of memory.
void Controller::run() {
  for (bool goes_on = true; goes_on;) {
    try {
      goes_on = serve_waiting();
    } catch (const std::bad_alloc&) {
    }
  }
}

// False when the controller stops and nothing waits any more.
bool Controller::serve_waiting() {
  std::vector<Request> requests;
  std::deque<Look> looks;
  {
    std::unique_lock lock(queue_mutex_);
    queue_changed_.wait(lock,
                        [this] { return is_stopping_ || !queue_.empty() || !looks_.empty(); });
    if (queue_.empty() && looks_.empty()) return false;
    requests.reserve(std::min(queue_.size(), kBatchMax));
    looks.swap(looks_);
    while (!queue_.empty() && requests.size() < kBatchMax) {
      requests.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
  }
  for (const Look& look : looks) look();
  if (!requests.empty()) serve(std::move(requests));
  return true;
}

void Controller::serve(std::vector<Request> requests) {
  if (is_outcome_unknown_) {
    if (auto adopted = with_what_memory_there_is([&] { return adopt_store(); }); !adopted) {
      for (Request& request : requests) answer(request.done, tl::unexpected(adopted.error()));
      stats_.failed += requests.size();
      return;
    }
  }
  std::vector<Judged> judged = judge(requests);
  if (judged.empty()) return;
  const Result<void> durable = with_what_memory_there_is([&] { return make_durable(judged); });
  for (Judged& verdict : judged) {
    if (!durable) {
      ++stats_.failed;
      answer(verdict.request->done, tl::unexpected(durable.error()));
    } else if (!verdict.outcomes) {
      ++stats_.refused;
      answer(verdict.request->done, tl::unexpected(std::move(verdict.outcomes.error())));
    } else {
      ++stats_.changes;
      answer(verdict.request->done, Committed{verdict.model, std::move(*verdict.outcomes)});
    }
  }
}

// No memory before the commit: nothing happened, and what was prepared is gone by itself. In the
// commit: the next change asks the store first.
template <class Step>
Result<void> Controller::with_what_memory_there_is(const Step& step) {
  try {
    return step();
  } catch (const std::bad_alloc&) {
    if (!is_outcome_unknown_) return tl::unexpected(unavailable("memory is exhausted"));
    return tl::unexpected(outcome_unknown("Memory was exhausted while the change was committed."));
  }
}

// Running out of memory refuses one change; it does not end the controller.
Result<Applied> Controller::decide(const Request& request, const Model& model) const {
  try {
    return request.decide(model, clock_.now_ms());
  } catch (const std::bad_alloc&) {
    return tl::unexpected(unavailable("memory is exhausted"));
  }
}

// Answers what the rules refuse as the published model stands. Whoever is refused because of a
// change of this batch waits for the store like that change: otherwise the refusal would tell of
// what no reader sees yet, and what may still come to nothing.
std::vector<Controller::Judged> Controller::judge(std::vector<Request>& requests) {
  std::vector<Judged> judged;
  const ModelPtr published = model();
  ModelPtr latest = published;
  for (Request& request : requests) {
    auto applied = decide(request, *latest);
    if (!applied && latest == published) {
      ++stats_.refused;
      answer(request.done, tl::unexpected(std::move(applied.error())));
    } else if (!applied) {
      judged.push_back({&request, latest, {}, tl::unexpected(std::move(applied.error()))});
    } else {
      if (!applied->changes.empty())
        latest = std::make_shared<const Model>(std::move(applied->model));
      judged.push_back(
          {&request, latest, std::move(applied->changes), std::move(applied->outcomes)});
    }
  }
  return judged;
}

namespace {

std::vector<ResourceChange> net_effect(const std::vector<ResourceChange>& changes) {
  std::map<ResourceId, ResourceChange> net;
  for (const ResourceChange& change : changes) {
    const auto [it, is_first] = net.try_emplace(change.any().id, change);
    if (!is_first) it->second.after = change.after;
  }
  std::vector<ResourceChange> effect;
  for (const auto& [id, change] : net) {
    if (change.before != change.after) effect.push_back(change);
  }
  return effect;
}

}  // namespace

Result<void> Controller::make_durable(const std::vector<Judged>& judged) {
  const ModelPtr before = model();
  const ModelPtr after = judged.back().model;
  if (after == before) return {};  // nothing but changes that change nothing
  std::vector<ResourceChange> all;
  for (const Judged& change : judged)
    all.insert(all.end(), change.changes.begin(), change.changes.end());
  const std::vector<ResourceChange> net = net_effect(all);

  const ProgramChange program = delta(*before, *after, net);
  stats_.recomputed_routes += program.recomputed_routes;
  auto prepared = dataplane_.prepare(program.delta);
  if (!prepared) {
    return tl::unexpected(unavailable(
        fmt::format("the dataplane cannot take it ({})", dataplane::to_string(prepared.error()))));
  }
  const auto start = std::chrono::steady_clock::now();
  Batch batch = batch_of(judged, net);
  is_outcome_unknown_ = true;  // also when something is thrown from here on
  const CommitReport report = store_.commit(batch, before->revision());
  stats_.commit_time_us += microseconds_since(start);
  ++stats_.transactions;
  if (report.outcome == Commit::NotDone) {
    is_outcome_unknown_ = false;
    dataplane_.abandon(std::move(*prepared));
    return tl::unexpected(unavailable(report.reason));
  }
  if (report.outcome == Commit::Unknown) {
    if (auto settled = settle_unknown_outcome(after->revision(), *prepared, report.reason);
        !settled)
      return settled;
  }
  dataplane_.publish(std::move(*prepared));
  publish(after);
  is_outcome_unknown_ = false;
  announce(std::move(batch.journal));
  return {};
}

// The store failed inside COMMIT: what it holds now decides. Success means that the change is
// there.
Result<void> Controller::settle_unknown_outcome(Revision wanted, dataplane::Prepared& prepared,
                                                const std::string& reason) {
  const auto contents = store_.load();
  if (contents && contents->revision == wanted) return {};
  dataplane_.abandon(std::move(prepared));
  is_outcome_unknown_ = !contents;
  if (contents) return tl::unexpected(unavailable(reason));
  return tl::unexpected(outcome_unknown(
      fmt::format("The storage failed while it committed the change ({}).", reason)));
}

// Makes the store's contents the model, and programs them.
Result<void> Controller::adopt_store() {
  auto contents = store_.load();
  if (!contents) {
    if (!is_outcome_unknown_) return tl::unexpected(std::move(contents.error()));
    // This goes to clients, and the store's own words name its file.
    return fail(ErrorCode::OutcomeUnknown, "",
                "The storage failed while it committed a change, and cannot be read yet.",
                "Read the resource when the storage is back.");
  }
  Model model(Uuid::parse(contents->identity).value_or(Uuid{}));
  std::vector<ResourceChange> changes;
  changes.reserve(contents->records.size());
  for (Record& record : contents->records) {
    auto resource = encoding_.decode(record.document);
    if (!resource) return tl::unexpected(std::move(resource.error()));
    changes.push_back({nullptr, std::make_shared<const Resource>(std::move(*resource))});
    record = {};  // its memory serves the resources that follow
  }
  model.update(changes);
  model.set_revision(contents->revision);
  auto prepared = dataplane_.prepare(dataplane::diff(dataplane_.contents(), compile(model)));
  if (!prepared) {
    return tl::unexpected(unavailable(fmt::format("the dataplane cannot take the stored state ({})",
                                                  dataplane::to_string(prepared.error()))));
  }
  dataplane_.publish(std::move(*prepared));
  publish(std::make_shared<const Model>(std::move(model)));
  is_outcome_unknown_ = false;
  announce({});
  return {};
}

void Controller::publish(ModelPtr model) {
  const dataplane::DataplaneStats stats = dataplane_.stats();
  const std::lock_guard lock(model_mutex_);
  model_.swap(model);
  dataplane_version_ = stats.version;
  dataplane_stats_ = stats;
}

// The change has happened: that a listener finds no memory for it does not undo it.
void Controller::announce(Entries entries) const {
  try {
    for (JournalEntry& entry : entries) entry.before.clear();
    const auto shared = std::make_shared<const Entries>(std::move(entries));
    for (const Listener& listener : listeners_) listener(shared);
  } catch (const std::bad_alloc&) {
  }
}

Batch Controller::batch_of(const std::vector<Judged>& judged,
                           const std::vector<ResourceChange>& net) const {
  Batch batch;
  for (const ResourceChange& change : net) {
    batch.changes.push_back(
        {change.any().id.key(),
         change.after ? std::optional(encoding_.encode(*change.after)) : std::nullopt});
  }
  const int64_t now_ms = clock_.now_ms();
  for (const Judged& change : judged) {
    if (change.changes.empty()) continue;
    JournalEntry entry{
        change.model->revision(), now_ms, change.request->who, journal_text(*change.outcomes), {}};
    for (const ResourceChange& one : change.changes) {
      entry.before.push_back({one.any().id.key(), one.before
                                                      ? std::optional(encoding_.encode(*one.before))
                                                      : std::nullopt});
    }
    batch.journal.push_back(std::move(entry));
  }
  return batch;
}

}  // namespace isthmus
