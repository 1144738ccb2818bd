// The machines of a lab as `isthmus lab` deals with them: what the daemon says of the network
// interfaces, and the helper (tools/lab/helper.h) that holds the machines behind them.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/io/file.h"
#include "tools/isthmus/tasks.h"

namespace isthmus::cli {

using dataplane::io::File;

// What the daemon tells of its interfaces (docs/api/control.md), and where wires are plugged in.
struct Interfaces {
  std::string wires;
  Json all;  // an array
};
// A problem where the daemon forwards no packets.
Result<Interfaces> ask_interfaces(Session& session);

// The one of this name or path.
Result<const Value*> interface_named(const Json& interfaces, std::string_view word);

// To the daemon's socket for wires; says whose it is where it cannot be reached.
Result<File> connect_to_wires(const std::string& socket);

// Says a line to the daemon or the helper, and tells the rest of an answer that begins with "done";
// what it refuses is a problem.
Result<std::string> ask(const File& connection, const std::string& line,
                        std::span<const int> files = {});

// A machine that is there.
struct MachineInfo {
  std::string nic;
  std::string name;
  std::string address;
  std::string trouble;  // why its frames are not forwarded; empty where they are
};

// The namespaces of a machine.
struct Entrance {
  File network;
  File user;  // none where root has made it
};

// A connection to the helper.
class Helper {
 public:
  static Result<Helper> connect(const std::string& wires);  // a problem where there is none
  static Result<Helper> start(const std::string& wires);    // of one that is there, or a new one
  static bool is_there(const std::string& wires);

  // Asks each line, and calls `answered` with the number of the line and its answer, a sentence
  // where it is not done. Several are under way at once.
  Result<void> ask(const std::vector<std::string>& lines,
                   const std::function<void(size_t, const Result<std::string>&)>& answered);
  Result<std::string> ask(const std::string& line, std::span<const int> files = {});
  Result<std::vector<MachineInfo>> list();
  Result<Entrance> enter(const std::string& nic);
  // The process goes into a machine, and later into another one. It stays in the machines' user
  // namespace, where they have one.
  Result<void> go_into(const std::string& nic);

 private:
  explicit Helper(File connection) : connection_(std::move(connection)) {}
  File connection_;
  bool is_in_user_namespace_ = false;
};

// A lab that is up.
struct OpenLab {
  Helper helper;
  std::vector<MachineInfo> machines;
};
Result<OpenLab> open_lab(Session& session);  // a problem where none is up

// By the path of its interface, or its name where only one has it.
Result<MachineInfo> machine_named(const std::vector<MachineInfo>& machines, std::string_view word);

// The calling thread goes into a machine, and the process with it where that is all it is for.
Result<void> go_into(const Entrance& entrance);

// What the tables say of a packet from one machine to another, and of its reply.
struct Prediction {
  bool reaches = false;
  std::string reason;  // of a drop
};
// The port is that of tcp and udp.
Result<Prediction> predict(Session& session, const MachineInfo& from, const MachineInfo& to,
                           std::string_view protocol, uint16_t port);

// Of a machine in which a socket could not be bound to an address, with errno.
tl::unexpected<Problem> cannot_use(std::string_view nic, std::string_view address);

// How long answers may take: --timeout, or half a second.
Result<std::chrono::milliseconds> patience_of(const Arguments& arguments);

// "3 machines"
std::string counted(size_t count, std::string_view what);

}  // namespace isthmus::cli
