#include "dataplane/io/wire_writer.h"

#include <algorithm>
#include <new>

namespace isthmus::dataplane::io {

WireWriter::WireWriter(const Wires& wires, Counters& counters, FrameRecorder& recorder,
                       size_t header_bytes, size_t frames_max, WriteWay way)
    : wires_(wires),
      counters_(counters),
      recorder_(recorder),
      header_bytes_(header_bytes),
      batch_(frames_max, way) {
  outgoing_.reserve(frames_max);  // the thread does not allocate for it
}

// What the virtual router says has a header that asks for nothing.
void WireWriter::write(const Tables& tables, const SentFrame& sent) {
  const auto found = wires_.find(sent.to);
  if (found == wires_.end()) return lose(DropReason::NoWire, tables.port(sent.to));
  const size_t size = header_bytes_ + sent.bytes.size();
  if (sent.is_received)
    return add(tables, found->second, sent.to, {sent.bytes.data() - header_bytes_, size});
  flush(tables);  // what is in written_ is on its way then
  const auto after = std::fill_n(written_.begin(), header_bytes_, uint8_t{0});
  std::copy(sent.bytes.begin(), sent.bytes.end(), after);
  add(tables, found->second, sent.to, std::span(written_).first(size));
}

void WireWriter::add(const Tables& tables, const Wire& wire, PortId to,
                     std::span<const uint8_t> all) {
  if (batch_.is_full()) flush(tables);
  batch_.add(wire, all);
  outgoing_.push_back({to, all.subspan(header_bytes_)});
}

void WireWriter::flush(const Tables& tables) {
  const std::span<const int> errors = batch_.flush();
  for (size_t i = 0; i < errors.size(); ++i) {
    try {
      note_written(tables, outgoing_[i], errors[i]);
    } catch (const std::bad_alloc&) {  // for a counter or a capture: it goes without this frame
    }
  }
  outgoing_.clear();
}

void WireWriter::note_written(const Tables& tables, const Outgoing& outgoing, int error) {
  if (error != 0) {
    lose(is_device_down(error) ? DropReason::NoWire : DropReason::WireFull,
         tables.port(outgoing.to));
  } else if (recorder_.is_on()) {
    recorder_.delivered(outgoing.to, outgoing.frame);
  }
}

void WireWriter::lose(DropReason reason, const Port* at) {
  counters_.dropped(reason, at == nullptr ? Tag::None : at->tag);
  if (recorder_.is_on()) recorder_.lost(reason);
}

}  // namespace isthmus::dataplane::io
