#include "tools/isthmus/rates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "tools/isthmus/output.h"
#include "tools/isthmus/verbs.h"

namespace isthmus::cli {
namespace {

constexpr double kBitsPerByte = 8;
constexpr size_t kRowsMax = 20;  // of a table; our choice: three fit on a large screen

using Memory = Json::AllocatorType;

// Where an entry's packets and bytes are: "" for the entry itself.
constexpr std::string_view kOwn[] = {""};
constexpr std::string_view kBothDirections[] = {"/sent", "/received"};
constexpr std::string_view kInterfaceNames[] = {"interface"};
constexpr std::string_view kPeeringNames[] = {"from", "to", "peering"};
constexpr std::string_view kDropNames[] = {"reason", "resource"};

struct Section {
  const char* list;
  std::span<const std::string_view> names;    // members that say which entry it is
  std::span<const std::string_view> traffic;  // where its counts are
};
constexpr Section kSections[] = {{"/interfaces", kInterfaceNames, kBothDirections},
                                 {"/peerings", kPeeringNames, kOwn},
                                 {"/drops", kDropNames, kOwn}};

double number_at(const Value& value, const std::string& pointer) {
  const Value* found = find(value, pointer);
  return found != nullptr && found->IsNumber() ? found->GetDouble() : 0;
}

std::span<const Value> entries_of(const Value& answer, const char* list) {
  const Value* found = find(answer, list);
  if (found == nullptr || !found->IsArray()) return {};
  return {found->Begin(), found->Size()};
}

std::string name_of(const Value& entry, const Section& section) {
  std::string name;
  for (std::string_view member : section.names)
    name += text_at(entry, fmt::format("/{}", member)) + "\n";
  return name;
}

const Value* same_entry(const Value& before, const Section& section, const Value& entry) {
  const std::string name = name_of(entry, section);
  for (const Value& one : entries_of(before, section.list))
    if (name_of(one, section) == name) return &one;
  return nullptr;
}

double counted(const Value* before, const Value& after, const std::string& pointer) {
  const double now = number_at(after, pointer);
  const double then = before == nullptr ? 0 : number_at(*before, pointer);
  return now < then ? now : now - then;
}

void add_rates(Value& into, const Value* before, const Value& after, std::string_view where,
               double seconds, Memory& memory) {
  const std::string packets = fmt::format("{}/packets", where);
  const std::string bytes = fmt::format("{}/bytes", where);
  into.AddMember("packetsPerSecond", counted(before, after, packets) / seconds, memory);
  if (find(after, bytes) != nullptr)
    into.AddMember("bitsPerSecond", counted(before, after, bytes) * kBitsPerByte / seconds, memory);
}

// The sum over its directions, and what was counted ever for those that are equal.
std::pair<double, double> weight(const Value& entry, const Section& section) {
  std::pair<double, double> sum;
  for (std::string_view where : section.traffic) {
    sum.first += number_at(entry, fmt::format("{}/bitsPerSecond", where)) +
                 number_at(entry, fmt::format("{}/packetsPerSecond", where));
    sum.second += number_at(entry, fmt::format("{}/packets", where));
  }
  return sum;
}

Value rates_of_entry(const Section& section, const Value* before, const Value& after,
                     double seconds, Memory& memory) {
  Value entry(rapidjson::kObjectType);
  for (std::string_view member : section.names) {
    const std::string text = text_at(after, fmt::format("/{}", member));
    if (text.empty()) continue;
    entry.AddMember(Value(std::string(member).c_str(), memory), Value(text.c_str(), memory),
                    memory);
  }
  for (std::string_view where : section.traffic) {
    if (where.empty()) {
      add_rates(entry, before, after, where, seconds, memory);
      entry.AddMember("packets", static_cast<uint64_t>(number_at(after, "/packets")), memory);
      continue;
    }
    Value direction(rapidjson::kObjectType);
    add_rates(direction, before, after, where, seconds, memory);
    direction.AddMember("packets",
                        static_cast<uint64_t>(number_at(after, fmt::format("{}/packets", where))),
                        memory);
    entry.AddMember(Value(std::string(where.substr(1)).c_str(), memory), direction, memory);
  }
  return entry;
}

std::string rate(const Value& entry, const char* pointer) {
  return short_number(number_at(entry, pointer));
}
std::string last_name(const Value& entry, const char* pointer) {
  const std::string path = text_at(entry, pointer);
  return path.substr(path.rfind('/') + 1);
}
std::string path_at(const Value& entry, const char* pointer) { return text_at(entry, pointer); }

struct RateColumn {
  const char* title;
  const char* pointer;
  std::string (*cell)(const Value&, const char*);
};
constexpr RateColumn kInterfaceColumns[] = {
    {"Interface", "/interface", &last_name},
    {"Sent/s", "/sent/packetsPerSecond", &rate},
    {"SentBit/s", "/sent/bitsPerSecond", &rate},
    {"Received/s", "/received/packetsPerSecond", &rate},
    {"ReceivedBit/s", "/received/bitsPerSecond", &rate},
};
constexpr RateColumn kPeeringColumns[] = {
    {"From", "/from", &last_name},
    {"To", "/to", &last_name},
    {"Packets/s", "/packetsPerSecond", &rate},
    {"Bit/s", "/bitsPerSecond", &rate},
    {"Packets", "/packets", &rate},
};
constexpr RateColumn kDropColumns[] = {
    {"Dropped", "/reason", &path_at},
    {"Packets/s", "/packetsPerSecond", &rate},
    {"Packets", "/packets", &rate},
    {"Resource", "/resource", &path_at},
};
constexpr std::span<const RateColumn> kColumns[] = {kInterfaceColumns, kPeeringColumns,
                                                    kDropColumns};
static_assert(std::size(kColumns) == std::size(kSections));

}  // namespace

Json rates_between(const Value& before, const Value& after, double seconds) {
  Json rates(rapidjson::kObjectType);
  Memory& memory = rates.GetAllocator();
  for (const Section& section : kSections) {
    std::vector<Value> entries;
    for (const Value& entry : entries_of(after, section.list))
      entries.push_back(
          rates_of_entry(section, same_entry(before, section, entry), entry, seconds, memory));
    std::stable_sort(entries.begin(), entries.end(), [&](const Value& a, const Value& b) {
      return weight(a, section) > weight(b, section);
    });
    Value list(rapidjson::kArrayType);
    for (Value& entry : entries) list.PushBack(entry, memory);
    rates.AddMember(rapidjson::StringRef(section.list + 1), list, memory);
  }
  return rates;
}

std::string tables_of_rates(const Value& rates) {
  std::string text;
  for (size_t i = 0; i < std::size(kSections); ++i) {
    Grid grid;
    for (const RateColumn& column : kColumns[i]) grid.titles.emplace_back(column.title);
    const auto entries = entries_of(rates, kSections[i].list);
    for (const Value& entry : entries.first(std::min(entries.size(), kRowsMax))) {
      auto& row = grid.rows.emplace_back();
      for (const RateColumn& column : kColumns[i])
        row.push_back(column.cell(entry, column.pointer));
    }
    text += (text.empty() ? "" : "\n") + to_table(grid);
    if (entries.size() > kRowsMax) text += fmt::format("and {} more\n", entries.size() - kRowsMax);
  }
  return text;
}

std::string short_number(double value) {
  constexpr std::string_view kUnits = " kMGTPE";
  size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < kUnits.size(); ++unit) value /= 1000;
  if (unit == 0)
    return value == static_cast<uint64_t>(value) ? fmt::format("{:.0f}", value)
                                                 : fmt::format("{:.1f}", value);
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}{}", value, decimals, kUnits[unit]);
}

}  // namespace isthmus::cli
