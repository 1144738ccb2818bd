// The errors of this dialect's own: those that the rules of the controller do not know. Codes and
// texts are what Azure's clients know.
#pragma once

#include <string>
#include <string_view>

namespace isthmus::api::arm {

// clang-format off
#define ISTHMUS_ARM_ERRORS(X) \
  X(MissingApiVersionParameter, 400, "There is no api-version in the query.") \
  X(InvalidApiVersionParameter, 400, "The api-version is not a date such as 2022-01-01, perhaps with -preview.") \
  X(InvalidSubscriptionId, 400, "The subscription in the path is not a UUID.") \
  X(MissingSubscription, 404, "The path is none that this cloud has, and names no subscription.") \
  X(SubscriptionNotFound, 404, "There is no such subscription.") \
  X(InvalidResourceNamespace, 404, "There is no such resource provider.") \
  X(NoRegisteredProviderFound, 400, "The path names a type of a resource provider that is not here.") \
  X(InvalidResourceType, 400, "The path names a type that its resource provider does not have.") \
  X(ResourceNotFound, 404, "There is nothing at this path.") \
  X(ParentResourceNotFound, 404, "What a resource is to be put below is not there.") \
  X(DeploymentNotFound, 404, "There is no such deployment.") \
  X(DeploymentsNotSupported, 400, "Templates are not deployed here.") \
  X(PrivateIPAddressNotInAnySubnet, 400, "The address that is asked about lies in no subnet of the virtual network.") \
  X(AnotherOperationInProgress, 409, "With --lro async, an operation runs on the resource or on one that changes with it; the message says where to ask how far it is.") \
  X(ReferencedResourceNotProvisioned, 400, "With --lro async, an operation runs on what the resource refers to; the message says which.") \
  X(RetryableError, 429, "An operation failed, as a fault of when operation makes it.") \
  X(LinkedAuthorizationFailed, 403, "The policy of the daemon does not let the caller peer with networks of that subscription.") \
  X(MethodNotAllowed, 405, "The path exists, but not for this method; the Allow header lists the methods.")
// clang-format on

enum class ArmErrorCode {
#define X(name, status, meaning) name,
  ISTHMUS_ARM_ERRORS(X)
#undef X
};

struct ArmErrorInfo {
  std::string_view name;
  int status;
  std::string_view meaning;
};
const ArmErrorInfo& info(ArmErrorCode code);

}  // namespace isthmus::api::arm
