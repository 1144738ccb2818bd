// Grace periods for one writer and many readers (quiescent-state-based reclamation, QSBR).
//
// A reader announces, on a cache line of its own, the newest epoch at which it held no reference.
// The writer replaces a pointer, raises the epoch, and frees the replaced object once every online
// reader has announced that epoch. Readers never wait and never write to shared lines; the writer
// never waits either: what cannot be freed yet stays on a list whose length it can ask for.
//
// Why sequentially consistent operations and no fences: going online must be ordered before the
// load of the published pointer (store -> load), and ThreadSanitizer models atomic operations but
// not std::atomic_thread_fence. The pointer itself must therefore be stored and loaded with
// memory_order_seq_cst (a plain load on x86-64).
//
// Threads: Reader belongs to the thread that uses it. retire, reclaim, pending: the writer only.
// Readers may be created and destroyed from any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace isthmus::dataplane::rcu {

// What a retired object derives from, so that retiring it allocates nothing and cannot fail.
class Retired {
 public:
  virtual ~Retired() = default;

 private:
  friend class GracePeriods;
  std::unique_ptr<Retired> next_;
  uint64_t epoch_ = 0;
};

class GracePeriods {
 public:
  GracePeriods() = default;
  ~GracePeriods();  // every Reader is gone by then; frees what is left
  GracePeriods(const GracePeriods&) = delete;
  GracePeriods& operator=(const GracePeriods&) = delete;

  // Takes an object that new readers can no longer reach; it is deleted by a later reclaim().
  void retire(std::unique_ptr<Retired> object) noexcept;
  // Deletes what no reader can hold any more; answers how many objects that were.
  size_t reclaim() noexcept;
  // Retired and not yet deleted. It grows for as long as one online reader makes no progress.
  size_t pending() const noexcept { return pending_; }

 private:
  friend class Reader;
  static constexpr uint64_t kOffline = 0;
  struct alignas(64) Slot {  // one cache line per reader
    std::atomic<uint64_t> seen{kOffline};
  };

  Slot* add_reader();
  void remove_reader(Slot* slot) noexcept;
  uint64_t oldest_seen() noexcept;

  std::atomic<uint64_t> epoch_{1};
  std::mutex readers_mutex_;  // guards readers_
  std::vector<std::unique_ptr<Slot>> readers_;

  std::unique_ptr<Retired> oldest_;  // writer only: a queue in the order of epochs
  Retired* newest_ = nullptr;
  size_t pending_ = 0;
};

// One thread's membership. It starts offline. A packet worker stays online while it works, calls
// quiescent() between bursts, and goes offline before it sleeps; an occasional reader only takes
// Guards.
class Reader {
 public:
  explicit Reader(GracePeriods& grace) : grace_(grace), slot_(grace.add_reader()) {}
  ~Reader() { grace_.remove_reader(slot_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  void online() noexcept;
  void offline() noexcept;    // no Guard may be alive
  void quiescent() noexcept;  // no Guard may be alive; nothing seen before is used afterwards
  bool is_online() const noexcept { return is_online_; }

 private:
  friend class Guard;
  GracePeriods& grace_;
  GracePeriods::Slot* slot_;
  bool is_online_ = false;
  int guards_ = 0;
};

// While a Guard lives, what its thread reads stays allocated. Free for an online reader; an offline
// one is online for the Guard's life. Guards of one reader may nest.
class Guard {
 public:
  explicit Guard(Reader& reader) noexcept : reader_(reader), was_online_(reader.is_online_) {
    if (!was_online_) reader_.online();
    ++reader_.guards_;
  }
  ~Guard() {
    --reader_.guards_;
    if (!was_online_) reader_.offline();
  }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

 private:
  Reader& reader_;
  bool was_online_;
};

}  // namespace isthmus::dataplane::rcu
