#include "dataplane/io/write_batch.h"

#include <liburing.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace isthmus::dataplane::io {

class WriteBatch::Ring {
 public:
  // Nothing where the system has none.
  static std::unique_ptr<Ring> open(size_t capacity) {
    auto ring = std::make_unique<Ring>();
    // All of a batch is submitted, also behind one that is refused; and nothing of it is done at
    // another time than within our calls.
    constexpr unsigned kFlags = IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER |
                                IORING_SETUP_COOP_TASKRUN | IORING_SETUP_DEFER_TASKRUN;
    const auto entries = static_cast<unsigned>(capacity + 1);  // and a cancellation
    ring->is_open_ = ::io_uring_queue_init(entries, &ring->ring_, kFlags) == 0;
    return ring->is_open_ ? std::move(ring) : nullptr;
  }
  ~Ring() {
    if (is_open_) ::io_uring_queue_exit(&ring_);
  }

  // An errno for each write, 0 where it is done. False: not all have ended, and the ring is to go.
  bool write(std::span<const Write> writes, std::span<int> errors) {
    for (size_t i = 0; i < writes.size(); ++i) {
      const Write& write = writes[i];
      const auto size = static_cast<unsigned>(write.bytes.size());
      io_uring_sqe* entry = ::io_uring_get_sqe(&ring_);
      if (write.is_socket) {
        ::io_uring_prep_send(entry, write.descriptor, write.bytes.data(), size,
                             MSG_DONTWAIT | MSG_NOSIGNAL);
      } else {
        ::io_uring_prep_write(entry, write.descriptor, write.bytes.data(), size, 0);
      }
      ::io_uring_sqe_set_data64(entry, i);
    }
    ::io_uring_submit_and_get_events(&ring_);
    size_t done = take_results(errors);
    for (int round = 0; done < writes.size() && round < kCancellationsMax; ++round) {
      cancel();
      done += take_results(errors);
    }
    return done == writes.size();
  }

 private:
  static constexpr uint64_t kCancellation = ~uint64_t{0};  // no write has this number
  static constexpr int kCancellationsMax = 1000;           // one is enough, but for want of memory

  // The results that are there; answers of how many writes.
  size_t take_results(std::span<int> errors) {
    io_uring_cqe* result = nullptr;
    unsigned head = 0, count = 0;
    size_t writes = 0;
    io_uring_for_each_cqe(&ring_, head, result) {
      ++count;
      const uint64_t i = ::io_uring_cqe_get_data64(result);
      if (i == kCancellation) continue;
      ++writes;
      errors[i] = result->res >= 0 ? 0 : result->res == -ECANCELED ? EAGAIN : -result->res;
    }
    ::io_uring_cq_advance(&ring_, count);
    return writes;
  }

  // Of writes that have no room, io_uring waits for it, though their descriptors are not to block.
  void cancel() {
    if (io_uring_sqe* entry = ::io_uring_get_sqe(&ring_); entry != nullptr) {
      ::io_uring_prep_cancel64(entry, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
      ::io_uring_sqe_set_data64(entry, kCancellation);
    }
    ::io_uring_submit_and_wait(&ring_, 1);
  }

  io_uring ring_{};
  bool is_open_ = false;
};

WriteBatch::WriteBatch(size_t capacity, WriteWay wanted)
    : capacity_(capacity), ring_(wanted == WriteWay::Batched ? Ring::open(capacity) : nullptr) {
  writes_.reserve(capacity);
  errors_.reserve(capacity);
}

WriteBatch::~WriteBatch() = default;

void WriteBatch::add(const Wire& wire, std::span<const uint8_t> bytes) {
  writes_.push_back({wire.get(), wire.is_socket(), bytes});
}

// One alone goes by write(2), which is the shorter way for it.
std::span<const int> WriteBatch::flush() {
  const bool is_batched = ring_ && writes_.size() > 1;
  errors_.assign(writes_.size(), is_batched ? EAGAIN : 0);
  if (is_batched) {
    if (!ring_->write(writes_, errors_)) ring_.reset();
  } else {
    for (size_t i = 0; i < writes_.size(); ++i) {
      const Write& write = writes_[i];
      if (::write(write.descriptor, write.bytes.data(), write.bytes.size()) < 0) errors_[i] = errno;
    }
  }
  writes_.clear();
  return errors_;
}

}  // namespace isthmus::dataplane::io
