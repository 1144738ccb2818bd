// Random legal resources of every type, and a text that shows everything a resource holds. Both
// walk controller/model/resources.h, so that a new type or member is covered without a line here.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "controller/model/model.h"
#include "controller/model/resources.h"
#include "controller/model/text.h"

namespace isthmus::testing {

class RandomResources {
 public:
  explicit RandomResources(uint64_t seed, Realm realm = Realm::Onprem)
      : realm_(realm), random_(seed) {}

  Resource next(Kind kind) {
    Resource resource;
    resource.id = id(kind);
    resource.serial = static_cast<Serial>(random_());
    resource.instance_id = {random_(), random_()};
    resource.put = stamp();
    resource.changed = stamp();
    if (coin()) resource.annotations = annotations(kind);
    resource.body = Body(kind);
    describe_body(*this, resource.body);
    return resource;
  }

  // The visitor.
  Realm realm() const { return realm_; }
  template <class T>
  void member(std::string_view, T& field, Presence presence, Spelling = Spelling::Natural) {
    fill(field);
    if constexpr (std::is_same_v<T, std::string>) {
      if (presence == Presence::Required && field.empty()) field = "x";
    }
  }
  template <class Members>
  void object(std::string_view, Presence, const Members& members) {
    members();
  }
  template <class Optional, class Members>
  void optional_object(std::string_view, Optional& field, const Members& members) {
    if (coin()) members(field.emplace());
  }
  template <class T, class Members>
  void objects(std::string_view, std::vector<T>& field, const Members& members) {
    field.resize(below(3));
    for (T& element : field) members(element);
  }
  void references(std::string_view name, std::vector<ResourceId>& targets, Kinds kinds,
                  Shown = Shown::Always) {
    targets.resize(below(3));
    for (ResourceId& target : targets) reference(name, target, Presence::Required, kinds);
  }
  void reference(std::string_view, ResourceId& target, Presence presence, Kinds kinds,
                 Hold = Hold::Firm) {
    if (presence != Presence::Required && !coin()) return;
    Kind kind = Kind::None;
    do {
      kind = *(kinds.begin() + below(kinds.size()));
    } while (!info(kind).is_in(realm_));  // some members name a kind of one realm alone
    target = id(kind);
  }

 private:
  uint64_t below(uint64_t limit) { return random_() % limit; }
  bool coin() { return below(2) == 0; }
  Stamp stamp() { return {random_(), static_cast<int64_t>(random_() >> 1)}; }

  std::string name() {
    constexpr std::string_view kStart = "abcXYZ019";
    constexpr std::string_view kRest = "abcXYZ019._-";
    std::string text(1, kStart[below(kStart.size())]);
    for (uint64_t i = below(12); i > 0; --i) text += kRest[below(kRest.size())];
    return text + "z";  // which a name of Azure may end with
  }
  ResourceId id(Kind kind) {
    const KindInfo& row = info(kind);
    const std::string own = row.is_singleton()           ? std::string(row.only_name)
                            : kind == Kind::Subscription ? Uuid{random_(), random_()}.to_string()
                                                         : name();
    const Kind parent = parent_of(kind, realm_);
    return parent == Kind::None ? *ResourceId::make(kind, own, realm_)
                                : *id(parent).child(kind, own);
  }
  std::shared_ptr<const Annotations> annotations(Kind kind) {
    Annotations made;
    // Names that differ without case, as the API demands.
    for (uint64_t i = 1 + below(3); i > 0; --i)
      made.metadata.emplace_back(std::to_string(i) + text(), text());
    for (uint64_t i = below(3); i > 0; --i)
      made.tags.emplace_back(std::to_string(i) + text(), text());
    if (realm_ == Realm::Azure) {
      made.location = "westeurope";
      if (has_sku(kind) && coin()) made.sku = {name(), name()};
      for (uint64_t i = below(3); i > 0; --i) made.zones.push_back(std::to_string(i));
    }
    return std::make_shared<const Annotations>(std::move(made));
  }
  // With what JSON escapes, and what UTF-8 takes two to four bytes for.
  std::string text() {
    static constexpr std::string_view kPieces[] = {
        "a",  "Z",    " ",    "\"",       "\\",           "/",
        "\n", "\x01", "\x7f", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    std::string made;
    for (uint64_t i = below(20); i > 0; --i) made += kPieces[below(std::size(kPieces))];
    return made;
  }

  void fill(bool& field) { field = coin(); }
  void fill(std::string& field) { field = text(); }
  void fill(net::IpAddress& field) {
    field = coin() ? net::IpAddress::v4(static_cast<uint32_t>(random_()))
                   : net::IpAddress::v6({random_(), random_()});
  }
  void fill(net::Prefix& field) {
    net::IpAddress address;
    fill(address);
    const auto bits = static_cast<uint64_t>(net::address_bits(address.family()));
    field = net::Prefix::containing(address, static_cast<int>(below(bits + 1)));
  }
  void fill(net::Mac& field) { field = *net::Mac::make(random_() >> 16); }
  void fill(net::Vni& field) { field = *net::Vni::make(random_() >> 40); }
  void fill(AclAddress& field) {
    constexpr AclAddress::Kind kKindsOfAddress[] = {AclAddress::Kind::Any, AclAddress::Kind::In,
                                                    AclAddress::Kind::VirtualNetwork,
                                                    AclAddress::Kind::Internet};
    field = {kKindsOfAddress[below(4)], {}, false};
    if (field.kind != AclAddress::Kind::In) return;
    fill(field.prefix);
    field.is_bare = coin();
    if (field.is_bare) field.prefix = net::Prefix::host(field.prefix.address());
  }
  void fill(AclPorts& field) {
    const auto a = static_cast<uint32_t>(below(65536));
    const auto b = static_cast<uint32_t>(below(65536));
    field = coin() ? AclPorts{{}, true}
                   : AclPorts{*net::PortRange::make(std::min(a, b), std::max(a, b)), false};
  }
  void fill(NetworkLink& field) {
    field = {id(Kind::VirtualNetwork), below(kLinkLatencyMaxUs + 1),
             static_cast<uint32_t>(below(kLinkLossMaxPpm + 1)), random_()};
  }
  template <class T>
  void fill(T& field) {
    if constexpr (std::is_enum_v<T>) {
      do {
        field = static_cast<T>(below(16));
      } while (Text<T>::print(field).empty());  // past the last value
    } else if constexpr (std::is_same_v<T, ExtendedAsNumber>) {
      field = {static_cast<uint32_t>(random_())};
    } else {
      static_assert(std::is_integral_v<T>);
      field = static_cast<T>(random_());
    }
  }
  template <class T>
  void fill(std::optional<T>& field) {
    if (coin()) fill(field.emplace());
  }
  template <class T>
  void fill(std::vector<T>& field) {
    field.resize(below(4));
    for (T& element : field) fill(element);
  }

  const Realm realm_;
  std::mt19937_64 random_;
};

// A model in which the resource has its ancestors, as every resource has.
inline Model model_with(const Resource& resource, RandomResources& random) {
  Model model;
  std::vector<ResourceChange> changes{{nullptr, std::make_shared<const Resource>(resource)}};
  for (ResourceId id = resource.id.parent(); !id.empty(); id = id.parent()) {
    Resource ancestor = random.next(id.kind());
    ancestor.id = id;
    changes.insert(changes.begin(), {nullptr, std::make_shared<const Resource>(ancestor)});
  }
  model.update(changes);
  return model;
}

// Everything that a resource holds, a line for each member.
class Dump {
 public:
  static std::string of(const Resource& resource) {
    Dump dump;
    dump.text_ = fmt::format("{} {}\n{} {} {}@{} {}@{}\n", static_cast<int>(resource.id.realm()),
                             resource.id.path(), resource.serial, resource.instance_id.to_string(),
                             resource.put.revision, resource.put.time_ms, resource.changed.revision,
                             resource.changed.time_ms);
    if (resource.annotations) {
      for (const auto& [key, text] : resource.annotations->metadata)
        dump.text_ += fmt::format("metadata {}={}\n", key, text);
      for (const auto& [key, text] : resource.annotations->tags)
        dump.text_ += fmt::format("tag {}={}\n", key, text);
      const Annotations& azure = *resource.annotations;
      dump.text_ += fmt::format("location {} sku {} {} zones", azure.location, azure.sku.name,
                                azure.sku.tier);
      for (const std::string& zone : azure.zones) dump.text_ += " " + zone;
      dump.text_ += '\n';
    }
    dump.text_ += of(resource.body, resource.id.realm());
    return dump.text_;
  }
  static std::string of(const Body& body, Realm realm = Realm::Onprem) {
    Dump dump;
    dump.realm_ = realm;
    describe_body(dump, body);
    return dump.text_;
  }

  // The visitor.
  Realm realm() const { return realm_; }
  template <class T>
  void member(std::string_view name, const T& field, Presence, Spelling = Spelling::Natural) {
    text_ += fmt::format("{}: ", name);
    print(field);
    text_ += '\n';
  }
  template <class Members>
  void object(std::string_view name, Presence, const Members& members) {
    text_ += fmt::format("{} (\n", name);
    members();
    text_ += ")\n";
  }
  template <class Optional, class Members>
  void optional_object(std::string_view name, const Optional& field, const Members& members) {
    if (field) object(name, Presence::Optional, [&] { members(*field); });
  }
  template <class T, class Members>
  void objects(std::string_view name, const std::vector<T>& field, const Members& members) {
    for (const T& element : field) object(name, Presence::Optional, [&] { members(element); });
  }
  void references(std::string_view name, const std::vector<ResourceId>& targets, Kinds kinds,
                  Shown = Shown::Always) {
    for (const ResourceId& target : targets) reference(name, target, Presence::Optional, kinds);
  }
  void reference(std::string_view name, const ResourceId& target, Presence, Kinds,
                 Hold = Hold::Firm) {
    text_ += fmt::format("{} -> {}\n", name, target.path());
  }

 private:
  template <class T>
  void print(const T& value) {
    if constexpr (std::is_arithmetic_v<T>) {
      text_ += std::to_string(value);
    } else {
      text_ += Text<T>::print(value);
    }
  }
  template <class T>
  void print(const std::optional<T>& value) {
    text_ += value ? "" : "none";
    if (value) print(*value);
  }
  template <class T>
  void print(const std::vector<T>& values) {
    for (const T& value : values) {
      print(value);
      text_ += "; ";
    }
  }

  Realm realm_ = Realm::Onprem;
  std::string text_;
};

}  // namespace isthmus::testing
