// What a client is told of a fault.
#include <fmt/format.h>

#include "api/front/fault_json.h"

namespace isthmus::api::front {
namespace {

using json::JsonText;

std::string with_unit(milliseconds time) {
  const int64_t ms = time.count();
  return ms % 1000 == 0 && ms > 0 ? fmt::format("{}s", ms / 1000) : fmt::format("{}ms", ms);
}

void write_match(JsonText& out, const FaultMatch& match) {
  out.key("match").object().text("path", match.path);
  if (!match.methods.empty()) {
    out.key("method").array();
    for (const http::Method method : match.methods) out.text(http::to_string(method));
    out.end_array();
  }
  out.text_unless_empty("principal", match.principal).end_object();
}

void write_answer(JsonText& out, const Fault& fault) {
  if (fault.status != 0) out.number("status", static_cast<uint64_t>(fault.status));
  out.text_unless_empty("code", fault.code).text_unless_empty("message", fault.message);
  if (!fault.headers.empty()) {
    out.key("headers").object();
    for (const http::Header& field : fault.headers) out.text(field.name, field.value);
    out.end_object();
  }
  if (fault.retry_after_s) out.number("retryAfter", *fault.retry_after_s);
  if (fault.close) out.key("close").boolean(true);
}

void write_delay(JsonText& out, const Delay& delay) {
  if (delay.min == delay.max) {
    out.text("delay", with_unit(delay.min));
  } else {
    out.key("delay").object().text("min", with_unit(delay.min));
    out.text("max", with_unit(delay.max)).end_object();
  }
}

}  // namespace

void write_fault(JsonText& out, const FaultState& state) {
  const Fault& fault = *state.fault;
  out.object().text("name", fault.name);
  write_match(out, fault.match);
  write_answer(out, fault);
  if (fault.throttle) {
    out.key("throttle").object().number("burst", fault.throttle->burst);
    out.number("perSecond", fault.throttle->per_second).end_object();
  } else {
    if (fault.delay) write_delay(out, *fault.delay);
    for (const WhenName& row : kWhenNames)
      if (row.when == fault.when) out.text("when", row.name);
    out.key("rate").real(fault.rate);
    if (fault.count) out.number("count", *fault.count);
    out.number("after", fault.after).number("seed", fault.seed);
  }
  out.number("matched", state.matched).number("injected", state.injected).end_object();
}

}  // namespace isthmus::api::front
