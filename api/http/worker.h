// One io thread: its event loop, the connections that live on it, and the sweep that ends overdue
// ones. Private to the server (it includes Asio).
//
// Deadlines are plain fields of the sessions; one timer per worker looks at all of them every few
// milliseconds. A timer per read would cost more than the read.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api/http/response.h"
#include "api/http/server.h"

namespace isthmus::api::http {

namespace asio = boost::asio;
using SteadyTime = std::chrono::steady_clock::time_point;
// The concrete executor: the type-erased one costs an allocation here and there.
using Executor = asio::io_context::executor_type;
template <class T>
using Task = asio::awaitable<T, Executor>;
constexpr auto kUse = asio::as_tuple(asio::use_awaitable_t<Executor>{});
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

// How many connections are open, in total and per client address. Any thread.
class ConnectionCount {
 public:
  // The place of one connection; gives it back when it goes.
  class Place {
   public:
    Place(Place&& other) noexcept
        : count_(std::exchange(other.count_, nullptr)), client_(other.client_) {}
    ~Place() {
      if (count_ != nullptr) count_->release(client_);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    friend class ConnectionCount;
    Place(ConnectionCount& count, const asio::ip::address& client)
        : count_(&count), client_(client) {}

    ConnectionCount* count_;
    asio::ip::address client_;
  };
  enum class Verdict : uint8_t { Admitted, TooMany, TooManyOfAddress, Dropped };
  // TooMany and TooManyOfAddress hold a place too, while they are told so. Dropped holds none.
  struct Admission {
    Verdict verdict;
    std::optional<Place> place;
  };
  Admission admit(const asio::ip::address& client, const Limits& limits);
  bool wait_until_none(milliseconds timeout);

 private:
  void release(const asio::ip::address& client) noexcept;

  std::mutex mutex_;  // guards what follows
  std::condition_variable none_;
  size_t open_ = 0;
  std::unordered_map<asio::ip::address, size_t> per_address_;
};

// What all sessions of a server share. Outlives every worker's threads.
struct Shared {
  Shared(ServerOptions server_options, Handler& request_handler);

  ServerOptions options;
  Handler& handler;
  Metrics metrics;
  ConnectionCount connections;
  AccessLog access_log;
  std::atomic<bool> stopping{false};

  // What connections that begin now speak TLS with; null: none. Any thread.
  std::shared_ptr<TlsContext> tls() const {
    const std::lock_guard lock(tls_mutex_);
    return tls_;
  }
  void use_tls(std::shared_ptr<TlsContext> context) {
    const std::lock_guard lock(tls_mutex_);
    tls_ = std::move(context);
  }

 private:
  mutable std::mutex tls_mutex_;  // guards what follows
  std::shared_ptr<TlsContext> tls_;
};

// What a worker needs to do to its sessions. Called on the worker's thread only.
class Sweepable {
 public:
  virtual ~Sweepable() = default;
  virtual void sweep(SteadyTime now) = 0;
  virtual void close_if_idle() = 0;
  virtual void abort() = 0;
};

class Worker : public std::enable_shared_from_this<Worker> {
 public:
  explicit Worker(Shared& shared);
  ~Worker();

  void start();  // starts the thread
  void join();   // after nothing more is to run

  // On the worker's thread.
  void add(Sweepable& session);
  void remove(Sweepable& session) { sessions_.erase(&session); }
  std::string_view date();

  // From any thread.
  void close_idle_sessions();
  void abort_sessions();

  asio::io_context io{1};  // hint: one thread runs it

 private:
  void run();
  void schedule_sweep();

  Timer sweep_timer_;
  milliseconds sweep_interval_;
  std::unordered_set<Sweepable*> sessions_;
  bool sweeping_ = false;
  std::function<std::time_t()> now_;
  DateCache date_;
  asio::executor_work_guard<Executor> work_;
  std::thread thread_;
};

}  // namespace isthmus::api::http
