// A disk in memory behind SQLite's file-system interface, which fails, fills up and loses power at
// a chosen call.
//
// It knows three states of a file: what is on the platters (durable), what a reader sees (current),
// and the writes that lie between (pending). A killed process leaves `current` behind; a power cut
// leaves `durable` and any part of the pending writes, in any order, whole or torn at a sector.
// Names appear and vanish durably at once: SQLite syncs the folder where that matters, and the
// order of folder entries is not what this disk is about.
//
// Everything follows from the seed. Used by one thread.
#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace isthmus {

class SimulatedDisk {
 public:
  enum class Fault {
    WriteNothing,  // EIO, and nothing is written
    WriteTorn,     // EIO, and half is written
    WriteLies,     // EIO, and all is written
    Full,          // ENOSPC, and half is written
    SyncFails,     // EIO, and nothing is synced
    TruncateFails,
    ReadFails,
    Power,  // the call and all that follow fail, until power_on()
  };
  enum class Lasts { Once, UntilHealed };

  explicit SimulatedDisk(uint64_t seed) : random_(seed) {
    static int count = 0;
    name_ = "simulated-disk-" + std::to_string(count++);
    register_vfs();
  }
  ~SimulatedDisk() { sqlite3_vfs_unregister(&vfs_); }
  SimulatedDisk(const SimulatedDisk&) = delete;
  SimulatedDisk& operator=(const SimulatedDisk&) = delete;

  const std::string& vfs() const { return name_; }

  // The fault happens at the `call`th call that it can happen to, counted from now and from 1.
  void fail_at(uint64_t call, Fault fault, Lasts lasts = Lasts::Once) {
    fault_ = fault;
    lasts_ = lasts;
    countdown_ = call;
    fired_ = false;
  }
  bool fired() const { return fired_; }
  void heal() { fault_.reset(); }

  // What the next process finds after this one was killed, on a disk that works.
  std::map<std::string, std::string> after_kill() const {
    std::map<std::string, std::string> images;
    for (const auto& [name, file] : files_) images[name] = file->current;
    return images;
  }
  void restore(const std::map<std::string, std::string>& images) {
    for (const auto& [name, bytes] : images)
      files_[name] = std::make_shared<File>(File{bytes, bytes, {}});
  }

  // After Fault::Power: every file is what survived, and calls work again. The store that was open
  // is closed by then.
  void power_on() {
    heal();
    for (auto& [name, file] : files_) {
      std::string survived = survivor(*file);
      *file = File{survived, survived, {}};
    }
  }

 private:
  static constexpr size_t kSectorBytes = 512;

  struct Change {  // a write, or where `bytes` is absent a truncation to `offset`
    size_t offset = 0;
    std::optional<std::string> bytes;
  };
  struct File {
    std::string durable;
    std::string current;
    std::vector<Change> pending;
  };
  struct Handle {  // what SQLite allocates for an open file
    sqlite3_file base;
    SimulatedDisk* disk;
    std::shared_ptr<File>* file;
  };
  enum class Call { Read, Write, Sync, Truncate, Other };

  static void apply(std::string& image, const Change& change) {
    if (!change.bytes) {
      if (image.size() > change.offset) image.resize(change.offset);
      return;
    }
    const size_t end = change.offset + change.bytes->size();
    if (image.size() < end) image.resize(end, '\0');
    image.replace(change.offset, change.bytes->size(), *change.bytes);
  }

  std::string survivor(const File& file) {
    std::string image = file.durable;
    const bool all = random_() % 2 == 0;  // the disk was just about to be done
    for (Change change : file.pending) {
      const uint64_t fate = all ? 2 : random_() % 3;
      if (fate == 0) continue;
      if (fate == 1 && change.bytes) {
        change.bytes->resize(random_() % (change.bytes->size() / kSectorBytes + 1) * kSectorBytes);
      }
      apply(image, change);
    }
    return image;
  }

  static bool concerns(Fault fault, Call call) {
    switch (fault) {
      case Fault::WriteNothing:
      case Fault::WriteTorn:
      case Fault::WriteLies:
      case Fault::Full:
        return call == Call::Write;
      case Fault::SyncFails:
        return call == Call::Sync;
      case Fault::TruncateFails:
        return call == Call::Truncate;
      case Fault::ReadFails:
        return call == Call::Read;
      case Fault::Power:
        return call != Call::Read;
    }
    return false;
  }

  // The fault that this call meets, if any.
  std::optional<Fault> meet(Call call) {
    if (!fault_) return std::nullopt;
    if (fired_) {
      const bool dark = *fault_ == Fault::Power;
      const bool again = lasts_ == Lasts::UntilHealed && concerns(*fault_, call);
      return dark || again ? fault_ : std::nullopt;
    }
    if (!concerns(*fault_, call) || --countdown_ > 0) return std::nullopt;
    fired_ = true;
    return fault_;
  }

  int write(File& file, Change change) {
    const std::optional<Fault> fault = meet(Call::Write);
    const bool halved = fault == Fault::WriteTorn || fault == Fault::Full || fault == Fault::Power;
    if (halved) change.bytes->resize(change.bytes->size() / 2);
    if (fault != Fault::WriteNothing) {
      apply(file.current, change);
      file.pending.push_back(std::move(change));
    }
    if (!fault) return SQLITE_OK;
    return fault == Fault::Full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
  }

  int truncate(File& file, size_t size) {
    if (meet(Call::Truncate)) return SQLITE_IOERR_TRUNCATE;
    apply(file.current, {size, std::nullopt});
    file.pending.push_back({size, std::nullopt});
    return SQLITE_OK;
  }

  // A sync that fails takes the pending writes with it: the kernel reports them once and then holds
  // them for written, so that a later sync succeeds without them (as Linux does).
  int sync(File& file) {
    const bool fails = meet(Call::Sync).has_value();
    if (fails && fault_ == Fault::Power) return SQLITE_IOERR_FSYNC;
    for (const Change& change : file.pending) {
      if (!fails) apply(file.durable, change);
    }
    file.pending.clear();
    return fails ? SQLITE_IOERR_FSYNC : SQLITE_OK;
  }

  int read(const File& file, char* to, size_t count, size_t offset) {
    if (meet(Call::Read)) return SQLITE_IOERR_READ;
    const size_t there = offset < file.current.size() ? file.current.copy(to, count, offset) : 0;
    std::memset(to + there, 0, count - there);
    return there == count ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
  }

  int open(const char* name, Handle& handle, int flags) {
    static const sqlite3_io_methods methods = io_methods();
    handle.base.pMethods = nullptr;
    if (meet(Call::Other)) return SQLITE_CANTOPEN;
    const std::string key = name != nullptr ? name : "temporary";
    if (name == nullptr || !files_.contains(key)) {
      if ((flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
      files_[key] = std::make_shared<File>();
    }
    handle.base.pMethods = &methods;
    handle.disk = this;
    handle.file = new std::shared_ptr<File>(files_[key]);
    return SQLITE_OK;
  }

  int remove(const std::string& name) {
    if (meet(Call::Other)) return SQLITE_IOERR_DELETE;
    return files_.erase(name) > 0 ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
  }

  static Handle& handle_of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }
  static SimulatedDisk& disk_of(sqlite3_vfs* vfs) {
    return *static_cast<SimulatedDisk*>(vfs->pAppData);
  }

  static sqlite3_io_methods io_methods() {
    sqlite3_io_methods methods{};
    methods.iVersion = 1;  // no shared memory: a store has its file to itself
    methods.xClose = [](sqlite3_file* file) {
      delete handle_of(file).file;
      return SQLITE_OK;
    };
    methods.xRead = [](sqlite3_file* file, void* to, int count, sqlite3_int64 offset) {
      Handle& handle = handle_of(file);
      return handle.disk->read(**handle.file, static_cast<char*>(to), static_cast<size_t>(count),
                               static_cast<size_t>(offset));
    };
    methods.xWrite = [](sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) {
      Handle& handle = handle_of(file);
      std::string bytes(static_cast<const char*>(from), static_cast<size_t>(count));
      return handle.disk->write(**handle.file, {static_cast<size_t>(offset), std::move(bytes)});
    };
    methods.xTruncate = [](sqlite3_file* file, sqlite3_int64 size) {
      Handle& handle = handle_of(file);
      return handle.disk->truncate(**handle.file, static_cast<size_t>(size));
    };
    methods.xSync = [](sqlite3_file* file, int) {
      Handle& handle = handle_of(file);
      return handle.disk->sync(**handle.file);
    };
    methods.xFileSize = [](sqlite3_file* file, sqlite3_int64* size) {
      *size = static_cast<sqlite3_int64>((*handle_of(file).file)->current.size());
      return SQLITE_OK;
    };
    methods.xLock = [](sqlite3_file*, int) { return SQLITE_OK; };
    methods.xUnlock = [](sqlite3_file*, int) { return SQLITE_OK; };
    methods.xCheckReservedLock = [](sqlite3_file*, int* held) {
      *held = 0;
      return SQLITE_OK;
    };
    methods.xFileControl = [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; };
    methods.xSectorSize = [](sqlite3_file*) { return 4096; };
    // As SQLite assumes of every disk on Linux: a write leaves the bytes beside it alone.
    methods.xDeviceCharacteristics = [](sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; };
    return methods;
  }

  void register_vfs() {
    vfs_.iVersion = 1;
    vfs_.szOsFile = sizeof(Handle);
    vfs_.mxPathname = 512;
    vfs_.zName = name_.c_str();
    vfs_.pAppData = this;
    vfs_.xOpen = [](sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
      if (out != nullptr) *out = flags;
      return disk_of(vfs).open(name, handle_of(file), flags);
    };
    vfs_.xDelete = [](sqlite3_vfs* vfs, const char* name, int) {
      return disk_of(vfs).remove(name);
    };
    vfs_.xAccess = [](sqlite3_vfs* vfs, const char* name, int, int* there) {
      *there = disk_of(vfs).files_.contains(name) ? 1 : 0;
      return SQLITE_OK;
    };
    vfs_.xFullPathname = [](sqlite3_vfs*, const char* name, int size, char* out) {
      sqlite3_snprintf(size, out, "%s", name);
      return SQLITE_OK;
    };
    vfs_.xRandomness = [](sqlite3_vfs* vfs, int count, char* out) {
      for (int i = 0; i < count; i++) out[i] = static_cast<char>(disk_of(vfs).random_());
      return count;
    };
    vfs_.xSleep = [](sqlite3_vfs*, int) { return 0; };
    vfs_.xCurrentTime = [](sqlite3_vfs*, double* julian_day) {
      *julian_day = 2460000.5;
      return SQLITE_OK;
    };
    vfs_.xGetLastError = [](sqlite3_vfs*, int, char*) { return 0; };
    sqlite3_vfs_register(&vfs_, 0);
  }

  std::mt19937_64 random_;
  std::string name_;
  sqlite3_vfs vfs_{};
  std::map<std::string, std::shared_ptr<File>> files_;
  std::optional<Fault> fault_;
  Lasts lasts_ = Lasts::Once;
  uint64_t countdown_ = 0;
  bool fired_ = false;
};

}  // namespace isthmus
