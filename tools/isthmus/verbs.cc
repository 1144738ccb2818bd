#include "tools/isthmus/verbs.h"

#include <ostream>

namespace isthmus::cli {
namespace {

// Prints one resource or an array of them; a table shows what the noun's columns and its annotation
// say.
Result<void> print(Session& session, const Noun& noun, Json data) {
  return session.output.print(data, [&] {
    if (noun.annotate == nullptr) return grid_of(noun.columns, data);
    Json shown(rapidjson::kArrayType);
    auto& memory = shown.GetAllocator();
    if (data.IsArray())
      shown.CopyFrom(data, memory);
    else
      shown.PushBack(Value(data, memory), memory);
    noun.annotate(session.api, shown);
    return grid_of(noun.columns, shown);
  });
}

Result<void> create(Session& session, const Noun& noun, const Arguments& arguments) {
  const Result<Json> body = new_resource(noun, arguments);
  if (!body) return tl::unexpected(body.error());
  Result<Reply> reply = session.api.put(item_path(noun, arguments), *body);
  if (!reply) return tl::unexpected(reply.error());
  return print(session, noun, std::move(reply->json));
}

Result<void> list(Session& session, const Noun& noun, const Arguments& arguments) {
  Result<Json> resources = session.api.list(collection_path(noun, arguments));
  if (!resources) return tl::unexpected(resources.error());
  return print(session, noun, std::move(*resources));
}

Result<void> show(Session& session, const Noun& noun, const Arguments& arguments) {
  Result<Json> resource = session.api.get(item_path(noun, arguments));
  if (!resource) return tl::unexpected(resource.error());
  return print(session, noun, std::move(*resource));
}

// Reads, changes, writes back if nobody else wrote in between.
Result<void> update(Session& session, const Noun& noun, const Arguments& arguments) {
  Result<Json> resource = session.api.get(item_path(noun, arguments));
  if (!resource) return tl::unexpected(resource.error());
  const std::string etag = text_at(*resource, "/etag");
  if (Result<void> changed = change_resource(noun, arguments, *resource); !changed) return changed;
  Result<Reply> reply = session.api.put(item_path(noun, arguments), *resource, etag);
  if (!reply) return tl::unexpected(reply.error());
  return print(session, noun, std::move(reply->json));
}

Result<void> remove(Session& session, const Noun& noun, const Arguments& arguments) {
  const Result<bool> existed = session.api.remove(item_path(noun, arguments));
  if (!existed) return tl::unexpected(existed.error());
  if (!*existed)
    session.err << "there was no " << noun.words << " '" << arguments.text("name") << "'\n";
  return {};
}

}  // namespace

Result<void> run_verb(Session& session, const NounCommand& command, const Arguments& arguments) {
  const Noun& noun = *command.noun;
  switch (command.verb) {
    case Verb::Create:
      return create(session, noun, arguments);
    case Verb::List:
      return list(session, noun, arguments);
    case Verb::Show:
      return show(session, noun, arguments);
    case Verb::Update:
      return update(session, noun, arguments);
    case Verb::Delete:
      return remove(session, noun, arguments);
  }
  return {};
}

}  // namespace isthmus::cli
