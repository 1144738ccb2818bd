// Models that are kept under a name, as backups and snapshots are: documents in a folder, or in
// memory. What is kept holds no secrets, since the controller keeps none.
//
// No path of a client is ever opened: the folder is the operator's choice, a name is a legal name
// of a resource.
//
// Any thread; calls with a folder wait for the disk.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "controller/base/error.h"
#include "controller/model/model.h"

namespace isthmus::api::json {

struct SavedModel {
  std::string id;    // a legal name of a resource; compared without case
  std::string path;  // of a backup: what the client called the place
  ResourceId credential;
  Uuid made_by;  // the identity of the controller
  int64_t time_ms = 0;
  std::vector<ResourcePtr> resources;  // parents before children
};

// The model as it is, under a name.
SavedModel saved_model(std::string name, const Model& model, int64_t time_ms);

// As text: a line for what it is, and a line for each resource, as the store encodes it. Reading
// answers StorageUnavailable where it is not whole; `noun` and `name` are for the message.
std::string print(const SavedModel& saved);
Result<SavedModel> parse_saved_model(std::string_view noun, std::string_view name,
                                     const std::string& text);

class SavedModels {
 public:
  // An empty folder name: in memory. The folder is made with the first of them. `noun` names them
  // in messages, and as the ending of their files: "backup".
  SavedModels(std::string folder, std::string_view noun)
      : folder_(std::move(folder)), noun_(noun) {}

  // In the place of one with the same id. On an error that one is still there.
  Result<void> save(const SavedModel& saved);
  // ResourceNotFound, or StorageUnavailable where the file is not whole.
  Result<SavedModel> load(std::string_view id) const;
  bool has(std::string_view id) const;
  bool remove(std::string_view id);
  std::vector<std::string> ids() const;  // in order

 private:
  std::string file_of(std::string_view id) const;

  const std::string folder_;
  const std::string_view noun_;
  mutable std::mutex mutex_;                      // guards the folder, and the map
  std::map<std::string, std::string> documents_;  // by id in lower case
};

}  // namespace isthmus::api::json
