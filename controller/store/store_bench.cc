// Durable commits to a real file, in the folder for temporary files: set TMPDIR to the disk that
// matters. `changes_per_second` counts acknowledged changes, `items_per_second` commits. The first
// benchmark is the floor: what the disk does with a bare write and fdatasync of one page.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "controller/store/sqlite_store.h"
#include "tests/support/temporary_folder.h"

namespace isthmus {
namespace {

constexpr size_t kDocumentBytes = 600;  // a virtual network with one subnet, as JSON
constexpr uint64_t kKeys = 10'000;

void BareSync(benchmark::State& state) {
  const TemporaryFolder folder;
  const int file = ::open(folder.file("bare").c_str(), O_RDWR | O_CREAT, 0600);
  const std::string region(4 << 20, 'r');  // written before, so that only data is synced
  const std::string page(4096 + 24, 'p');  // as a page of the log with its header
  bool sound = ::pwrite(file, region.data(), region.size(), 0) > 0 && ::fsync(file) == 0;
  off_t offset = 0;
  for (auto _ : state) {
    sound = sound && ::pwrite(file, page.data(), page.size(), offset) > 0 && ::fdatasync(file) == 0;
    offset = (offset + static_cast<off_t>(page.size())) % (3 << 20);
  }
  ::close(file);
  if (!sound) state.SkipWithError("the disk fails");
  state.SetItemsProcessed(state.iterations());
}

// Changes of existing and new networks at scattered keys, one journal entry each.
Batch batch_at(Revision revision, int64_t changes) {
  Batch batch;
  for (int64_t i = 0; i < changes; i++) {
    const Revision own = ++revision;
    const std::string key = "onprem/virtualnetworks/net-" + std::to_string(own * 7919 % kKeys);
    batch.changes.push_back({key, std::string(kDocumentBytes, 'd')});
    batch.journal.push_back({own, 0, "bench", R"({"put":[")" + key + R"("]})"});
  }
  return batch;
}

void DurableCommits(benchmark::State& state) {
  const TemporaryFolder folder;
  const auto store = open_sqlite_store(folder.file("state.db")).value();
  Revision revision = 0;
  for (auto _ : state) {
    const Batch batch = batch_at(revision, state.range(0));
    const CommitReport report = store->commit(batch, revision);
    if (report.outcome != Commit::Done) state.SkipWithError(report.reason.c_str());
    revision = batch.journal.back().revision;
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["changes_per_second"] =
      benchmark::Counter(static_cast<double>(revision), benchmark::Counter::kIsRate);
}

void LoadTenThousandRecords(benchmark::State& state) {
  const TemporaryFolder folder;
  const auto store = open_sqlite_store(folder.file("state.db")).value();
  store->commit(batch_at(0, kKeys), 0);
  for (auto _ : state) benchmark::DoNotOptimize(store->load().value().records.size());
}

BENCHMARK(BareSync)->UseRealTime();
BENCHMARK(DurableCommits)->Arg(1)->Arg(16)->Arg(64)->Arg(256)->UseRealTime();
BENCHMARK(LoadTenThousandRecords)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace isthmus
