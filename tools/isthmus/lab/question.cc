#include "tools/isthmus/lab/question.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <random>
#include <system_error>
#include <vector>

#include "tools/bench/packets/load_socket.h"
#include "tools/isthmus/lab/prober.h"

namespace isthmus::cli {
namespace {

namespace load = isthmus::bench::packets;
using load::Target;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;
using Protocol = Question::Protocol;
using End = Question::End;

constexpr size_t kAtATime = 100;  // so that there are descriptors for all of them
constexpr int kBacklog = 16;

// Protocols that IANA has given to nobody. Without ports, a packet would pass as the answer to one
// that went the other way before: each way has protocols of its own. Which one of them is by
// chance, so that it is seldom that of a flow that goes on although the rules have changed.
constexpr int kOtherProtocols[] = {148, 200};  // the first one of each way
constexpr unsigned kOtherProtocolsCount = 52;

int other_protocol(const Question& question) {
  const int first = kOtherProtocols[question.source < question.destination ? 0 : 1];
  return first + static_cast<int>(std::random_device{}() % kOtherProtocolsCount);
}

Target target(const net::IpAddress& address, uint16_t port) {
  return *Target::make(address.to_string(), port);
}

// What it has is there to be read at once.
class Conversation {
 public:
  explicit Conversation(Question& question)
      : question_(question),
        other_protocol_(other_protocol(question)),
        here_(target(question.source, 0)),
        there_(target(question.destination, has_port() ? question.port : 0)) {}

  // In the receiver's machine.
  void open_answerer() {
    answerer_ = open_socket();
    if (::bind(answerer_.get(), there_.name(), there_.size()) < 0) {
      if (errno != EADDRINUSE) load::fail("bind");
      answerer_ = File();
      if (question_.protocol == Protocol::Udp) question_.end = End::PortTaken;
    } else if (is_tcp() && ::listen(answerer_.get(), kBacklog) < 0) {
      load::fail("listen");
    }
  }
  // In the sender's. A connection begins once, so that TCP has a socket for each attempt.
  void open_askers() {
    for (size_t i = 0; i < (is_tcp() ? kAttempts : 1); ++i) {
      askers_.push_back(open_socket());
      if (::bind(askers_.back().get(), here_.name(), here_.size()) < 0) load::fail("bind");
      if (!is_tcp()) load::connect_to(askers_.back(), there_);
    }
  }

  bool is_open() const { return question_.end == End::Silent; }

  // What has no way out, or was refused before, is not answered.
  void begin_attempt() {
    if (!is_tcp()) {
      begun_ = 1;
      ::send(askers_.front().get(), &mark_, sizeof mark_, MSG_NOSIGNAL);
      return;
    }
    File& asker = askers_[begun_++];
    if (::connect(asker.get(), there_.name(), there_.size()) < 0 && errno != EINPROGRESS)
      asker = File();
  }

  // Calls `add` with each descriptor that something may come of, and what to wait for.
  template <class Add>
  void each_socket(Add add) {
    if (!is_tcp()) add(answerer_, POLLIN);
    for (size_t i = 0; i < begun_; ++i) add(askers_[i], is_tcp() ? POLLOUT : POLLIN);
  }
  void take(File& socket) {
    if (&socket == &answerer_) {
      send_back();
    } else if (is_tcp()) {
      take_connection(socket);
    } else {
      take_answer(socket);
    }
  }

 private:
  bool is_tcp() const { return question_.protocol == Protocol::Tcp; }
  bool has_port() const { return question_.protocol != Protocol::Other; }

  File open_socket() const {
    const bool is_other = question_.protocol == Protocol::Other;
    const int kind = is_tcp() ? SOCK_STREAM : is_other ? SOCK_RAW : SOCK_DGRAM;
    return load::make_socket(there_.family(), kind | SOCK_NONBLOCK, is_other ? other_protocol_ : 0);
  }

  // A raw socket gives the IP header too, of IPv4 (raw(7)).
  std::span<const uint8_t> payload(std::span<const uint8_t> bytes) const {
    const bool has_header = question_.protocol == Protocol::Other && there_.is_v4();
    const size_t header = has_header && !bytes.empty() ? (bytes[0] & 0xFu) * 4u : 0;
    return bytes.subspan(std::min(header, bytes.size()));
  }

  void send_back() {
    std::array<uint8_t, 2048> bytes;
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    auto* name = reinterpret_cast<sockaddr*>(&from);
    ssize_t count = 0;
    while ((count = ::recvfrom(answerer_.get(), bytes.data(), bytes.size(), 0, name, &size)) >= 0) {
      const auto said = payload(std::span(bytes).first(static_cast<size_t>(count)));
      ::sendto(answerer_.get(), said.data(), said.size(), MSG_NOSIGNAL, name, size);
      size = sizeof from;
    }
  }

  void take_answer(const File& asker) {
    std::array<uint8_t, 2048> bytes;
    ssize_t count = 0;
    while ((count = ::recv(asker.get(), bytes.data(), bytes.size(), 0)) >= 0) {
      const auto said = payload(std::span(bytes).first(static_cast<size_t>(count)));
      const auto* mark = reinterpret_cast<const uint8_t*>(&mark_);
      if (std::equal(said.begin(), said.end(), mark, mark + sizeof mark_))
        question_.end = End::Answered;
    }
    if (errno != EAGAIN && question_.is_nobodys) question_.end = End::Answered;
  }

  // It is made, or has failed.
  void take_connection(File& asker) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(asker.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0 || (error == ECONNREFUSED && question_.is_nobodys))
      question_.end = End::Answered;
    asker = File();
  }

  Question& question_;
  int other_protocol_;
  Target here_, there_;
  uint64_t mark_ = std::random_device{}();
  File answerer_;
  std::vector<File> askers_;
  size_t begun_ = 0;  // of the askers; one that is not would tell that it is ready (poll(2))
};

// Until something has come, or for so long.
void take_what_comes(std::vector<Conversation>& conversations, milliseconds patience) {
  std::vector<pollfd> waiting;
  std::vector<std::pair<Conversation*, File*>> sockets;
  for (Conversation& one : conversations) {
    one.each_socket([&](File& socket, short events) {
      waiting.push_back({socket.get(), events, 0});  // -1 is passed over
      sockets.emplace_back(&one, &socket);
    });
  }
  if (::poll(waiting.data(), waiting.size(), static_cast<int>(patience.count())) < 0 &&
      errno != EINTR)
    load::fail("poll");
  for (size_t i = 0; i < waiting.size(); ++i)
    if (waiting[i].revents != 0) sockets[i].first->take(*sockets[i].second);
}

bool any_open(const std::vector<Conversation>& conversations) {
  return std::any_of(conversations.begin(), conversations.end(),
                     [](const Conversation& one) { return one.is_open(); });
}

Result<void> converse(Helper& helper, std::span<Question*> questions, milliseconds patience) {
  std::vector<Conversation> conversations;
  for (Question* question : questions) {
    conversations.emplace_back(*question);
    if (!question->to.empty()) {
      if (auto inside = helper.go_into(question->to); !inside) return inside;
      conversations.back().open_answerer();
    }
    if (auto inside = helper.go_into(question->from); !inside) return inside;
    conversations.back().open_askers();
  }
  for (size_t attempt = 0; attempt < kAttempts; ++attempt) {
    for (Conversation& one : conversations)
      if (one.is_open()) one.begin_attempt();
    const auto end = Clock::now() + patience / kAttempts;
    while (any_open(conversations) && Clock::now() < end)
      take_what_comes(conversations, std::chrono::ceil<milliseconds>(end - Clock::now()));
  }
  return {};
}

// The kernel of the receiver answers.
Result<void> ping(Helper& helper, std::span<Question*> questions, milliseconds patience) {
  std::vector<MachineInfo> ends;
  std::vector<Probe> probes;
  for (const Question* question : questions) {
    probes.push_back({ends.size(), ends.size() + 1});
    ends.push_back({question->from, {}, question->source.to_string(), {}});
    // A socket that stays silent, where nobody's machine is there.
    const std::string& there = question->to.empty() ? question->from : question->to;
    ends.push_back({there, {}, question->destination.to_string(), {}});
  }
  auto prober = Prober::open(helper, ends);
  if (!prober) return tl::unexpected(prober.error());
  if (auto done = prober->ping(probes, patience); !done) return done;
  for (size_t i = 0; i < probes.size(); ++i)
    if (probes[i].round_trip) questions[i]->end = End::Answered;
  return {};
}

template <class Ask>
Result<void> in_parts(std::span<Question*> questions, Ask ask) {
  for (size_t first = 0; first < questions.size(); first += kAtATime) {
    const size_t count = std::min(kAtATime, questions.size() - first);
    if (auto asked = ask(questions.subspan(first, count)); !asked) return asked;
  }
  return {};
}

}  // namespace

Result<void> ask(Helper& helper, std::span<Question> questions, milliseconds patience) {
  std::vector<Question*> pings, others;
  for (Question& question : questions)
    (question.protocol == Protocol::Icmp ? pings : others).push_back(&question);
  try {
    auto asked =
        in_parts(pings, [&](std::span<Question*> part) { return ping(helper, part, patience); });
    if (!asked) return asked;
    return in_parts(others,
                    [&](std::span<Question*> part) { return converse(helper, part, patience); });
  } catch (const std::system_error& error) {
    return failure(fmt::format("no packets can be sent in a machine: {}", error.what()),
                   "isthmus lab doctor says what is missing");
  }
}

}  // namespace isthmus::cli
