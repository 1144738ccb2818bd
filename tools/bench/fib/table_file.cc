#include "tools/bench/fib/table_file.h"

#include <zlib.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <set>
#include <sstream>
#include <string_view>
#include <unordered_map>

#include "dataplane/hash.h"

namespace isthmus::bench {
namespace {

constexpr std::string_view kSeparators = " \t\r,;|";

std::string_view next_field(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kSeparators), line.size()));
  const std::string_view field = line.substr(0, line.find_first_of(kSeparators));
  line.remove_prefix(field.size());
  return field;
}

class Reader {
 public:
  Reader(std::string name, uint32_t next_hops) : name_(std::move(name)), next_hops_(next_hops) {}

  void line(std::string_view text) {
    ++number_;
    text = text.substr(0, text.find('#'));
    const std::string_view field = next_field(text);
    if (field.empty()) return;
    const net::Prefix prefix = parse(field);
    const uint32_t value = value_of(prefix, next_field(text));
    (prefix.family() == net::Family::V4 ? table_.v4 : table_.v6).push_back({prefix, value});
  }

  TableText finish() {
    if (table_.v4.empty() && table_.v6.empty())
      throw TableFileError(name_ + ": no prefix in it; one a line is expected, such as 10.0.0.0/8");
    sort_routes(table_.v4);
    sort_routes(table_.v6);
    std::set<uint32_t> values;
    for (const auto* routes : {&table_.v4, &table_.v6})
      for (const Route& route : *routes) values.insert(route.value);
    table_.next_hops = static_cast<uint32_t>(values.size());
    return std::move(table_);
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw TableFileError(name_ + ", line " + std::to_string(number_) + ": " + why);
  }

  net::Prefix parse(std::string_view text) const {
    const std::string shown = "'" + std::string(text.substr(0, 60)) + "'";
    const auto cidr = net::parse_cidr(text);
    if (!cidr) refuse(shown + " is no prefix; write ADDRESS/LENGTH, such as 10.0.0.0/8");
    const auto prefix = net::Prefix::make(cidr->address, cidr->length);
    if (!prefix) {
      refuse(shown + " has bits set behind its length; write " +
             net::Prefix::containing(cidr->address, cidr->length).to_string());
    }
    return *prefix;
  }

  // Named next hops are numbered from 0, the others hashed: a file has one kind or the other.
  uint32_t value_of(const net::Prefix& prefix, std::string_view name) {
    if (name.empty()) {
      if (!names_.empty()) refuse("a next hop is missing; earlier lines have one");
      unnamed_ = true;
      return next_hop_of(prefix, next_hops_);
    }
    if (unnamed_) refuse("a next hop, though earlier lines have none; name one on every line");
    return names_.try_emplace(std::string(name), static_cast<uint32_t>(names_.size()))
        .first->second;
  }

  std::string name_;
  uint32_t next_hops_;
  size_t number_ = 0;
  bool unnamed_ = false;
  std::unordered_map<std::string, uint32_t> names_;
  TableText table_;
};

TableText read_gzip(const std::string& path, uint32_t next_hops) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), &gzclose);
  if (file == nullptr) throw TableFileError("cannot read " + path + "; is the name right?");
  Reader reader(path, next_hops);
  std::string line;
  char piece[4096];
  while (gzgets(file.get(), piece, sizeof piece) != nullptr) {
    line += piece;
    if (line.back() != '\n') continue;
    line.pop_back();
    reader.line(line);
    line.clear();
  }
  int error = Z_OK;
  gzerror(file.get(), &error);
  if (error != Z_OK && error != Z_STREAM_END)
    throw TableFileError("cannot read " + path + " to its end; is it a whole file?");
  if (!line.empty()) reader.line(line);
  return reader.finish();
}

}  // namespace

void sort_routes(std::vector<Route>& routes) {
  const auto by_prefix = [](const Route& a, const Route& b) { return a.prefix < b.prefix; };
  std::stable_sort(routes.begin(), routes.end(), by_prefix);
  size_t kept = 0;
  for (const Route& route : routes) {
    if (kept > 0 && routes[kept - 1].prefix == route.prefix) --kept;
    routes[kept++] = route;
  }
  routes.resize(kept);
}

uint32_t next_hop_of(const net::Prefix& prefix, uint32_t next_hops) {
  const uint64_t hash = dataplane::mix(static_cast<uint64_t>(prefix.length()), prefix.address());
  return static_cast<uint32_t>(hash % next_hops);
}

TableText read_table(std::istream& lines, const std::string& name, uint32_t next_hops) {
  Reader reader(name, next_hops);
  for (std::string line; std::getline(lines, line);) reader.line(line);
  return reader.finish();
}

TableText read_table_file(const std::string& path, uint32_t next_hops) {
  if (path == "-") return read_table(std::cin, "standard input", next_hops);
  return read_gzip(path, next_hops);  // reads plain files as they are
}

}  // namespace isthmus::bench
