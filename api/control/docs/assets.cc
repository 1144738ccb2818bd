#include "api/control/docs/assets.h"

#include <iterator>

// #embed is of C++26; the assembler has had it for long. CMakeLists.txt says where the sources are
// and that this file depends on those.
#define ISTHMUS_EMBED(symbol, file)                                                       \
  asm(".pushsection .rodata, \"a\"\n" #symbol ":\n.incbin \"" ISTHMUS_SOURCE_DIR "/" file \
      "\"\n" #symbol "_end:\n.popsection\n");                                             \
  extern "C" __attribute__((visibility("hidden"))) const char symbol[];                   \
  extern "C" __attribute__((visibility("hidden"))) const char symbol##_end[]

ISTHMUS_EMBED(isthmus_docs_calls, "api/control/docs/calls.json");
ISTHMUS_EMBED(isthmus_docs_lab_schema, "docs/api/lab.schema.json");
ISTHMUS_EMBED(isthmus_docs_page, "api/control/docs/index.html");
ISTHMUS_EMBED(isthmus_docs_show, "api/control/docs/show.js");
ISTHMUS_EMBED(isthmus_docs_style, "api/control/docs/swagger-ui.css.gz");
ISTHMUS_EMBED(isthmus_docs_viewer, "api/control/docs/swagger-ui-bundle.js.gz");

namespace isthmus::api::control::docs {
namespace {

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<size_t>(end - begin)};
}

constexpr std::string_view kScript = "text/javascript; charset=utf-8";

const Asset kAssets[] = {
    {"show.js", kScript, "", between(isthmus_docs_show, isthmus_docs_show_end)},
    {"swagger-ui-bundle.js", kScript, "gzip",
     between(isthmus_docs_viewer, isthmus_docs_viewer_end)},
    {"swagger-ui.css", "text/css; charset=utf-8", "gzip",
     between(isthmus_docs_style, isthmus_docs_style_end)},
};
const Asset kPage = {"", "text/html; charset=utf-8", "",
                     between(isthmus_docs_page, isthmus_docs_page_end)};

}  // namespace

const Asset& page() { return kPage; }

const Asset* find_asset(std::string_view name) {
  for (const Asset& asset : kAssets)
    if (asset.name == name) return &asset;
  return nullptr;
}

std::string_view calls() { return between(isthmus_docs_calls, isthmus_docs_calls_end); }
std::string_view lab_schema() {
  return between(isthmus_docs_lab_schema, isthmus_docs_lab_schema_end);
}

}  // namespace isthmus::api::control::docs
