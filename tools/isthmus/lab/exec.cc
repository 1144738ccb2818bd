// isthmus lab exec MACHINE -- COMMAND: this process goes into the machine and becomes the command,
// so that terminal, signals and exit status are the command's own. In the machine the others have
// their names (/etc/hosts), and the host its own.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <ostream>

#include "tools/isthmus/lab/machines.h"

namespace isthmus::cli {
namespace {

constexpr char kHosts[] = "/etc/hosts";

std::string hosts_with(const std::vector<MachineInfo>& machines) {
  std::ifstream in(kHosts, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(in), {});
  text += "\n";
  for (const MachineInfo& machine : machines)
    text += fmt::format("{} {}\n", machine.address, machine.name);
  return text;
}

// In a mount namespace of the command's own: nothing of it is seen elsewhere, or stays.
bool give_names(const std::string& hosts) {
  constexpr char kScratch[] = "/tmp", kFile[] = "/tmp/hosts";
  if (::unshare(CLONE_NEWNS) < 0 || ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0 ||
      ::mount("hosts", kScratch, "tmpfs", 0, "mode=755") < 0)
    return false;
  {
    std::ofstream file(kFile, std::ios::binary);
    file << hosts;
  }
  const bool is_bound = ::mount(kFile, kHosts, nullptr, MS_BIND, nullptr) == 0;
  return ::umount2(kScratch, MNT_DETACH) == 0 && is_bound;
}

Result<void> become(std::vector<std::string> words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execvp(pointers.front(), pointers.data());  // returns only where it cannot
  const Exit exit = errno == ENOENT ? Exit::NotFound : Exit::Failure;
  return tl::unexpected(Problem{
      exit, {}, fmt::format("cannot run {}: {}", words.front(), std::strerror(errno)), {}, {}});
}

}  // namespace

Result<void> lab_exec(Session& session, const Arguments& arguments) {
  std::vector<std::string> words = arguments.words("MACHINE");
  const std::string wanted = words.empty() ? "" : words.front();
  words.erase(words.begin(), words.begin() + (words.empty() ? 0 : 1));
  if (!words.empty() && words.front() == "--") words.erase(words.begin());
  if (wanted.empty() || wanted.starts_with('-') || words.empty())
    return usage("a machine and a command are missing, such as: isthmus lab exec web1 -- ping db1");
  auto lab = open_lab(session);
  if (!lab) return tl::unexpected(lab.error());
  const auto machine = machine_named(lab->machines, wanted);
  if (!machine) return tl::unexpected(machine.error());
  const auto entrance = lab->helper.enter(machine->nic);
  if (!entrance) return tl::unexpected(entrance.error());
  if (auto inside = go_into(*entrance); !inside) return inside;
  if (!give_names(hosts_with(lab->machines)))
    session.err << "isthmus: names of machines are not known inside: write addresses\n";
  if (::unshare(CLONE_NEWUTS) == 0 && ::sethostname(machine->name.data(), machine->name.size()) < 0)
    session.err << "isthmus: the command sees the name of this host\n";
  return become(std::move(words));
}

}  // namespace isthmus::cli
