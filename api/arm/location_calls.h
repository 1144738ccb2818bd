// Questions about a location: the addresses of service tags (Service Tags - List), and whether a
// name of the domain name system is free (Check Dns Name Availability). Pure.
#pragma once

#include <string>
#include <string_view>

#include "api/http/message.h"
#include "controller/model/model.h"

namespace isthmus::api::arm {

// The tags that have addresses of their own here, and these are the same in every location.
// {"name","id","type","changeNumber","cloud","values":[{"name","id","properties":{...}}]}
std::string service_tags_text(const ResourceId& subscription);

// {"available"}, of ?domainNameLabel=NAME; InvalidParameterValue where there is none.
http::Response name_check(const Model& model, std::string_view location,
                          const http::Request& request);

}  // namespace isthmus::api::arm
