// isthmus lab doctor: what a lab needs of this machine, and what helps where it is missing.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <ostream>
#include <thread>

#include "dataplane/io/write_batch.h"
#include "tools/isthmus/lab/machines.h"
#include "tools/lab/helper.h"
#include "tools/lab/machine.h"
#include "tools/lab/tap.h"

namespace isthmus::cli {
namespace {

struct Finding {
  bool is_well = true;
  std::string detail;
  std::string remedy = {};  // where it is not well
};

// What a child of this process says when it has tried: empty where it went well. Whatever it has
// made is gone with it.
std::string tried_in_child(const std::function<std::string()>& attempt) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return std::strerror(errno);
  File from(ends[0]), to(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return std::strerror(errno);
  if (child == 0) {
    const std::string words = attempt();
    const bool is_told = ::write(to.get(), words.data(), words.size()) >= 0;
    ::_exit(is_told ? 0 : 1);
  }
  to = File();
  std::array<char, 512> words;
  const ssize_t size = ::read(from.get(), words.data(), words.size());
  ::waitpid(child, nullptr, 0);
  return {words.data(), static_cast<size_t>(std::max<ssize_t>(size, 0))};
}

std::string first_line(const char* path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

Finding of_server(Session& session) {
  const auto answer = session.api.get("/_isthmus/v1/version");
  if (!answer) return {false, answer.error().message, answer.error().remedy};
  return {true, fmt::format("isthmusd {} answers at {}", text_at(*answer, "/version"),
                            session.api.server())};
}

Finding of_wires(Session& session) {
  const auto interfaces = ask_interfaces(session);
  if (!interfaces) return {false, interfaces.error().message, interfaces.error().remedy};
  return {true,
          fmt::format("packets are forwarded, wires are plugged in at {}", interfaces->wires)};
}

Finding of_tun(Session&) {
  constexpr char kDevice[] = "/dev/net/tun";
  const File device(::open(kDevice, O_RDWR | O_CLOEXEC));
  if (device) return {true, fmt::format("{} can be opened", kDevice)};
  return {false, fmt::format("{} cannot be opened: {}", kDevice, std::strerror(errno)),
          errno == ENOENT ? "modprobe tun, or give the container the device"
                          : "chmod 666 /dev/net/tun, or run the lab as root"};
}

// Switches that some distributions have.
std::string why_no_user_namespace() {
  if (first_line("/proc/sys/user/max_user_namespaces") == "0")
    return "sysctl user.max_user_namespaces=10000";
  if (first_line("/proc/sys/kernel/unprivileged_userns_clone") == "0")
    return "sysctl kernel.unprivileged_userns_clone=1";
  if (first_line("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1")
    return "sysctl kernel.apparmor_restrict_unprivileged_userns=0";
  return "run the lab as root, or let the container make namespaces";
}

Finding of_user_namespace(Session&) {
  if (::geteuid() == 0) return {true, "root needs no user namespace"};
  const std::string trouble = tried_in_child([] {
    const std::error_code error = lab::become_root_of_own();
    return error ? error.message() : std::string();
  });
  if (trouble.empty()) return {true, "an ordinary user may make namespaces"};
  return {false, fmt::format("an ordinary user may make no namespaces: {}", trouble),
          why_no_user_namespace()};
}

std::string make_one() {
  if (auto error = lab::become_root_of_own()) return error.message();
  if (auto error = lab::leave_for_new_network()) return error.message();
  lab::MachineSpec spec;
  spec.nic = "/networkInterfaces/doctor";
  spec.mac = *net::Mac::parse("02-00-00-00-00-01");
  spec.addresses.push_back({*net::IpAddress::parse("10.0.0.4"), *net::Prefix::parse("10.0.0.0/24"),
                            *net::IpAddress::parse("10.0.0.1")});
  const auto made = lab::make_machine(std::move(spec), lab::own_network_namespace());
  return made ? "" : made.error();
}

Finding of_machine(Session&) {
  const std::string trouble = tried_in_child(&make_one);
  if (trouble.empty()) return {true, "a machine was made, and is gone again"};
  return {false, trouble, "see the lines above; without machines, packets of tests go in memory"};
}

Finding of_lab(Session& session) {
  const auto interfaces = ask_interfaces(session);
  if (!interfaces) return {true, "none is up"};
  auto helper = Helper::connect(interfaces->wires);
  if (!helper) return {true, "none is up"};
  const auto machines = helper->list();
  if (!machines) return {false, machines.error().message, machines.error().remedy};
  for (const MachineInfo& machine : *machines)
    if (!machine.trouble.empty())
      return {false, fmt::format("{}: {}", machine.name, machine.trouble), "isthmus lab up again"};
  return {true, counted(machines->size(), "machine") + " up, each with its wire in"};
}

Finding of_processors(Session&) {
  const unsigned count = std::thread::hardware_concurrency();
  if (count > 1) return {true, counted(count, "processor")};
  return {true, "1 processor: packets wait for it to wake up"};
}

// Of this process; a daemon with --io-uring off, or in a container, may do without all the same.
Finding of_io_uring(Session&) {
  using dataplane::io::WriteBatch, dataplane::io::WriteWay;
  if (WriteBatch(1, WriteWay::Batched).way() == WriteWay::Batched)
    return {true, "packets are written many at a time"};
  return {true, "the system does not let have io_uring: packets are written one by one"};
}

struct Check {
  std::string_view name;
  Finding (*look)(Session&);
};
constexpr Check kChecks[] = {
    {"server", &of_server},
    {"wires", &of_wires},
    {"tun", &of_tun},
    {"namespaces", &of_user_namespace},
    {"machine", &of_machine},
    {"lab", &of_lab},
    {"processors", &of_processors},
    {"io_uring", &of_io_uring},
};

constexpr Column kFindingColumns[] = {
    {"Check", "/check"}, {"Result", "/result"}, {"Detail", "/detail"}, {"Remedy", "/remedy"}};

}  // namespace

Result<void> lab_doctor(Session& session, const Arguments&) {
  Json list(rapidjson::kArrayType);
  auto& memory = list.GetAllocator();
  size_t missing = 0;
  for (const Check& check : kChecks) {
    const Finding finding = check.look(session);
    missing += finding.is_well ? 0 : 1;
    Value row(rapidjson::kObjectType);
    const auto member = [&](const char* name, std::string_view value) {
      row.AddMember(rapidjson::StringRef(name), Value(std::string(value).c_str(), memory), memory);
    };
    member("check", check.name);
    member("result", finding.is_well ? "ok" : "missing");
    member("detail", finding.detail);
    if (!finding.is_well) member("remedy", finding.remedy);
    list.PushBack(row, memory);
  }
  auto printed = session.output.print(list, [&] { return grid_of(kFindingColumns, list); });
  if (!printed || missing == 0) return printed;
  return failure(fmt::format("{} missing for a lab here", counted(missing, "thing")), {});
}

}  // namespace isthmus::cli
