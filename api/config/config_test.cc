#include "api/config/config.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <unistd.h>

#include "api/config/options.h"
#include "controller/base/failpoint.h"

namespace isthmus::api::config {
namespace {

struct Invocation {
  std::map<std::string, std::string> environment = {{"HOME", "/there"}};
  std::string file;  // its text; empty: no file

  tl::expected<Loaded, Exit> load(std::vector<std::string> arguments) const {
    const std::string path = file.empty() ? "" : write_file();
    if (!path.empty()) arguments.insert(arguments.end(), {"--config", path});
    auto loaded = config::load(arguments, [this](const char* name) -> const char* {
      const auto found = environment.find(name);
      return found == environment.end() ? nullptr : found->second.c_str();
    });
    if (!path.empty()) ::unlink(path.c_str());
    return loaded;
  }

 private:
  std::string write_file() const {
    std::string path = ::testing::TempDir() + "isthmusd.yaml.XXXXXX";
    const int descriptor = ::mkstemp(path.data());
    EXPECT_GE(descriptor, 0);
    ::close(descriptor);
    std::ofstream(path) << file;
    return path;
  }
};

std::string origin_of(const Loaded& loaded, std::string_view name) {
  for (const Setting& setting : loaded.settings) {
    if (setting.name == name) return setting.origin.text;
  }
  return "no such setting";
}

TEST(Config, DefaultsAreTheDocumentedOnes) {
  const auto loaded = Invocation{}.load({});
  ASSERT_TRUE(loaded) << loaded.error().text;
  EXPECT_EQ(loaded->config.listen, (Listen{"127.0.0.1", 8181}));
  EXPECT_EQ(loaded->config.state, "/there/.local/state/isthmus/state.db");
  EXPECT_EQ(loaded->config.limits.body_bytes, 1024u * 1024u);
  EXPECT_EQ(loaded->config.resource_limits.peerings_per_network, 500u);
  EXPECT_FALSE(loaded->config.bare);
  EXPECT_EQ(loaded->config.provisioning_delay.count(), 0);
  EXPECT_EQ(loaded->config.lro, Lro::Sync);
  EXPECT_EQ(loaded->config.backups, "");
  for (const Setting& setting : loaded->settings)
    EXPECT_EQ(setting.origin.text, "default") << setting.name;
}

TEST(Config, FlagsBeatEnvironmentBeatsFileBeatsDefault) {
  Invocation invocation;
  EXPECT_EQ(invocation.load({})->config.io_threads, 2);
  invocation.file = "# threads\nio-threads: 3\n";
  auto loaded = invocation.load({});
  EXPECT_EQ(loaded->config.io_threads, 3);
  EXPECT_TRUE(origin_of(*loaded, "io-threads").ends_with(" line 2"));
  invocation.environment["ISTHMUS_IO_THREADS"] = "4";
  loaded = invocation.load({});
  EXPECT_EQ(loaded->config.io_threads, 4);
  EXPECT_EQ(origin_of(*loaded, "io-threads"), "environment ISTHMUS_IO_THREADS");
  loaded = invocation.load({"--io-threads", "5"});
  EXPECT_EQ(loaded->config.io_threads, 5);
  EXPECT_EQ(origin_of(*loaded, "io-threads"), "flag --io-threads");
}

TEST(Config, TheFileMayBeNamedByTheEnvironment) {
  Invocation invocation;
  invocation.environment["ISTHMUS_CONFIG"] = "/nowhere/isthmusd.yaml";
  EXPECT_EQ(invocation.load({}).error().text,
            "isthmusd: cannot read the configuration file /nowhere/isthmusd.yaml\n");
}

TEST(Config, StateFollowsTheXdgFolders) {
  Invocation invocation;
  invocation.environment["XDG_STATE_HOME"] = "/xdg";
  EXPECT_EQ(invocation.load({})->config.state, "/xdg/isthmus/state.db");
  invocation.environment.clear();
  EXPECT_EQ(invocation.load({}).error().code, 2);
  EXPECT_EQ(invocation.load({"--state", ":memory:"})->config.state, ":memory:");
}

// Law: what an option prints, it accepts, and it means the same; so for every option and value
// below.
TEST(Config, EveryOptionReadsWhatItPrints) {
  const std::map<std::string_view, std::vector<std::string>> legal = {
      {"listen", {"127.0.0.1:0", "[::1]:65535", "127.9.9.9:80", "localhost:1"}},
      {"port-file", {"p", "/tmp/p"}},
      {"state", {":memory:", "x.db"}},
      {"backups", {"folder", "/a/folder"}},
      {"snapshots", {"folder", "/a/folder"}},
      {"wires", {"wires.socket", "/run/isthmus/wires"}},
      {"io-uring", {"on", "off"}},
      {"init", {"a.yaml", "a.yaml,/b.sh"}},
      {"clock", {"real", "frozen", "frozen=2026-01-01T00:00:00Z", "scaled=60"}},
      {"tls", {"on", "off"}},
      {"auth", {"none", "token", "certificate", "token,certificate"}},
      {"access", {"a.yaml"}},
      {"audit", {"a.jsonl"}},
      {"audit-required", {"true", "false"}},
      {"provisioning-delay", {"0", "1ms", "1500ms", "2s", "2m"}},
      {"lro", {"sync", "async"}},
      {"subscription",
       {"22222222-2222-2222-2222-222222222222=two",
        "22222222-2222-2222-2222-222222222222=two@33333333-3333-3333-3333-333333333333,"
        "11111111-1111-1111-1111-111111111111=Isthmus lab"}},
      {"policy", {"a.yaml"}},
      {"log-format", {"text", "json"}},
      {"log-level", {"trace", "debug", "info", "warn", "error", "off"}},
      {"io-threads", {"1", "64"}},
      {"host-allow", {"a", "a,b.example,[fe80::1]"}},
      {"bare", {"true", "false"}},
      {"empty-collection", {"full", "bare"}},
      {"requests-kept", {"0", "77", "100000"}},
      {"throttle-reads", {"off", "250,25", "1,1000000"}},
      {"throttle-writes", {"off", "200,10"}},
  };
  const std::vector<std::string> counts = {"1", "77", "1000000000"},
                                 sizes = {"1", "1000", "8K", "1M", "1025"},
                                 times = {"1ms", "1500ms", "10s", "2m"};
  for (const Option& option : options()) {
    const auto named = legal.find(option.name);
    const auto& values = named != legal.end()      ? named->second
                         : option.value == "TIME"  ? times
                         : option.value == "BYTES" ? sizes
                                                   : counts;
    for (const std::string& value : values) {
      Config first, second;
      ASSERT_TRUE(option.assign(first, value)) << option.name << " " << value;
      const std::string printed = option.print(first);
      ASSERT_TRUE(option.assign(second, printed)) << option.name << " " << printed;
      EXPECT_EQ(option.print(second), printed) << option.name;
      const bool is_canonical = value != "localhost:1";
      EXPECT_EQ(printed == value, is_canonical) << option.name << " " << value;
    }
  }
}

TEST(Config, EveryOptionHasItsOwnField) {
  for (const Option& option : options()) {
    Config config;
    const std::string value = option.name == "listen"         ? "[::1]:1"
                              : option.name == "io-threads"   ? "9"
                              : option.value == "TIME"        ? "77ms"
                              : option.value == "BYTES"       ? "77"
                              : option.value == "N"           ? "77"
                              : option.name == "log-format"   ? "json"
                              : option.name == "log-level"    ? "debug"
                              : option.name == "clock"        ? "frozen"
                              : option.value == "on|off"      ? "off"
                              : option.name == "lro"          ? "async"
                              : option.arity == Arity::Switch ? "true"
                              : option.name == "auth"         ? "token"
                              : option.value == "SHAPE"       ? "bare"
                              : option.value == "BURST,RATE"  ? "7,7"
                              : option.name == "subscription"
                                  ? "22222222-2222-2222-2222-222222222222=two"
                                  : "x";
    ASSERT_TRUE(option.assign(config, value)) << option.name;
    for (const Option& other : options()) {
      const bool same = other.print(config) == other.print(Config{});
      EXPECT_EQ(same, other.name != option.name) << option.name << " " << other.name;
    }
  }
}

TEST(Config, TlsOptionsFitTogether) {
  const Invocation invocation;
  EXPECT_EQ(
      invocation.load({"--tls-cert", "c"}).error().text,
      "isthmusd: tls-cert c from flag --tls-cert: it goes together with tls-key: give both, or "
      "none\n");
  EXPECT_FALSE(invocation.load({"--tls-key", "k"}));
  EXPECT_EQ(invocation.load({"--tls", "off", "--tls-client-ca", "c"}).error().text,
            "isthmusd: tls off from flag --tls: then there is no use for tls-cert and "
            "tls-client-ca\n");
  const auto own = invocation.load({"--tls-cert", "c", "--tls-key", "k"});
  ASSERT_TRUE(own) << own.error().text;
  EXPECT_EQ(own->config.tls.key, "k");
}

TEST(Config, BadValuesNameOptionOriginAndLegalValues) {
  struct Row {
    std::vector<std::string> arguments;
    std::string text;
  };
  const Row rows[] = {
      {{"--io-threads", "many"},
       "io-threads from flag --io-threads: 'many' is not a number from 1 to 64"},
      {{"--io-threads=0"}, "io-threads from flag --io-threads: '0' is not a number from 1 to 64"},
      {{"--listen", "8181"},
       "listen from flag --listen: '8181' is not an address and port, as in 127.0.0.1:8181 or "
       "[::1]:8181"},
      {{"--log-format", "xml"}, "log-format from flag --log-format: 'xml' is not text or json"},
      {{"--timeout-idle", "60"},
       "timeout-idle from flag --timeout-idle: '60' is not a time with its unit, as in 500ms, 10s "
       "or 2m"},
      {{"--provisioning-delay", "2"},
       "provisioning-delay from flag --provisioning-delay: '2' is not 0, or a time with its unit, "
       "as in 500ms, 10s or 2m"},
      {{"--lro", "later"}, "lro from flag --lro: 'later' is not sync or async"},
      {{"--limit-body", "1G"},
       "limit-body from flag --limit-body: '1G' is not a number of bytes from 1 to 1000000000, "
       "perhaps with K or M as in 8K"},
      {{"--throttle-reads", "250"},
       "throttle-reads from flag --throttle-reads: '250' is not off, or calls at once and calls a "
       "second from 1 to 1000000, as in 250,25"},
      {{"--requests-kept", "100001"},
       "requests-kept from flag --requests-kept: '100001' is not a number from 0 to 100000"},
  };
  for (const Row& row : rows) {
    const auto loaded = Invocation{}.load(row.arguments);
    ASSERT_FALSE(loaded) << row.text;
    EXPECT_EQ(loaded.error().code, 2);
    EXPECT_EQ(loaded.error().text, "isthmusd: " + row.text + "\n");
  }
  for (const char* listen : {"::1:80", "[127.0.0.1]:80", "127.0.0.1:65536", "127.0.0.1:", "host:80",
                             "127.1:80", "[::1]"}) {
    EXPECT_FALSE(Invocation{}.load({"--listen", listen})) << listen;
  }
  for (const char* auth : {"", "tokens", "none,token", "token,", ",token", "token,,certificate"})
    EXPECT_FALSE(Invocation{}.load({"--auth", auth})) << auth;
  for (const char* rate : {"0,1", "1,0", "1,", ",1", "1,2,3", "1 2", "1000001,1", "-1,1"})
    EXPECT_FALSE(Invocation{}.load({"--throttle-writes", rate})) << rate;
  for (const char* hosts : {"a:80", "a,,b", "a b", "a/b", ",a"})
    EXPECT_FALSE(Invocation{}.load({"--host-allow", hosts})) << hosts;
}

TEST(Config, FileErrorsNameTheLine) {
  struct Row {
    std::string file, end;
  };
  const Row rows[] = {
      {"listen: 127.0.0.1:1\nlisten-on: x\n",
       " line 2: there is no option 'listen-on'; did you mean listen? (see isthmusd --help)\n"},
      {"io-thread: 2\n",
       " line 1: there is no option 'io-thread'; did you mean io-threads? (see isthmusd --help)\n"},
      {"io-threads: [1, 2]\n", " line 1: io-threads is not a number from 1 to 64\n"},
      {"io-threads: 1\nio-threads: 2\n", " line 2: option 'io-threads' is given twice\n"},
      {"- a\n", ": a map of options is expected, as in 'listen: 127.0.0.1:8181'\n"},
      {"bare: true\n  x: [\n", " line 2: "},
      {"\n\nio-threads: none\n", " line 3: 'none' is not a number from 1 to 64\n"},
  };
  for (const Row& row : rows) {
    Invocation invocation;
    invocation.file = row.file;
    const auto loaded = invocation.load({});
    ASSERT_FALSE(loaded) << row.file;
    EXPECT_NE(loaded.error().text.find(row.end), std::string::npos) << loaded.error().text;
  }
}

TEST(Config, ListsComeFromRepeatedFlagsCommasAndSequences) {
  const std::vector<std::string> expected = {"a", "b", "c"};
  EXPECT_EQ(Invocation{}.load({"--host-allow", "a", "--host-allow", "b,c"})->config.allowed_hosts,
            expected);
  Invocation invocation;
  invocation.file = "host-allow: [a, b, c]\n";
  EXPECT_EQ(invocation.load({})->config.allowed_hosts, expected);
}

TEST(Config, SubscriptionsHaveNamesAndPerhapsTenants) {
  const std::string one = "AAAAAAAA-1111-1111-1111-111111111111",
                    two = "22222222-2222-2222-2222-222222222222";
  const auto loaded = Invocation{}.load(
      {"--subscription", one, "--subscription", two + "@" + one + "," + two + "2"});
  EXPECT_FALSE(loaded) << "the last is no UUID";
  const auto subscriptions =
      Invocation{}
          .load({"--subscription", one, "--subscription", two + "@" + one, "--subscription",
                 "33333333-3333-3333-3333-333333333333=Partner's"})
          ->config.subscriptions;
  const std::string lower = "aaaaaaaa-1111-1111-1111-111111111111";
  EXPECT_EQ(subscriptions,
            (std::vector<Subscription>{{lower, "Isthmus lab", ""},
                                       {two, "Isthmus lab 2", lower},
                                       {"33333333-3333-3333-3333-333333333333", "Partner's", ""}}));
  for (const std::string& wrong :
       {one + "," + one, one + "=", one + "@", one + "=x@y", std::string("lab"), std::string()})
    EXPECT_FALSE(Invocation{}.load({"--subscription", wrong})) << wrong;
}

TEST(Config, ASwitchNeedsNoValue) {
  EXPECT_TRUE(Invocation{}.load({"--bare"})->config.bare);
  EXPECT_FALSE(Invocation{}.load({"--bare=false"})->config.bare);
  EXPECT_TRUE(Invocation{}.load({"--bare", "--io-threads", "1"})->config.bare);
}

TEST(Config, UnknownAndDoubledFlagsAreUsageErrors) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"--nonsense"}, {"extra"}, {"--state", "a", "--state", "b"}, {"--state"}}) {
    const auto loaded = Invocation{}.load(arguments);
    ASSERT_FALSE(loaded) << arguments[0];
    EXPECT_EQ(loaded.error().code, 2);
    EXPECT_TRUE(loaded.error().text.ends_with("(see isthmusd --help)\n")) << loaded.error().text;
  }
}

TEST(Config, UnknownOptionsGetASuggestion) {
  const struct {
    std::vector<std::string> arguments;
    std::string text;
  } kRows[] = {
      {{"--listn", "127.0.0.1:0"}, "there is no option --listn; did you mean --listen?"},
      {{"--listn=127.0.0.1:0"}, "there is no option --listn; did you mean --listen?"},
      {{"--io-thread", "4"}, "there is no option --io-thread; did you mean --io-threads?"},
      {{"--print-confg"}, "there is no option --print-confg; did you mean --print-config?"},
      {{"--state", "a", "--stat"}, "there is no option --stat; did you mean --state?"},
      {{"--xyzzy"}, "there is no option --xyzzy"},
      {{"serve"}, "'serve' belongs to no option"},
  };
  for (const auto& row : kRows) {
    const auto loaded = Invocation{}.load(row.arguments);
    ASSERT_FALSE(loaded) << row.text;
    EXPECT_EQ(loaded.error().code, 2);
    EXPECT_EQ(loaded.error().text, "isthmusd: " + row.text + " (see isthmusd --help)\n");
  }
}

TEST(Config, BeyondLoopbackWhoMayDoWhatIsChosen) {
  for (const char* listen : {"0.0.0.0:8181", "[::]:8181", "10.0.0.1:80", "128.0.0.1:80"}) {
    const auto loaded = Invocation{}.load({"--listen", listen});
    ASSERT_FALSE(loaded) << listen;
    EXPECT_EQ(loaded.error().code, 2);
    EXPECT_EQ(loaded.error().text,
              std::string("isthmusd: listen ") + listen +
                  " from flag --listen: who may do what has to be chosen for an address that is "
                  "not loopback: --auth token, --auth certificate, or --auth none "
                  "(whoever reaches the port may do everything)\n");
    EXPECT_TRUE(Invocation{}.load({"--listen", listen, "--auth", "none"})) << listen;
  }
  Invocation invocation;
  invocation.environment["ISTHMUS_AUTH"] = "none";
  EXPECT_TRUE(invocation.load({"--listen", "0.0.0.0:1"})) << "wherever the choice is made";
}

TEST(Config, SettingsThatDoNotGoTogetherSayWhy) {
  struct Row {
    std::vector<std::string> arguments;
    std::string start;
  };
  const Row rows[] = {
      {{"--listen", "0.0.0.0:1", "--auth", "token", "--tls", "off"},
       "auth token from flag --auth: tokens do not travel over plain HTTP"},
      {{"--auth", "certificate", "--access", "a"},
       "auth certificate from flag --auth: clients are not asked for certificates"},
      {{"--auth", "token", "--state", ":memory:"},
       "auth token from flag --auth: there is no place for an owner's token"},
      {{"--access", "a.yaml"}, "access a.yaml from flag --access: nobody is asked who he is"},
      {{"--audit-required"},
       "audit-required true from flag --audit-required: there is no audit log"},
  };
  for (const Row& row : rows) {
    const auto loaded = Invocation{}.load(row.arguments);
    ASSERT_FALSE(loaded) << row.start;
    EXPECT_EQ(loaded.error().code, 2);
    EXPECT_EQ(loaded.error().text.rfind("isthmusd: " + row.start, 0), 0u) << loaded.error().text;
  }
  EXPECT_TRUE(Invocation{}.load({"--auth", "token"}));
  EXPECT_TRUE(Invocation{}.load({"--auth", "token", "--listen", "0.0.0.0:1"}));
  EXPECT_TRUE(
      Invocation{}.load({"--auth", "certificate", "--access", "a", "--tls-client-ca", "ca.pem"}));
  EXPECT_TRUE(Invocation{}.load({"--auth", "token", "--state", ":memory:", "--access", "a"}));
  EXPECT_TRUE(Invocation{}.load({"--audit-required", "--audit", "a"}));
}

TEST(Config, PrintsEveryValueWithItsOrigin) {
  const auto loaded = Invocation{}.load({"--print-config", "--bare"});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, 0);
  const std::string& text = loaded.error().text;
  EXPECT_EQ(static_cast<size_t>(std::count(text.begin(), text.end(), '\n')), options().size());
  EXPECT_NE(text.find("flag --bare\n"), std::string::npos);
  EXPECT_TRUE(text.starts_with("listen ")) << text;
}

TEST(Config, HelpNamesEveryOptionAndItsVariable) {
  const auto help = Invocation{}.load({"--help"});
  ASSERT_FALSE(help);
  EXPECT_EQ(help.error().code, 0);
  std::set<std::string> names;
  for (const Option& option : options()) {
    EXPECT_NE(help.error().text.find("--" + std::string(option.name) + " "), std::string::npos)
        << option.name;
    EXPECT_NE(help.error().text.find(environment_name(option)), std::string::npos) << option.name;
    EXPECT_TRUE(names.insert(environment_name(option)).second) << option.name;
  }
  EXPECT_EQ(Invocation{}.load({"--version"}).error().text.substr(0, 9), "isthmusd ");
}

// What a test that goes through all of them reads.
TEST(Config, TheFailpointsOfThisBuildAreListedNameFirst) {
  const Exit listed = Invocation{}.load({"--failpoints"}).error();
  EXPECT_EQ(listed.code, has_failpoints() ? 0 : 1);
  if (!has_failpoints()) GTEST_SKIP() << "built without failpoints";
  for (const FailpointInfo& row : failpoints())
    EXPECT_NE(("\n" + listed.text).find("\n" + std::string(row.name) + " "), std::string::npos);
}

}  // namespace
}  // namespace isthmus::api::config
