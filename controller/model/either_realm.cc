#include "controller/model/either_realm.h"

namespace isthmus {

Result<ResourceId> parse_in_either_realm(std::string_view path) {
  constexpr std::string_view kAzure = "/subscriptions/";
  const bool is_azure = equal_ignoring_case(path.substr(0, kAzure.size()), kAzure);
  return ResourceId::parse(path, is_azure ? Realm::Azure : Realm::Onprem);
}

}  // namespace isthmus
