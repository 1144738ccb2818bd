#include "tools/bench/fib/result.h"

namespace isthmus::bench {

const Row* Result::ours() const {
  for (const Row& row : rows)
    if (row.role == Role::Ours) return &row;
  return nullptr;
}

const Row* Result::best_peer() const {
  const Row* best = nullptr;
  for (const Row& row : rows) {
    if (row.role != Role::Peer || !row.apart.empty() || row.wrong > 0 || row.refused > 0) continue;
    if (best == nullptr || row.ns.median < best->ns.median) best = &row;
  }
  return best;
}

std::optional<double> Result::ratio() const {
  const Row* mine = ours();
  const Row* best = best_peer();
  if (!compares || mine == nullptr || best == nullptr || mine->ns.median <= 0) return std::nullopt;
  return best->ns.median / mine->ns.median;
}

bool Result::calm() const {
  const Row* mine = ours();
  const Row* best = best_peer();
  return (mine == nullptr || mine->ns.calm()) && (best == nullptr || best->ns.calm());
}

std::string grouped(size_t number) {
  std::string text = std::to_string(number);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

}  // namespace isthmus::bench
