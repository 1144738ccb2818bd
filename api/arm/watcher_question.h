// What the bodies of a network watcher's calls have in common. For .cc files of this folder.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>

#include "api/arm/actions.h"
#include "api/json/json_reader.h"
#include "api/json/parse.h"

namespace isthmus::api::arm {

// Fills `body` from the question's JSON by describe(reader, body).
template <class Body>
Result<Body> read_body(const Question& question, std::string_view noun) {
  const auto document = json::parse_json(question.body, question.json_limits);
  if (!document) return fail(ErrorCode::InvalidRequestContent, "", document.error().message);
  if (!document->IsObject())
    return fail(ErrorCode::InvalidRequestContent, "", "The body is no JSON object.");
  json::Owner owner{noun};
  owner.realm = Realm::Azure;
  const json::Value& members = *document;
  json::JsonReader reader(&members, owner, "", json::Source::Client);
  Body body;
  describe(reader, body);
  if (reader.problem()) return tl::unexpected(*reader.problem());
  return body;
}

// An interface and the IP configuration of it that packets leave from.
struct Source {
  const Resource* interface;
  const Resource* ip;
  net::IpAddress address() const { return *ip->as<IpConfiguration>().address; }
};

// `target` is a virtual machine or an interface; `interface`, where it is not empty, one of the
// machine's. The IP configuration has `address`, where that is given, and is else the primary one.
Result<Source> find_source(const Model& model, const std::string& target,
                           const std::string& interface,
                           std::optional<net::IpAddress> address = std::nullopt);

// The resource of that id; the member's name stands in the error.
Result<const Resource*> find_target(const Model& model, std::string_view member,
                                    const std::string& id);

}  // namespace isthmus::api::arm
