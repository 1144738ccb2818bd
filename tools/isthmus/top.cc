// isthmus top: how much goes through interfaces and peerings, and what is dropped, each second.
#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <limits>

#include "tools/isthmus/interrupt.h"
#include "tools/isthmus/rates.h"
#include "tools/isthmus/tasks.h"

namespace isthmus::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kCountersPath = "/_isthmus/v1/counters";
constexpr std::chrono::milliseconds kIntervalMin{10};
constexpr std::string_view kClearScreen = "\x1b[H\x1b[2J";  // ECMA-48: CUP, ED

struct Sample {
  Clock::time_point taken;
  Json counters;
};

Result<Sample> take_sample(Session& session) {
  Result<Json> answer = session.api.get(kCountersPath);
  if (!answer) return tl::unexpected(answer.error());
  if (text_at(*answer, "/forwarding") == "false") return tl::unexpected(forwards_nothing());
  return Sample{Clock::now(), std::move(*answer)};
}

Result<uint64_t> count_of(const Arguments& arguments, bool is_screen) {
  if (!arguments.has("count")) return is_screen ? std::numeric_limits<uint64_t>::max() : 1;
  uint64_t count = 0;
  const std::string_view text = arguments.text("count");
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count == 0)
    return usage(fmt::format("--count is a whole number from 1 on, not '{}'", text));
  return count;
}

Result<void> print(Session& session, const Json& rates, bool is_screen) {
  if (!session.output.as_table()) return session.output.print(rates);
  session.output.print_text((is_screen ? std::string(kClearScreen) : "") + tables_of_rates(rates));
  return {};
}

}  // namespace

// On a terminal until Ctrl-C; elsewhere once.
Result<void> top(Session& session, const Arguments& arguments) {
  const bool is_screen = ::isatty(STDOUT_FILENO) == 1 && session.output.as_table();
  const Result<uint64_t> count = count_of(arguments, is_screen);
  if (!count) return tl::unexpected(count.error());
  const Result<std::chrono::milliseconds> interval =
      parse_duration(arguments.has("interval") ? arguments.text("interval") : "1s");
  if (!interval) return tl::unexpected(interval.error());
  if (*interval < kIntervalMin) return usage("--interval is 10ms or longer");

  const Interrupt interrupt;
  Result<Sample> before = take_sample(session);
  if (!before) return tl::unexpected(before.error());
  for (uint64_t done = 0; done < *count && session.output.works(); ++done) {
    if (interrupt.comes_within(*interval)) return {};
    Result<Sample> after = take_sample(session);
    if (!after) return tl::unexpected(after.error());
    const std::chrono::duration<double> passed = after->taken - before->taken;
    const Json rates = rates_between(before->counters, after->counters, passed.count());
    if (auto printed = print(session, rates, is_screen); !printed) return printed;
    session.output.flush();
    before = std::move(after);
  }
  return {};
}

}  // namespace isthmus::cli
