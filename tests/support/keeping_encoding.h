// An encoding for tests of the controller, which does not care what a document looks like.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "controller/controller.h"

namespace isthmus::testing {

// Keeps resources as they are and hands out tickets for them. Used by one controller at a time.
class KeepingEncoding final : public ResourceEncoding {
 public:
  std::string encode(const Resource& resource) const override {
    std::string ticket = std::to_string(kept_.size());
    kept_.emplace(ticket, resource);
    return ticket;
  }
  Result<Resource> decode(std::string_view document) const override {
    return kept_.at(std::string(document));
  }

 private:
  mutable std::map<std::string, Resource> kept_;
};

}  // namespace isthmus::testing
