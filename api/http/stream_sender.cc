#include "api/http/stream_sender.h"

#include <exception>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace isthmus::api::http {
namespace {

using std::chrono::steady_clock;

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace

// ---- the client's end

void StreamSender::start_watching() {
  watches_ = true;
  asio::co_spawn(
      worker_->io, [this]() -> Task<void> { return watch(); }, asio::detached);
}

Task<void> StreamSender::watch() {
  std::array<char, 512> dropped{};
  for (;;) {
    const auto [error, bytes] = co_await channel_.read_some(asio::buffer(dropped));
    if (error || is_over_) break;  // over: a read that was done already cannot be cancelled
  }
  is_gone_ = true;
  watches_ = false;
  channel_.wake();
}

Task<void> StreamSender::stop_watching() {
  is_over_ = true;
  if (watches_) channel_.cancel();
  while (watches_) co_await channel_.wait();
}

// ---- the pieces

Task<bool> StreamSender::write(const Buffers& bytes) {
  channel_.enter(Channel::Phase::Writing,
                 steady_clock::now() + shared_.options.limits.request_timeout);
  const auto [error, count] = co_await channel_.write(bytes);
  co_return !error;
}

Task<bool> StreamSender::write_piece(const std::string& piece) {
  if (piece.empty()) co_return true;  // an empty chunk would be the last one
  const bool chunked = framing_ == Framing::Chunked;
  const std::string size = chunked ? fmt::format("{:x}\r\n", piece.size()) : "";
  const Buffers bytes = {asio::buffer(size), asio::buffer(piece),
                         asio::buffer(chunked ? kLineEnd : "")};
  co_return co_await write(bytes);
}

Task<bool> StreamSender::write_end() {
  if (framing_ == Framing::UntilClose) co_return true;
  const Buffers bytes = {asio::buffer(kLastChunk)};
  co_return co_await write(bytes);
}

Task<bool> StreamSender::send_pieces(BodyStream& stream) {
  while (may_wait()) {
    const auto given = std::make_shared<PieceGiven>();
    given->worker = worker_;
    const Waiting waiting(*given, channel_.waker());
    channel_.enter(Channel::Phase::Streaming, SteadyTime::max());
    stream.next([given](std::optional<std::string> piece) {
      if (!complete(given, std::move(piece))) spdlog::error("a piece of a stream came twice");
    });
    while (!given->ready && may_wait()) co_await channel_.wait();
    if (!given->ready || is_gone_) break;
    if (!given->value) co_return co_await write_end();
    if (!co_await write_piece(*given->value)) break;
  }
  co_return false;
}

Task<bool> StreamSender::run(BodyStream& stream) {
  start_watching();
  bool is_whole = false;
  try {
    is_whole = co_await send_pieces(stream);
  } catch (const std::exception& error) {
    spdlog::error("a stream was broken off: {}", error.what());
  }
  co_await stop_watching();
  co_return is_whole;
}

}  // namespace isthmus::api::http
