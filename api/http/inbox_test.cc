#include "api/http/inbox.h"

#include <algorithm>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "tests/support/sanitizers.h"

namespace isthmus::api::http {
namespace {

using Parsed = Inbox::Parsed;

const std::vector<std::string> kHosts = {"localhost"};

// What an inbox makes of a byte stream that comes in parts: one line per request, or the refusal.
std::string outcome(std::string_view stream, const std::vector<size_t>& parts) {
  const Limits limits;
  Inbox inbox(limits, kHosts);
  std::string text;
  size_t part = 0;
  // False: nothing is left to feed.
  const auto feed = [&] {
    if (stream.empty()) return false;
    const size_t wanted = std::min(parts[part++ % parts.size()], stream.size());
    const auto room = inbox.prepare();
    const size_t bytes = std::min(wanted, room.size());
    std::copy_n(stream.begin(), bytes, static_cast<char*>(room.data()));
    inbox.commit(bytes);
    stream.remove_prefix(bytes);
    return true;
  };
  for (;;) {
    inbox.begin();
    for (const auto parse : {&Inbox::parse_header, &Inbox::parse_body}) {
      Parsed parsed = (inbox.*parse)();
      while (parsed == Parsed::NeedsMore && feed()) parsed = (inbox.*parse)();
      if (parsed == Parsed::NeedsMore) return text + "waits";
      if (parsed == Parsed::Refused) return text + std::to_string(inbox.refusal().status);
    }
    const auto request = inbox.take();
    if (!request) return text + std::to_string(inbox.refusal().status);
    text += std::string(to_string(request->method)) + " " + request->path() + " [" + request->body +
            "]\n";
  }
}

std::vector<std::string> streams() {
  const std::string host = "Host: localhost\r\n", json = "Content-Type: application/json\r\n";
  const std::string chunked =
      "POST /c HTTP/1.1\r\n" + host + json + "Transfer-Encoding: chunked\r\n\r\n";
  return {
      "GET /a HTTP/1.1\r\n" + host + "\r\nGET /b HTTP/1.1\r\n" + host + "\r\n",
      "\r\n\r\nGET /a HTTP/1.1\r\n" + host + "\r\n\r\nGET /b",
      "PUT /a HTTP/1.1\r\n" + host + json + "Content-Length: 5\r\n\r\n12345GET /b HTTP/1.1\r\n" +
          host + "\r\n",
      chunked + "3;x=\"y\"\r\nabc\r\n1\r\nd\r\n0\r\nTrailer: x\r\n\r\nGET /b HTTP/1.1\r\n" + host +
          "\r\n",
      chunked + "3\r\nabcd\r\n0\r\n\r\n",
      chunked + "1;" + std::string(300, 'x') + "\r\n",
      "GET /a HTTP/1.1\r\nHost: evil.example\r\n\r\n",
      "GET /a HTTP/1.1\r\n" + host + "A: b\r\n c\r\n\r\n",
      "GET /a b HTTP/1.1\r\n" + host + "\r\n",
      "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\n" + host + "\r\n",
      "GET /a HTTP/1.1\r\n" + host + "A: " + std::string(20'000, 'a') + "\r\n\r\n",
      "PUT /a HTTP/1.1\r\n" + host + "Content-Length: 2\r\n\r\n{}",
      "GET /%2f HTTP/1.1\r\n" + host + "\r\n",
  };
}

TEST(Inbox, GivesEachRequestOrTheReason) {
  const std::vector<std::string> expected = {
      "GET /a []\nGET /b []\nwaits",
      "GET /a []\nwaits",
      "PUT /a [12345]\nGET /b []\nwaits",
      "POST /c [abcd]\nGET /b []\nwaits",
      "400",
      "400",
      "421",
      "400",
      "400",
      "414",
      "431",
      "415",
      "400",
  };
  const std::vector<std::string> given = streams();
  ASSERT_EQ(given.size(), expected.size());
  for (size_t i = 0; i < given.size(); ++i) {
    EXPECT_EQ(outcome(given[i], {given[i].size()}), expected[i]) << given[i].substr(0, 200);
  }
}

// Law: how the network cuts a stream into parts changes nothing.
TEST(Inbox, OutcomeDoesNotDependOnHowTheBytesArrive) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (const std::string& stream : streams()) {
    const std::string whole = outcome(stream, {stream.size()});
    EXPECT_EQ(outcome(stream, {1}), whole) << stream.substr(0, 200);
    for (int round = 0; round < 50; ++round) {
      std::vector<size_t> parts(10);
      for (size_t& part : parts) part = 1 + random() % 40;
      EXPECT_EQ(outcome(stream, parts), whole) << stream.substr(0, 200);
    }
  }
}

int status_of_declared_length(const std::string& length) {
  Limits limits;
  limits.body_bytes = std::numeric_limits<size_t>::max();
  Inbox inbox(limits, kHosts);
  inbox.begin();
  const std::string stream =
      "PUT /a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
      length + "\r\n\r\n{";
  std::copy(stream.begin(), stream.end(), static_cast<char*>(inbox.prepare().data()));
  inbox.commit(stream.size());
  Parsed parsed = inbox.parse_header();
  if (parsed == Parsed::Complete) parsed = inbox.parse_body();
  return parsed == Parsed::Refused ? inbox.refusal().status : 0;
}

// What the parser throws ends the request, not the process. Here the limits let lengths pass that
// no string can have, and that no memory holds.
TEST(Inbox, WhatTheParserThrowsIsARefusal) {
  EXPECT_EQ(status_of_declared_length("18446744073709551000"), 400);
  if (test::kSanitized) GTEST_SKIP() << "sanitizers end the process at such an allocation";
  EXPECT_EQ(status_of_declared_length("4611686018427387000"), 503);
}

TEST(Inbox, KnowsTheMethodOfARefusedRequest) {
  const Limits limits;
  Inbox inbox(limits, kHosts);
  inbox.begin();
  const std::string_view stream = "HEAD /a b HTTP/1.1\r\n\r\n";
  std::copy(stream.begin(), stream.end(), static_cast<char*>(inbox.prepare().data()));
  inbox.commit(stream.size());
  EXPECT_EQ(inbox.parse_header(), Parsed::Refused);
  EXPECT_EQ(inbox.method(), "HEAD");
}

}  // namespace
}  // namespace isthmus::api::http
