// isthmus lab capture: the frames of a network interface, from the daemon's socket for wires into a
// file, a program that reads pcapng, or a terminal.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "dataplane/io/file.h"
#include "tools/isthmus/api.h"
#include "tools/isthmus/lab/capture_stream.h"

namespace isthmus::cli {

struct CaptureWish {
  std::string what;  // the path of a network interface, or "all"
  bool only_drops = false;
  uint64_t count = std::numeric_limits<uint64_t>::max();  // ends after so many frames
};

// The end of a pipe, into which the daemon writes for as long as the connection is there. Who hangs
// up gets the rest of the stream: what was captured before, and the statistics.
struct OpenCapture {
  dataplane::io::File connection;
  dataplane::io::File stream;
};
Result<OpenCapture> begin_capture(const std::string& socket, const CaptureWish& wish);

struct CaptureSummary {
  uint64_t frames = 0;
  uint64_t missed = 0;  // for which whoever read was too slow
};

// Gives each block of the stream to `take`, which answers whether it wants more, until there were
// as many frames as are wanted, Ctrl-C, or the daemon's end.
Result<CaptureSummary> capture(const std::string& socket, const CaptureWish& wish,
                               const std::function<bool(const Block&)>& take);

}  // namespace isthmus::cli
