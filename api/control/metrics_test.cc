// /metrics: right values, and names as Prometheus' own linter wants them.
#include "api/control/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/metric_family.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "tests/support/control_world.h"

namespace isthmus::api::control {
namespace {

using isthmus::testing::ControlWorld;
using prometheus::MetricFamily;
using prometheus::MetricType;
using ::testing::HasSubstr;

constexpr std::string_view kLab = R"(version: 1
networks: {a: {prefixes: [10.1.0.0/16], subnets: {s: 10.1.0.0/24}}, b: {prefixes: [10.2.0.0/16]}, c: {prefixes: [10.3.0.0/16]}}
peerings: [{between: [a, b]}, {from: a, to: c}]
)";

std::vector<MetricFamily> families(ControlWorld& world) {
  static http::Metrics http;
  const dataplane::CounterTotals packets;
  return metric_families(world.controller(), {&http, nullptr, &packets});
}

std::vector<std::string> words(const std::string& name) {
  std::vector<std::string> found(1);
  for (const char c : name) {
    if (c == '_') {
      found.emplace_back();
    } else {
      found.back() += c;
    }
  }
  return found;
}

bool is_snake_case(const std::string& name) {
  const auto is_word = [](const std::string& word) {
    return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    });
  };
  const auto all = words(name);
  return std::all_of(all.begin(), all.end(), is_word) && name[0] >= 'a';
}

// https://prometheus.io/docs/practices/naming, and the checks of `promtool check metrics`.
TEST(Metrics, AreNamedByTheConventions) {
  const std::set<std::string> forbidden = {
      "milliseconds", "microseconds", "ms",        "us",     "minutes", "kilobytes",
      "kb",           "megabytes",    "mb",        "bits",   "percent",  // not base units
      "gauge",        "counter",      "histogram", "summary"  // a type is no part of a name
  };
  ControlWorld world;
  std::set<std::string> names;
  for (const MetricFamily& family : families(world)) {
    SCOPED_TRACE(family.name);
    EXPECT_TRUE(names.insert(family.name).second) << "twice";
    EXPECT_TRUE(is_snake_case(family.name));
    for (const std::string& word : words(family.name))
      EXPECT_FALSE(forbidden.contains(word)) << word;
    EXPECT_TRUE(family.help.ends_with('.')) << "a metric has a sentence of help";
    EXPECT_EQ(family.name.ends_with("_total"), family.type == MetricType::Counter);
    for (const char* reserved : {"_count", "_sum", "_bucket"}) {
      EXPECT_FALSE(family.name.ends_with(reserved));
    }
    for (const auto& metric : family.metric) {
      for (const auto& label : metric.label) {
        EXPECT_TRUE(is_snake_case(label.name)) << label.name;
        EXPECT_NE(label.name, "le");
        EXPECT_FALSE(label.value.empty());
      }
    }
  }
}

TEST(Metrics, CountResourcesAndPeerings) {
  ControlWorld world;
  ASSERT_EQ(world.apply(std::string(kLab)).status, 200);
  const http::Response answer = world.get("/metrics");
  EXPECT_EQ(answer.content_type, "text/plain; version=0.0.4; charset=utf-8");
  for (const char* line :
       {"isthmus_resources{kind=\"virtual network\"} 3\n",
        "isthmus_peerings{state=\"Connected\"} 2\n", "isthmus_peerings{state=\"Initiated\"} 1\n",
        "isthmus_peerings{state=\"Disconnected\"} 0\n",
        "isthmus_changes_total{result=\"acknowledged\"} 2\n", "isthmus_revision 2\n",
        "isthmus_dataplane_tables 3\n", "# TYPE isthmus_changes_total counter\n",
        "isthmus_build_info{version="})
    EXPECT_THAT(answer.body, HasSubstr(line));
  EXPECT_THAT(answer.body, Not(HasSubstr("isthmus_http_"))) << "there is no server";
}

TEST(Metrics, CountRequestsOfTheServer) {
  ControlWorld world;
  http::Metrics http;
  http.count(static_cast<int>(http::Method::Get), 200, std::chrono::microseconds(60));
  http.count(static_cast<int>(http::Method::Get), 204, std::chrono::microseconds(60));
  http.count(static_cast<int>(http::Method::Put), 409, std::chrono::seconds(20));
  http.count(http::Metrics::kOtherMethod, 400, std::chrono::microseconds(1));
  http.connections_open = 3;
  world.handler().show(http);
  const std::string body = world.get("/metrics").body;
  for (const char* line :
       {"isthmus_http_requests_total{method=\"GET\",code=\"2xx\"} 2\n",
        "isthmus_http_requests_total{method=\"PUT\",code=\"4xx\"} 1\n",
        "isthmus_http_requests_total{method=\"other\",code=\"4xx\"} 1\n",
        "isthmus_http_request_duration_seconds_bucket{le=\"5e-05\"} 1\n",
        "isthmus_http_request_duration_seconds_bucket{le=\"0.0001\"} 3\n",
        "isthmus_http_request_duration_seconds_bucket{le=\"10\"} 3\n",
        "isthmus_http_request_duration_seconds_bucket{le=\"+Inf\"} 4\n",
        "isthmus_http_request_duration_seconds_count 4\n", "isthmus_http_connections 3\n"})
    EXPECT_THAT(body, HasSubstr(line));
}

TEST(Metrics, KnowTheProcess) {
  ControlWorld world;
  for (const MetricFamily& family : families(world)) {
    if (family.name != "process_resident_memory_bytes") continue;
    EXPECT_GT(family.metric[0].gauge.value, 1e6);
    EXPECT_LT(family.metric[0].gauge.value, 1e12);
    return;
  }
  FAIL() << "no process_resident_memory_bytes";
}

}  // namespace
}  // namespace isthmus::api::control
