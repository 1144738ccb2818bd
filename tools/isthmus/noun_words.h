// What the tables of nouns are written with.
#pragma once

#include "tools/isthmus/nouns.h"

namespace isthmus::cli {

using enum Encoding;
constexpr auto kRequired = Option::Need::Required;
constexpr auto kMany = Option::Values::Many;
constexpr auto kOne = Option::Values::One;
constexpr auto kMaybe = Option::Values::Optional;
constexpr auto kCount = Column::Show::Count;
constexpr auto kName = Column::Show::Name;
constexpr auto kOneOrMany = Column::Show::OneOrMany;

constexpr Column kNameColumn = {"Name", "", Column::Show::OwnName};
constexpr Column kGroupColumn = {"ResourceGroup", "", Column::Show::Group, Realm::Azure};
constexpr Column kLocationColumn = {"Location", "/location", Column::Show::Text, Realm::Azure};
constexpr Column kStateColumn = {"ProvisioningState", "/properties/provisioningState"};

constexpr Field on_prem(Field field) {
  field.only_in = Realm::Onprem;
  return field;
}
constexpr Field in_azure(Field field) {
  field.only_in = Realm::Azure;
  return field;
}
constexpr Field at_creation(Field field) {
  field.use = Field::Use::CreateOnly;
  return field;
}

// Of what stands in a resource group.
constexpr Field kLocationField = at_creation(
    in_azure({{"-l,--location", "its region; that of its group by default"}, "/location"}));
constexpr Field kTagsField =
    in_azure({{"--tags", "such as env=lab owner=me; \"\" for none", kMany}, "/tags", Tags});

}  // namespace isthmus::cli
