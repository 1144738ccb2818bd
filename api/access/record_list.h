// A file that is a list of records in YAML, such as the principals or the rules of a policy: each
// record is a map of members with one-line values. What is wrong is one sentence with its line.
// Private to api/access (it includes yaml-cpp).
#pragma once

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace isthmus::api::access {

// What is wrong with a place of the file; thrown inside of read_records.
struct WrongRecord {
  YAML::Mark mark;
  std::string what;
};

template <class Record>
struct RecordMember {
  std::string_view name;
  std::string_view legal;                     // ends the sentence "'x' is not ..."
  bool (*assign)(Record&, std::string_view);  // false when the text is not a value of it
};

template <class Record>
struct RecordForm {
  std::string_view one, many;  // "a rule", "rules"
  std::string_view example;    // {effect: deny, principal: ci}
  std::span<const RecordMember<Record>> members;
  // Throws a WrongRecord when the record, which gives these members, is not whole, or not beside
  // the others.
  void (*check)(const std::vector<Record>& others, const Record&,
                const std::set<std::string>& given, const YAML::Mark&);
};

template <class Record>
void read_record_member(const RecordForm<Record>& form, Record& record, const YAML::Node& key,
                        const YAML::Node& value) {
  const std::string name = key.IsScalar() ? key.Scalar() : "";
  const auto member = std::find_if(form.members.begin(), form.members.end(),
                                   [&](const auto& m) { return m.name == name; });
  if (member == form.members.end()) {
    std::string names;
    for (const auto& known : form.members)
      names.append(names.empty() ? "" : ", ").append(known.name);
    throw WrongRecord{key.Mark(), fmt::format("{} has no '{}'; it has {}", form.one, name, names)};
  }
  const std::string text = value.IsScalar() ? value.Scalar() : "";
  if (!member->assign(record, text))
    throw WrongRecord{value.Mark(), fmt::format("{}: '{}' is not {}", name, text, member->legal)};
}

template <class Record>
Record read_record(const RecordForm<Record>& form, const std::vector<Record>& others,
                   const YAML::Node& item) {
  if (!item.IsMap())
    throw WrongRecord{item.Mark(), fmt::format("{} is expected, as in {}", form.one, form.example)};
  Record record;
  std::set<std::string> given;
  for (const auto& member : item) {
    if (member.first.IsScalar() && !given.insert(member.first.Scalar()).second)
      throw WrongRecord{member.first.Mark(), member.first.Scalar() + " is given twice"};
    read_record_member(form, record, member.first, member.second);
  }
  form.check(others, record, given, item.Mark());
  return record;
}

// An empty file is an empty list.
template <class Record>
tl::expected<std::vector<Record>, std::string> read_records(const RecordForm<Record>& form,
                                                            const std::string& text) {
  const auto at = [](const YAML::Mark& mark, const std::string& what) {
    return tl::unexpected(mark.is_null() ? what : fmt::format("line {}: {}", mark.line + 1, what));
  };
  try {
    std::vector<Record> records;
    const YAML::Node root = YAML::Load(text);
    if (root.IsNull()) return records;
    if (!root.IsSequence())
      throw WrongRecord{
          root.Mark(),
          fmt::format("a list of {} is expected: lines that start with '- '", form.many)};
    for (const YAML::Node& item : root) records.push_back(read_record(form, records, item));
    return records;
  } catch (const WrongRecord& wrong) {
    return at(wrong.mark, wrong.what);
  } catch (const YAML::Exception& error) {
    return at(error.mark, error.msg);
  }
}

}  // namespace isthmus::api::access
