#include "api/http/session.h"

#include <algorithm>
#include <array>
#include <utility>

#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "api/http/channel.h"
#include "api/http/inbox.h"
#include "api/http/pending.h"
#include "api/http/stream_sender.h"

namespace isthmus::api::http {
namespace {

using boost::system::error_code;
using std::chrono::steady_clock;

constexpr char kTlsHandshake = 0x16;  // a record's type, its first byte: RFC 8446 section 5.1
constexpr milliseconds kLingerTime{2'000};
constexpr milliseconds kWriteTimeMin{5'000};  // for an answer whose request took all its time

class Session final : public Sweepable, public std::enable_shared_from_this<Session> {
 public:
  Session(Shared& shared, std::shared_ptr<Worker> worker, Client client)
      : shared_(shared),
        limits_(shared.options.limits),
        worker_(std::move(worker)),
        channel_(shared.metrics, std::move(client.socket)),
        place_(std::move(client.place)),
        peer_(client.address.to_string()),
        inbox_(limits_, shared_.options.allowed_hosts) {
    shared_.metrics.connections_open.fetch_add(1, std::memory_order_relaxed);
  }
  ~Session() override { shared_.metrics.connections_open.fetch_sub(1, std::memory_order_relaxed); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Task<void> run(std::optional<Refusal> refusal);

  void sweep(SteadyTime now) override {
    if (now >= channel_.deadline() || is_body_too_slow(now)) channel_.expire();
  }
  void close_if_idle() override {
    const Phase phase = channel_.phase();
    if (phase == Phase::Idle || phase == Phase::Handshake || phase == Phase::Lingering)
      channel_.expire();
    if (phase == Phase::Streaming) channel_.wake();
  }
  void abort() override { channel_.abort(); }

 private:
  using Phase = Channel::Phase;
  enum class Read : uint8_t { Complete, Refused, Closed };
  using Parse = Inbox::Parsed (Inbox::*)();

  Task<void> serve();
  Task<bool> start_tls_if_asked();
  Task<bool> start_tls(TlsContext& context);
  Task<void> answer_refused();
  Task<bool> answer_request();
  Task<Read> read_request();
  Task<Read> read_until_parsed(Parse parse);
  Task<bool> read_some();
  Task<bool> send_continue_if_expected();
  Task<Response> ask_handler(Request request);
  Task<bool> write(const Response& response, Connection connection);
  Task<bool> send_stream(Response& response);
  bool has_body(const Response& response) const {
    return method_ != Method::Head && status_has_body(response.status);
  }
  Task<void> end();
  Task<void> linger();

  void begin_request();
  std::optional<Request> take_request();
  Read refuse(const Refusal& refusal);
  Refusal refusal_for_timeout() const;
  Response error_response(const Refusal& refusal) const;
  void record(const Response& response) const;

  bool is_body_too_slow(SteadyTime now) const;

  Shared& shared_;
  const Limits& limits_;
  std::shared_ptr<Worker> worker_;
  Channel channel_;
  ConnectionCount::Place place_;
  std::string peer_;
  Inbox inbox_;
  std::optional<ClientCertificate> certificate_;

  // The current request.
  std::string request_id_, target_, client_request_id_;
  std::optional<Method> method_;
  Refusal refusal_ = kMalformed;
  SteadyTime first_byte_{}, body_start_{};
  bool started_ = false;  // its first byte is here
  std::string out_;
};

// ---- the deadlines

bool Session::is_body_too_slow(SteadyTime now) const {
  if (channel_.phase() != Phase::Body || now - body_start_ < kBodyRateGrace) return false;
  const double seconds = std::chrono::duration<double>(now - body_start_).count();
  return static_cast<double>(inbox_.body_bytes()) <
         seconds * static_cast<double>(limits_.body_bytes_per_second);
}

Refusal Session::refusal_for_timeout() const {
  if (channel_.aborted()) return kStopping;
  if (channel_.phase() == Phase::Header) return kHeaderTimeout;
  return steady_clock::now() >= channel_.deadline() ? kBodyTimeout : kBodyTooSlow;
}

// ---- reading

void Session::begin_request() {
  inbox_.begin();
  request_id_ = shared_.options.make_request_id();
  target_.clear();
  client_request_id_.clear();
  method_.reset();
  started_ = false;
  channel_.enter(Phase::Idle, steady_clock::now() + limits_.idle_timeout);
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
  if (channel_.expired()) co_return false;
  const auto [error, bytes] = co_await channel_.read_some(inbox_.prepare());
  inbox_.commit(bytes);
  co_return !error;
}

Task<Session::Read> Session::read_until_parsed(Parse parse) {
  for (;;) {
    if (!started_ && !inbox_.is_empty()) {
      started_ = true;
      first_byte_ = steady_clock::now();
      channel_.enter(Phase::Header, first_byte_ + limits_.header_timeout);
    }
    const Inbox::Parsed parsed = (inbox_.*parse)();
    if (parsed == Inbox::Parsed::Complete) co_return Read::Complete;
    if (parsed == Inbox::Parsed::Refused) co_return refuse(inbox_.refusal());
    if (!co_await read_some()) {
      if (!channel_.expired() || !started_) co_return Read::Closed;
      co_return refuse(refusal_for_timeout());
    }
  }
}

Task<bool> Session::send_continue_if_expected() {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  if (!inbox_.expects_continue() || !inbox_.is_empty()) co_return true;
  const auto [error, bytes] = co_await channel_.write(asio::buffer(kContinue));
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
  channel_.enter(Phase::Body, body_start_ + limits_.body_timeout);
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
  request.is_tls = channel_.is_tls();
  request.certificate = certificate_;
  if (equal_without_case(request.headers.get("x-ms-return-client-request-id").value_or(""),
                         "true")) {
    client_request_id_ = request.headers.get("x-ms-client-request-id").value_or("");
  }
  return taken;
}

Response Session::error_response(const Refusal& refusal) const {
  const ServerError error{refusal.status, refusal.code, refusal.message,
                          target_,        request_id_,  method_ ? to_string(*method_) : "-",
                          peer_};
  Response response = shared_.options.error_body(error);
  response.status = refusal.status;
  if (refusal.status == 405) {
    response.headers.push_back({"Allow", "GET, HEAD, PUT, POST, DELETE, PATCH, OPTIONS"});
  }
  if (refusal.status == 503) response.headers.push_back({"Retry-After", "5"});
  return response;
}

Task<Response> Session::ask_handler(Request request) {
  const auto pending = std::make_shared<Pending<Response>>();
  pending->worker = worker_;
  const Waiting waiting(*pending, channel_.waker());
  channel_.enter(Phase::Handling, first_byte_ + limits_.request_timeout);
  try {
    shared_.handler.handle(std::move(request), [pending](Response response) {
      if (!complete(pending, std::move(response)))
        spdlog::error("a request was answered twice; the second answer is dropped");
    });
  } catch (const std::bad_alloc&) {
    if (!pending->called) complete(pending, error_response(kNoMemory));
  } catch (const std::exception& error) {
    spdlog::error("request {}: the handler threw: {}", request_id_, error.what());
    if (!pending->called) complete(pending, error_response(kInternalError));
  }
  while (!pending->ready && !channel_.expired()) co_await channel_.wait();
  if (!pending->ready) co_return error_response(channel_.aborted() ? kStopping : kHandlerTimeout);
  co_return std::move(pending->value);
}

Task<bool> Session::write(const Response& response, Connection connection) {
  const SteadyTime now = steady_clock::now();
  channel_.enter(Phase::Writing, std::max(started_ ? first_byte_ + limits_.request_timeout : now,
                                          now + kWriteTimeMin));
  out_.clear();
  append_head(out_, response,
              {.date = worker_->date(),
               .request_id = request_id_,
               .client_request_id = client_request_id_,
               .version = inbox_.version(),
               .connection = connection});
  const bool with_body = has_body(response) && !response.stream;
  const std::array<asio::const_buffer, 2> buffers = {
      asio::buffer(out_), asio::buffer(response.body.data(), with_body ? response.body.size() : 0)};
  const auto [error, bytes] = co_await channel_.write(buffers);
  record(response);
  co_return !error;
}

void Session::record(const Response& response) const {
  const auto duration =
      started_
          ? std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - first_byte_)
          : std::chrono::microseconds(0);
  const int method_index = method_ ? static_cast<int>(*method_) : Metrics::kOtherMethod;
  shared_.metrics.count(method_index, response.status, duration);
  shared_.access_log.write({.method = method_ ? to_string(*method_) : "-",
                            .target = target_,
                            .request_id = request_id_,
                            .peer = peer_,
                            .status = response.status,
                            .duration = duration,
                            .principal = response.who});
}

// A close while unread bytes wait makes the kernel send RST, which can destroy the answer before
// the client has read it. So: end our side, then read and drop until the client ends or the time is
// up.
Task<void> Session::linger() {
  channel_.enter(Phase::Lingering, steady_clock::now() + kLingerTime);
  co_await channel_.end_sending();
  for (bool more = true; more;) {  // not do while (co_await), which g++ 12 miscompiles
    inbox_.drop_bytes();
    more = co_await read_some();
  }
}

// After the last answer, and when the client has asked for nothing more.
Task<void> Session::end() {
  if (!inbox_.is_empty() || channel_.has_unread_bytes()) co_return co_await linger();
  if (!channel_.is_tls()) co_return;  // the close says it all
  channel_.enter(Phase::Lingering, steady_clock::now() + kLingerTime);
  co_await channel_.end_sending();
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
  if (response.abort) co_return false;
  const bool streams = response.stream && has_body(response);
  const bool goes_on = inbox_.keeps_alive() && !shared_.stopping && !channel_.expired() && !streams;
  const auto connection = goes_on ? Connection::KeepAlive : Connection::Close;
  if (!co_await write(response, connection)) co_return false;
  if (streams) {  // not && around co_await, which g++ 12 miscompiles
    const bool is_whole = co_await send_stream(response);
    if (!is_whole) co_return false;
  }
  if (!goes_on) co_await end();
  co_return goes_on;
}

// False: the body is not whole. The last chunk is missing, which tells the client.
Task<bool> Session::send_stream(Response& response) {
  using Framing = StreamSender::Framing;
  Framing framing = Framing::Chunked;
  if (inbox_.version() == 10) framing = Framing::UntilClose;
  StreamSender sender(shared_, worker_, channel_, framing);
  const bool is_whole = co_await sender.run(*response.stream);
  response.stream.reset();
  co_return is_whole;
}

// ---- the connection

Task<bool> Session::start_tls(TlsContext& context) {
  channel_.enter(Phase::Handshake, steady_clock::now() + limits_.header_timeout);
  const auto [error, bytes] = co_await channel_.start_tls(context, inbox_.data());
  inbox_.drop_bytes();
  if (!error) {
    certificate_ = channel_.client_certificate();
    co_return true;
  }
  const std::string trouble = channel_.certificate_trouble();
  spdlog::info("a TLS handshake with {} failed: {}", peer_,
               trouble.empty() ? error.message() : trouble);
  if (!channel_.expired()) co_await linger();  // the alert tells the client why
  co_return false;
}

// One port serves both: what a client sends first tells which it is. False: the connection is over.
Task<bool> Session::start_tls_if_asked() {
  const std::shared_ptr<TlsContext> context = shared_.tls();
  if (!context) co_return true;
  begin_request();
  if (shared_.stopping) co_return false;
  const bool has_come = co_await read_some();
  if (!has_come || !inbox_.starts_with(kTlsHandshake)) co_return has_come;
  co_return co_await start_tls(*context);
}

Task<void> Session::serve() {
  const bool started = co_await start_tls_if_asked();
  if (!started) co_return;
  for (;;) {
    const Read read = co_await read_request();
    if (read == Read::Closed) {
      if (channel_.is_tls()) co_await end();
      co_return;
    }
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
