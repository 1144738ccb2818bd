#include "controller/rules/apply.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "controller/model/networks.h"
#include "controller/model/references.h"
#include "controller/model/text.h"
#include "controller/rules/allocation.h"
#include "controller/rules/azure_allocation.h"
#include "controller/rules/azure_references.h"
#include "controller/rules/edit.h"
#include "controller/rules/network_links.h"
#include "controller/rules/peering_state.h"
#include "controller/rules/rule.h"

namespace isthmus {
namespace {

constexpr size_t kUsersListed = 20;  // in the details of ResourceInUse

// A resource on its way into the model.
struct Staged {
  ResourcePtr before;
  Resource after;
  std::string pointer;
};

// One change on its way through the rules. Works on its own copy of the model.
class Transaction {
 public:
  Transaction(const Model& base, int64_t time_ms, const Limits& limits)
      : base_(base), limits_(limits), edit_(base), now_{base.revision() + 1, time_ms} {}

  Result<Outcome> run(const Operation& operation) {
    if (auto held = check_precondition(operation); !held) return tl::unexpected(held.error());
    return operation.verb == Verb::Put ? put(operation) : erase(operation);
  }

  Applied finish(std::vector<Outcome> outcomes) {
    if (!edit_.empty()) edit_.set_revision(now_.revision);
    return {edit_.model(), edit_.net(), std::move(outcomes)};
  }

 private:
  Result<void> check_precondition(const Operation& operation) const;

  Result<Outcome> put(const Operation& operation);
  Result<void> stage(const Draft& draft, const ResourceId& parent, bool keep_annotations,
                     std::vector<Staged>& staged, std::vector<ResourcePtr>& removed);
  Result<void> stage_children(const Resource& parent, const DraftChildren& children,
                              bool keep_annotations, std::vector<Staged>& staged,
                              std::vector<ResourcePtr>& removed);
  Result<void> check_echo(const Draft& item) const;
  Result<void> resolve_references(std::vector<Staged>& staged,
                                  const std::vector<ResourcePtr>& removed) const;
  void take_over_remote_address_spaces(std::vector<Staged>& staged, bool is_asked_for) const;
  Outcome relink(const Resource& network, const NetworkLinks& links);
  Result<void> allocate_missing(std::vector<Staged>& staged);
  Result<void> settle_public_addresses(const std::vector<Staged>& staged,
                                       const std::vector<ResourcePtr>& gone);
  static Result<void> check(std::span<const Rule> rules, const Proposal& proposal,
                            const std::string& pointer);
  Result<void> check_rules(const Model& before, const std::vector<Staged>& staged) const;

  Result<Outcome> erase(const Operation& operation);
  Result<void> check_unused(const std::vector<ResourcePtr>& doomed,
                            const std::vector<Staged>& judged, const std::string& pointer) const;
  void leave_peerings(const std::vector<ResourcePtr>& doomed);
  void disconnect_from(const Resource& network, const std::vector<ResourcePtr>& doomed);
  std::vector<ResourceChange> removal(const std::vector<ResourcePtr>& doomed) const;

  void move_peering(const ResourcePtr& peering, Side here, PeeringEvent event);
  void renew_ancestors(const ResourceId& id);
  ResourcePtr current(const Resource& resource) const {
    return edit_.model().find_shared(resource.id);
  }

  const Model& base_;
  const Limits& limits_;
  Edit edit_;
  const Stamp now_;
};

std::string opaque_tag(std::string_view etag) {  // W/"x" -> x
  const size_t first = etag.find('"');
  return std::string(etag.substr(first + 1, etag.size() - first - 2));
}

bool has_tag(const std::vector<std::string>& tags, const std::string& tag) {
  return std::any_of(tags.begin(), tags.end(),
                     [&tag](const std::string& t) { return t == "*" || t == tag; });
}

Result<void> Transaction::check_precondition(const Operation& operation) const {
  const Resource* present = edit_.model().find(operation.draft.id);
  const std::string& path = operation.draft.id.path();
  const auto& [wanted, unwanted] = operation.precondition;
  if (wanted.empty() && (unwanted.empty() || present == nullptr)) return {};
  if (present == nullptr)
    return fail(ErrorCode::PreconditionFailed, "", fmt::format("{} does not exist.", path));
  const std::string tag = opaque_tag(etag(edit_.model(), *present));
  if (!wanted.empty() && !has_tag(wanted, tag)) {
    return fail(ErrorCode::PreconditionFailed, "",
                fmt::format("{} has changed: its etag is W/\"{}\", not {}.", path, tag,
                            in_quotes(wanted.front())),
                "Read it again and decide anew.");
  }
  if (!has_tag(unwanted, tag)) return {};
  if (has_tag(unwanted, "*"))
    return fail(ErrorCode::PreconditionFailed, "", fmt::format("{} exists already.", path));
  return fail(ErrorCode::PreconditionFailed, "",
              fmt::format("{} has the etag W/\"{}\", which If-None-Match names.", path, tag),
              "It is as it was when it was read.");
}

Result<Outcome> Transaction::put(const Operation& operation) {
  const ResourceId parent = operation.draft.id.parent();
  const Resource* stored_parent = parent.empty() ? nullptr : edit_.model().find(parent);
  if (!parent.empty() && stored_parent == nullptr) {
    return fail(ErrorCode::ResourceNotFound, operation.draft.pointer,
                fmt::format("{} does not exist, so nothing can be put below it.", parent.path()));
  }
  const Model before = edit_.model();
  std::vector<Staged> staged;
  std::vector<ResourcePtr> removed;
  if (auto ok = stage(operation.draft, stored_parent ? stored_parent->id : parent,
                      operation.only_if_different, staged, removed);
      !ok) {
    return tl::unexpected(ok.error());
  }
  if (auto ok = resolve_references(staged, removed); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_unused(removed, staged, operation.draft.pointer); !ok)
    return tl::unexpected(ok.error());
  take_over_remote_address_spaces(staged, operation.sync_remote_address_space);
  const bool changes_links = operation.links && set_links(staged.front().after, *operation.links);
  const ResourceId id = staged.front().after.id;
  const bool exists = staged.front().before != nullptr;
  const bool same =
      removed.empty() && std::all_of(staged.begin(), staged.end(), [](const Staged& s) {
        return s.before &&
               same_writable_members(s.after.id.realm(), s.before->body, s.after.body) &&
               (s.before->annotations == s.after.annotations ||
                (s.before->annotations && s.after.annotations &&
                 *s.before->annotations == *s.after.annotations));
      });
  const bool revives = exists && staged.front().after.kind() == Kind::Peering &&
                       staged.front().before->as<Peering>().state == PeeringState::Disconnected;
  if (operation.only_if_different && same && !revives && !operation.sync_remote_address_space)
    return changes_links ? relink(*staged.front().before, *operation.links)
                         : Outcome{Effect::Unchanged, id};

  leave_peerings(removed);
  std::vector<ResourceChange> changes = removal(removed);
  for (const Staged& s : staged)
    changes.push_back({s.before, std::make_shared<const Resource>(s.after)});
  edit_.replace(changes);
  if (auto ok = allocate_missing(staged); !ok) return tl::unexpected(ok.error());
  if (auto ok = settle_public_addresses(staged, removed); !ok) return tl::unexpected(ok.error());
  if (auto ok = check_rules(before, staged); !ok) return tl::unexpected(ok.error());
  for (const Staged& s : staged) {
    if (s.after.kind() != Kind::Peering) continue;
    const Side here = s.before ? side_of(s.before->as<Peering>().state) : Side::Absent;
    move_peering(current(s.after), here, PeeringEvent::Put);
  }
  renew_ancestors(id);
  return Outcome{exists ? Effect::Updated : Effect::Created, id};
}

Outcome Transaction::relink(const Resource& network, const NetworkLinks& links) {
  Resource after = network;
  set_links(after, links);
  edit_.replace(current(network), std::move(after));
  return {Effect::Updated, network.id};
}

// `parent` is spelled as stored, which a new child's id follows.
Result<void> Transaction::stage(const Draft& draft, const ResourceId& parent, bool keep_annotations,
                                std::vector<Staged>& staged, std::vector<ResourcePtr>& removed) {
  const ResourcePtr before = edit_.model().find_shared(draft.id);
  Resource after;
  after.id = before           ? before->id
             : parent.empty() ? draft.id
                              : *parent.child(draft.id.kind(), draft.id.name());
  after.serial = before ? before->serial : edit_.next_serial();
  after.instance_id =
      before ? before->instance_id
             : draft.instance_id.value_or(Uuid::derive(base_.identity(), after.serial, "instance"));
  const bool is_root = staged.empty();
  after.put = is_root ? now_ : before ? before->put : Stamp{};
  after.changed = now_;
  after.annotations =
      before && keep_annotations && !draft.annotations ? before->annotations : draft.annotations;
  after.body = draft.body;
  if (before) carry_over(after, *before);
  staged.push_back({before, after, draft.pointer});
  for (const DraftChildren& children : draft.children) {
    if (auto ok = stage_children(after, children, keep_annotations, staged, removed); !ok)
      return ok;
  }
  return {};
}

Result<void> Transaction::stage_children(const Resource& parent, const DraftChildren& children,
                                         bool keep_annotations, std::vector<Staged>& staged,
                                         std::vector<ResourcePtr>& removed) {
  const bool echoed = info(children.kind).in_parent == InParent::Echoed;
  std::set<ResourceId> listed;
  for (const Draft& item : children.items) {
    if (!listed.insert(item.id).second) {
      return fail(
          ErrorCode::InvalidParameterValue, item.pointer,
          fmt::format("'{}' stands twice in {}.", item.id.name(), info(children.kind).segment));
    }
    auto ok = echoed ? check_echo(item) : stage(item, parent.id, keep_annotations, staged, removed);
    if (!ok) return ok;
  }
  if (echoed) return {};
  for (const Resource* present : edit_.model().below(parent.id, children.kind)) {
    if (listed.contains(present->id)) continue;
    for (ResourcePtr& gone : edit_.model().subtree(present->id)) removed.push_back(std::move(gone));
  }
  return {};
}

// Decisions, N6: a list of such children may only repeat what is stored.
Result<void> Transaction::check_echo(const Draft& item) const {
  const Resource* stored = edit_.model().find(item.id);
  const bool in_azure = item.id.realm() == Realm::Azure;
  if (stored != nullptr && same_writable_members(item.id.realm(), stored->body, item.body))
    return {};
  return fail(
      in_azure ? ErrorCode::PeeringChangedThroughVirtualNetwork : ErrorCode::InvalidParameterValue,
      item.pointer,
      fmt::format("{} '{}' {}, and a PUT of its parent does not change it.",
                  sentence_start(info(item.id.kind()).noun), item.id.name(),
                  stored == nullptr ? "does not exist" : "differs from what is stored"),
      fmt::format("PUT {} itself.", item.id.path()));
}

// A reference leads to what this PUT makes, or else to what is stored and stays; it takes over the
// spelling of what it leads to.
Result<void> Transaction::resolve_references(std::vector<Staged>& staged,
                                             const std::vector<ResourcePtr>& removed) const {
  const auto is_removed = [&removed](const Resource& resource) {
    return std::any_of(removed.begin(), removed.end(),
                       [&](const ResourcePtr& gone) { return gone->serial == resource.serial; });
  };
  std::optional<Error> broken;
  for (Staged& s : staged) {
    for_each_reference(
        s.after.id.realm(), s.after.body, [&](ResourceId& target, const ReferenceMember& member) {
          if (broken) return;
          const bool right_kind = std::find(member.kinds.begin(), member.kinds.end(),
                                            target.kind()) != member.kinds.end();
          const auto made =
              std::find_if(staged.begin(), staged.end(),
                           [&target](const Staged& other) { return other.after.id == target; });
          const Resource* stored = right_kind ? edit_.model().find(target) : nullptr;
          const bool goes = stored != nullptr && is_removed(*stored);
          if (right_kind && made != staged.end()) {
            target = made->after.id;
          } else if (stored != nullptr && !goes &&
                     !is_out_of_reach(edit_.model(), staged.front().after, s.after.id, target)) {
            target = stored->id;
          } else {
            if (s.after.id.realm() == Realm::Azure) {
              broken = missing_in_azure(s.after.id, target, s.pointer + member.pointer());
              return;
            }
            const ErrorCode code =
                reference_error(s.after.kind(), member.name, BrokenReference::Missing);
            broken = Error{
                code,
                s.pointer + member.pointer(),
                fmt::format("{} of {} '{}' names {}, which {}.", member.name,
                            info(s.after.kind()).noun, s.after.id.name(), target.path(),
                            goes ? "this PUT removes"
                            : right_kind
                                ? "does not exist"
                                : fmt::format("is not a {}", info(*member.kinds.begin()).noun)),
                "",
                {}};
          }
        });
    if (broken) return tl::unexpected(*broken);
  }
  return {};
}

// What an Azure peering reaches is what its remote network had, of the subnets that it names where
// it names them, when the peering was created, put again after it was Disconnected, or
// synchronised.
void Transaction::take_over_remote_address_spaces(std::vector<Staged>& staged,
                                                  bool is_asked_for) const {
  for (Staged& s : staged) {
    auto* peering = s.after.body.get_if<Peering>();
    if (peering == nullptr || s.after.id.realm() != Realm::Azure) continue;
    const bool begins = !s.before || s.before->as<Peering>().state == PeeringState::Disconnected;
    if (!begins && !is_asked_for) continue;
    peering->azure.remote_address_space = prefixes_at(edit_.model(), s.after, PeeringEnd::Remote);
  }
}

Result<void> Transaction::allocate_missing(std::vector<Staged>& staged) {
  for (Staged& s : staged) {
    const ResourcePtr stored = current(s.after);
    auto ok = allocate(edit_.model(), s.after);
    if (!ok) {
      ok.error().target = s.pointer + ok.error().target;
      return ok;
    }
    if (s.after.id.realm() == Realm::Azure || s.after.kind() == Kind::Subnet ||
        !same_writable_members(s.after.id.realm(), stored->body, s.after.body)) {
      edit_.replace(stored, s.after);
    }
  }
  return {};
}

// Azure's Dynamic public addresses come and go with what has them.
Result<void> Transaction::settle_public_addresses(const std::vector<Staged>& staged,
                                                  const std::vector<ResourcePtr>& gone) {
  std::set<ResourceId> named;
  const auto add = [&named](const Resource& resource) {
    if (resource.id.realm() != Realm::Azure) return;
    for (ResourceId& id : public_addresses_of(resource)) named.insert(std::move(id));
  };
  for (const Staged& s : staged) {
    if (s.before) add(*s.before);
    add(s.after);
  }
  for (const ResourcePtr& resource : gone) add(*resource);
  for (const ResourceId& id : named) {
    const ResourcePtr before = edit_.model().find_shared(id);
    if (!before) continue;
    Resource after = *before;
    if (auto ok = settle_public_address(edit_.model(), after); !ok) return ok;
    if (after.as<PublicIpAddress>().address == before->as<PublicIpAddress>().address) continue;
    after.changed = now_;
    edit_.replace(before, std::move(after));
    renew_ancestors(id);
  }
  return {};
}

// The first rule that is broken is the answer.
Result<void> Transaction::check(std::span<const Rule> rules, const Proposal& proposal,
                                const std::string& pointer) {
  for (const Rule& rule : rules) {
    auto violation = rule.broken(proposal);
    if (!violation) continue;
    return fail(rule.error, pointer + violation->pointer, std::move(violation->message),
                std::move(violation->remedy));
  }
  return {};
}

Result<void> Transaction::check_rules(const Model& before,
                                      const std::vector<Staged>& staged) const {
  for (const Staged& s : staged) {
    const Proposal proposal{before, edit_.model(), s.before.get(), s.after, limits_};
    const auto rules = rules_of(s.after.kind(), s.after.id.realm());
    if (auto ok = check(rules, proposal, s.pointer); !ok) return ok;
  }
  return {};
}

Result<Outcome> Transaction::erase(const Operation& operation) {
  const ResourcePtr present = edit_.model().find_shared(operation.draft.id);
  if (!present) return Outcome{Effect::Unchanged, operation.draft.id};
  if (info(present->kind()).is_singleton()) {
    return fail(ErrorCode::MethodNotAllowed, "",
                fmt::format("{} is never deleted.", present->id.path()),
                "PUT the configuration that you want.");
  }
  const std::vector<ResourcePtr> doomed = edit_.model().subtree(present->id);
  if (auto ok = check_unused(doomed, {}, operation.draft.pointer); !ok)
    return tl::unexpected(ok.error());
  const Model before = edit_.model();
  leave_peerings(doomed);
  edit_.replace(removal(doomed));
  if (auto ok = settle_public_addresses({}, doomed); !ok) return tl::unexpected(ok.error());
  for (const ResourcePtr& gone : doomed) {
    const Proposal proposal{before, edit_.model(), gone.get(), *gone, limits_};
    if (auto ok = check(deletion_rules_of(gone->kind()), proposal, operation.draft.pointer); !ok)
      return tl::unexpected(ok.error());
  }
  renew_ancestors(present->id);
  return Outcome{Effect::Deleted, present->id};
}

// In Azure a network goes though others peer with it; their sides are Disconnected then.
bool holds_loosely(const Resource& user, const Resource& used) {
  return user.kind() == Kind::Peering && user.id.realm() == Realm::Azure &&
         used.kind() == Kind::VirtualNetwork;
}

// `root` would go with all below it, `used` among that; `users` stay.
Error in_use(const Resource& root, const Resource& used, const std::vector<const Resource*>& users,
             const std::string& pointer) {
  if (used.id.realm() == Realm::Azure) {
    Error error = in_use_in_azure(used, users, pointer);
    return root.kind() == Kind::ResourceGroup ? group_in_use(root.id, used, std::move(error))
                                              : error;
  }
  std::vector<ErrorDetail> details;
  for (const Resource* user : users) {
    if (details.size() < kUsersListed) details.push_back({"ResourceInUse", user->id.reference()});
  }
  return {ErrorCode::ResourceInUse, pointer,
          fmt::format("{} '{}' is used by {}{}.", sentence_start(info(used.kind()).noun),
                      used.id.reference(), details.front().message,
                      users.size() > 1 ? fmt::format(" and {} more", users.size() - 1) : ""),
          "Change or delete what uses it first.", std::move(details)};
}

// Nothing that stays may refer to anything that goes. The references of what this PUT makes were
// judged before, as they will be.
Result<void> Transaction::check_unused(const std::vector<ResourcePtr>& doomed,
                                       const std::vector<Staged>& judged,
                                       const std::string& pointer) const {
  const auto goes = [&](const Resource& resource) {
    const auto is_it = [&resource](const auto& other) { return other.serial == resource.serial; };
    return std::any_of(doomed.begin(), doomed.end(),
                       [&](const ResourcePtr& gone) { return is_it(*gone); }) ||
           std::any_of(judged.begin(), judged.end(),
                       [&](const Staged& staged) { return is_it(staged.after); });
  };
  for (const ResourcePtr& resource : doomed) {
    std::vector<const Resource*> users = edit_.model().referrers(*resource);
    for (const Resource* peering : peerings_naming(edit_.model(), *resource))
      users.push_back(peering);
    std::erase_if(users, [&](const Resource* user) {
      return goes(*user) || holds_loosely(*user, *resource);
    });
    if (!users.empty()) return tl::unexpected(in_use(*doomed.front(), *resource, users, pointer));
  }
  return {};
}

void Transaction::leave_peerings(const std::vector<ResourcePtr>& doomed) {
  for (const ResourcePtr& resource : doomed) {
    if (resource->kind() == Kind::VirtualNetwork) {
      disconnect_from(*resource, doomed);
      drop_links_to(edit_, *resource);
    }
    if (resource->kind() != Kind::Peering) continue;
    move_peering(resource, side_of(resource->as<Peering>().state), PeeringEvent::Delete);
  }
}

// The sides of others that wait for one of this network, which goes (Azure alone lets it go).
void Transaction::disconnect_from(const Resource& network, const std::vector<ResourcePtr>& doomed) {
  for (const Resource* peering : edit_.model().referrers(network, Kind::Peering)) {
    const bool goes = std::any_of(doomed.begin(), doomed.end(), [peering](const ResourcePtr& gone) {
      return gone->serial == peering->serial;
    });
    if (goes || peering->as<Peering>().state != PeeringState::Initiated) continue;
    Resource after = *peering;
    after.body.get<Peering>().state = PeeringState::Disconnected;
    after.changed = now_;
    const ResourceId id = after.id;
    edit_.replace(edit_.model().find_shared(id), std::move(after));
    renew_ancestors(id);
  }
}

std::vector<ResourceChange> Transaction::removal(const std::vector<ResourcePtr>& doomed) const {
  std::vector<ResourceChange> changes;
  changes.reserve(doomed.size());
  for (const ResourcePtr& resource : doomed) changes.push_back({current(*resource), nullptr});
  return changes;
}

void Transaction::move_peering(const ResourcePtr& peering, Side here, PeeringEvent event) {
  const Resource* other = other_side(edit_.model(), *peering);
  const Side there = other == nullptr ? Side::Absent : side_of(other->as<Peering>().state);
  const auto transition = peering_transition(here, there, event, peering->id.realm());
  assert(transition.has_value());
  if (event == PeeringEvent::Put) {
    Resource after = *peering;
    after.body.get<Peering>().state = state_of(transition->here_after);
    edit_.replace(peering, std::move(after));
  }
  if (other == nullptr || transition->there_after == there) return;
  Resource after = *other;
  after.body.get<Peering>().state = state_of(transition->there_after);
  after.changed = now_;
  const ResourceId id = after.id;
  edit_.replace(edit_.model().find_shared(id), std::move(after));
  renew_ancestors(id);
}

void Transaction::renew_ancestors(const ResourceId& id) {
  for (ResourceId ancestor = id.parent(); !ancestor.empty(); ancestor = ancestor.parent()) {
    const ResourcePtr before = edit_.model().find_shared(ancestor);
    if (!before || before->changed == now_) continue;
    Resource after = *before;
    after.changed = now_;
    edit_.replace(before, std::move(after));
  }
}

}  // namespace

Result<Applied> apply(const Model& model, const Change& change, const Limits& limits) {
  Transaction transaction(model, change.time_ms, limits);
  std::vector<Outcome> outcomes;
  for (const Operation& operation : change.operations) {
    auto outcome = transaction.run(operation);
    if (!outcome) return tl::unexpected(std::move(outcome.error()));
    outcomes.push_back(std::move(*outcome));
  }
  return transaction.finish(std::move(outcomes));
}

ErrorCode reference_error(Kind kind, std::string_view member, BrokenReference how) {
  struct Row {
    Kind kind;
    std::string_view member;
    BrokenReference how;
    ErrorCode code;
  };
  static constexpr Row kRows[] = {
      {Kind::Peering, "remoteVirtualNetwork", BrokenReference::Missing,
       ErrorCode::RemoteVirtualNetworkNotFound},
      {Kind::Peering, "remoteVirtualNetwork", BrokenReference::OtherController,
       ErrorCode::RemoteVirtualNetworkNotManagedByThisController},
  };
  for (const Row& row : kRows) {
    if (row.kind == kind && row.member == member && row.how == how) return row.code;
  }
  return ErrorCode::ReferenceNotFound;
}

}  // namespace isthmus
