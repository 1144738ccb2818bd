// The failpoints of the store, as what they stand for: failures of SQLite. In a build without
// failpoints there is nothing of them. Included by sources of controller/store alone, which
// CMakeLists.txt tells.
#pragma once

#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include <string>

#include "controller/base/failpoint.h"

namespace isthmus {

inline std::string failpoint_text(Failpoint point) {
  return "the failpoint " + std::string(info(point).name);
}

#if defined(ISTHMUS_WITH_FAILPOINTS)
inline bool point_fails(Failpoint point) { return fails_at(point); }
#else
inline bool point_fails(Failpoint) { return false; }
#endif

inline void pass(Failpoint point) {
  if (point_fails(point)) throw SQLite::Exception(failpoint_text(point), SQLITE_IOERR);
}

}  // namespace isthmus
