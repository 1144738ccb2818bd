#include "tools/bench/fib/json.h"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

namespace isthmus::bench {
namespace {

class Writer {
 public:
  Writer() : json_(text_) { json_.SetIndent(' ', 2); }

  std::string write(std::span<const Result> results, const Machine& machine,
                    const Options& options) {
    json_.StartArray();
    for (const Result& result : results) {
      json_.StartObject();
      members(result);
      run(machine, options);
      json_.EndObject();
    }
    json_.EndArray();
    return std::string(text_.GetString(), text_.GetSize()) + "\n";
  }

 private:
  void text(const char* key, const std::string& value) {
    json_.Key(key);
    json_.String(value.c_str());
  }
  void count(const char* key, size_t value) {
    json_.Key(key);
    json_.Uint64(value);
  }
  void figure(const char* key, double value) {
    json_.Key(key);
    json_.Double(value);
  }

  void figures(const Row& row) {
    figure("median_ns", row.ns.median);
    figure("min_ns", row.ns.min);
    figure("p90_ns", row.ns.p90);
    count("bytes", row.bytes);
    count("routes", row.routes);
    count("repetitions", row.ns.count);
    count("refused_routes", row.refused);
    count("wrong_answers", row.wrong);
    for (const auto& [name, value] : row.more) figure(name.c_str(), value);
  }

  // Those that `wanted` is true of, by name.
  template <class Wanted>
  void rows(const char* key, const Result& result, Wanted wanted) {
    json_.Key(key);
    json_.StartObject();
    for (const Row& row : result.rows) {
      if (!wanted(row)) continue;
      json_.Key(row.contender.c_str());
      json_.StartObject();
      figures(row);
      json_.EndObject();
    }
    json_.EndObject();
  }

  void ours(const Row* row) {
    json_.Key("ours");
    if (row == nullptr) {
      json_.Null();
      return;
    }
    json_.StartObject();
    text("name", row->contender);
    figures(*row);
    json_.EndObject();
  }

  void members(const Result& result) {
    const Row* mine = result.ours();
    text("name", result.name);
    text("table", result.table);
    text("unit", "ns/" + result.what);
    ours(mine);
    rows("also", result, [&](const Row& row) { return row.role == Role::Ours && &row != mine; });
    rows("peers", result, [](const Row& row) { return row.role == Role::Peer; });
    rows("baselines", result, [](const Row& row) { return row.role == Role::Naive; });
    const auto ratio = result.ratio();
    json_.Key("ratio");
    if (ratio)
      json_.Double(*ratio);
    else
      json_.Null();
    json_.Key("best_peer");
    if (ratio)
      json_.String(result.best_peer()->contender.c_str());
    else
      json_.Null();
    json_.Key("noisy");
    json_.Bool(result.noisy);
    count("runs", result.runs);
    json_.Key("left_out");
    json_.StartArray();
    for (const std::string& why : result.left_out) json_.String(why.c_str());
    json_.EndArray();
  }

  void run(const Machine& machine, const Options& options) {
    json_.Key("run");
    json_.StartObject();
    text("processor", machine.processor);
    count("cpus", machine.cpus);
    figure("clock_ghz", machine.clock_ghz);
    count("l1_bytes", machine.l1_bytes);
    count("l2_bytes", machine.l2_bytes);
    count("l3_bytes", machine.l3_bytes);
    text("compiler", machine.compiler);
    text("flags", machine.flags);
    text("cpu_path", machine.cpu_path);
    text("dpdk", machine.dpdk);
    count("burst", options.burst);
    count("next_hops", options.next_hops);
    json_.Key("loads");
    json_.StartArray();
    for (const LoadCost& cost : machine.loads) {
      json_.StartObject();
      count("bytes", cost.bytes);
      figure("independent_ns", cost.independent_ns);
      figure("dependent_ns", cost.dependent_ns);
      json_.EndObject();
    }
    json_.EndArray();
    json_.Key("quick");
    json_.Bool(options.quick);
    json_.EndObject();
  }

  rapidjson::StringBuffer text_;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> json_;
};

}  // namespace

std::string to_json(std::span<const Result> results, const Machine& machine,
                    const Options& options) {
  return Writer().write(results, machine, options);
}

}  // namespace isthmus::bench
