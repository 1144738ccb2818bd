// isthmus lab replay NIC FILE: the frames of a file as what a NIC's machine sends, and what becomes
// of each. No machine is needed for it, and no privilege: this process is behind the NIC for so
// long, and behind those of --to.
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <ostream>
#include <system_error>

#include "dataplane/io/packet_worker.h"
#include "tools/isthmus/lab/capture.h"
#include "tools/isthmus/lab/frame_output.h"
#include "tools/isthmus/lab/machines.h"
#include "tools/isthmus/lab/pcap_file.h"

namespace isthmus::cli {
namespace {

using dataplane::io::kFrameBytesMax;
using dataplane::io::kOffloadHeaderBytes;

// Frames whose fate is not known yet: few enough that no queue between here and there is ever full.
constexpr size_t kFramesUnderWay = 32;
constexpr size_t kBytesUnderWay = 1 << 16;
constexpr int kPatienceMs = 5000;  // for the daemon to say what became of them

struct Played {
  uint64_t sent = 0, dropped = 0, received = 0;
  uint64_t of_others = 0;  // left out, as the ones below
  uint64_t cut = 0;
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
  const auto answered = ask(connection, "attach " + plug.nic, std::array{daemons.get()});
  if (!answered) return tl::unexpected(answered.error());
  return plug;
}

// Of a machine that is there the daemon would take the wire away.
Result<void> check_nobody_is_there(const Interfaces& interfaces, const std::string& nic) {
  if (!Helper::is_there(interfaces.wires)) return {};
  auto helper = Helper::connect(interfaces.wires);
  if (!helper) return {};
  const auto machines = helper->list();
  if (!machines) return tl::unexpected(machines.error());
  for (const MachineInfo& machine : *machines)
    if (machine.nic == nic)
      return failure(fmt::format("a machine is behind {}", machine.name),
                     fmt::format("isthmus lab detach {}", machine.name));
  return {};
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
    if (auto free = check_nobody_is_there(interfaces, nic); !free)
      return tl::unexpected(free.error());
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
    if (!frame) return tl::unexpected(frame.error());
    file_has_ended_ = !frame->has_value();
    if (file_has_ended_) break;
    const auto& [bytes, is_cut] = **frame;
    if (is_cut || bytes.size() > kFrameBytesMax) {
      ++played_.cut;
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
    return failure("the daemon takes no more frames: " + std::generic_category().message(errno),
                   "");
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
    if (auto sent = send_some(); !sent) return tl::unexpected(sent.error());
    if (has_ended()) capture.connection = File();  // the rest of the stream comes
    pollfd waiting{capture.stream.get(), POLLIN, 0};
    const int ready = ::poll(&waiting, 1, kPatienceMs);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0)
      return failure(
          fmt::format("the daemon does not say what became of {} frames", under_way_.size()),
          "other traffic that is captured may be too much: try again");
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
  return words;
}

}  // namespace

Result<void> lab_replay(Session& session, const Arguments& arguments) {
  auto file = PcapFile::open(std::string(arguments.text("FILE")));
  if (!file) return tl::unexpected(file.error());
  const auto interfaces = ask_interfaces(session);
  if (!interfaces) return tl::unexpected(interfaces.error());
  const auto connection = connect_to_wires(interfaces->wires);
  if (!connection) return tl::unexpected(connection.error());
  const auto plugs = plug_all_in(*connection, *interfaces, arguments);
  if (!plugs) return tl::unexpected(plugs.error());
  auto output = FrameOutput::open(session, arguments);
  if (!output) return tl::unexpected(output.error());
  auto capture = begin_capture(interfaces->wires, {.what = "all"});
  if (!capture) return tl::unexpected(capture.error());
  Player player(*file, *plugs, *output, arguments.has("all"));
  const auto played = player.play(std::move(*capture));
  if (auto written = output->end(); !written) return written;
  if (!played) return tl::unexpected(played.error());
  session.err << words_of(*played) << "\n";
  return {};
}

}  // namespace isthmus::cli
