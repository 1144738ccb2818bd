#include "api/json/saved_models.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "api/json/json_reader.h"
#include "api/json/json_text.h"
#include "api/json/parse.h"
#include "api/json/store_encoding.h"

namespace isthmus::api::json {
namespace {

constexpr uint64_t kFormatVersion = 1;

}  // namespace

SavedModel saved_model(std::string name, const Model& model, int64_t time_ms) {
  SavedModel saved{std::move(name), "", {}, model.identity(), time_ms, {}};
  for (const KindInfo& row : kKinds) {
    for (const ResourcePtr& resource : model.collection(row.kind))
      saved.resources.push_back(resource);
  }
  return saved;
}

std::string print(const SavedModel& backup) {
  JsonText header;
  header.object().number("version", kFormatVersion).text("id", backup.id).text("path", backup.path);
  header.text("credential", backup.credential.path());
  header.text("controller", backup.made_by.to_string());
  header.number("time", static_cast<uint64_t>(backup.time_ms));
  header.number("resources", backup.resources.size()).end_object();
  const StoreEncoding encoding;
  std::string text = header.take() + "\n";
  for (const ResourcePtr& resource : backup.resources) text += encoding.encode(*resource) + "\n";
  return text;
}

Result<SavedModel> parse_saved_model(std::string_view noun, std::string_view name,
                                     const std::string& text) {
  const auto unreadable = [&](std::string_view why) {
    return fail(ErrorCode::StorageUnavailable, "",
                fmt::format("The {} '{}' cannot be read: {}.", noun, name, why),
                "Delete it, and make another one.");
  };
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  const auto header = parse_json(line);
  if (!header || !header->IsObject()) return unreadable("its first line is not its header");
  const auto text_member = [&](std::string_view member) {
    const Value* value = find_member(*header, member);
    return value == nullptr ? std::string() : scalar_text(*value).value_or("");
  };
  const auto number_member = [&](std::string_view member) {
    const Value* value = find_member(*header, member);
    return value != nullptr && value->IsUint64() ? value->GetUint64() : 0;
  };
  if (number_member("version") != kFormatVersion)
    return unreadable(fmt::format("it is not of version {}", kFormatVersion));
  SavedModel backup{text_member("id"), text_member("path"), {}, {}, 0, {}};
  backup.made_by = Uuid::parse(text_member("controller")).value_or(Uuid());
  backup.time_ms = static_cast<int64_t>(number_member("time"));
  if (auto credential = ResourceId::parse(text_member("credential")))
    backup.credential = *credential;
  const StoreEncoding encoding;
  while (std::getline(lines, line)) {
    auto resource = encoding.decode(line);
    if (!resource) return unreadable(resource.error().message);
    backup.resources.push_back(std::make_shared<const Resource>(std::move(*resource)));
  }
  if (backup.resources.size() != number_member("resources")) return unreadable("it is cut off");
  return backup;
}

namespace {

class File {
 public:
  File(const std::string& path, int flags) : descriptor_(::open(path.c_str(), flags, 0600)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t written = ::write(descriptor_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      text.remove_prefix(static_cast<size_t>(written));
    }
    return true;
  }
  bool sync() const { return ::fsync(descriptor_) == 0; }
  bool is_open() const { return descriptor_ >= 0; }

 private:
  const int descriptor_;
};

// Whole or not at all, also when the machine stops meanwhile.
bool write_whole(const std::string& folder, const std::string& path, std::string_view text) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return errno = error.value(), false;
  const std::string temporary = path + ".new";
  {
    const File file(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC);
    if (!file.is_open() || !file.write(text) || !file.sync()) {
      const int why = errno;
      ::unlink(temporary.c_str());
      errno = why;
      return false;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return false;
  return File(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC).sync();
}

}  // namespace

Result<void> SavedModels::save(const SavedModel& backup) {
  std::string text = print(backup);
  const std::lock_guard lock(mutex_);
  if (folder_.empty()) {
    documents_[lower_case(backup.id)] = std::move(text);
    return {};
  }
  if (write_whole(folder_, file_of(backup.id), text)) return {};
  const std::string why = std::strerror(errno);
  spdlog::error("the {} '{}' cannot be written to {}: {}", noun_, backup.id, folder_, why);
  return fail(ErrorCode::StorageUnavailable, "",
              fmt::format("The {} cannot be written: {}.", noun_, why),
              "See that the daemon may write where it keeps them, and that there is space.");
}

Result<SavedModel> SavedModels::load(std::string_view id) const {
  const auto none = [&] {
    return fail(ErrorCode::ResourceNotFound, "", fmt::format("There is no {} '{}'.", noun_, id));
  };
  std::string text;
  const std::lock_guard lock(mutex_);
  if (folder_.empty()) {
    const auto document = documents_.find(lower_case(id));
    if (document == documents_.end()) return none();
    return parse_saved_model(noun_, id, document->second);
  }
  std::ifstream file(file_of(id), std::ios::binary);
  if (!file) return none();
  text.assign(std::istreambuf_iterator<char>(file), {});
  return parse_saved_model(noun_, id, text);
}

bool SavedModels::has(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  if (folder_.empty()) return documents_.contains(lower_case(id));
  std::error_code error;
  return std::filesystem::exists(file_of(id), error);
}

bool SavedModels::remove(std::string_view id) {
  const std::lock_guard lock(mutex_);
  if (folder_.empty()) return documents_.erase(lower_case(id)) > 0;
  return ::unlink(file_of(id).c_str()) == 0;
}

std::vector<std::string> SavedModels::ids() const {
  std::vector<std::string> ids;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, document] : documents_) ids.push_back(id);
  if (folder_.empty()) return ids;
  std::error_code error;
  const std::string suffix = fmt::format(".{}", noun_);
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(suffix)) ids.push_back(name.substr(0, name.size() - suffix.size()));
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::string SavedModels::file_of(std::string_view id) const {
  return fmt::format("{}/{}.{}", folder_, lower_case(id), noun_);
}

}  // namespace isthmus::api::json
