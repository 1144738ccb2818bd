// A socket that throws where it cannot be had.
#pragma once

#include <sys/socket.h>

#include "dataplane/io/file.h"
#include "tools/bench/packets/load.h"

namespace isthmus::bench::packets {

using dataplane::io::File;

[[noreturn]] void fail(const char* what);  // with errno

File make_socket(int family, int kind, int protocol = 0);
void set_option(const File& socket, int level, int name, int value);
// So many bytes, also above what the system allows to everybody where this process may.
void set_buffer(const File& socket, int name, int forced_name, int bytes);
// How long a receiving call waits.
void set_patience(const File& socket, Duration time);
void connect_to(const File& socket, const Target& target);
// To the port of every address, of both families.
File make_bound(int kind, uint16_t port);

inline Duration now() { return std::chrono::steady_clock::now().time_since_epoch(); }

}  // namespace isthmus::bench::packets
