// The client against a server that speaks TLS: whom it believes, and what it says when it does not.
#include "tools/isthmus/client_tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "api/tls/certificate.h"
#include "tests/support/http_server.h"

namespace isthmus::cli {
namespace {

using api::tls::Identity;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kTimeout{20};

api::tls::Time now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

class ClientTlsTest : public ::testing::Test {
 protected:
  ~ClientTlsTest() override { std::filesystem::remove_all(folder_); }

  void serve(const Identity& certificate, const std::string& client_ca = "") {
    server_.server.use_tls(
        *api::http::make_tls_context({certificate.certificate, certificate.key, client_ca}));
  }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }
  std::string url(const std::string& host = "127.0.0.1") const {
    return "https://" + host + ":" + std::to_string(server_.server.port());
  }
  tl::expected<HttpResponse, NoAnswer> get(const TlsSettings& settings, const std::string& target,
                                           const std::string& server) {
    HttpClient client(*ServerAddress::parse(server), *ClientTls::make(settings));
    return client.send({"GET", target, {}, {}}, kTimeout);
  }
  tl::expected<HttpResponse, NoAnswer> get(const TlsSettings& settings,
                                           const std::string& target = "/who") {
    return get(settings, target, url());
  }

  const std::string folder_ = [] {
    std::string name = ::testing::TempDir() + "isthmus.tls.XXXXXX";
    return std::string(::mkdtemp(name.data()));
  }();
  const Identity ca_ = *api::tls::make_ca("a CA", now());
  const Identity leaf_ = *api::tls::make_leaf(ca_, {"DNS:localhost", "IP:127.0.0.1"}, now());
  const std::string ca_file_ = file("ca.pem", ca_.certificate);
  test::TestServer server_;
};

TEST_F(ClientTlsTest, BelievesWhomTheCaHasSigned) {
  serve(leaf_);
  const auto answer = get({.ca_file = ca_file_});
  ASSERT_TRUE(answer) << answer.error().why;
  EXPECT_EQ(answer->body, "<over TLS>");
  EXPECT_TRUE(get({.ca_file = ca_file_}, "/a", url("localhost")));
}

TEST_F(ClientTlsTest, KeepsTheConnection) {
  serve(leaf_);
  HttpClient client(*ServerAddress::parse(url()), *ClientTls::make({.ca_file = ca_file_}));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(client.send({"GET", "/big", {}, {}}, kTimeout));
  EXPECT_EQ(server_.server.metrics().connections_accepted, 1u);
}

TEST_F(ClientTlsTest, SaysHowToTrustACa) {
  serve(leaf_);
  const auto refused = get({});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().why, "its certificate is signed by a CA that is not trusted here");
  EXPECT_THAT(refused.error().remedy, HasSubstr("curl -s http://127.0.0.1:"));
  EXPECT_THAT(refused.error().remedy, HasSubstr("/_isthmus/ca.pem > ca.pem"));
  EXPECT_TRUE(get({.trusts_anybody = true}));
}

TEST_F(ClientTlsTest, WantsTheNameThatItAskedFor) {
  serve(*api::tls::make_leaf(ca_, {"DNS:elsewhere"}, now()));
  const auto refused = get({.ca_file = ca_file_});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().why, "its certificate is not for '127.0.0.1'");
}

TEST_F(ClientTlsTest, DoesNotBelieveWhatHasExpired) {
  serve(*api::tls::make_leaf(ca_, {"IP:127.0.0.1"}, now() - api::tls::days(400)));
  const auto refused = get({.ca_file = ca_file_});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().why, "its certificate: certificate has expired");
}

TEST_F(ClientTlsTest, TellsThatAServerDoesNotSpeakTls) {
  const auto refused = get({.ca_file = ca_file_});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().why, "it does not speak TLS there");
  EXPECT_THAT(refused.error().remedy, HasSubstr("--server http://127.0.0.1:"));
}

TEST_F(ClientTlsTest, ShowsItsOwnCertificate) {
  const Identity clients = *api::tls::make_ca("clients", now());
  serve(leaf_, clients.certificate);
  const auto with = [&](const Identity& own) {
    return get({.ca_file = ca_file_,
                .certificate = file("own.pem", own.certificate),
                .key = file("own.key", own.key)});
  };
  const auto purpose = api::tls::Purpose::Client;
  const auto answer = with(*api::tls::make_leaf(clients, {"DNS:alice"}, now(), purpose));
  ASSERT_TRUE(answer) << answer.error().why;
  EXPECT_THAT(answer->body, HasSubstr("<alice "));
  EXPECT_FALSE(with(*api::tls::make_leaf(ca_, {"DNS:mallory"}, now(), purpose)));
}

TEST_F(ClientTlsTest, NamesTheFileThatItCannotUse) {
  const auto trouble = [](const TlsSettings& settings) {
    return ClientTls::make(settings).error();
  };
  EXPECT_THAT(trouble({.ca_file = folder_ + "/none"}), HasSubstr(folder_ + "/none"));
  EXPECT_THAT(trouble({.certificate = ca_file_}), HasSubstr("go together"));
  EXPECT_THAT(trouble({.certificate = ca_file_, .key = ca_file_}), HasSubstr("cannot use"));
}

TEST(ServerAddress, KnowsBothSchemes) {
  const auto tls = ServerAddress::parse("https://localhost");
  ASSERT_TRUE(tls);
  EXPECT_TRUE(tls->is_tls);
  EXPECT_EQ(tls->port, "443");
  EXPECT_FALSE(ServerAddress::parse("http://localhost")->is_tls);
  EXPECT_FALSE(ServerAddress::parse("ftp://localhost"));
}

}  // namespace
}  // namespace isthmus::cli
