// Answers of the Network Controller's API, without HTTP: 10,000 networks of one subnet each, asked
// for in random order.
#include <benchmark/benchmark.h>

#include <fmt/format.h>

#include <random>

#include "api/json/draft.h"
#include "api/json/render.h"
#include "api/json/store_encoding.h"
#include "controller/rules/apply.h"
#include "controller/rules/fresh.h"

namespace isthmus::api::json {
namespace {

constexpr int kNetworks = 10'000;

ResourceId network_id(uint64_t n) {
  return *ResourceId::make(Kind::VirtualNetwork, fmt::format("network-{:05}", n));
}

std::string network_body(uint64_t n) {
  const std::string net = fmt::format("10.{}.{}", n / 256, n % 256);
  return fmt::format(
      R"({{"properties":{{"addressSpace":{{"addressPrefixes":["{0}.0/24"]}},)"
      R"("subnets":[{{"resourceId":"web","properties":{{"addressPrefix":"{0}.0/25"}}}}]}}}})",
      net);
}

const Model& networks() {
  static const Model model = [] {
    Model made = make_fresh(Model(Uuid{1, 2}), FreshContents::Seeded, {})->model;
    for (int n = 0; n < kNetworks; ++n) {
      Change change{{}, "bench"};
      change.operations.push_back(
          {Verb::Put, *read_draft(network_body(n), network_id(n)), {}, false});
      made = apply(made, change, {})->model;
    }
    return made;
  }();
  return model;
}

void BM_RenderNetwork(benchmark::State& state) {
  const Model& model = networks();
  std::mt19937_64 random(1);
  size_t bytes = 0;
  for (auto _ : state) {
    const std::string text = render(model, *model.find(network_id(random() % kNetworks)));
    bytes += text.size();
    benchmark::DoNotOptimize(text.data());
  }
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
}
BENCHMARK(BM_RenderNetwork);

void BM_RenderAllNetworks(benchmark::State& state) {
  const Model& model = networks();
  std::vector<const Resource*> all;
  for (const ResourcePtr& network : model.collection(Kind::VirtualNetwork))
    all.push_back(network.get());
  for (auto _ : state) benchmark::DoNotOptimize(render_list(model, all, "").size());
  state.SetItemsProcessed(state.iterations() * kNetworks);
}
BENCHMARK(BM_RenderAllNetworks)->Unit(benchmark::kMillisecond);

void BM_ReadNetwork(benchmark::State& state) {
  const std::string body = network_body(1);
  const ResourceId id = network_id(1);
  for (auto _ : state) benchmark::DoNotOptimize(read_draft(body, id).has_value());
}
BENCHMARK(BM_ReadNetwork);

void BM_StoreEncoding(benchmark::State& state) {
  const StoreEncoding encoding;
  const Model& model = networks();
  const Resource& subnet = **model.collection(Kind::Subnet).begin();
  for (auto _ : state)
    benchmark::DoNotOptimize(encoding.decode(encoding.encode(subnet)).has_value());
}
BENCHMARK(BM_StoreEncoding);

// What one large request costs: a route table of 3,000 routes, near the guard's limit of members.
void BM_PutLargeRouteTable(benchmark::State& state) {
  std::string body = R"({"properties":{"routes":[)";
  for (int i = 0; i < 3000; ++i) {
    body += fmt::format(
        R"({}{{"resourceId":"r{}","properties":{{"addressPrefix":"10.{}.{}.0/24","nextHopType":"None"}}}})",
        i == 0 ? "" : ",", i, i / 256, i % 256);
  }
  body += "]}}";
  const ResourceId id = *ResourceId::make(Kind::RouteTable, "large");
  const Model& model = networks();
  for (auto _ : state) {
    Change change{{}, "bench"};
    change.operations.push_back({Verb::Put, *read_draft(body, id), {}, false});
    benchmark::DoNotOptimize(apply(model, change, {})->changes.size());
  }
}
BENCHMARK(BM_PutLargeRouteTable)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace isthmus::api::json
