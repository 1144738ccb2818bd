// The product's IPv6 layout.

#include <memory>

#include "tools/bench/fib/ours_wide.h"

namespace isthmus::bench {
namespace {

std::unique_ptr<Contender> build(const RouteSet& routes) {
  return std::make_unique<Wide<dataplane::Wide6>>(routes);
}

constexpr ContenderRow kRows[] = {
    {"wide6", Shape::OneIpv6, Role::Ours, Use::All, &build},
};

}  // namespace

std::span<const ContenderRow> wide6_contenders() { return kRows; }

}  // namespace isthmus::bench
