#include "tools/isthmus/lab/pcap_file.h"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <string_view>

namespace isthmus::cli {

void PcapFile::Close::operator()(pcap* file) const { ::pcap_close(file); }

Result<PcapFile> PcapFile::open(const std::string& name) {
  char error[PCAP_ERRBUF_SIZE] = {};
  pcap* const opened = ::pcap_open_offline(name.c_str(), error);
  std::string_view why = error;  // which begins with the name, or does not
  if (why.starts_with(name + ": ")) why.remove_prefix(name.size() + 2);
  if (opened == nullptr)
    return failure(fmt::format("cannot read {}: {}", name, why),
                   "it takes pcap and pcapng, as tcpdump -w and isthmus lab capture -w write them");
  PcapFile file(name, opened);
  if (const int link = ::pcap_datalink(opened); link != DLT_EN10MB) {
    const char* const kind = ::pcap_datalink_val_to_description_or_dlt(link);
    return failure(fmt::format("the frames of {} are of {}, not of Ethernet", name, kind),
                   "capture them at one interface, not at all of them");
  }
  return file;
}

Result<std::optional<PcapFrame>> PcapFile::next() {
  pcap_pkthdr* head = nullptr;
  const u_char* bytes = nullptr;
  const int result = ::pcap_next_ex(file_.get(), &head, &bytes);
  if (result == PCAP_ERROR_BREAK) return std::optional<PcapFrame>();
  if (result != 1)
    return failure(fmt::format("{} is damaged: {}", name_, ::pcap_geterr(file_.get())), "");
  return PcapFrame{{bytes, head->caplen}, head->caplen < head->len};
}

}  // namespace isthmus::cli
