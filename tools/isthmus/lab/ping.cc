// isthmus lab ping: what the wires say beside what the tables predict. A pair that does not agree
// is a defect of one of them, and the exit status says so.
#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "tools/isthmus/lab/prober.h"

namespace isthmus::cli {
namespace {

constexpr size_t kMatrixMax = 26;  // machines; of more only what is odd is shown

struct Matrix {
  const std::vector<MachineInfo>& machines;
  std::vector<Probe> probes;
  std::vector<Prediction> predictions;  // of each probe

  bool agrees(size_t i) const { return probes[i].round_trip.has_value() == predictions[i].reaches; }
  size_t count(bool (Matrix::*is)(size_t) const) const {
    size_t all = 0;
    for (size_t i = 0; i < probes.size(); ++i) all += (this->*is)(i) ? 1 : 0;
    return all;
  }
  bool reaches(size_t i) const { return probes[i].round_trip.has_value(); }
};

Json as_json(const Matrix& matrix) {
  Json list(rapidjson::kArrayType);
  auto& memory = list.GetAllocator();
  for (size_t i = 0; i < matrix.probes.size(); ++i) {
    const Probe& probe = matrix.probes[i];
    const Prediction& prediction = matrix.predictions[i];
    Value one(rapidjson::kObjectType);
    const auto text = [&](const char* name, const std::string& value) {
      one.AddMember(rapidjson::StringRef(name), Value(value.c_str(), memory), memory);
    };
    text("from", matrix.machines[probe.from].name);
    text("to", matrix.machines[probe.to].name);
    text("predicted", prediction.reaches ? "reach" : "drop");
    if (!prediction.reason.empty()) text("reason", prediction.reason);
    text("wire", probe.round_trip ? "reach" : "drop");
    if (probe.round_trip)
      one.AddMember("microseconds", static_cast<int64_t>(probe.round_trip->count() / 1000), memory);
    one.AddMember("agrees", matrix.agrees(i), memory);
    list.PushBack(one, memory);
  }
  return list;
}

// A column for each receiver, by its number: "ok", "-" for none as predicted, or what is odd.
Grid as_square(const Matrix& matrix) {
  const size_t count = matrix.machines.size();
  Grid grid{{"From", "To"}, {}};
  for (size_t i = 0; i < count; ++i) grid.titles.push_back(std::to_string(i + 1));
  for (size_t i = 0; i < count; ++i) {
    grid.rows.push_back({matrix.machines[i].name, std::to_string(i + 1)});
    grid.rows.back().resize(count + 2, ".");
  }
  for (size_t i = 0; i < matrix.probes.size(); ++i) {
    const Probe& probe = matrix.probes[i];
    std::string& cell = grid.rows[probe.from][probe.to + 2];
    cell = probe.round_trip ? "ok" : "-";
    if (!matrix.agrees(i)) cell = probe.round_trip ? "OK?" : "LOST";
  }
  return grid;
}

Grid as_rows(const Matrix& matrix, bool only_odd) {
  Grid grid{{"From", "To", "Predicted", "Wire", "Reason"}, {}};
  for (size_t i = 0; i < matrix.probes.size(); ++i) {
    const Probe& probe = matrix.probes[i];
    if (only_odd && matrix.agrees(i)) continue;
    const auto time = probe.round_trip
                          ? fmt::format("reach, {} us", probe.round_trip->count() / 1000)
                          : std::string("drop");
    grid.rows.push_back({matrix.machines[probe.from].name, matrix.machines[probe.to].name,
                         matrix.predictions[i].reaches ? "reach" : "drop", time,
                         matrix.predictions[i].reason});
  }
  return grid;
}

Result<std::vector<Probe>> wanted(const std::vector<MachineInfo>& machines,
                                  const Arguments& arguments) {
  const bool all = arguments.has("all");
  if (all == arguments.has("FROM") || all == arguments.has("TO"))
    return usage("isthmus lab ping FROM TO, or isthmus lab ping --all");
  std::vector<Probe> probes;
  for (size_t from = 0; all && from < machines.size(); ++from)
    for (size_t to = 0; to < machines.size(); ++to)
      if (from != to) probes.push_back({from, to});
  if (all) return probes;
  size_t ends[2];
  for (const bool is_to : {false, true}) {
    const auto machine = machine_named(machines, arguments.text(is_to ? "TO" : "FROM"));
    if (!machine) return tl::unexpected(machine.error());
    const auto at = std::find_if(machines.begin(), machines.end(),
                                 [&](const MachineInfo& one) { return one.nic == machine->nic; });
    ends[is_to] = static_cast<size_t>(at - machines.begin());
  }
  return std::vector<Probe>{{ends[0], ends[1]}};
}

Result<void> print(Session& session, const Matrix& matrix) {
  const bool is_small = matrix.machines.size() <= kMatrixMax;
  const Json list = as_json(matrix);
  return session.output.print(list, [&] {
    if (matrix.probes.size() == 1 || !session.output.as_table()) return as_rows(matrix, false);
    return is_small ? as_square(matrix) : as_rows(matrix, true);
  });
}

}  // namespace

Result<void> lab_ping(Session& session, const Arguments& arguments) {
  const auto patience = patience_of(arguments);
  if (!patience) return tl::unexpected(patience.error());
  auto lab = open_lab(session);
  if (!lab) return tl::unexpected(lab.error());
  auto probes = wanted(lab->machines, arguments);
  if (!probes) return tl::unexpected(probes.error());

  Matrix matrix{lab->machines, std::move(*probes), {}};
  for (const Probe& probe : matrix.probes) {
    auto prediction =
        predict(session, lab->machines[probe.from], lab->machines[probe.to], "icmp", 0);
    if (!prediction) return tl::unexpected(prediction.error());
    matrix.predictions.push_back(std::move(*prediction));
  }
  std::vector<ProbeEnd> ends;
  for (const MachineInfo& machine : lab->machines)
    ends.push_back({machine.nic, *net::IpAddress::parse(machine.address)});
  auto prober = Prober::open(lab->helper, ends);
  if (!prober) return tl::unexpected(prober.error());
  if (auto done = prober->ping(matrix.probes, *patience); !done) return done;

  const size_t agreeing = matrix.count(&Matrix::agrees), reaching = matrix.count(&Matrix::reaches);
  if (auto printed = print(session, matrix); !printed) return printed;
  session.err << fmt::format("{}: {} reach, {} do not; ", counted(matrix.probes.size(), "pair"),
                             reaching, matrix.probes.size() - reaching);
  if (agreeing == matrix.probes.size()) {
    session.err << "as the tables predict\n";
    return {};
  }
  session.err << fmt::format("{} not as the tables predict\n", matrix.probes.size() - agreeing);
  return failure("the wires and the tables do not agree",
                 "isthmus lab status shows machines without a wire; a machine may also not answer, "
                 "or a link be slow: --timeout waits longer");
}

}  // namespace isthmus::cli
