// Those who may come in, as they are now: read at the start, and again when somebody asks.
//
// Threads: principals() from any; reload() from the one that handles signals.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include <tl/expected.hpp>

#include "api/access/principals.h"

namespace isthmus::api::access {

class Roster {
 public:
  using Loaded = tl::expected<Principals, std::string>;
  using Load = std::function<Loaded()>;

  // Those of an access file, which is read anew each time.
  static tl::expected<std::unique_ptr<Roster>, std::string> of_file(const std::string& path);
  // An owner alone, whose token is what the file holds; made now where there is none.
  static tl::expected<std::unique_ptr<Roster>, std::string> of_owner_token(const std::string& path);
  // Nobody: for servers that ask nobody.
  Roster() : Roster([] { return Principals(); }, std::make_shared<Principals>()) {}

  std::shared_ptr<const Principals> principals() const;

  // What SIGHUP does. A file that is wrong is logged, and those who may come in stay the same.
  void reload();

 private:
  Roster(Load load, std::shared_ptr<const Principals> principals)
      : load_(std::move(load)), principals_(std::move(principals)) {}
  static tl::expected<std::unique_ptr<Roster>, std::string> loaded(Load load);

  const Load load_;
  mutable std::mutex mutex_;  // guards principals_
  std::shared_ptr<const Principals> principals_;
};

}  // namespace isthmus::api::access
