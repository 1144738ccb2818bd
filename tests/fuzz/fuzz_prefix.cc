// Texts of addresses, prefixes, MAC addresses and port ranges: what is read is the same after it
// was printed and read again.
#include <cstdlib>
#include <string>
#include <string_view>

#include "dataplane/net/ip.h"
#include "dataplane/net/link.h"

using namespace isthmus::net;

namespace {

template <class T>
void read(std::string_view text, std::string (T::*print)() const) {
  const auto value = T::parse(text);
  if (!value) return;
  const auto again = T::parse(((*value).*print)());
  if (!again || *again != *value) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read(text, &IpAddress::to_string);
  read(text, &Prefix::to_string);
  read(text, &Mac::compact);
  read(text, &Mac::dashed);
  read(text, &PortRange::to_string);
  return 0;
}
