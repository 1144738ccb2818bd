#include "api/front/request_log.h"

#include <gtest/gtest.h>

#include "tests/support/front.h"

namespace isthmus::api::front {
namespace {

using http::Method;
using isthmus::testing::ask;
using isthmus::testing::call_of;
using isthmus::testing::CountingHandler;

std::vector<uint64_t> sequences(const RequestLog& log) {
  std::vector<uint64_t> found;
  for (const CallPtr& call : log.kept().calls) found.push_back(call->sequence);
  return found;
}

TEST(RequestLog, KeepsTheLastOnesInOrder) {
  const ManualClock clock;
  RequestLog log(3, clock);
  EXPECT_EQ(log.kept().last, 0U);
  for (uint64_t i = 1; i <= 7; ++i) {
    log.add(CallRecord{});
    EXPECT_EQ(sequences(log).back(), i);
  }
  EXPECT_EQ(sequences(log), (std::vector<uint64_t>{5, 6, 7}));
  log.clear();
  EXPECT_TRUE(sequences(log).empty());
  EXPECT_EQ(log.kept().last, 7U);
  log.add(CallRecord{});
  log.add(CallRecord{});
  EXPECT_EQ(sequences(log), (std::vector<uint64_t>{8, 9})) << "sequences go on";
}

TEST(RequestLog, KeepsNothingWhenItIsToldSo) {
  const ManualClock clock;
  RequestLog log(0, clock);
  log.add(CallRecord{});
  EXPECT_TRUE(log.kept().calls.empty());
  EXPECT_EQ(log.kept().last, 1U);
}

TEST(RequestLog, CutsLongTextsBetweenTheirLetters) {
  const ManualClock clock;
  RequestLog log(1, clock);
  CallRecord call;
  for (int i = 0; i < 1000; ++i) call.target += "\xC3\xA9";  // é
  call.client_request_id.assign(8000, 'x');
  log.add(call);
  const CallPtr kept = log.kept().calls.front();
  EXPECT_LE(kept->target.size(), 1024U);
  EXPECT_TRUE(kept->target.ends_with("\xC3\xA9..."));
  EXPECT_TRUE(http::is_utf8(kept->target));
  EXPECT_EQ(kept->client_request_id.size(), 128U);
}

TEST(RequestRecorder, WritesDownWhatBecameOfACall) {
  const ManualClock clock(77);
  RequestLog log(10, clock);
  CountingHandler next;
  RequestRecorder recorder(log, next);
  http::Request request = call_of(Method::Put, "/networking/v1/x?y=z");
  request.headers.add("x-ms-client-request-id", "mine");
  request.headers.add("Authorization", "Bearer secret");
  request.body = "{\"secret\":1}";
  ask(recorder, request);
  ask(recorder, call_of(Method::Get, "/_isthmus/v1/requests?limit=1"));
  ASSERT_EQ(sequences(log).size(), 1U) << "who looks is not shown";
  const CallPtr call = log.kept().calls.front();
  EXPECT_EQ(call->method, "PUT");
  EXPECT_EQ(call->target, "/networking/v1/x?y=z");
  EXPECT_EQ(call->path(), "/networking/v1/x");
  EXPECT_EQ(call->status, 200);
  EXPECT_EQ(call->time_ms, 77);
  EXPECT_EQ(call->who, "127.0.0.1");
  EXPECT_EQ(call->request_id, "id");
  EXPECT_EQ(call->client_request_id, "mine");
  EXPECT_EQ(call->request_bytes, 12U);
  EXPECT_EQ(call->response_bytes, 13U);
  EXPECT_EQ(call->code, "");
}

TEST(RequestLog, TakesTheServersOwnRefusals) {
  const ManualClock clock;
  RequestLog log(10, clock);
  http::ServerError error{421, "HostNotAllowed", "...", "/a", "id"};
  error.peer = "::1";
  log.add(error);
  const CallPtr call = log.kept().calls.front();
  EXPECT_EQ(call->status, 421);
  EXPECT_EQ(call->code, "HostNotAllowed");
  EXPECT_EQ(call->method, "-");
  EXPECT_EQ(call->who, "::1");
}

TEST(RequestLog, FindsTheCodeOfAnErrorInEitherDialect) {
  EXPECT_EQ(code_in(R"({"error":{"code":"ResourceInUse","message":"x"}})"), "ResourceInUse");
  EXPECT_EQ(code_in(R"({"detail":"\"code\":\"No\"","code":"SubnetOverlap"})"), "SubnetOverlap");
  EXPECT_EQ(code_in("not ready\n"), "");
  EXPECT_EQ(code_in(R"({"code":"unfinished)"), "unfinished");
}

}  // namespace
}  // namespace isthmus::api::front
