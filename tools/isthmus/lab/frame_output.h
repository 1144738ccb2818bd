// Where captured frames go: on a terminal a line for each; into a pipe, or the file of --write, the
// pcapng stream, as Wireshark and tshark read it with `-k -i -` and `-r -`.
#pragma once

#include "dataplane/io/file.h"
#include "tools/isthmus/lab/capture_stream.h"
#include "tools/isthmus/tasks.h"

namespace isthmus::cli {

class FrameOutput {
 public:
  static Result<FrameOutput> open(Session& session, const Arguments& arguments);

  // False: nobody reads it any more, or it cannot be written.
  bool take(const Block& block);
  Result<void> end() const;  // why it could not be written

 private:
  FrameOutput(Session& session, dataplane::io::File file, std::string name)
      : session_(&session), file_(std::move(file)), name_(std::move(name)) {}
  bool print(const Block& block);

  Session* session_;
  dataplane::io::File file_;  // none: lines
  std::string name_;
  int error_ = 0;
};

}  // namespace isthmus::cli
