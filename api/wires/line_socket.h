// Unix sockets on which processes of one machine hand each other lines of text and descriptors: of
// the kind SOCK_SEQPACKET, so that a message is a line without its end, with the descriptors that
// come along (SCM_RIGHTS, unix(7)).
//
// Threads: none of its own; a socket is for one thread at a time.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "dataplane/io/file.h"

namespace isthmus::api::wires {

using dataplane::io::File;

constexpr size_t kLineBytesMax = 8192;
constexpr size_t kFilesPerLineMax = 4;

struct Line {
  std::string text;
  std::vector<File> files;
};

enum class Patience : uint8_t { Wait, Never };

// Listens at a path, in place of a socket that nobody listens at any more; the file is its owner's
// alone. The error is a sentence.
tl::expected<File, std::string> listen_at(const std::string& path);
tl::expected<File, std::string> connect_to(const std::string& path);

// Nothing: the connection is at its end, or nothing is there for who does not wait. Descriptors
// beyond kFilesPerLineMax are closed by the system.
std::optional<Line> receive_line(int socket, Patience patience);
// False: it is not sent, since nobody is there any more, or its queue is full and nobody waits.
bool send_line(int socket, std::string_view text, std::span<const int> files, Patience patience);

// A line of a word and what it is about.
struct Command {
  std::string_view word;
  std::string_view rest;
};
Command split_line(std::string_view text);

}  // namespace isthmus::api::wires
