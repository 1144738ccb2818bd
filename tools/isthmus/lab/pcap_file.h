// The frames of a file that tcpdump, Wireshark or `isthmus lab capture` has written: pcap or
// pcapng, of Ethernet, read one after the other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "tools/isthmus/api.h"

struct pcap;

namespace isthmus::cli {

struct PcapFrame {
  std::span<const uint8_t> bytes;  // valid until the next one is read
  bool is_cut = false;             // only the beginning of the frame was captured
};

class PcapFile {
 public:
  static Result<PcapFile> open(const std::string& name);  // "-" is the standard input

  // Nothing at the end of the file.
  Result<std::optional<PcapFrame>> next();

 private:
  struct Close {
    void operator()(pcap* file) const;
  };
  PcapFile(std::string name, pcap* file) : name_(std::move(name)), file_(file) {}

  std::string name_;
  std::unique_ptr<pcap, Close> file_;
};

}  // namespace isthmus::cli
