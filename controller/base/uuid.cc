#include "controller/base/uuid.h"

#include <random>

namespace isthmus {
namespace {

// The finaliser of splitmix64 (Steele, Lea, Flood 2014): every input bit reaches every output bit.
uint64_t mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

Uuid marked(Uuid uuid, uint64_t version) {
  uuid.hi = (uuid.hi & ~uint64_t{0xF000}) | version << 12;
  uuid.lo = (uuid.lo & ~(uint64_t{3} << 62)) | uint64_t{2} << 62;
  return uuid;
}

}  // namespace

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') text = text.substr(1, 36);
  if (text.size() != 36) return std::nullopt;
  Uuid uuid;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return std::nullopt;
      continue;
    }
    uint64_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<uint64_t>(c - '0');
    } else if ((c | 32) >= 'a' && (c | 32) <= 'f') {
      digit = static_cast<uint64_t>((c | 32) - 'a') + 10;
    } else {
      return std::nullopt;
    }
    uuid.hi = uuid.hi << 4 | uuid.lo >> 60;
    uuid.lo = uuid.lo << 4 | digit;
  }
  return uuid;
}

Uuid Uuid::derive(const Uuid& seed, uint64_t number, std::string_view name) {
  uint64_t a = mix(seed.hi ^ mix(number));
  uint64_t b = mix(seed.lo ^ a);
  for (char c : name) {
    a = mix(a ^ static_cast<uint8_t>(c));
    b = mix(b ^ a);
  }
  return marked({a, b}, 8);
}

Uuid Uuid::random() {
  std::random_device device;
  const auto word = [&device] { return uint64_t{device()} << 32 | device(); };
  return marked({word(), word()}, 4);
}

std::string Uuid::to_string() const {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text(36, '-');
  size_t at = 0;
  for (int nibble = 0; nibble < 32; ++nibble) {
    if (at == 8 || at == 13 || at == 18 || at == 23) ++at;
    const uint64_t word = nibble < 16 ? hi : lo;
    text[at++] = kHex[word >> (60 - nibble % 16 * 4) & 15];
  }
  return text;
}

}  // namespace isthmus
