// A captured frame as a line, much as tcpdump prints one:
//
//   15:04:05.123456 web1 Out IP 10.1.0.4.40000 > 10.2.0.4.443: Flags [S], 74 bytes
//
// with "  dropped: no-route at ..." behind it where it was dropped. Pure.
#pragma once

#include <string>

#include "tools/isthmus/lab/capture_stream.h"

namespace isthmus::cli {

// Without the end of the line. The time is the local one.
std::string line_of(const CapturedFrame& frame);

}  // namespace isthmus::cli
