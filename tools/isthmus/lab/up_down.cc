// isthmus lab up, down, status: the machines come and go.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ostream>
#include <set>
#include <thread>

#include "tools/isthmus/lab/machines.h"

namespace isthmus::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kWaitMax{30};
constexpr std::chrono::milliseconds kAskAgain{50};

std::string since(Clock::time_point began) {
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
  return fmt::format("{} ms", passed.count());
}

// For a daemon that is still starting.
Result<void> await_ready(Session& session) {
  const auto deadline = Clock::now() + kWaitMax;
  for (;;) {
    Result<Reply> ready = session.api.call({"GET", "/readyz", {}, {}}, kWaitMax);
    if (ready) return {};
    if (Clock::now() > deadline) {
      ready.error().exit = Exit::Timeout;
      return tl::unexpected(ready.error());
    }
    std::this_thread::sleep_for(kAskAgain);
  }
}

// Applies a document, and tells the interfaces that it has by their paths.
Result<std::set<std::string>> interfaces_of(Session& session, const std::string& file) {
  auto text = read_document(file);
  if (!text) return tl::unexpected(text.error());
  const auto reply = apply_document(session, std::move(*text), "");
  if (!reply) return tl::unexpected(reply.error());
  std::set<std::string> named;
  for (const Value& change : reply->json["changes"].GetArray())
    if (text_at(change, "/change") != "deleted") named.insert(text_at(change, "/resource"));
  return named;
}

// The machines of interfaces that are not there any more go.
Result<size_t> drop_orphans(Helper& helper, const Interfaces& interfaces) {
  const auto machines = helper.list();
  if (!machines) return tl::unexpected(machines.error());
  std::set<std::string> present;
  for (const Value& one : interfaces.all.GetArray()) present.insert(text_at(one, "/resourceRef"));
  std::vector<std::string> lines;
  for (const MachineInfo& machine : *machines)
    if (!present.contains(machine.nic)) lines.push_back("drop " + machine.nic);
  if (auto done = helper.ask(lines, [](size_t, const auto&) {}); !done)
    return tl::unexpected(done.error());
  return lines.size();
}

constexpr Column kMachineColumns[] = {
    {"Name", "/name"},
    {"Address", "/address"},
    {"Wire", "/wire"},
    {"Trouble", "/trouble"},
    {"Interface", "/resourceRef", Column::Show::Path},
};

Json as_json(const std::vector<MachineInfo>& machines) {
  Json list(rapidjson::kArrayType);
  auto& memory = list.GetAllocator();
  for (const MachineInfo& machine : machines) {
    Value one(rapidjson::kObjectType);
    const auto member = [&](const char* name, const std::string& value) {
      one.AddMember(rapidjson::StringRef(name), Value(value.c_str(), memory), memory);
    };
    member("name", machine.name);
    member("address", machine.address);
    member("wire", machine.trouble.empty() ? "in" : "out");
    if (!machine.trouble.empty()) member("trouble", machine.trouble);
    member("resourceRef", machine.nic);
    list.PushBack(one, memory);
  }
  return list;
}

Result<void> show(Session& session, Helper& helper) {
  const auto machines = helper.list();
  if (!machines) return tl::unexpected(machines.error());
  const Json list = as_json(*machines);
  return session.output.print(list, [&] { return grid_of(kMachineColumns, list); });
}

// A server that does not answer cannot say where its socket is.
Result<std::string> wires_of(Session& session, const Arguments& arguments) {
  if (arguments.has("wires")) return std::string(arguments.text("wires"));
  auto interfaces = ask_interfaces(session);
  if (interfaces) return std::move(interfaces->wires);
  if (interfaces.error().exit == Exit::Unreachable)
    interfaces.error().remedy += "; without it: isthmus lab down --wires SOCKET";
  return tl::unexpected(interfaces.error());
}

}  // namespace

Result<void> lab_up(Session& session, const Arguments& arguments) {
  const auto began = Clock::now();
  if (arguments.has("wait"))
    if (auto ready = await_ready(session); !ready) return ready;
  std::set<std::string> named;
  if (arguments.has("FILE")) {
    auto applied = interfaces_of(session, std::string(arguments.text("FILE")));
    if (!applied) return tl::unexpected(applied.error());
    named = std::move(*applied);
  }
  const auto interfaces = ask_interfaces(session);
  if (!interfaces) return tl::unexpected(interfaces.error());
  std::vector<std::string> lines;
  for (const Value& one : interfaces->all.GetArray())
    if (!arguments.has("FILE") || named.contains(text_at(one, "/resourceRef")))
      lines.push_back("make " + to_text(one));
  auto helper = Helper::start(interfaces->wires);
  if (!helper) return tl::unexpected(helper.error());
  const auto orphans = drop_orphans(*helper, *interfaces);
  if (!orphans) return tl::unexpected(orphans.error());

  size_t made = 0, up = 0;
  std::optional<Problem> trouble;
  auto asked = helper->ask(lines, [&](size_t, const Result<std::string>& answer) {
    if (!answer && !trouble) trouble = answer.error();
    up += answer ? 1 : 0;
    made += answer && *answer == "made" ? 1 : 0;
  });
  if (!asked) return asked;
  session.err << fmt::format("{} up in {}", counted(up, "machine"), since(began));
  if (made < up) session.err << fmt::format("; {} of them new", made);
  if (*orphans > 0) session.err << fmt::format("; {} without an interface gone", *orphans);
  session.err << "\n";
  if (trouble) return tl::unexpected(*trouble);
  return show(session, *helper);
}

Result<void> lab_down(Session& session, const Arguments& arguments) {
  const auto began = Clock::now();
  const auto wires = wires_of(session, arguments);
  if (!wires) return tl::unexpected(wires.error());
  auto helper = Helper::connect(*wires);
  if (!helper) {
    session.err << "no lab is up\n";
    return {};
  }
  const auto machines = helper->list();
  if (!machines) return tl::unexpected(machines.error());
  if (const auto stopped = helper->ask("stop"); !stopped) return tl::unexpected(stopped.error());
  session.err << fmt::format("{} down in {}\n", counted(machines->size(), "machine"), since(began));
  return {};
}

Result<void> lab_status(Session& session, const Arguments&) {
  const auto interfaces = ask_interfaces(session);
  if (!interfaces) return tl::unexpected(interfaces.error());
  auto helper = Helper::connect(interfaces->wires);
  if (!helper) return tl::unexpected(helper.error());
  return show(session, *helper);
}

}  // namespace isthmus::cli
