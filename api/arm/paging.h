// One page of a list, and the link to the next. A page begins behind the last item of the one
// before, which may be gone by then: the token in the link names it.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "api/http/message.h"
#include "controller/base/error.h"
#include "controller/model/model.h"

namespace isthmus::api::arm {

// What is listed: everything of these kinds, which are in the order of the table of kinds, below
// one resource.
struct Listing {
  ResourceId below;
  std::vector<Kind> kinds;
  std::function<bool(const Resource&)> holds{};  // null: all
};

struct Page {
  std::vector<const Resource*> items;
  std::string next_link;  // absolute, with the query of the request; empty on the last page
};

// InvalidParameterValue where $skiptoken is none of this list's. `page_items` is at least 1.
Result<Page> read_page(const Model& model, const Listing& listing, const http::Request& request,
                       size_t page_items);

}  // namespace isthmus::api::arm
