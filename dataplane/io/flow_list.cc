#include "dataplane/io/flow_list.h"

#include <algorithm>

#include "dataplane/io/packet_worker.h"

namespace isthmus::dataplane::io {
namespace {

// Our choice: some 20 us of the worker's time, of a full table.
constexpr size_t kBucketsPerSlice = 256;

bool is_later(const FlowEntry& a, const FlowEntry& b) { return a.idle < b.idle; }

// The latest ones, as a heap with the one on top that goes first.
class Latest {
 public:
  explicit Latest(size_t limit) : limit_(limit) {}
  void add(const FlowEntry& flow) {
    ++list_.found;
    if (list_.flows.size() == limit_) {
      if (limit_ == 0 || !is_later(flow, list_.flows.front())) return;
      std::pop_heap(list_.flows.begin(), list_.flows.end(), is_later);
      list_.flows.pop_back();
    }
    list_.flows.push_back(flow);
    std::push_heap(list_.flows.begin(), list_.flows.end(), is_later);
  }
  void clear() { list_ = {}; }
  FlowList take() {
    std::sort_heap(list_.flows.begin(), list_.flows.end(), is_later);
    return std::move(list_);
  }

 private:
  size_t limit_;
  FlowList list_;
};

bool wants(const FlowQuery& query, const FlowEntry& flow) {
  return query.port ? *query.port == flow.port : flow.initiated == Direction::Outbound;
}

}  // namespace

FlowList list_flows(const PacketWorker& worker, const FlowQuery& query) {
  Latest latest(query.limit);
  size_t next = 0;
  size_t buckets = 0;
  do {
    worker.look([&](const Worker& state, Time now) {
      if (state.flows.buckets() != buckets) {  // the table has grown: from the beginning
        buckets = state.flows.buckets();
        next = 0;
        latest.clear();
      }
      state.flows.visit(next, kBucketsPerSlice, now, [&](const FlowEntry& flow) {
        if (wants(query, flow)) latest.add(flow);
      });
    });
    next += kBucketsPerSlice;
  } while (next < buckets);
  return latest.take();
}

}  // namespace isthmus::dataplane::io
