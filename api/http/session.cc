#include "api/http/session.h"

#include <algorithm>
#include <array>
#include <utility>

#include <spdlog/spdlog.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "api/http/inbox.h"
#include "api/http/pending_answer.h"

namespace isthmus::api::http {
namespace {

using boost::system::error_code;
using std::chrono::steady_clock;

constexpr auto kUse = asio::as_tuple(asio::use_awaitable_t<Executor>{});
constexpr milliseconds kLingerTime{2'000};
constexpr milliseconds kWriteTimeMin{5'000};  // for an answer whose request took all its time

// While it lives, an answer wakes the session; afterwards the answer comes too late.
class Waiting {
 public:
  Waiting(PendingAnswer& pending, Timer& wake) : pending_(pending) { pending_.wake = &wake; }
  ~Waiting() { pending_.wake = nullptr; }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  PendingAnswer& pending_;
};

class Session final : public Sweepable, public std::enable_shared_from_this<Session> {
 public:
  Session(Shared& shared, std::shared_ptr<Worker> worker, Client client)
      : shared_(shared),
        limits_(shared.options.limits),
        worker_(std::move(worker)),
        socket_(std::move(client.socket)),
        wake_(worker_->io.get_executor()),
        address_(std::move(client.address)),
        peer_(address_.to_string()),
        inbox_(limits_, shared_.options.allowed_hosts) {
    shared_.metrics.connections_open.fetch_add(1, std::memory_order_relaxed);
  }
  ~Session() override {
    shared_.metrics.connections_open.fetch_sub(1, std::memory_order_relaxed);
    error_code ignored;
    socket_.close(ignored);
    shared_.connections.release(address_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Task<void> run(std::optional<Refusal> refusal);

  void sweep(SteadyTime now) override {
    if (now >= deadline_ || is_body_too_slow(now)) expire();
  }
  void close_if_idle() override {
    if (phase_ == Phase::Idle || phase_ == Phase::Lingering) expire();
  }
  void abort() override {
    aborted_ = true;
    expire();
  }

 private:
  enum class Phase : uint8_t { Idle, Header, Body, Handling, Writing, Lingering };
  enum class Read : uint8_t { Complete, Refused, Closed };
  using Parse = Inbox::Parsed (Inbox::*)();

  Task<void> serve();
  Task<void> answer_refused();
  Task<bool> answer_request();
  Task<Read> read_request();
  Task<Read> read_until_parsed(Parse parse);
  Task<bool> read_some();
  Task<bool> send_continue_if_expected();
  Task<Response> ask_handler(Request request);
  Task<bool> write(const Response& response, Connection connection);
  bool has_unread_bytes();
  Task<void> linger();

  void begin_request();
  std::optional<Request> take_request();
  Read refuse(const Refusal& refusal);
  Refusal refusal_for_timeout() const;
  Response error_response(const Refusal& refusal) const;
  void record(int status) const;

  void enter(Phase phase, SteadyTime deadline) {
    phase_ = phase;
    deadline_ = deadline;
    expired_ = aborted_;
  }
  void expire();
  bool is_body_too_slow(SteadyTime now) const;

  Shared& shared_;
  const Limits& limits_;
  std::shared_ptr<Worker> worker_;
  Socket socket_;
  Timer wake_;  // never fires; cancelled to wake the wait for the handler
  asio::ip::address address_;
  std::string peer_;
  Inbox inbox_;

  // The current request.
  std::string request_id_, target_, client_request_id_;
  std::optional<Method> method_;
  Refusal refusal_ = kMalformed;
  SteadyTime first_byte_{}, body_start_{};
  bool started_ = false;  // its first byte is here
  std::string out_;

  Phase phase_ = Phase::Idle;
  SteadyTime deadline_ = SteadyTime::max();
  bool expired_ = false;  // the deadline of this phase has passed, or the server stops
  bool aborted_ = false;
};

// ---- the deadlines

void Session::expire() {
  if (!expired_ && phase_ != Phase::Idle && phase_ != Phase::Lingering) {
    shared_.metrics.timeouts.fetch_add(1, std::memory_order_relaxed);
  }
  expired_ = true;
  error_code ignored;
  socket_.cancel(ignored);
  wake_.cancel();
}

bool Session::is_body_too_slow(SteadyTime now) const {
  if (phase_ != Phase::Body || now - body_start_ < kBodyRateGrace) return false;
  const double seconds = std::chrono::duration<double>(now - body_start_).count();
  return static_cast<double>(inbox_.body_bytes()) <
         seconds * static_cast<double>(limits_.body_bytes_per_second);
}

Refusal Session::refusal_for_timeout() const {
  if (aborted_) return kStopping;
  if (phase_ == Phase::Header) return kHeaderTimeout;
  return steady_clock::now() >= deadline_ ? kBodyTimeout : kBodyTooSlow;
}

// ---- reading

void Session::begin_request() {
  inbox_.begin();
  request_id_ = make_request_id();
  target_.clear();
  client_request_id_.clear();
  method_.reset();
  started_ = false;
  enter(Phase::Idle, steady_clock::now() + limits_.idle_timeout);
}

Session::Read Session::refuse(const Refusal& refusal) {
  refusal_ = refusal;
  if (inbox_.refused_by_guard()) {
    shared_.metrics.guard_refusals.fetch_add(1, std::memory_order_relaxed);
  }
  return Read::Refused;
}

// One read from the socket. False: the client has ended, or the deadline has passed.
Task<bool> Session::read_some() {
  if (expired_) co_return false;
  const auto [error, bytes] = co_await socket_.async_read_some(inbox_.prepare(), kUse);
  inbox_.commit(bytes);
  co_return !error;
}

Task<Session::Read> Session::read_until_parsed(Parse parse) {
  for (;;) {
    if (!started_ && !inbox_.is_empty()) {
      started_ = true;
      first_byte_ = steady_clock::now();
      enter(Phase::Header, first_byte_ + limits_.header_timeout);
    }
    const Inbox::Parsed parsed = (inbox_.*parse)();
    if (parsed == Inbox::Parsed::Complete) co_return Read::Complete;
    if (parsed == Inbox::Parsed::Refused) co_return refuse(inbox_.refusal());
    if (!co_await read_some()) {
      if (!expired_ || !started_) co_return Read::Closed;
      co_return refuse(refusal_for_timeout());
    }
  }
}

Task<bool> Session::send_continue_if_expected() {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  if (!inbox_.expects_continue() || !inbox_.is_empty()) co_return true;
  const auto [error, bytes] = co_await asio::async_write(socket_, asio::buffer(kContinue), kUse);
  co_return !error;
}

Task<Session::Read> Session::read_request() {
  begin_request();
  if (shared_.stopping) co_return Read::Closed;
  const Read header = co_await read_until_parsed(&Inbox::parse_header);
  method_ = method_named(inbox_.method());
  target_ = inbox_.target();
  if (header != Read::Complete || !inbox_.has_body()) co_return header;
  body_start_ = steady_clock::now();
  enter(Phase::Body, body_start_ + limits_.body_timeout);
  if (!co_await send_continue_if_expected()) co_return Read::Closed;
  co_return co_await read_until_parsed(&Inbox::parse_body);
}

// ---- answering

std::optional<Request> Session::take_request() {
  std::optional<Request> taken = inbox_.take();
  if (!taken) {
    refuse(inbox_.refusal());
    return std::nullopt;
  }
  Request& request = *taken;
  request.peer = peer_;
  request.request_id = request_id_;
  if (equal_without_case(request.headers.get("x-ms-return-client-request-id").value_or(""),
                         "true")) {
    client_request_id_ = request.headers.get("x-ms-client-request-id").value_or("");
  }
  return taken;
}

Response Session::error_response(const Refusal& refusal) const {
  const ServerError error{refusal.status, refusal.code, refusal.message, target_, request_id_};
  Response response = shared_.options.error_body(error);
  response.status = refusal.status;
  if (refusal.status == 405) {
    response.headers.push_back({"Allow", "GET, HEAD, PUT, POST, DELETE, PATCH, OPTIONS"});
  }
  if (refusal.status == 503) response.headers.push_back({"Retry-After", "5"});
  return response;
}

Task<Response> Session::ask_handler(Request request) {
  const auto pending = std::make_shared<PendingAnswer>();
  pending->worker = worker_;
  const Waiting waiting(*pending, wake_);
  enter(Phase::Handling, first_byte_ + limits_.request_timeout);
  try {
    shared_.handler.handle(std::move(request), [pending](Response response) {
      complete(pending, std::move(response));
    });
  } catch (const std::exception& error) {
    spdlog::error("request {}: the handler threw: {}", request_id_, error.what());
    if (!pending->called) complete(pending, error_response(kInternalError));
  }
  while (!pending->ready && !expired_) {
    wake_.expires_at(SteadyTime::max());
    co_await wake_.async_wait(kUse);
  }
  if (!pending->ready) co_return error_response(aborted_ ? kStopping : kHandlerTimeout);
  co_return std::move(pending->response);
}

Task<bool> Session::write(const Response& response, Connection connection) {
  const SteadyTime now = steady_clock::now();
  enter(Phase::Writing,
        std::max(started_ ? first_byte_ + limits_.request_timeout : now, now + kWriteTimeMin));
  out_.clear();
  append_head(out_, response,
              {.date = worker_->date(),
               .request_id = request_id_,
               .client_request_id = client_request_id_,
               .version = inbox_.version(),
               .connection = connection});
  const bool with_body = method_ != Method::Head && status_has_body(response.status);
  const std::array<asio::const_buffer, 2> buffers = {
      asio::buffer(out_), asio::buffer(response.body.data(), with_body ? response.body.size() : 0)};
  const auto [error, bytes] = co_await asio::async_write(socket_, buffers, kUse);
  record(response.status);
  co_return !error;
}

void Session::record(int status) const {
  const auto duration =
      started_
          ? std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - first_byte_)
          : std::chrono::microseconds(0);
  const int method_index = method_ ? static_cast<int>(*method_) : Metrics::kOtherMethod;
  shared_.metrics.count(method_index, status, duration);
  shared_.access_log.write({.method = method_ ? to_string(*method_) : "-",
                            .target = target_,
                            .request_id = request_id_,
                            .peer = peer_,
                            .status = status,
                            .duration = duration});
}

bool Session::has_unread_bytes() {
  error_code ignored;
  return !inbox_.is_empty() || socket_.available(ignored) > 0;
}

// A close while unread bytes wait makes the kernel send RST, which can destroy the answer before
// the client has read it. So: end our side, then read and drop until the client ends or the time is
// up.
Task<void> Session::linger() {
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  enter(Phase::Lingering, steady_clock::now() + kLingerTime);
  do {
    inbox_.drop_bytes();
  } while (co_await read_some());
}

Task<void> Session::answer_refused() {
  const Response response = error_response(refusal_);
  if (co_await write(response, Connection::Close)) co_await linger();
}

// Answers one request; false when it was the last of the connection.
Task<bool> Session::answer_request() {
  std::optional<Request> request = take_request();
  Response response;
  if (request) {  // not ?: around co_await, which g++ 12 miscompiles
    response = co_await ask_handler(std::move(*request));
  } else {
    response = error_response(refusal_);
  }
  const bool goes_on = inbox_.keeps_alive() && !shared_.stopping && !expired_;
  const auto connection = goes_on ? Connection::KeepAlive : Connection::Close;
  if (!co_await write(response, connection)) co_return false;
  if (!goes_on && has_unread_bytes()) co_await linger();
  co_return goes_on;
}

Task<void> Session::serve() {
  for (;;) {
    const Read read = co_await read_request();
    if (read == Read::Closed) co_return;
    if (read == Read::Refused) co_return co_await answer_refused();
    if (!co_await answer_request()) co_return;
  }
}

Task<void> Session::run(std::optional<Refusal> refusal) {
  worker_->add(*this);
  try {
    if (refusal) {
      begin_request();
      refusal_ = *refusal;
      co_await answer_refused();
    } else {
      co_await serve();
    }
  } catch (const std::exception& error) {  // out of memory, in practice
    spdlog::error("connection from {} ended: {}", peer_, error.what());
  }
  worker_->remove(*this);
}

}  // namespace

void start_session(Shared& shared, const std::shared_ptr<Worker>& worker, Client client,
                   std::optional<Refusal> refusal) {
  error_code ignored;
  client.socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  auto session = std::make_shared<Session>(shared, worker, std::move(client));
  asio::co_spawn(
      worker->io, [session, refusal]() -> Task<void> { return session->run(refusal); },
      asio::detached);
}

}  // namespace isthmus::api::http
