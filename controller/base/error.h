// The one list of errors that a client can cause, and the value that carries one.
//
// A row gives the C++ name, which is also the wire code, the HTTP status and the sentence that
// docs/errors.md shows. A test fails when a row has no golden case, and when docs/errors.md differs
// from this list. What no client can cause is an assertion, not a row.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace isthmus {

// clang-format off
#define ISTHMUS_ERRORS(X) \
  /* the request itself */ \
  X(InvalidRequestContent, 400, "The body is not the JSON that the call expects: malformed, too deep, too large, or with a repeated member.") \
  X(UnsupportedApiVersion, 400, "The version in the path is not one that this controller serves; the message lists them.") \
  X(InvalidResourceId, 400, "A resource id is 1 to 128 letters, digits, '.', '_' or '-', and starts with a letter or a digit.") \
  X(InvalidParameterValue, 400, "A member has a value that is wrong in itself; the message names the value and, where there is one, the right form.") \
  X(InvalidLabDocument, 400, "A lab document does not follow its schema; the message names the line.") \
  X(AuthenticationFailed, 401, "The call needs credentials, and those that it has are missing, unknown or no longer valid.") \
  X(AuthorizationFailed, 403, "The caller is known, but its role does not allow this call.") \
  X(MethodNotAllowed, 405, "The resource exists, but not for this method; the Allow header lists the methods.") \
  X(PreconditionFailed, 412, "The etag in If-Match is not the resource's present etag: read it again and decide anew.") \
  /* what it refers to */ \
  X(ResourceNotFound, 404, "Nothing is stored at this path.") \
  X(ReferenceNotFound, 400, "A resourceRef names a resource that does not exist or is of another type.") \
  X(ResourceInUse, 409, "Other resources refer to this one; the details list them. Change or delete those first.") \
  X(SnapshotExists, 409, "There is a snapshot of this name already.") \
  X(RevisionNotKept, 410, "The journal no longer reaches back to this revision; the message says how far it does.") \
  /* networks, subnets, addresses */ \
  X(SubnetOutsideAddressSpace, 400, "A subnet's prefix does not lie inside the address space of its virtual network.") \
  X(SubnetOverlap, 400, "Two subnets of one network overlap.") \
  X(AddressOutsideSubnet, 400, "An address or a pool does not lie inside the subnet it belongs to.") \
  X(AddressReserved, 400, "The address is the subnet's network, broadcast or gateway address.") \
  X(AddressInUse, 409, "Another resource already has this address.") \
  X(PoolExhausted, 409, "The pool that values are allocated from has no free value left.") \
  X(LimitReached, 400, "A configurable limit of this controller is reached; the message names it.") \
  /* peerings */ \
  X(PeeringToSelf, 400, "A virtual network does not peer with itself.") \
  X(RemoteVirtualNetworkNotManagedByThisController, 400, "The remote network belongs to another controller or realm; a peering never crosses one.") \
  X(RemoteVirtualNetworkNotFound, 400, "The remote virtual network does not exist.") \
  X(RemoteVirtualNetworkImmutable, 400, "The remote network of a peering never changes: delete the peering and create another.") \
  X(PeeringAlreadyExists, 409, "The network already has a peering with this remote network.") \
  X(AddressSpaceOverlap, 400, "The address spaces of the two networks, or of one and a network already peered with the other, overlap.") \
  X(GatewayConflict, 409, "A virtual network has one gateway, its own or that of one peer; the message names the one that is in the way.") \
  X(GatewayTransitNotAllowed, 400, "The remote network does not lend its gateway: its peering with this one lacks allowGatewayTransit.") \
  X(PeerHasNoGateway, 400, "A peering uses the gateway of the remote network, which has none.") \
  X(AddressSpaceLockedByPeering, 409, "The address space of a peered network does not change: delete the peerings, change it, peer again.") \
  /* the controller's own condition */ \
  X(TooManyRequests, 429, "More calls are being answered, or have come lately, than the controller takes; Retry-After says when to try again.") \
  X(AuditUnavailable, 503, "The audit log is required and cannot be written; nothing happened. Try again when it can be.") \
  X(StorageUnavailable, 503, "The change could not be made durable; nothing happened. Try again when the storage is back.") \
  X(OutcomeUnknown, 503, "The storage failed while it committed: read the resource to see whether the change happened.")
// clang-format on

enum class ErrorCode {
#define X(name, status, meaning) name,
  ISTHMUS_ERRORS(X)
#undef X
};

struct ErrorInfo {
  ErrorCode code;
  std::string_view name;  // the wire code in every dialect of ours
  int status;
  std::string_view meaning;
};
const ErrorInfo& info(ErrorCode code);
std::vector<ErrorInfo> all_errors();

struct ErrorDetail {
  std::string code;
  std::string message;
};

struct Error {
  ErrorCode code;
  std::string
      target;  // JSON pointer into the request, e.g. "/properties/addressSpace/addressPrefixes/0"
  std::string message;  // one sentence that names the offending value
  std::string remedy;   // what to do about it; may be empty
  std::vector<ErrorDetail> details;

  // The sentence that a client sees: the message and, where there is one, the remedy.
  std::string text() const { return remedy.empty() ? message : message + " " + remedy; }
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string target, std::string message,
                                  std::string remedy = {}) {
  return tl::unexpected(Error{code, std::move(target), std::move(message), std::move(remedy), {}});
}

}  // namespace isthmus
