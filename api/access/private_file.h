// Files that are nobody else's business: read only when nobody else can read them, and made so.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace isthmus::api::access {

// One sentence when the open file is no ordinary file, or others than its owner may read or write
// it; empty when all is well.
std::string not_private(int descriptor, const std::string& path);

// The whole text; the error is a sentence that names the file and what to do.
tl::expected<std::string, std::string> read_private_file(const std::string& path);

// Written whole or not at all, also when the machine stops meanwhile; mode 0600.
tl::expected<void, std::string> write_private_file(const std::string& path, std::string_view text);

// The name of a file is as durable as its folder. False: errno says why not.
bool sync_folder_of(const std::string& path);

// All of it, in as many pieces as the system makes of it; false: errno says why not.
bool write_all(int descriptor, std::string_view text);

// Closes what it holds.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  void reset(int number = -1);

 private:
  int number_;
};

}  // namespace isthmus::api::access
