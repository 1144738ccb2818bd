// The two ends of a question that goes over TCP, UDP or a protocol without ports: sockets, each
// made in the machine that the calling thread is in then, and read when poll(2) says so.
//
// std::system_error where there is no socket to be had. Threads: all of it is for one.
#pragma once

#include <poll.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "tools/bench/packets/load.h"
#include "tools/isthmus/lab/question.h"

namespace isthmus::cli {

// In a receiver's machine: TCP's kernel answers for it, else it sends back what it is asked.
class Answerer {
 public:
  // None where a program has the port.
  static Result<std::unique_ptr<Answerer>> open(const Question& question);
  // The questions that it answers.
  bool is_for(const Question& question) const;

  // Of what there is to be read from; -1 for nothing.
  int descriptor() const {
    return question_.protocol == Question::Protocol::Tcp ? -1 : file_.get();
  }
  void send_back();

 private:
  Answerer(const Question& question, File file) : question_(question), file_(std::move(file)) {}
  Question question_;  // the first one
  File file_;
};

// In a sender's machine. What becomes of it is in the question.
class Asker {
 public:
  // Others: a router, or nobody.
  enum class Answered : uint8_t { ByUs, ByProgram, ByOthers };
  static Result<Asker> open(Question& question, Answered answered);

  bool is_waiting() const { return question_->end == Question::End::Silent; }
  void ask();
  // Calls `add` with each descriptor that an answer may come from, and what to wait for.
  template <class Add>
  void each_descriptor(Add add) const {
    for (size_t i = 0; i < begun_; ++i) add(files_[i].get(), is_tcp() ? POLLOUT : POLLIN);
  }
  void take(int descriptor);

 private:
  Asker(Question& question, Answered answered);
  bool is_tcp() const { return question_->protocol == Question::Protocol::Tcp; }
  void take_connection(File& file);
  void take_answers(const File& file);

  Question* question_;
  Answered answered_;
  bench::packets::Target there_;
  uint64_t mark_;
  std::vector<File> files_;  // of TCP one for each attempt, since a connection begins once
  size_t begun_ = 0;         // of them; poll(2) tells of one that is not that it is ready
};

}  // namespace isthmus::cli
