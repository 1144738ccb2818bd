// Certificates that the daemon makes, keeps and renews; those of the user; files that are refused.
#include "api/tls/certificates.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "api/tls/file.h"

namespace isthmus::api::tls {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

const Time kNow{std::chrono::seconds(1'800'000'000)};

class OwnFolder : public ::testing::Test {
 protected:
  void TearDown() override {
    std::filesystem::remove_all(std::filesystem::path(folder_).parent_path());
  }
  std::string file(const std::string& name) const { return folder_ + "/" + name; }
  std::string text(const std::string& name) const { return read_file(file(name)).value_or(""); }
  Expected<OwnCertificates> load(Time now = kNow,
                                 const std::vector<std::string>& names = {"DNS:a", "IP:::1"}) {
    return OwnCertificateStore(folder_).load(names, now);
  }

  const std::string folder_ = [] {
    std::string name = ::testing::TempDir() + "isthmus.tls.XXXXXX";
    return std::string(::mkdtemp(name.data())) + "/made";
  }();
};

TEST_F(OwnFolder, IsMadeAtTheFirstStartAndKept) {
  const auto first = load();
  ASSERT_TRUE(first) << first.error();
  const auto info = read_certificate(first->server.certificate);
  EXPECT_THAT(info->names, ElementsAre("DNS:a", "IP:::1"));
  EXPECT_EQ(info->not_after - info->not_before, kLeafLifetime);
  EXPECT_TRUE(is_signed_by(first->server.certificate, first->ca.certificate));
  EXPECT_TRUE(key_fits(first->server));
  for (const char* name : {"ca.key", "server.pem"})
    EXPECT_TRUE(read_private_file(file(name))) << name;
  const auto second = load(kNow + days(1));
  ASSERT_TRUE(second) << second.error();
  EXPECT_EQ(second->ca.certificate, first->ca.certificate);
  EXPECT_THAT(second->server.certificate, EndsWith(first->server.certificate));
}

TEST_F(OwnFolder, IsRenewedInTimeAndForOtherNames) {
  ASSERT_TRUE(load());
  const std::string ca = text("ca.pem"), server = text("server.pem");
  ASSERT_TRUE(load(kNow + kLeafLifetime - kRenewBefore - days(1)));
  EXPECT_EQ(text("server.pem"), server);
  ASSERT_TRUE(load(kNow + kLeafLifetime - kRenewBefore + days(1)));
  EXPECT_NE(text("server.pem"), server) << "less than 30 days";
  const std::string renewed = text("server.pem");
  ASSERT_TRUE(load(kNow + kLeafLifetime, {"DNS:a"}));
  EXPECT_NE(text("server.pem"), renewed) << "other names";
  EXPECT_EQ(text("ca.pem"), ca);
}

TEST_F(OwnFolder, ANewCaReplacesOneThatEnds) {
  ASSERT_TRUE(load());
  const std::string ca = text("ca.pem");
  const auto late = load(kNow + kCaLifetime - days(29));
  ASSERT_TRUE(late) << late.error();
  EXPECT_NE(text("ca.pem"), ca);
  EXPECT_TRUE(is_signed_by(late->server.certificate, late->ca.certificate));
}

TEST_F(OwnFolder, ALeafDoesNotOutliveItsCa) {
  ASSERT_TRUE(load());
  const auto late = load(kNow + kCaLifetime - days(100), {"DNS:b"});
  ASSERT_TRUE(late) << late.error();
  EXPECT_LE(read_certificate(late->server.certificate)->not_after, kNow + kCaLifetime);
}

TEST_F(OwnFolder, RefusesKeysThatOthersMayRead) {
  ASSERT_TRUE(load());
  for (const char* name : {"ca.key", "server.pem"}) {
    for (const mode_t mode : {0640U, 0604U, 0644U}) {
      ::chmod(file(name).c_str(), mode);
      const auto refused = load();
      ASSERT_FALSE(refused) << name;
      EXPECT_THAT(refused.error(), HasSubstr("is open to others than its owner"));
      EXPECT_THAT(refused.error(), EndsWith("do: chmod 600 " + file(name)));
    }
    ::chmod(file(name).c_str(), 0600);
  }
  EXPECT_TRUE(load());
}

TEST_F(OwnFolder, AStartThatWasCutOffIsBegunAnew) {
  ASSERT_TRUE(load());
  std::filesystem::remove(file("ca.pem"));  // its key is written first
  std::ofstream(file("server.pem.new")) << "half";
  ASSERT_TRUE(load());
  std::ofstream(file("server.pem")) << "half";
  const auto again = load();
  ASSERT_TRUE(again) << again.error();
  EXPECT_TRUE(is_signed_by(again->server.certificate, again->ca.certificate));
}

TEST_F(OwnFolder, DoesNotReplaceACaThatItCannotUse) {
  ASSERT_TRUE(load());
  const std::string ca = text("ca.pem");
  std::filesystem::remove(file("ca.key"));
  EXPECT_THAT(load().error(), HasSubstr("cannot read " + file("ca.key")));
  ASSERT_TRUE(write_file(folder_, "ca.key", make_ca("another", kNow)->key, Access::Owner));
  EXPECT_THAT(load().error(), HasSubstr("are not a certificate and its key; delete both"));
  EXPECT_EQ(text("ca.pem"), ca);
}

TEST_F(OwnFolder, ServesThoughTheCertificateCannotBeKept) {
  ASSERT_TRUE(load());
  std::filesystem::remove(file("server.pem"));
  std::filesystem::create_directories(file("server.pem.new/in the way"));
  const auto served = load();
  ASSERT_TRUE(served) << served.error();
  EXPECT_TRUE(is_signed_by(served->server.certificate, served->ca.certificate));
  EXPECT_FALSE(file_exists(file("server.pem")));
}

TEST(OwnInMemory, IsKeptToo) {
  OwnCertificateStore store("");
  const auto first = store.load({"DNS:a"}, kNow), second = store.load({"DNS:a"}, kNow);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->server.certificate, second->server.certificate);
  EXPECT_NE(store.load({"DNS:b"}, kNow)->server.certificate, first->server.certificate);
  EXPECT_EQ(store.load({"DNS:b"}, kNow)->ca.certificate, first->ca.certificate);
}

TEST_F(OwnFolder, TheUsersCertificateIsUsedInstead) {
  const Identity ca = *make_ca("theirs", kNow);
  const Identity leaf = *make_leaf(ca, {"DNS:theirs"}, kNow);
  ASSERT_TRUE(write_file(folder_, "theirs.pem", leaf.certificate, Access::Everybody));
  ASSERT_TRUE(write_file(folder_, "theirs.key", leaf.key, Access::Owner));
  CertificateOptions options;
  options.folder = file("unused");
  options.certificate = file("theirs.pem");
  options.key = file("theirs.key");
  Certificates certificates(options);
  EXPECT_TRUE(certificates.load(kNow));
  EXPECT_EQ(certificates.ca_pem(), "") << "which CA is theirs is not known";
  EXPECT_FALSE(file_exists(options.folder));

  ::chmod(options.key.c_str(), 0644);
  EXPECT_THAT(certificates.load(kNow).error(), HasSubstr("do: chmod 600 " + options.key));
  ASSERT_TRUE(write_file(folder_, "theirs.key", ca.key, Access::Owner));
  EXPECT_THAT(certificates.load(kNow).error(), HasSubstr("key values mismatch"));
  ASSERT_TRUE(write_file(folder_, "theirs.pem", "nonsense", Access::Owner));
  EXPECT_THAT(certificates.load(kNow).error(), HasSubstr("there is no certificate in it"));
}

TEST_F(OwnFolder, TheClientCaMustBeThere) {
  CertificateOptions options;
  options.hosts = {"localhost"};
  options.client_ca = file("clients.pem");
  Certificates certificates(options);
  EXPECT_THAT(certificates.load(kNow).error(), HasSubstr("cannot read " + options.client_ca));
  ASSERT_TRUE(write_file(folder_, "clients.pem", "", Access::Owner));
  EXPECT_THAT(certificates.load(kNow).error(), HasSubstr("is empty"));
  ASSERT_TRUE(write_file(folder_, "clients.pem", make_ca("c", kNow)->certificate, Access::Owner));
  EXPECT_TRUE(certificates.load(kNow));
  EXPECT_THAT(certificates.ca_pem(), HasSubstr("BEGIN CERTIFICATE"));
}

TEST(Names, AreAddressesOrHostNames) {
  EXPECT_EQ(subject_name("localhost"), "DNS:localhost");
  EXPECT_EQ(subject_name("127.0.0.1"), "IP:127.0.0.1");
  EXPECT_EQ(subject_name("[::1]"), "IP:::1");
  EXPECT_EQ(subject_name("0:0:0:0:0:0:0:1"), "IP:::1");
  for (const char* host : {"", "0.0.0.0", "::", "a,DNS:b", "a b", "a\nb"})
    EXPECT_EQ(subject_name(host), "") << host;
  EXPECT_THAT(
      certificate_hosts("10.0.0.1", {"lab.example"}),
      ::testing::IsSupersetOf({"localhost", "127.0.0.1", "::1", "10.0.0.1", "lab.example"}));
}

}  // namespace
}  // namespace isthmus::api::tls
