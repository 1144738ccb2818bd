// What a fuzzer gives, read from the front; zeros once it is used up, so that every input means
// something and every prefix of an input means the beginning of the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace isthmus::fuzz {

class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : rest_(data, size) {}
  bool empty() const { return rest_.empty(); }
  uint8_t byte() {
    if (rest_.empty()) return 0;
    const uint8_t first = rest_.front();
    rest_ = rest_.subspan(1);
    return first;
  }
  uint32_t pair() {
    const uint32_t high = byte();
    return high << 8 | byte();
  }
  uint32_t below(uint32_t bound) { return byte() % bound; }  // of at most 256

 private:
  std::span<const uint8_t> rest_;
};

}  // namespace isthmus::fuzz
