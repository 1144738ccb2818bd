// The files of this folder that the daemon serves or reads, built into it: nothing is read from
// disk, nothing is loaded from elsewhere.
#pragma once

#include <string_view>

namespace isthmus::api::control::docs {

struct Asset {
  std::string_view name;  // in the path: /docs/NAME
  std::string_view content_type;
  std::string_view encoding;  // of the content: "gzip", or empty
  std::string_view content;
};

const Asset& page();                             // /docs
const Asset* find_asset(std::string_view name);  // null: there is none

std::string_view calls();       // calls.json, what is said of the calls
std::string_view lab_schema();  // docs/api/lab.schema.json

}  // namespace isthmus::api::control::docs
