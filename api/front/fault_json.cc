#include "api/front/fault_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "api/control/suggest.h"
#include "api/front/path_glob.h"
#include "api/json/json_reader.h"
#include "api/json/parse.h"
#include "controller/model/text.h"

namespace isthmus::api::front {
namespace {

using json::Value;

constexpr uint64_t kNumberMax = 1'000'000'000;
constexpr uint64_t kRetryAfterMaxS = 86'400;
constexpr std::string_view kExample =
    R"(Send for example {"match":{"path":"/networking/**","method":["PUT"]},"status":503}.)";

// One value that is read: where it stands, and what is refused of it.
struct FaultPlace {
  const Value& value;
  std::string pointer;

  tl::unexpected<Error> refuse(std::string_view wanted) const {
    const auto shown = json::scalar_text(value);
    return fail(ErrorCode::InvalidParameterValue, pointer,
                fmt::format("{} is not {}.", shown ? in_quotes(*shown) : "This", wanted));
  }
};

Result<std::string> read_text(const FaultPlace& place, size_t bytes_max, std::string_view what) {
  if (!place.value.IsString() || place.value.GetStringLength() > bytes_max)
    return place.refuse(fmt::format("{} of at most {} bytes", what, bytes_max));
  return std::string(json::text_of(place.value));
}

Result<uint64_t> read_number(const FaultPlace& place, uint64_t min, uint64_t max) {
  const auto number = json::to_unsigned(place.value, max);
  if (!number || *number < min || place.value.IsString())
    return place.refuse(fmt::format("a whole number from {} to {}", min, max));
  return *number;
}

struct Unit {
  std::string_view name;
  int64_t ms;
};
constexpr Unit kUnits[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}};

Result<milliseconds> read_time(const FaultPlace& place) {
  constexpr std::string_view kWanted = "a time of at most 5m, as in 200ms, 2s or 1m";
  if (!place.value.IsString()) return place.refuse(kWanted);
  const std::string_view text = json::text_of(place.value);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view rest = text.substr(static_cast<size_t>(end - text.data()));
  for (const Unit& unit : kUnits) {
    if (error == std::errc() && rest == unit.name && number >= 0 &&
        number <= kDelayMax.count() / unit.ms)
      return milliseconds(number * unit.ms);
  }
  return place.refuse(kWanted);
}

// How a member of an object of type T is read.
template <class T>
struct Member {
  std::string_view name;
  Result<void> (*read)(const FaultPlace&, T&);
};

// Puts a result into a field.
template <class Field, class T>
Result<void> into(Field& field, Result<T> result) {
  if (!result) return tl::unexpected(std::move(result.error()));
  field = static_cast<Field>(std::move(*result));
  return {};
}

template <class T>
Result<void> read_members(const FaultPlace& place, T& object, std::span<const Member<T>> members) {
  if (!place.value.IsObject())
    return fail(ErrorCode::InvalidRequestContent, place.pointer, "An object is expected here.",
                std::string(kExample));
  for (const auto& given : place.value.GetObject()) {
    const std::string_view name = json::text_of(given.name);
    const auto known = std::find_if(members.begin(), members.end(), [&](const Member<T>& member) {
      return http::equal_without_case(member.name, name);
    });
    if (known == members.end()) {
      std::vector<std::string_view> names;
      for (const Member<T>& member : members) names.push_back(member.name);
      const std::string_view near = nearest(name, names);
      return fail(ErrorCode::InvalidRequestContent, fmt::format("{}/{}", place.pointer, name),
                  fmt::format("There is no member {} here.", in_quotes(name)),
                  near.empty() ? fmt::format("The members are {}.", fmt::join(names, ", "))
                               : fmt::format("Did you mean '{}'?", near));
    }
    if (given.value.IsNull()) continue;
    if (auto read =
            known->read({given.value, fmt::format("{}/{}", place.pointer, known->name)}, object);
        !read)
      return read;
  }
  return {};
}

// ---- match

Result<void> read_path(const FaultPlace& place, FaultMatch& match) {
  auto text = read_text(place, kPatternBytesMax, "a path");
  if (!text) return tl::unexpected(text.error());
  if (!text->starts_with('/') && !text->starts_with("**"))
    return place.refuse("a path: it starts with '/' or '**', as in /networking/**");
  if (text->find('?') != std::string::npos)
    return place.refuse("a path: a fault looks at the path alone, without its query");
  match.path = std::move(*text);
  return {};
}

Result<void> add_method(const FaultPlace& place, FaultMatch& match) {
  constexpr std::string_view kWanted = "a method: GET, PUT, POST, DELETE, PATCH or OPTIONS";
  if (!place.value.IsString()) return place.refuse(kWanted);
  std::string name(json::text_of(place.value));
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  auto method = http::method_named(name);
  if (!method) return place.refuse(kWanted);
  if (*method == http::Method::Head) method = http::Method::Get;
  if (std::find(match.methods.begin(), match.methods.end(), *method) == match.methods.end())
    match.methods.push_back(*method);
  return {};
}

// A list, or one.
Result<void> read_methods(const FaultPlace& place, FaultMatch& match) {
  if (!place.value.IsArray()) return add_method(place, match);
  for (rapidjson::SizeType i = 0; i < place.value.Size(); ++i) {
    auto added = add_method({place.value[i], fmt::format("{}/{}", place.pointer, i)}, match);
    if (!added) return added;
  }
  return {};
}

constexpr Member<FaultMatch> kMatchMembers[] = {
    {"path", &read_path},
    {"method", &read_methods},
    {"principal",
     [](const FaultPlace& place, FaultMatch& match) {
       return into(match.principal, read_text(place, kPatternBytesMax, "a principal"));
     }},
};

// ---- the rest

constexpr Member<Delay> kDelayMembers[] = {
    {"min",
     [](const FaultPlace& place, Delay& delay) { return into(delay.min, read_time(place)); }},
    {"max",
     [](const FaultPlace& place, Delay& delay) { return into(delay.max, read_time(place)); }},
};

Result<void> read_delay(const FaultPlace& place, Fault& fault) {
  Delay& delay = fault.delay.emplace();
  if (!place.value.IsObject()) {
    auto read = into(delay.min, read_time(place));
    delay.max = delay.min;
    return read;
  }
  if (auto read = read_members<Delay>(place, delay, kDelayMembers); !read) return read;
  if (delay.min > delay.max) return place.refuse("a delay: its min is more than its max");
  return {};
}

constexpr Member<Rate> kRateMembers[] = {
    {"burst", [](const FaultPlace& place,
                 Rate& rate) { return into(rate.burst, read_number(place, 1, 1'000'000)); }},
    {"perSecond",
     [](const FaultPlace& place, Rate& rate) {
       return into(rate.per_second, read_number(place, 1, 1'000'000));
     }},
};

bool is_token(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";  // RFC 9110 section 5.6.2
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

// These say where an answer ends, which an injected one must not lie about.
constexpr std::string_view kServersHeaders[] = {
    "Content-Length", "Transfer-Encoding", "Connection",      "Content-Type",   "Date",
    "Trailer",        "Upgrade",           "x-isthmus-fault", "x-ms-request-id"};

Result<void> read_headers(const FaultPlace& place, Fault& fault) {
  if (!place.value.IsObject() || place.value.MemberCount() > kFaultHeadersMax)
    return place.refuse(fmt::format(
        "an object of at most {} header fields: {{\"Name\": \"value\"}}", kFaultHeadersMax));
  for (const auto& field : place.value.GetObject()) {
    const std::string_view name = json::text_of(field.name);
    const FaultPlace of_field{field.value, fmt::format("{}/{}", place.pointer, name)};
    const bool is_ours =
        std::any_of(std::begin(kServersHeaders), std::end(kServersHeaders),
                    [&](std::string_view ours) { return http::equal_without_case(ours, name); });
    if (!is_token(name) || name.size() > kPatternBytesMax || is_ours)
      return fail(ErrorCode::InvalidParameterValue, of_field.pointer,
                  fmt::format("{} is not a header field that a fault may have.", in_quotes(name)),
                  is_ours ? "The server itself sends that one." : "");
    auto value = read_text(of_field, kFaultTextBytesMax, "the value of a header field, text");
    if (!value) return tl::unexpected(value.error());
    fault.headers.push_back({std::string(name), std::move(*value)});
  }
  return {};
}

Result<void> read_when(const FaultPlace& place, Fault& fault) {
  const std::string_view word = place.value.IsString() ? json::text_of(place.value) : "";
  for (const WhenName& row : kWhenNames) {
    if (row.name != word) continue;
    fault.when = row.when;
    return {};
  }
  return place.refuse("before, after or operation");
}

Result<void> read_rate(const FaultPlace& place, Fault& fault) {
  if (!place.value.IsNumber() || !(place.value.GetDouble() >= 0 && place.value.GetDouble() <= 1))
    return place.refuse("a part of the calls: a number from 0 to 1, such as 0.25");
  fault.rate = place.value.GetDouble();
  return {};
}

Result<void> read_code(const FaultPlace& place, Fault& fault) {
  auto code = read_text(place, kPatternBytesMax, "a code");
  if (!code) return tl::unexpected(code.error());
  const bool is_word = std::all_of(code->begin(), code->end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
  if (!is_word || code->empty()) return place.refuse("a code: letters, digits, '.', '_' and '-'");
  fault.code = std::move(*code);
  return {};
}

constexpr Member<Fault> kMembers[] = {
    {"name",
     [](const FaultPlace& place, Fault& fault) {
       return into(fault.name, read_text(place, kPatternBytesMax, "a name"));
     }},
    {"match",
     [](const FaultPlace& place, Fault& fault) {
       return read_members<FaultMatch>(place, fault.match, kMatchMembers);
     }},
    {"status", [](const FaultPlace& place,
                  Fault& fault) { return into(fault.status, read_number(place, 400, 599)); }},
    {"code", &read_code},
    {"message",
     [](const FaultPlace& place, Fault& fault) {
       return into(fault.message, read_text(place, kFaultTextBytesMax, "a text"));
     }},
    {"headers", &read_headers},
    {"retryAfter",
     [](const FaultPlace& place, Fault& fault) {
       return into(fault.retry_after_s, read_number(place, 0, kRetryAfterMaxS));
     }},
    {"close",
     [](const FaultPlace& place, Fault& fault) -> Result<void> {
       if (!place.value.IsBool()) return place.refuse("true or false");
       fault.close = place.value.GetBool();
       return {};
     }},
    {"throttle",
     [](const FaultPlace& place, Fault& fault) {
       return read_members<Rate>(place, fault.throttle.emplace(), kRateMembers);
     }},
    {"delay", &read_delay},
    {"when", &read_when},
    {"rate", &read_rate},
    {"count", [](const FaultPlace& place,
                 Fault& fault) { return into(fault.count, read_number(place, 1, kNumberMax)); }},
    {"after", [](const FaultPlace& place,
                 Fault& fault) { return into(fault.after, read_number(place, 0, kNumberMax)); }},
    {"seed", [](const FaultPlace& place,
                Fault& fault) { return into(fault.seed, read_number(place, 0, kNumberMax)); }},
};

// What several members together mean. The first row that is broken is the answer.
struct Rule {
  std::string_view pointer;
  std::string_view message;
  bool (*holds)(const Fault&);
};
constexpr Rule kRules[] = {
    {"", "The fault does nothing: it needs a status, close, delay or throttle, or when operation.",
     [](const Fault& f) { return f.answers() || f.delay || f.throttle || f.fails_operation(); }},
    {"/when",
     "An operation fails with a code and a message alone: a status, close, headers, retryAfter and "
     "throttle are of answers.",
     [](const Fault& f) {
       return !f.fails_operation() ||
              (!f.answers() && f.headers.empty() && !f.retry_after_s && !f.throttle);
     }},
    {"/close", "A connection that is cut has no answer: use close or status, not both.",
     [](const Fault& f) { return !f.close || f.status == 0; }},
    {"/throttle", "A throttle stands alone: beside it only name and match are allowed.",
     [](const Fault& f) {
       return !f.throttle || (!f.answers() && !f.delay && f.rate == 1 && !f.count && f.after == 0 &&
                              f.when == Fault::When::Before);
     }},
    {"/status", "code, message, headers and retryAfter are of an answer, which needs a status.",
     [](const Fault& f) {
       return f.status != 0 || f.fails_operation() ||
              (f.code.empty() && f.message.empty() && f.headers.empty() && !f.retry_after_s);
     }},
};

}  // namespace

Result<Fault> read_fault(std::string_view body, std::string_view name) {
  const auto document = json::parse_json(body);
  if (!document)
    return fail(ErrorCode::InvalidRequestContent, "", document.error().message,
                std::string(kExample));
  Fault fault;
  if (auto read = read_members<Fault>({*document, ""}, fault, kMembers); !read)
    return tl::unexpected(read.error());
  if (!name.empty() && !fault.name.empty() && !http::equal_without_case(fault.name, name))
    return fail(ErrorCode::InvalidParameterValue, "/name",
                fmt::format("The path names the fault {}, the body {}.", in_quotes(name),
                            in_quotes(fault.name)));
  if (!name.empty()) fault.name = name;
  if (!fault.name.empty() && !is_legal_resource_name(fault.name))
    return fail(ErrorCode::InvalidResourceId, "/name",
                fmt::format("{} is not a name for a fault.", in_quotes(fault.name)),
                "Use letters, digits, '.', '_' and '-'.");
  for (const Rule& rule : kRules) {
    if (!rule.holds(fault))
      return fail(ErrorCode::InvalidParameterValue, std::string(rule.pointer),
                  std::string(rule.message));
  }
  return fault;
}

}  // namespace isthmus::api::front
