// Sends a body that comes piece by piece. Private to the server (it includes Asio).
//
// It asks for a piece, waits for it and for the client's end at the same time, and writes it; so at
// most one piece is in memory. It must not be destroyed while run() is under way.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "api/http/channel.h"
#include "api/http/pending.h"

namespace isthmus::api::http {

class StreamSender {
 public:
  enum class Framing : uint8_t {
    Chunked,     // RFC 9112 section 7.1
    UntilClose,  // HTTP/1.0 knows no chunks
  };

  StreamSender(const Shared& shared, std::shared_ptr<Worker> worker, Channel& channel,
               Framing framing)
      : shared_(shared), worker_(std::move(worker)), channel_(channel), framing_(framing) {}

  // False: the body is not whole, because the client has gone or was too slow, or the server stops.
  // Whatever the client sends meanwhile is dropped: a stream is the last answer of its connection.
  Task<bool> run(BodyStream& stream);

 private:
  using Buffers = std::array<asio::const_buffer, 3>;
  using PieceGiven = Pending<std::optional<std::string>>;

  void start_watching();
  Task<void> watch();
  Task<void> stop_watching();
  Task<bool> send_pieces(BodyStream& stream);
  Task<bool> write_piece(const std::string& piece);
  Task<bool> write_end();
  Task<bool> write(const Buffers& bytes);  // within the time of an answer
  bool may_wait() const { return !is_gone_ && !shared_.stopping && !channel_.expired(); }

  const Shared& shared_;
  const std::shared_ptr<Worker> worker_;
  Channel& channel_;
  const Framing framing_;
  bool watches_ = false;
  bool is_over_ = false;  // nothing more is to be watched
  bool is_gone_ = false;  // the client has ended its side
};

}  // namespace isthmus::api::http
