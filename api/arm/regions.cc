#include "api/arm/regions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "controller/model/resource_id.h"

namespace isthmus::api::arm {
namespace {

// Source: Azure's list of regions and of their pairs (learn.microsoft.com, azure/reliability).
constexpr std::array kRegions = {
    Region{"eastus", "East US", "US", "US", "westus"},
    Region{"eastus2", "East US 2", "US", "US", "centralus"},
    Region{"southcentralus", "South Central US", "US", "US", "northcentralus"},
    Region{"westus2", "West US 2", "US", "US", "westcentralus"},
    Region{"westus3", "West US 3", "US", "US", "eastus"},
    Region{"centralus", "Central US", "US", "US", "eastus2"},
    Region{"northcentralus", "North Central US", "US", "US", "southcentralus"},
    Region{"westus", "West US", "US", "US", "eastus"},
    Region{"westcentralus", "West Central US", "US", "US", "westus2"},
    Region{"canadacentral", "Canada Central", "Canada", "Canada", "canadaeast"},
    Region{"canadaeast", "Canada East", "Canada", "Canada", "canadacentral"},
    Region{"brazilsouth", "Brazil South", "South America", "South America", "southcentralus"},
    Region{"northeurope", "North Europe", "Europe", "Europe", "westeurope"},
    Region{"westeurope", "West Europe", "Europe", "Europe", "northeurope"},
    Region{"uksouth", "UK South", "Europe", "UK", "ukwest"},
    Region{"ukwest", "UK West", "Europe", "UK", "uksouth"},
    Region{"francecentral", "France Central", "Europe", "France", "francesouth"},
    Region{"francesouth", "France South", "Europe", "France", "francecentral"},
    Region{"germanywestcentral", "Germany West Central", "Europe", "Germany", "germanynorth"},
    Region{"germanynorth", "Germany North", "Europe", "Germany", "germanywestcentral"},
    Region{"switzerlandnorth", "Switzerland North", "Europe", "Switzerland", "switzerlandwest"},
    Region{"switzerlandwest", "Switzerland West", "Europe", "Switzerland", "switzerlandnorth"},
    Region{"norwayeast", "Norway East", "Europe", "Norway", "norwaywest"},
    Region{"norwaywest", "Norway West", "Europe", "Norway", "norwayeast"},
    Region{"swedencentral", "Sweden Central", "Europe", "Sweden", "swedensouth"},
    Region{"swedensouth", "Sweden South", "Europe", "Sweden", "swedencentral"},
    Region{"southeastasia", "Southeast Asia", "Asia Pacific", "Asia Pacific", "eastasia"},
    Region{"eastasia", "East Asia", "Asia Pacific", "Asia Pacific", "southeastasia"},
    Region{"australiaeast", "Australia East", "Asia Pacific", "Asia Pacific", "australiasoutheast"},
    Region{"australiasoutheast", "Australia Southeast", "Asia Pacific", "Asia Pacific",
           "australiaeast"},
    Region{"japaneast", "Japan East", "Asia Pacific", "Asia Pacific", "japanwest"},
    Region{"japanwest", "Japan West", "Asia Pacific", "Asia Pacific", "japaneast"},
    Region{"koreacentral", "Korea Central", "Asia Pacific", "Asia Pacific", "koreasouth"},
    Region{"koreasouth", "Korea South", "Asia Pacific", "Asia Pacific", "koreacentral"},
    Region{"centralindia", "Central India", "Asia Pacific", "Asia Pacific", "southindia"},
    Region{"southindia", "South India", "Asia Pacific", "Asia Pacific", "centralindia"},
    Region{"southafricanorth", "South Africa North", "Africa", "Africa", "southafricawest"},
    Region{"southafricawest", "South Africa West", "Africa", "Africa", "southafricanorth"},
    Region{"uaenorth", "UAE North", "Middle East", "UAE", "uaecentral"},
    Region{"uaecentral", "UAE Central", "Middle East", "UAE", "uaenorth"},
};

constexpr bool pairs_exist() {
  return std::all_of(kRegions.begin(), kRegions.end(), [](const Region& region) {
    return std::any_of(kRegions.begin(), kRegions.end(),
                       [&](const Region& other) { return other.name == region.pair; });
  });
}
static_assert(pairs_exist());

}  // namespace

std::span<const Region> regions() { return kRegions; }

// Texts: what Azure Resource Manager answers to `az group create` and to azurerm, in many logs.
Result<void> check_region(Kind kind, std::string_view location, std::string target) {
  std::string names;
  for (const Region& region : kRegions) {
    if (region.name == location) return {};
    names += fmt::format("{}{}", names.empty() ? "" : ",", region.name);
  }
  if (kind == Kind::ResourceGroup) {
    return fail(ErrorCode::LocationNotAvailableForResourceGroup, std::move(target),
                fmt::format("The provided location '{}' is not available for resource group. List "
                            "of available regions is '{}'.",
                            location, names));
  }
  return fail(ErrorCode::LocationNotAvailableForResourceType, std::move(target),
              fmt::format("The provided location '{}' is not available for resource type '{}'. "
                          "List of available regions for the resource type is '{}'.",
                          location, azure_type(kind), names));
}

}  // namespace isthmus::api::arm
