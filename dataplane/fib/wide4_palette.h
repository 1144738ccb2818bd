// Which byte stands for which value in a Wide4 whose cells are bytes. For wide4*.cc; the structure
// is drawn in wide4.h.
//
//   0            the default route decides
//   1 .. 223     values, in the order of their first use
//   224 .. 255   the first, second ... deep block of a /16
//
// A code that a reader may meet never changes its meaning: codes are only added. When there are no
// more, the table is built anew, with a palette of the values that are still in use.
//
// Threads: words() are read by anyone, at codes that a published cell says. Everything else: the
// writer only.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/fib/rib.h"
#include "dataplane/fib/wide4_kernel.h"

namespace isthmus::dataplane::wide4 {

class Palette {
 public:
  static constexpr uint32_t kCodes = 256;
  static constexpr uint32_t kValuesMax = kCodes - 1 - kDeepCodes;
  // With more than these a table is not built, so that it can be changed many times before it has
  // to be built anew.
  static constexpr uint32_t kValuesAtBuildMax = kValuesMax - 32;

  Palette();
  // Gives the value a code if it has none. False where there is none left.
  bool admit(uint32_t value);
  uint32_t code_of(uint32_t value) const;  // of an admitted value, or of kNoRoute
  void set_values_max(uint32_t values_max) { values_max_ = values_max; }
  uint32_t values() const { return values_; }
  // Forgets all but the first so many values, the others being in no published cell.
  void forget_after(uint32_t values) noexcept;
  // By code: a value, kNoRoute where the default route decides, or what a deep cell says.
  const uint32_t* words() const { return words_.data(); }

 private:
  static constexpr unsigned kBucketBits = 9;

  // Where the value is, or would be.
  uint32_t bucket_of(uint32_t value) const;

  uint32_t values_ = 0;
  uint32_t values_max_ = kValuesAtBuildMax;
  alignas(64) std::array<uint32_t, kCodes> words_;
  std::array<uint8_t, 1 << kBucketBits> buckets_{};  // hashed by value: its code, or 0
};

}  // namespace isthmus::dataplane::wide4
