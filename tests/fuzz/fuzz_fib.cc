// Random lives of forwarding tables, in every layout at once (fib_world.h).
//
// An input is a header, which says how many tables there are and in which layouts, and then
// operations: a byte that says which, and its operands. The operations stand in a list; their order
// is the format of the kept inputs, so that new ones go to its end.

#include <cstdint>
#include <iterator>

#include "tests/fuzz/bytes.h"
#include "tests/fuzz/fib_world.h"

namespace isthmus::fuzz {
namespace {

using net::Bits128;
using net::Family;
using net::IpAddress;
using net::Prefix;
using Visible = FibLayout::Visible;

constexpr size_t kOperationsMax = 96;
constexpr size_t kRoutesMax = 600;  // of a table

// Values crowd where cells become wider, and where layouts begin to refuse them.
constexpr uint32_t kValueBases[] = {0,          0x7FFD - 128,         0xFFFE - 128,
                                    300'000,    (1u << 24) - 1 - 128, 0x7FFFFFFF - 128,
                                    0xBFFFFFFF, 0xFFFFFFFE - 255};

// Prefixes crowd around these, so that they nest and touch.
constexpr Bits128 kCentres4[] = {
    {0x0A000000ull << 32, 0}, {0x0A01FF00ull << 32, 0}, {0xFFFFFFFFull << 32, 0}, {0, 0}};
constexpr Bits128 kCentres6[] = {{0x20010DB8'00000000, 0},
                                 {0x20010DB8'FFFF0000, 0x0000FFFF'00000000},
                                 {~uint64_t{0}, ~uint64_t{0}},
                                 {0x20010DB9'00010001, 1}};

// The number with its last bit at bit `end` of an address, counted from the left.
Bits128 ending_at(uint32_t number, int end) {
  const int shift = 128 - end;
  if (shift >= 128) return {};
  if (shift >= 64) return {uint64_t{number} << (shift - 64), 0};
  return {shift == 0 ? 0 : uint64_t{number} >> (64 - shift), uint64_t{number} << shift};
}

class Life {
 public:
  Life(Bytes bytes, uint32_t header)
      : bytes_(bytes),
        world_(1 + (header >> 5) % 3, layouts(header),
               (header & 16) != 0 ? FibWorld::Memory::AsFresh : FibWorld::Memory::AsEver) {}

  void live() {
    for (size_t i = 0; i < kOperationsMax && !bytes_.empty(); ++i)
      (this->*kOperations[bytes_.below(std::size(kOperations))])();
    world_.publish(table_, Visible::InNewView);
    world_.wind_up();
  }

 private:
  using Operation = void (Life::*)();

  static FibWorld::Layouts layouts(uint32_t header) {
    return {(header & 1) != 0, (header & 2) != 0, (header & 4) != 0, (header & 8) != 0};
  }

  void set() {
    const Prefix where = prefix();
    world_.set(table_, where, value());
  }
  void replace() {
    const Prefix where = known();
    world_.set(table_, where, value());
  }
  void withdraw() { world_.withdraw(table_, known()); }
  void withdraw_any() { world_.withdraw(table_, prefix()); }
  void set_default() {
    const Prefix where = everything();
    world_.set(table_, where, value());
  }
  void withdraw_default() { world_.withdraw(table_, everything()); }
  // Neighbours of the same length, side by side.
  void fill() {
    const Prefix first = prefix();
    const uint32_t count = bytes_.byte();
    const uint32_t values = 1 + bytes_.below(64);
    const uint32_t base = value();
    for (uint32_t i = 0; i <= count && world_.routes(table_) < kRoutesMax; ++i) {
      const Bits128 offset = ending_at(i, first.length());
      const Bits128 at = first.address().bits();
      const Bits128 moved{at.hi ^ offset.hi, at.lo ^ offset.lo};
      const IpAddress address = IpAddress::from_bits(first.family(), moved);
      world_.set(table_, Prefix::containing(address, first.length()),
                 base - i % values % (base + 1));
    }
  }
  void publish() {
    const uint32_t how = bytes_.below(4);
    world_.publish(table_, how % 2 == 0 ? Visible::InPlace : Visible::InNewView);
    if (how < 2) world_.reclaim();
  }
  void abandon() {
    world_.abandon(table_, bytes_.below(2) == 0 ? Visible::InPlace : Visible::InNewView);
  }
  void other_table() {
    world_.publish(table_, Visible::InNewView);
    table_ = bytes_.byte() % world_.tables();
  }
  void other_values() { value_base_ = kValueBases[bytes_.below(std::size(kValueBases))]; }
  void hold() { world_.hold(); }
  void let_go() { world_.let_go(); }
  void withdraw_all() { world_.withdraw_all(table_); }
  void check() { world_.check_everything(); }
  // One route by itself: the change that is one store.
  void set_alone() {
    world_.publish(table_, Visible::InNewView);
    set();
    world_.publish(table_, Visible::InPlace);
  }
  void withdraw_alone() {
    world_.publish(table_, Visible::InNewView);
    withdraw();
    world_.publish(table_, Visible::InPlace);
  }

  static constexpr Operation kOperations[] = {
      &Life::set,           &Life::replace, &Life::withdraw,         &Life::withdraw_any,
      &Life::set_default,   &Life::fill,    &Life::withdraw_default, &Life::publish,
      &Life::abandon,       &Life::hold,    &Life::other_table,      &Life::other_values,
      &Life::let_go,        &Life::check,   &Life::withdraw_all,     &Life::set_alone,
      &Life::withdraw_alone};

  Prefix prefix() {
    const uint32_t where = bytes_.byte();
    const bool is_v4 = (where & 128) == 0;
    const Family family = is_v4 ? Family::V4 : Family::V6;
    const Bits128 centre = (is_v4 ? kCentres4 : kCentres6)[where & 3];
    const int length = bytes_.byte() % (net::address_bits(family) + 1);
    const Bits128 offset = ending_at(bytes_.pair(), length);
    return Prefix::containing(
        IpAddress::from_bits(family, {centre.hi ^ offset.hi, centre.lo ^ offset.lo}), length);
  }
  Prefix known() { return world_.known(table_, bytes_.pair()); }
  Prefix everything() {
    return Prefix::containing(IpAddress::from_bits(static_cast<Family>(bytes_.below(2)), {}), 0);
  }
  uint32_t value() { return value_base_ + bytes_.byte(); }

  Bytes bytes_;
  FibWorld world_;
  size_t table_ = 0;
  uint32_t value_base_ = 0;
};

}  // namespace
}  // namespace isthmus::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace isthmus::fuzz;
  Bytes bytes(data, size);
  const uint32_t header = bytes.byte();
  Life(bytes, header).live();
  return 0;
}
