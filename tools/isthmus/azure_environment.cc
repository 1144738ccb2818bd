#include "tools/isthmus/azure_environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <ostream>
#include <sstream>

#include "api/access/authenticate.h"
#include "tools/isthmus/credentials.h"

namespace isthmus::cli {
namespace {

namespace fs = std::filesystem;

// Where systems keep the certificates of the CAs that they trust, in one file.
constexpr std::array kSystemBundles = {
    "/etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",    // Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",              // openSUSE
    "/etc/ssl/cert.pem",                   // macOS, BSD
};

// Whose value the user may have had before is changed, not replaced.
constexpr std::array kProxyExceptions = {"NO_PROXY", "no_proxy"};
constexpr std::array kNames = {
    "REQUESTS_CA_BUNDLE",   // Python: az, azure-mgmt-network
    "SSL_CERT_FILE",        // Go and OpenSSL: Terraform
    "NODE_EXTRA_CA_CERTS",  // Node: @azure/arm-network
    "AZURE_CONFIG_DIR",      "AZURE_CORE_COLLECT_TELEMETRY",
    "ARM_METADATA_HOSTNAME", "ARM_SUBSCRIPTION_ID",
    "ARM_TENANT_ID",         "ARM_CLIENT_ID",
    "ARM_CLIENT_SECRET",     "ARM_SKIP_PROVIDER_REGISTRATION",
};

Result<ServerAddress> address_of(const Session& session) {
  auto address = ServerAddress::parse(session.api.server());
  if (!address) return usage(address.error());
  return *address;
}

std::string host_and_port(const ServerAddress& server) {
  const bool is_ipv6 = server.host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + server.host + "]" : server.host) + ":" + server.port;
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || api::access::is_loopback_peer(host);
}

Result<fs::path> folder_for(const ServerAddress& server, const Arguments& arguments) {
  std::error_code error;
  if (arguments.has("folder")) return fs::absolute(arguments.text("folder"), error);
  fs::path base = from_environment("XDG_STATE_HOME");
  if (base.empty() && !from_environment("HOME").empty())
    base = fs::path(from_environment("HOME")) / ".local/state";
  if (base.empty()) return usage("there is no HOME to keep az's settings below: give --folder");
  std::string name = host_and_port(server);
  std::replace(name.begin(), name.end(), ':', '_');
  return base / "isthmus/azure" / name;
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Whole or not at all: az may be reading it.
bool write(const fs::path& file, std::string_view text) {
  const fs::path temporary = file.string() + ".new";
  std::ofstream out(temporary, std::ios::binary);
  out << text;
  out.close();
  std::error_code error;
  if (out) fs::rename(temporary, file, error);
  return out && !error;
}

// Whom the user's programs trust already: as they were told, or as the system does. What an
// earlier run wrote is not a part of it.
std::string trusted_already(const fs::path& our_bundle) {
  for (const char* name : {"REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"}) {
    const std::string file = from_environment(name);
    const bool is_ours = fs::path(file).filename() == our_bundle.filename();
    if (std::string text = file.empty() || is_ours ? "" : text_of(file); !text.empty()) return text;
  }
  for (const char* file : kSystemBundles)
    if (std::string text = text_of(file); !text.empty()) return text;
  return {};
}

// The PEM of the server's own CA; empty where its certificate is the user's.
Result<std::string> ask_for_ca(Session& session) {
  HttpRequest request;
  request.target = "/_isthmus/ca.pem";
  Result<Reply> reply = session.api.call(request);
  if (reply) {
    const Result<ServerAddress> server = address_of(session);
    if (server && !server->is_tls && !is_loopback(server->host))
      session.err << "the CA came over plain HTTP, where others can change it: compare it with the "
                     "daemon's file, STATE.tls/ca.pem\n";
    return std::move(reply->http.body);
  }
  if (reply.error().exit != Exit::NotFound) return tl::unexpected(reply.error());
  session.err << "isthmusd has no CA of its own: az must trust the one that signed its certificate "
                 "(REQUESTS_CA_BUNDLE)\n";
  return std::string();
}

struct Files {
  std::string ca, bundle, settings;  // empty names: not needed
};

Result<Files> write_files(Session& session, const fs::path& folder) {
  const Result<std::string> ca = ask_for_ca(session);
  if (!ca) return tl::unexpected(ca.error());
  const fs::path settings = folder / "az";
  std::error_code error;
  fs::create_directories(settings, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  const auto refuse = [&](const fs::path& what) {
    return failure(fmt::format("cannot write {}", what.string()), "--folder names another folder");
  };
  if (error) return refuse(settings);
  if (ca->empty()) return Files{{}, {}, settings};
  const fs::path ca_file = folder / "isthmus-ca.pem", bundle = folder / "isthmus-ca-bundle.pem";
  std::string trusted = trusted_already(bundle);
  if (!trusted.empty() && !trusted.ends_with('\n')) trusted += '\n';
  if (!write(ca_file, *ca)) return refuse(ca_file);
  if (!write(bundle, trusted + *ca)) return refuse(bundle);
  return Files{ca_file, bundle, settings};
}

bool is_in_list(std::string_view list, std::string_view item) {
  return ("," + std::string(list) + ",").find("," + std::string(item) + ",") != std::string::npos;
}

std::string with_item(std::string list, const std::string& item) {
  if (is_in_list(list, item)) return list;
  return list.empty() ? item : list + "," + item;
}

std::string without_item(const std::string& list, std::string_view item) {
  std::string kept;
  std::istringstream items(list);
  for (std::string one; std::getline(items, one, ',');)
    if (one != item) kept += (kept.empty() ? "" : ",") + one;
  return kept;
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_./:@%+=,").find(c) != std::string_view::npos;
}

}  // namespace

std::string shell_quoted(std::string_view word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), &is_plain)) return std::string(word);
  std::string text = "'";
  for (const char c : word) {
    if (c == '\'')
      text += R"('\'')";
    else
      text += c;
  }
  return text + "'";
}

Result<AzureEnvironment> prepare_azure_environment(Session& session, const Arguments& arguments) {
  const Result<ServerAddress> server = address_of(session);
  if (!server) return tl::unexpected(server.error());
  const Result<fs::path> folder = folder_for(*server, arguments);
  if (!folder) return tl::unexpected(folder.error());
  const auto subscriptions = session.api.get("/subscriptions?api-version=2019-11-01");
  if (!subscriptions) return tl::unexpected(subscriptions.error());
  const Result<Files> files = write_files(session, *folder);
  if (!files) return tl::unexpected(files.error());

  AzureEnvironment environment;
  environment.url = "https://" + host_and_port(*server);
  environment.tenant = text_at(*subscriptions, "/value/0/tenantId");
  environment.user = "isthmus";
  environment.secret = session.api.token().empty() ? "isthmus" : session.api.token();
  environment.variables = {
      {"REQUESTS_CA_BUNDLE", files->bundle},
      {"SSL_CERT_FILE", files->bundle},
      {"NODE_EXTRA_CA_CERTS", files->ca},
      {"AZURE_CONFIG_DIR", files->settings},
      {"AZURE_CORE_COLLECT_TELEMETRY", "no"},
      {"ARM_METADATA_HOSTNAME", host_and_port(*server)},
      {"ARM_SUBSCRIPTION_ID", text_at(*subscriptions, "/value/0/subscriptionId")},
      {"ARM_TENANT_ID", environment.tenant},
      {"ARM_CLIENT_ID", environment.user},
      {"ARM_CLIENT_SECRET", environment.secret},
      {"ARM_SKIP_PROVIDER_REGISTRATION", "true"},
  };
  std::erase_if(environment.variables, [](const Variable& v) { return v.value.empty(); });
  for (const char* name : kProxyExceptions)
    environment.variables.push_back({name, with_item(from_environment(name), server->host)});
  return environment;
}

Result<std::vector<Variable>> forget_azure_environment(const Session& session) {
  const Result<ServerAddress> server = address_of(session);
  if (!server) return tl::unexpected(server.error());
  std::vector<Variable> variables;
  variables.reserve(kNames.size() + kProxyExceptions.size());
  for (const char* name : kNames) variables.push_back({name, ""});
  for (const char* name : kProxyExceptions)
    variables.push_back({name, without_item(from_environment(name), server->host)});
  return variables;
}

}  // namespace isthmus::cli
