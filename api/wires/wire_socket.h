// Where wires are plugged into network interfaces: a unix socket on which another process, which
// may make TAP devices and namespaces, hands over their descriptors. The daemon itself needs no
// privilege for it.
//
// A socket of the kind SOCK_SEQPACKET; a message is one line of text without its end, and each gets
// one answer: "done", or "CODE: a sentence".
//
//   attach NIC     with one descriptor (SCM_RIGHTS), of which every read is a frame behind a
//                  virtio_net_hdr: a TAP device with IFF_VNET_HDR. NIC is the path of a network
//                  interface of either realm; its frames are forwarded from the answer on
//   attach-if-free NIC
//                  the same, unless the interface has a wire
//   detach NIC
//   capture NIC [drops], capture all [drops]
//                  with one descriptor, into which the frames are written as a pcapng stream
//                  (capture.h): all of them, or those that were dropped
//
// What a connection has attached is detached when it ends, and its captures end. The file of the
// socket is for its owner alone.
//
// Threads: one of its own; everything here is for the thread that made it.
#pragma once

#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "controller/controller.h"
#include "dataplane/io/flow_list.h"
#include "dataplane/io/packet_worker.h"

namespace isthmus::api::wires {

constexpr size_t kConnectionsMax = 64;  // our choice
constexpr size_t kCapturesMax = 16;     // at a time: each costs every frame some time; our choice

class WireSocket {
 public:
  // Listens at `path`, in place of a socket that nobody listens at any more, and begins to forward;
  // an error is a sentence. Both outlive it.
  static tl::expected<std::unique_ptr<WireSocket>, std::string> open(
      const std::string& path, Controller& controller, dataplane::Dataplane& dataplane,
      dataplane::io::WriteWay writes = dataplane::io::WriteWay::Batched);
  ~WireSocket();  // detaches all, and takes the file away

  // What was forwarded and dropped so far. Any thread.
  dataplane::CounterTotals totals() const;
  // The flows that are known now. Any thread.
  dataplane::io::FlowList flows(const dataplane::io::FlowQuery& query) const;

 private:
  class Loop;
  explicit WireSocket(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace isthmus::api::wires
