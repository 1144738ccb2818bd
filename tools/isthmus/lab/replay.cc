// isthmus lab replay NIC FILE: the frames of a file as what a NIC's machine sends, and what becomes
// of each. No machine is needed for it, and no privilege: this process is behind the NIC for so
// long, and behind those of --to.
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <deque>
#include <filesystem>
#include <optional>
#include <ostream>
#include <system_error>

#include "dataplane/io/packet_worker.h"
#include "tools/isthmus/lab/capture.h"
#include "tools/isthmus/lab/frame_output.h"
#include "tools/isthmus/lab/machines.h"
#include "tools/isthmus/lab/pcap_file.h"

namespace isthmus::cli {
namespace {

using Clock = std::chrono::steady_clock;
using dataplane::io::kFrameBytesMax;
using dataplane::io::kOffloadHeaderBytes;

// Frames whose fate is not known yet: few enough that no queue between here and there is ever full.
constexpr size_t kFramesUnderWay = 32;
constexpr size_t kBytesUnderWay = 1 << 16;
constexpr std::chrono::seconds kAnswerPatience{
    5};  // for the daemon to say what became of one of them

struct Played {
  uint64_t sent = 0, dropped = 0, received = 0;
  uint64_t of_others = 0;  // left out, as those below
  uint64_t cut = 0;
  uint64_t too_large = 0;
  std::optional<Problem> trouble = {};  // with the file, whose frames before it were sent
};

// The machine's end of a wire.
struct Plug {
  std::string nic;
  net::Mac mac;
  File end;
};

Result<Plug> plug_in(const File& connection, const Value& interface) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
    return failure("no socket: " + std::generic_category().message(errno), "");
  Plug plug{text_at(interface, "/resourceRef"),
            net::Mac::parse(text_at(interface, "/mac")).value_or(net::Mac()), File(ends[0])};
  const File daemons(ends[1]);
  auto answered = ask(connection, "attach-if-free " + plug.nic, std::array{daemons.get()});
  if (answered) return plug;
  if (answered.error().code == "WireExists")
    answered.error().remedy =
        fmt::format("isthmus lab detach {}, where it is a machine's", text_at(interface, "/name"));
  return tl::unexpected(answered.error());
}

// The NIC that sends, then those that only receive.
Result<std::vector<Plug>> plug_all_in(const File& connection, const Interfaces& interfaces,
                                      const Arguments& arguments) {
  std::vector<std::string> words{std::string(arguments.text("NIC"))};
  for (const std::string& word : arguments.words("to")) words.push_back(word);
  std::vector<Plug> plugs;
  for (const std::string& word : words) {
    const auto interface = interface_named(interfaces.all, word);
    if (!interface) return tl::unexpected(interface.error());
    const std::string nic = text_at(**interface, "/resourceRef");
    const auto is_it = [&nic](const Plug& one) { return one.nic == nic; };
    if (std::any_of(plugs.begin(), plugs.end(), is_it)) continue;
    auto plug = plug_in(connection, **interface);
    if (!plug) return tl::unexpected(plug.error());
    plugs.push_back(std::move(*plug));
  }
  return plugs;
}

class Player {
 public:
  Player(PcapFile& file, const std::vector<Plug>& plugs, FrameOutput& output, bool also_of_others)
      : file_(file), plugs_(plugs), output_(output), also_of_others_(also_of_others) {}

  Result<Played> play(OpenCapture capture);

 private:
  Result<void> send_some();
  Result<void> send(std::span<const uint8_t> frame);
  void take(const Block& block);
  void empty_wires();
  bool has_ended() const { return file_has_ended_ && under_way_.empty(); }
  bool is_plugged_in(std::string_view nic) const {
    return std::any_of(plugs_.begin(), plugs_.end(),
                       [nic](const Plug& plug) { return plug.nic == nic; });
  }

  PcapFile& file_;
  const std::vector<Plug>& plugs_;
  FrameOutput& output_;
  const bool also_of_others_;
  Played played_;
  std::deque<size_t> under_way_;  // sizes of frames whose fate is not known
  size_t bytes_under_way_ = 0;
  bool file_has_ended_ = false;
  Clock::time_point last_told_;
  std::vector<uint8_t> buffer_ = std::vector<uint8_t>(kOffloadHeaderBytes + kFrameBytesMax);
};

bool is_sent_by(std::span<const uint8_t> frame, net::Mac mac) {
  constexpr size_t kSource = 6, kMacBytes = 6;
  if (frame.size() < kSource + kMacBytes) return false;
  uint64_t value = 0;
  for (const uint8_t byte : frame.subspan(kSource, kMacBytes)) value = value << 8 | byte;
  return value == mac.value();
}

Result<void> Player::send_some() {
  while (!file_has_ended_ && under_way_.size() < kFramesUnderWay &&
         bytes_under_way_ < kBytesUnderWay) {
    const auto frame = file_.next();
    if (!frame) played_.trouble = frame.error();
    file_has_ended_ = !frame || !frame->has_value();
    if (file_has_ended_) break;
    const auto& [bytes, is_cut] = **frame;
    if (is_cut) {
      ++played_.cut;
    } else if (bytes.size() > kFrameBytesMax) {
      ++played_.too_large;
    } else if (!also_of_others_ && !is_sent_by(bytes, plugs_.front().mac)) {
      ++played_.of_others;
    } else if (auto sent = send(bytes); !sent) {
      return sent;
    }
  }
  return {};
}

// Behind a virtio_net_hdr that asks for nothing.
Result<void> Player::send(std::span<const uint8_t> frame) {
  std::fill_n(buffer_.begin(), kOffloadHeaderBytes, uint8_t{0});
  std::copy(frame.begin(), frame.end(), buffer_.begin() + kOffloadHeaderBytes);
  const size_t size = kOffloadHeaderBytes + frame.size();
  if (::send(plugs_.front().end.get(), buffer_.data(), size, MSG_NOSIGNAL) < 0)
    return failure(fmt::format("the wire in {} is out: {}", plugs_.front().nic,
                               std::generic_category().message(errno)),
                   "another one was plugged in, or the daemon has ended");
  ++played_.sent;
  under_way_.push_back(size);
  bytes_under_way_ += size;
  return {};
}

// The daemon tells of the frames of one NIC in their order, and of what came of each behind it.
void Player::take(const Block& block) {
  if (!block.frame) {
    output_.take(block);
    return;
  }
  const CapturedFrame& frame = *block.frame;
  if (!is_plugged_in(frame.interface)) return;
  output_.take(block);
  if (frame.direction == dataplane::Direction::Inbound) {
    ++played_.received;
  } else if (frame.interface == plugs_.front().nic && !under_way_.empty()) {
    bytes_under_way_ -= under_way_.front();
    under_way_.pop_front();
    last_told_ = Clock::now();
    played_.dropped += frame.comment.empty() ? 0 : 1;
  }
}

void Player::empty_wires() {
  for (const Plug& plug : plugs_)
    while (::recv(plug.end.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT) > 0) {
    }
}

Result<Played> Player::play(OpenCapture capture) {
  CaptureStream stream;
  std::vector<uint8_t> bytes(1 << 16);
  for (;;) {
    if (under_way_.empty()) last_told_ = Clock::now();
    if (auto sent = send_some(); !sent) return tl::unexpected(sent.error());
    if (has_ended()) capture.connection = File();  // the rest of the stream comes
    if (Clock::now() - last_told_ > kAnswerPatience)
      return failure(fmt::format("the daemon does not say what became of {}",
                                 counted(under_way_.size(), "frame")),
                     "there may be too much other traffic for its capture: try again");
    constexpr int kLookEveryMs = 500;
    pollfd waiting{capture.stream.get(), POLLIN, 0};
    if (::poll(&waiting, 1, kLookEveryMs) <= 0) continue;
    const ssize_t size = ::read(capture.stream.get(), bytes.data(), bytes.size());
    if (size <= 0) break;
    stream.add(std::span(bytes).first(static_cast<size_t>(size)));
    while (const auto block = stream.next()) take(*block);
    if (stream.is_broken()) return failure("what the daemon sends is no capture", "");
    empty_wires();
  }
  if (!has_ended()) return failure("the daemon has gone away", "");
  return played_;
}

std::string words_of(const Played& played) {
  std::string words = fmt::format("{} sent, {} of them dropped; {} received",
                                  counted(played.sent, "frame"), played.dropped, played.received);
  if (played.of_others > 0)
    words += fmt::format("; {} from another MAC address left out (--all sends them too)",
                         played.of_others);
  if (played.cut > 0)
    words += fmt::format("; {} left out, of which the file has only a part", played.cut);
  if (played.too_large > 0)
    words += fmt::format("; {} larger than {} bytes left out", played.too_large, kFrameBytesMax);
  return words;
}

}  // namespace

Result<void> lab_replay(Session& session, const Arguments& arguments) {
  std::error_code is_none;
  if (std::filesystem::equivalent(arguments.text("FILE"), arguments.text("write"), is_none))
    return usage("-w would write over the file that is read: name another one");
  auto file = PcapFile::open(std::string(arguments.text("FILE")));
  if (!file) return tl::unexpected(file.error());
  const auto interfaces = ask_interfaces(session);
  if (!interfaces) return tl::unexpected(interfaces.error());
  const auto connection = connect_to_wires(interfaces->wires);
  if (!connection) return tl::unexpected(connection.error());
  const auto plugs = plug_all_in(*connection, *interfaces, arguments);
  if (!plugs) return tl::unexpected(plugs.error());
  auto capture = begin_capture(interfaces->wires, {.what = "all"});
  if (!capture) return tl::unexpected(capture.error());
  auto output = FrameOutput::open(session, arguments);
  if (!output) return tl::unexpected(output.error());
  Player player(*file, *plugs, *output, arguments.has("all"));
  const auto played = player.play(std::move(*capture));
  if (auto written = output->end(); !written) return written;
  if (!played) return tl::unexpected(played.error());
  session.err << words_of(*played) << "\n";
  if (played->trouble) return tl::unexpected(*played->trouble);
  return {};
}

}  // namespace isthmus::cli
