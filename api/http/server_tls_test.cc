// TLS on the port of plain HTTP: which of the two it is, what is agreed on, and who is asking.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/http/server.h"
#include "tests/support/tls_client.h"

namespace isthmus::api::http {
namespace {

using namespace isthmus::test;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using tls::Identity;
using tls::Purpose;

tls::Time now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

struct TlsServer : TestServer {
  explicit TlsServer(const std::string& client_ca = "", Limits limits = {}) : TestServer(limits) {
    use(client_ca);
  }
  void use(const std::string& client_ca) {
    const Identity leaf = *tls::make_leaf(ca, {"IP:127.0.0.1"}, now());
    const auto context = make_tls_context({leaf.certificate, leaf.key, client_ca});
    ASSERT_TRUE(context) << context.error();
    server.use_tls(*context);
  }
  TlsSettings trusting() const { return {.trusted = ca.certificate}; }
  std::string who_asks(const Identity& shown) {
    TlsSettings settings = trusting();
    settings.own = shown;
    TlsClient client(server.port(), settings);
    client.send(get("/who", kClose));
    return client.read_to_end();
  }

  const Identity ca = *tls::make_ca("a CA", now());
};

TEST(ServerTls, ServesBothOnOnePort) {
  TlsServer test;
  TlsClient client(test.server.port(), test.trusting());
  ASSERT_TRUE(client.is_connected);
  EXPECT_EQ(SSL_version(client.connection()), TLS1_3_VERSION);
  client.send(get("/who"));
  client.read_until("<over TLS>");
  client.send(put("/a", "{}", kClose));
  EXPECT_THAT(client.read_to_end(), HasSubstr("<PUT /a {}>"));
  EXPECT_TRUE(client.was_told_the_end());
  EXPECT_THAT(test.exchange(get("/who", kClose)), HasSubstr("<in plain>"));
}

TEST(ServerTls, WithoutACertificateThereIsNone) {
  TestServer test;
  const TlsClient client(test.server.port(), {});
  EXPECT_FALSE(client.is_connected);
  EXPECT_EQ(status_of(test.exchange(get("/a", kClose))), 200);
}

TEST(ServerTls, SendsBigAnswersAndTakesBigBodies) {
  TlsServer test;
  TlsClient client(test.server.port(), test.trusting());
  const std::string body(200'000, ' ');
  client.send(put("/a", body + "{}"));
  client.read_until("{}>");
  client.send(get("/big", kClose));
  EXPECT_GT(client.read_to_end().size(), 4'000'000u);
}

TEST(ServerTls, StreamsBodies) {
  TlsServer test;
  TlsClient client(test.server.port(), test.trusting());
  client.send(get("/stream"));
  test.handler.give("one");
  client.read_until("one");
  test.handler.give("two");
  test.handler.give(std::nullopt);
  EXPECT_THAT(client.read_to_end(), EndsWith("3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"));
  EXPECT_TRUE(client.was_told_the_end());
}

TEST(ServerTls, AStreamEndsWhenTheClientGoesOrTheServerStops) {
  TlsServer test;
  {
    TlsClient client(test.server.port(), test.trusting());
    client.send(get("/stream"));
    client.read_until("\r\n\r\n");
  }
  test.handler.wait_until_stream_is_gone();
  TlsServer other;
  TlsClient client(other.server.port(), other.trusting());
  client.send(get("/stream"));
  other.handler.give("one");
  client.read_until("one");
  other.server.stop();
  EXPECT_THAT(client.read_to_end(), EndsWith("3\r\none\r\n"));
}

TEST(ServerTls, RefusesWhatIsNotSafeAnyMore) {
  TlsServer test;
  const auto connects = [&](int version, const std::string& ciphers) {
    TlsSettings settings = test.trusting();
    settings.version_max = version;
    settings.ciphers = ciphers;
    return TlsClient(test.server.port(), settings).is_connected;
  };
  EXPECT_TRUE(connects(TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256"));
  EXPECT_TRUE(connects(TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305"));
  EXPECT_FALSE(connects(TLS1_1_VERSION, "")) << "an old version";
  EXPECT_FALSE(connects(TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256")) << "no AEAD";
  EXPECT_FALSE(connects(TLS1_2_VERSION, "AES128-GCM-SHA256")) << "no forward secrecy";
}

TEST(ServerTls, DoesNotRenegotiateOrResume) {
  TlsServer test;
  TlsSettings settings = test.trusting();
  settings.version_max = TLS1_2_VERSION;
  TlsClient client(test.server.port(), settings);
  EXPECT_FALSE(SSL_SESSION_has_ticket(SSL_get0_session(client.connection())));
  SSL_renegotiate(client.connection());
  EXPECT_NE(SSL_do_handshake(client.connection()), 1);
  EXPECT_EQ(status_of(test.exchange(get("/a", kClose))), 200) << "the server lives on";
}

TEST(ServerTls, ABrokenHandshakeEndsItsConnectionAlone) {
  TlsServer test;
  const std::string answer = test.exchange("\x16\x03\x01\x02\x05" + std::string(600, 'x'));
  EXPECT_THAT(answer, Not(HasSubstr("HTTP/1.1")));
  EXPECT_EQ(status_of(test.exchange(get("/a", kClose))), 200);
}

TEST(ServerTls, ASlowHandshakeIsEnded) {
  Limits limits;
  limits.header_timeout = milliseconds(50);
  TlsServer test("", limits);
  EXPECT_EQ(test.exchange(std::string("\x16\x03\x01", 3)), "");
  EXPECT_EQ(test.server.metrics().timeouts, 1u);
  EXPECT_EQ(test.server.metrics().connections_open, 0);
}

TEST(ServerTls, AnIdleConnectionIsToldItsEnd) {
  Limits limits;
  limits.idle_timeout = milliseconds(50);
  TlsServer test("", limits);
  TlsClient client(test.server.port(), test.trusting());
  client.read_to_end();
  EXPECT_TRUE(client.was_told_the_end());
}

TEST(ServerTls, StopEndsIdleConnectionsAndHandshakes) {
  Limits limits;
  limits.stop_timeout = std::chrono::hours(1);
  TlsServer test("", limits);
  TlsClient idle(test.server.port(), test.trusting());
  idle.send(get("/a"));
  idle.read_until("<GET /a >");
  HttpClient shaking(test.server.port());
  shaking.send(std::string("\x16\x03\x01", 3));
  test.server.stop();
  idle.read_to_end();
  EXPECT_EQ(test.server.metrics().connections_open, 0);
}

TEST(ServerTls, KnowsTheClientByItsCertificate) {
  const Identity client_ca = *tls::make_ca("clients", now());
  TlsServer test(client_ca.certificate);
  const Identity alice = *tls::make_leaf(client_ca, {"DNS:alice"}, now(), Purpose::Client);
  EXPECT_THAT(test.who_asks(alice), testing::ContainsRegex("<alice [0-9a-f]{64}>"));
  EXPECT_THAT(test.who_asks({}), HasSubstr("<over TLS>")) << "none is no error here";
}

TEST(ServerTls, RefusesCertificatesThatAreNotGood) {
  const Identity client_ca = *tls::make_ca("clients", now() - tls::days(1000));
  const Identity other_ca = *tls::make_ca("clients", now());
  TlsServer test(client_ca.certificate);
  struct Row {
    std::string_view what;
    Identity shown;
  };
  const std::vector<std::string> bob = {"DNS:bob"};
  const Row rows[] = {
      {"expired", *tls::make_leaf(client_ca, bob, now() - tls::days(400), Purpose::Client)},
      {"not yet", *tls::make_leaf(client_ca, bob, now() + tls::days(2), Purpose::Client)},
      {"of another CA", *tls::make_leaf(other_ca, bob, now(), Purpose::Client)},
      {"of a server", *tls::make_leaf(client_ca, bob, now(), Purpose::Server)},
  };
  for (const Row& row : rows) EXPECT_EQ(test.who_asks(row.shown), "") << row.what;
  const Identity good = *tls::make_leaf(client_ca, bob, now(), Purpose::Client);
  EXPECT_THAT(test.who_asks(good), HasSubstr("<bob "));
}

TEST(ServerTls, ANewCertificateIsForNewConnections) {
  TlsServer test;
  TlsClient old(test.server.port(), test.trusting());
  old.send(get("/a"));
  old.read_until("<GET /a >");
  test.use("");
  const TlsClient fresh(test.server.port(), test.trusting());
  EXPECT_TRUE(fresh.is_connected);
  EXPECT_NE(fresh.servers_certificate(), old.servers_certificate());
  old.send(get("/b", kClose));
  EXPECT_THAT(old.read_to_end(), HasSubstr("<GET /b >")) << "the old one goes on";
}

TEST(TlsContext, SaysWhatOfItsMaterialIsWrong) {
  const Identity ca = *tls::make_ca("a CA", now());
  const Identity one = *tls::make_leaf(ca, {"DNS:one"}, now());
  const Identity two = *tls::make_leaf(ca, {"DNS:two"}, now());
  const auto trouble = [](const TlsMaterial& material) {
    const auto made = make_tls_context(material);
    return made ? std::string("none") : made.error();
  };
  EXPECT_EQ(trouble({one.certificate, one.key, ca.certificate}), "none");
  EXPECT_THAT(trouble({"nonsense", one.key, ""}), HasSubstr("the certificate cannot be used: "));
  EXPECT_THAT(trouble({one.certificate, "nonsense", ""}), HasSubstr("the key cannot be used: "));
  EXPECT_THAT(trouble({one.certificate, two.key, ""}), HasSubstr("key values mismatch"));
  EXPECT_THAT(trouble({one.certificate, one.key, "x"}), HasSubstr("no certificate of a client CA"));
}

TEST(ServerTls, ManyClientsAtOnce) {
  TlsServer test;
  std::vector<std::thread> threads;
  std::atomic<int> answered{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 5; ++k) {
        TlsClient client(test.server.port(), test.trusting());
        client.send(get("/late") + get("/now", kClose));
        if (client.read_to_end().find("<GET /now >") != std::string::npos) ++answered;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered, 40);
}

}  // namespace
}  // namespace isthmus::api::http
