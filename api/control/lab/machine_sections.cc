// Virtual machines, and what should be true of them.
#include <algorithm>
#include <array>

#include "api/control/lab/expectations.h"
#include "api/control/lab/sections.h"
#include "controller/explain/follow.h"
#include "dataplane/pipeline/drop_reason.h"

namespace isthmus::api::lab {
namespace {

constexpr std::array<std::string_view, 9> kVmMembers = {
    "at", "address", "allocation", "mac", "forward", "acl", "ipConfiguration", "interface", "host"};
constexpr std::array<std::string_view, 7> kExpectMembers = {"from",   "to",  "port",  "protocol",
                                                            "result", "via", "reason"};

void read_place(Reading& reading, const Spot& spot, LabVm& vm) {
  if (spot.node == nullptr) return;
  const std::string subnet = reading.reference(spot, "subnet", reading.declared.subnets);
  const size_t slash = subnet.find('/');
  if (slash == std::string::npos) return;
  vm.network = subnet.substr(0, slash);
  vm.subnet = subnet.substr(slash + 1);
}

void read_vm_address(Reader& reader, const Spot& map, LabVm& vm) {
  static constexpr std::pair<std::string_view, Allocation> kAllocations[] = {
      {"static", Allocation::Static}, {"dynamic", Allocation::Dynamic}};
  const Spot address = Reader::find(map, "address");
  const Spot allocation = Reader::find(map, "allocation");
  if (address.node != nullptr) vm.address = reader.value<net::IpAddress>(address, "an address");
  vm.allocation = address.node != nullptr ? Allocation::Static : Allocation::Dynamic;
  if (allocation.node == nullptr) return;
  vm.allocation =
      reader.word<Allocation>(allocation, "an allocation", kAllocations).value_or(vm.allocation);
  if (vm.allocation == Allocation::Static && address.node == nullptr)
    reader.problem(allocation, "A static allocation needs an 'address'.");
}

void read_vm(Reading& reading, const Spot& map, LabVm& vm) {
  Reader& reader = reading.reader;
  if (!reader.has_only(map, "A virtual machine", kVmMembers)) return;
  read_place(reading, reader.require(map, "A virtual machine", "at"), vm);
  read_vm_address(reader, map, vm);
  if (const Spot mac = Reader::find(map, "mac"); mac.node != nullptr) {
    vm.mac = reader.value<net::Mac>(mac, "a MAC address");
    if (reader.realm == Realm::Azure)
      reader.problem(mac, "Azure gives interfaces their MAC addresses: leave 'mac' out.");
  }
  if (const Spot forward = Reader::find(map, "forward"); forward.node != nullptr)
    vm.forward = reader.boolean(forward, "'forward'").value_or(false);
  vm.acl = reading.optional_reference(map, "acl", "access list", reading.declared.access_lists);
  if (const Spot name = Reader::find(map, "ipConfiguration"); name.node != nullptr)
    vm.ip_configuration = reader.name(name, "the name of an IP configuration").value_or("");
  if (const Spot name = Reader::find(map, "interface"); name.node != nullptr) {
    vm.interface = reader.name(name, "the name of a network interface").value_or("");
    if (reader.realm != Realm::Azure)
      reader.problem(name, "On-prem a virtual machine is its interface: leave 'interface' out.");
  }
  if (const Spot host = Reader::find(map, "host"); host.node != nullptr)
    vm.host = reader.name(host, "the name of a host").value_or("");
}

// A virtual machine, or address@network; a bare address too where `bare` allows it.
enum class Bare : uint8_t { Refused, Allowed };
std::string read_end(Reading& reading, const Spot& spot, Bare bare) {
  if (spot.node == nullptr) return {};
  const auto written = reading.reader.text(spot, "an end of an expectation");
  if (!written) return {};
  const size_t at = written->find('@');
  const bool is_address = net::IpAddress::parse(written->substr(0, at)).has_value();
  if (at == std::string_view::npos) {
    if (is_address && bare == Bare::Allowed) return std::string(*written);
    return reading.reference(spot, "virtual machine", reading.declared.vms);
  }
  const std::string* network = reading.declared.networks.find(written->substr(at + 1));
  if (is_address && network != nullptr)
    return fmt::format("{}@{}", written->substr(0, at), *network);
  reading.reader.problem(spot,
                         fmt::format("{} is not an address and a network of this document, such as "
                                     "10.0.0.4@hub.",
                                     in_quotes(*written)));
  return {};
}

// "443/tcp"
void read_expected_port(Reader& reader, const Spot& spot, LabExpectation& expectation) {
  const auto written = reader.text(spot, "a port and its protocol");
  if (!written) return;
  const size_t slash = std::min(written->find('/'), written->size());
  const std::string_view protocol = written->substr(std::min(slash + 1, written->size()));
  const auto range = net::PortRange::parse(written->substr(0, slash));
  if (!range || range->first() != range->last() || (protocol != "tcp" && protocol != "udp"))
    return reader.problem(spot,
                          fmt::format("{} is not a port and its protocol: write 443/tcp or 53/udp.",
                                      in_quotes(*written)));
  expectation.port = range->first();
  expectation.protocol = protocol;
}

void read_traffic(Reader& reader, const Spot& map, LabExpectation& expectation) {
  static constexpr std::pair<std::string_view, std::string_view> kProtocols[] = {
      {"tcp", "tcp"}, {"udp", "udp"}, {"icmp", "icmp"}, {"any", "any"}};
  const Spot port = Reader::find(map, "port");
  const Spot protocol = Reader::find(map, "protocol");
  expectation.protocol = "any";
  if (port.node != nullptr && protocol.node != nullptr)
    reader.problem(protocol, "An expectation has 'port' or 'protocol', not both.");
  if (port.node != nullptr) read_expected_port(reader, port, expectation);
  if (protocol.node != nullptr && port.node == nullptr)
    expectation.protocol =
        reader.word<std::string_view>(protocol, "a protocol", kProtocols).value_or("any");
}

// The pipeline's, and the one that explain has of its own.
std::vector<std::string_view> drop_reasons() {
  std::vector<std::string_view> known = {kForwardingLoop};
  for (const auto& row : dataplane::kDropReasons) {
    if (!row.text.empty()) known.push_back(row.text);
  }
  return known;
}

void read_reason(Reader& reader, const Spot& spot, LabExpectation& expectation) {
  if (spot.node == nullptr) return;
  const auto written = reader.text(spot, "a reason");
  if (!written) return;
  expectation.reason = *written;
  if (expectation.result != LabResult::Drop)
    reader.problem(spot, "Only an expectation with 'result: drop' has a reason.");
  const std::vector<std::string_view> known = drop_reasons();
  const bool is_known = std::any_of(known.begin(), known.end(), [&](std::string_view reason) {
    return begins_with_words(reason, *written);
  });
  if (!is_known) {
    const std::string meant = did_you_mean(*written, known);
    reader.problem(spot, fmt::format("{} is not a reason to drop a packet{}", in_quotes(*written),
                                     meant.empty() ? "." : meant));
  }
}

void read_expectation(Reading& reading, const Spot& map) {
  static constexpr std::pair<std::string_view, LabResult> kResults[] = {{"reach", LabResult::Reach},
                                                                        {"drop", LabResult::Drop}};
  constexpr std::string_view kWhat = "An expectation";
  Reader& reader = reading.reader;
  if (!reader.has_only(map, kWhat, kExpectMembers)) return;
  reading.place(map);
  for (const Member& member : map.node->members) reading.place(Reader::member(map, member));
  LabExpectation expectation;
  expectation.from = read_end(reading, reader.require(map, kWhat, "from"), Bare::Refused);
  expectation.to = read_end(reading, reader.require(map, kWhat, "to"), Bare::Allowed);
  read_traffic(reader, map, expectation);
  if (const Spot result = reader.require(map, kWhat, "result"); result.node != nullptr)
    expectation.result =
        reader.word<LabResult>(result, "a result", kResults).value_or(LabResult::Reach);
  expectation.via = reading.optional_reference(map, "via", "virtual machine", reading.declared.vms);
  read_reason(reader, Reader::find(map, "reason"), expectation);
  reading.document.expectations.push_back(std::move(expectation));
}

}  // namespace

void read_vms(Reading& reading, const Spot& section) {
  if (!reading.reader.is_map(section, "'vms'")) return;
  reading.each_member(section, "a virtual machine",
                      [&](const std::string& name, const Spot& spot, Where where) {
                        LabVm vm;
                        vm.name = name;
                        reading.place(spot, where);
                        read_vm(reading, spot, vm);
                        reading.document.vms.push_back(std::move(vm));
                      });
}

void read_expectations(Reading& reading, const Spot& section) {
  if (!reading.reader.is_list(section, "'expect'")) return;
  for (size_t i = 0; i < section.node->elements.size(); ++i)
    read_expectation(reading, Reader::element(section, i));
}

}  // namespace isthmus::api::lab
