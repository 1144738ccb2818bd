// What was counted between two answers of GET /_isthmus/v1/counters, a second. Pure.
#pragma once

#include <string>

#include "tools/isthmus/json.h"

namespace isthmus::cli {

// The answer `after` with rates in place of counts: packetsPerSecond, and bitsPerSecond where bytes
// are counted; of drops the packets too. Each list is sorted, the highest rate first. What was not
// counted before began at zero; so did everything where a count is less than before, since the
// daemon was started anew.
Json rates_between(const Value& before, const Value& after, double seconds);

// As three tables, without rows where nothing was ever counted.
std::string tables_of_rates(const Value& rates);

// 1234567 as "1.23M".
std::string short_number(double value);

}  // namespace isthmus::cli
