// Backups of everything that a controller holds: documents in a folder, or in memory.
//
// Clients of a real controller name a share of a file server as the place of a backup. Here no path
// of a client is ever opened: the folder is the operator's choice (--backups), the path is a label
// that a restore must know. A backup holds no secrets, since the controller keeps none.
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
#include "controller/model/resources.h"

namespace isthmus::api::networking {

struct BackupRecord {
  std::string id;    // a legal name of a resource; compared without case
  std::string path;  // what the client called the place
  ResourceId credential;
  Uuid made_by;  // the identity of the controller
  int64_t time_ms = 0;
  std::vector<Resource> resources;  // parents before children
};

class Backups {
 public:
  // An empty folder name: in memory. The folder is made with the first backup.
  explicit Backups(std::string folder) : folder_(std::move(folder)) {}

  // In the place of one with the same id. On an error that one is still there.
  Result<void> save(const BackupRecord& backup);
  // ResourceNotFound, or StorageUnavailable where the file is not whole.
  Result<BackupRecord> load(std::string_view id) const;
  bool remove(std::string_view id);
  std::vector<std::string> ids() const;  // in order

 private:
  std::string file_of(std::string_view id) const;

  const std::string folder_;
  mutable std::mutex mutex_;                      // guards the folder, and the map
  std::map<std::string, std::string> documents_;  // by id in lower case
};

}  // namespace isthmus::api::networking
