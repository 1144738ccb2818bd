#include "tools/isthmus/lab/conversation.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <random>

#include "tools/bench/packets/load_socket.h"
#include "tools/isthmus/lab/prober.h"

namespace isthmus::cli {
namespace {

using bench::packets::Target;
using End = Question::End;
using Protocol = Question::Protocol;

// What is sent: an answer is not answered again, whoever gets it.
struct Message {
  uint64_t mark = 0;
  uint64_t is_answer = 0;
};

Target target(const net::IpAddress& address, uint16_t port) {
  return *Target::make(address.to_string(), port);
}

File open_socket(const Question& question) {
  const bool is_other = question.protocol == Protocol::Other;
  const int kind = question.protocol == Protocol::Tcp ? SOCK_STREAM
                   : is_other                         ? SOCK_RAW
                                                      : SOCK_DGRAM;
  const int family = question.destination.is_v4() ? AF_INET : AF_INET6;
  return bench::packets::make_socket(family, kind | SOCK_NONBLOCK,
                                     is_other ? question.ip_protocol : 0);
}

// A raw socket gives the IP header too, of IPv4 (raw(7)).
std::optional<Message> message_in(std::span<const uint8_t> bytes, const Question& question) {
  const bool has_header = question.protocol == Protocol::Other && question.destination.is_v4();
  const size_t header = has_header && !bytes.empty() ? (bytes[0] & 0xFu) * 4u : 0;
  Message message;
  if (bytes.size() != header + sizeof message) return std::nullopt;
  std::memcpy(&message, bytes.data() + header, sizeof message);
  return message;
}

}  // namespace

Result<std::unique_ptr<Answerer>> Answerer::open(const Question& question) {
  File file = open_socket(question);
  const Target here = target(question.destination, question.port);
  if (::bind(file.get(), here.name(), here.size()) < 0) {
    if (errno == EADDRINUSE) return nullptr;
    return cannot_use(question.to, question.destination.to_string());
  }
  if (question.protocol == Protocol::Tcp && ::listen(file.get(), SOMAXCONN) < 0)
    bench::packets::fail("listen");
  return std::unique_ptr<Answerer>(new Answerer(question, std::move(file)));
}

bool Answerer::is_for(const Question& question) const {
  return question_.to == question.to && question_.destination == question.destination &&
         question_.protocol == question.protocol && question_.port == question.port &&
         question_.ip_protocol == question.ip_protocol;
}

void Answerer::send_back() {
  std::array<uint8_t, 2048> bytes;
  sockaddr_storage from{};
  auto* name = reinterpret_cast<sockaddr*>(&from);
  for (;;) {
    socklen_t size = sizeof from;
    const ssize_t count = ::recvfrom(file_.get(), bytes.data(), bytes.size(), 0, name, &size);
    if (count < 0) return;
    auto message = message_in(std::span(bytes).first(static_cast<size_t>(count)), question_);
    if (!message || message->is_answer != 0) continue;
    message->is_answer = 1;
    ::sendto(file_.get(), &*message, sizeof *message, MSG_NOSIGNAL, name, size);
  }
}

Asker::Asker(Question& question, Answered answered)
    : question_(&question),
      answered_(answered),
      there_(target(question.destination, question.port)),
      mark_(std::random_device{}()) {}

Result<Asker> Asker::open(Question& question, Answered answered) {
  Asker asker(question, answered);
  if (answered == Answered::ByProgram && question.protocol == Protocol::Udp) {
    question.end = End::NotSent;
    question.why_not =
        fmt::format("a program has port {} there, and need not answer", question.port);
    return asker;
  }
  const Target here = target(question.source, 0);
  for (size_t i = 0; i < (asker.is_tcp() ? kAttempts : 1); ++i) {
    asker.files_.push_back(open_socket(question));
    if (::bind(asker.files_.back().get(), here.name(), here.size()) < 0)
      return cannot_use(question.from, question.source.to_string());
  }
  return asker;
}

// What has no way out is not answered.
void Asker::ask() {
  const bool is_first = begun_ == 0;
  if (is_tcp() || is_first) {
    const File& file = files_[begun_++];
    if (::connect(file.get(), there_.name(), there_.size()) < 0 && errno != EINPROGRESS) {
      files_[begun_ - 1] = File();
      if (errno == ENETUNREACH || errno == EHOSTUNREACH) return;
      question_->end = End::NotSent;
      question_->why_not = std::strerror(errno);
    }
  }
  const Message message{.mark = mark_};
  if (!is_tcp()) ::send(files_.front().get(), &message, sizeof message, MSG_NOSIGNAL);
}

void Asker::take(int descriptor) {
  const auto file = std::find_if(files_.begin(), files_.end(),
                                 [&](const File& one) { return one.get() == descriptor; });
  if (file == files_.end()) return;
  is_tcp() ? take_connection(*file) : take_answers(*file);
}

// It is made, or has failed.
void Asker::take_connection(File& file) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(file.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  file = File();
  if (error == 0 || (error == ECONNREFUSED && question_->is_nobodys)) {
    question_->end = End::Answered;
  } else if (error == ECONNREFUSED && answered_ == Answered::ByProgram) {
    question_->end = End::NotSent;
    question_->why_not =
        fmt::format("a program has port {} there, and does not listen", question_->port);
  }
}

void Asker::take_answers(const File& file) {
  std::array<uint8_t, 2048> bytes;
  ssize_t count = 0;
  while ((count = ::recv(file.get(), bytes.data(), bytes.size(), 0)) >= 0) {
    const auto message = message_in(std::span(bytes).first(static_cast<size_t>(count)), *question_);
    if (message && message->is_answer != 0 && message->mark == mark_)
      question_->end = End::Answered;
  }
  if (errno == ECONNREFUSED && question_->is_nobodys) question_->end = End::Answered;
}

}  // namespace isthmus::cli
