// A model in the middle of a change: the working copy, and the net effect so far.
#pragma once

#include <map>
#include <vector>

#include "controller/model/model.h"

namespace isthmus {

class Edit {
 public:
  explicit Edit(const Model& base) : model_(base) {}

  const Model& model() const { return model_; }
  Serial next_serial() { return model_.next_serial(); }
  void set_revision(Revision revision) { model_.set_revision(revision); }

  void replace(const std::vector<ResourceChange>& changes) {
    model_.update(changes);
    for (const ResourceChange& change : changes) note(change);
  }
  void replace(ResourcePtr before, Resource after) {
    replace({{std::move(before), std::make_shared<const Resource>(std::move(after))}});
  }

  bool empty() const { return net_.empty(); }
  // Each changed resource once, from what the base held to what the model holds now; in path order.
  std::vector<ResourceChange> net() const {
    std::vector<ResourceChange> changes;
    for (const auto& [id, change] : net_) {
      if (change.before != change.after) changes.push_back(change);
    }
    return changes;
  }

 private:
  void note(const ResourceChange& change) {
    const auto [it, is_first] = net_.try_emplace(change.any().id, change);
    if (!is_first) it->second.after = change.after;
  }

  Model model_;
  std::map<ResourceId, ResourceChange> net_;
};

}  // namespace isthmus
