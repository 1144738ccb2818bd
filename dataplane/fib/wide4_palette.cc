#include "dataplane/fib/wide4_palette.h"

namespace isthmus::dataplane::wide4 {

Palette::Palette() {
  words_[0] = kNoRoute;
  for (uint32_t code = 1; code < kCodes; ++code)
    words_[code] = code < kFirstDeepCode ? kNoRoute : deep_word(code - kFirstDeepCode + 1);
}

uint32_t Palette::bucket_of(uint32_t value) const {
  uint32_t bucket = value * 0x9E3779B1u >> (32 - kBucketBits);  // 2^32 over the golden ratio
  while (buckets_[bucket] != 0 && words_[buckets_[bucket]] != value)
    bucket = (bucket + 1) % buckets_.size();
  return bucket;
}

bool Palette::admit(uint32_t value) {
  if (value == kNoRoute) return true;
  uint8_t& code = buckets_[bucket_of(value)];
  if (code != 0) return true;
  if (values_ >= values_max_) return false;
  code = static_cast<uint8_t>(++values_);
  __atomic_store_n(&words_[code], value, __ATOMIC_RELEASE);  // before a cell says so
  return true;
}

uint32_t Palette::code_of(uint32_t value) const {
  return value == kNoRoute ? 0 : buckets_[bucket_of(value)];
}

// The last that came goes first, so that no search stops short of one that came before it.
void Palette::forget_after(uint32_t values) noexcept {
  for (; values_ > values; --values_) buckets_[bucket_of(words_[values_])] = 0;
}

}  // namespace isthmus::dataplane::wide4
