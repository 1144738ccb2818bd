// A lab document: whatever comes is taken or refused with a place; what is taken is the same after
// it was printed and read again.
#include <cstdlib>
#include <string_view>

#include "api/control/lab/export.h"
#include "api/control/lab/parse.h"

using namespace isthmus::api::lab;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const LabFormat format : {LabFormat::Yaml, LabFormat::Json}) {
    const auto document = parse_lab(text, format);
    if (!document) {
      if (document.error().empty()) std::abort();
      continue;
    }
    const auto again = parse_lab(print(*document), LabFormat::Yaml);
    if (!again || print(*again) != print(*document)) std::abort();
  }
  return 0;
}
