// Resources as documents of the store: JSON of a version of its own, by the same descriptions as
// the API's, and without loss: decode(encode(x)) == x.
#pragma once

#include "controller/controller.h"

namespace isthmus::api::json {

class StoreEncoding final : public ResourceEncoding {
 public:
  std::string encode(const Resource& resource) const override;
  // A document that this version did not write is StorageUnavailable.
  Result<Resource> decode(std::string_view document) const override;
};

}  // namespace isthmus::api::json
