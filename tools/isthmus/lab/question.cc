#include "tools/isthmus/lab/question.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <vector>

#include "tools/isthmus/lab/conversation.h"
#include "tools/isthmus/lab/prober.h"

namespace isthmus::cli {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr size_t kAtATime = 100;  // so that there are descriptors for all of them

struct Conversations {
  std::vector<std::unique_ptr<Answerer>> answerers;
  std::vector<Asker> askers;
};

Result<Asker::Answered> find_answerer(Helper& helper, const Question& question,
                                      Conversations& all) {
  using Answered = Asker::Answered;
  if (question.to.empty()) return Answered::ByOthers;
  for (const auto& answerer : all.answerers)
    if (answerer->is_for(question)) return Answered::ByUs;
  if (auto inside = helper.go_into(question.to); !inside) return tl::unexpected(inside.error());
  auto answerer = Answerer::open(question);
  if (!answerer) return tl::unexpected(answerer.error());
  if (*answerer == nullptr) return Answered::ByProgram;
  all.answerers.push_back(std::move(*answerer));
  return Answered::ByUs;
}

Result<Conversations> open(Helper& helper, std::span<Question*> questions) {
  Conversations all;
  for (Question* question : questions) {
    const auto answered = find_answerer(helper, *question, all);
    if (!answered) return tl::unexpected(answered.error());
    if (auto inside = helper.go_into(question->from); !inside)
      return tl::unexpected(inside.error());
    auto asker = Asker::open(*question, *answered);
    if (!asker) return tl::unexpected(asker.error());
    all.askers.push_back(std::move(*asker));
  }
  return all;
}

// Until something has come, or for so long.
Result<void> take_what_comes(Conversations& all, milliseconds patience) {
  std::vector<pollfd> waiting;  // -1 is passed over
  std::vector<Asker*> whose;    // of those behind the answerers
  for (const auto& answerer : all.answerers) waiting.push_back({answerer->descriptor(), POLLIN, 0});
  for (Asker& asker : all.askers) {
    asker.each_descriptor([&](int descriptor, short events) {
      waiting.push_back({descriptor, events, 0});
      whose.push_back(&asker);
    });
  }
  if (::poll(waiting.data(), waiting.size(), static_cast<int>(patience.count())) < 0 &&
      errno != EINTR)
    return failure(fmt::format("cannot wait for answers: {}", std::strerror(errno)), {});
  const size_t answerers = all.answerers.size();
  for (size_t i = 0; i < waiting.size(); ++i) {
    if (waiting[i].revents == 0) continue;
    if (i < answerers)
      all.answerers[i]->send_back();
    else
      whose[i - answerers]->take(waiting[i].fd);
  }
  return {};
}

bool any_waits(const std::vector<Asker>& askers) {
  return std::any_of(askers.begin(), askers.end(),
                     [](const Asker& one) { return one.is_waiting(); });
}

Result<void> converse(Helper& helper, std::span<Question*> questions, milliseconds patience) {
  auto all = open(helper, questions);
  if (!all) return tl::unexpected(all.error());
  for (size_t attempt = 0; attempt < kAttempts; ++attempt) {
    for (Asker& asker : all->askers)
      if (asker.is_waiting()) asker.ask();
    const auto end = Clock::now() + patience / kAttempts;
    while (any_waits(all->askers) && Clock::now() < end) {
      const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
      if (auto taken = take_what_comes(*all, left); !taken) return taken;
    }
  }
  return {};
}

// The system of the receiver answers.
Result<void> ping(Helper& helper, std::span<Question*> questions, milliseconds patience) {
  std::vector<ProbeEnd> ends;
  std::vector<Probe> probes;
  for (const Question* question : questions) {
    probes.push_back({ends.size(), ends.size() + 1});
    ends.push_back({question->from, question->source});
    ends.push_back({{}, question->destination});
  }
  auto prober = Prober::open(helper, ends);
  if (!prober) return tl::unexpected(prober.error());
  if (auto done = prober->ping(probes, patience); !done) return done;
  for (size_t i = 0; i < probes.size(); ++i)
    if (probes[i].round_trip) questions[i]->end = Question::End::Answered;
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
    (question.protocol == Question::Protocol::Icmp ? pings : others).push_back(&question);
  using Part = std::span<Question*>;
  try {
    auto asked = in_parts(pings, [&](Part part) { return ping(helper, part, patience); });
    if (!asked) return asked;
    return in_parts(others, [&](Part part) { return converse(helper, part, patience); });
  } catch (const std::system_error& error) {
    return failure(fmt::format("no packets can be sent in a machine: {}", error.what()),
                   "isthmus lab doctor says what is missing");
  }
}

}  // namespace isthmus::cli
