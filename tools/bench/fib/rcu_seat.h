// A reader's seat at the product's tables.
#pragma once

#include "dataplane/rcu.h"
#include "tools/bench/fib/contender.h"

namespace isthmus::bench {

class RcuSeat final : public Seat {
 public:
  explicit RcuSeat(dataplane::rcu::GracePeriods& grace) : reader_(grace) { reader_.online(); }
  ~RcuSeat() override { reader_.offline(); }
  RcuSeat(const RcuSeat&) = delete;
  RcuSeat& operator=(const RcuSeat&) = delete;
  void between_bursts() noexcept override { reader_.quiescent(); }

 private:
  dataplane::rcu::Reader reader_;
};

}  // namespace isthmus::bench
