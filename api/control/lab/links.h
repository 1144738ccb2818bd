// The links of a lab document: their names, and what they are at the networks of a model.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/control/lab/document.h"
#include "api/control/lab/expand.h"

namespace isthmus::api::lab {

// Every pair of networks that "a-b" may mean, as it is written: names may hold '-' themselves.
using IsNetwork = std::function<bool(std::string_view name)>;
std::vector<std::pair<std::string_view, std::string_view>> link_readings(
    std::string_view name, const IsNetwork& is_network);

// For each network of the document the links from it: the document's, in both directions,
// and where nothing is deleted those that lead out of the document.
std::map<ResourceId, NetworkLinks> expand_links(const LabDocument& document, const Model& model,
                                                Prune prune);

// The links between the document's networks in a model. One whose name would be read as that of
// another pair, either way round, has no place in a document.
std::vector<LabLink> links_of_model(const LabDocument& document, const Model& model);

}  // namespace isthmus::api::lab
