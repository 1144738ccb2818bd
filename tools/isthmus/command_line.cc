#include "tools/isthmus/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>

#include "api/config/version.h"
#include "api/control/suggest.h"
#include "tools/isthmus/command_leaf.h"

namespace isthmus::cli {
namespace {

struct FormRow {
  std::string_view word;
  Form form;
};
constexpr FormRow kForms[] = {
    {"table", Form::Table}, {"json", Form::JsonText}, {"yaml", Form::YamlText}, {"tsv", Form::Tsv}};

// The first of these variables that says anything.
std::string environment_word(std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const char* word = std::getenv(name); word != nullptr && *word != '\0') return word;
  return {};
}

std::vector<std::string> subcommands_of(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    words.push_back(sub->get_name());
  return words;
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::App* level = &app; level != nullptr; level = level->get_parent())
    for (const CLI::Option* option : level->get_options())
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  return words;
}

// "isthmus vnet peering"
std::string path_to(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return parent == nullptr ? app.get_name() : path_to(*parent) + " " + app.get_name();
}

// What is wrong with a word that the command `at` does not know, and what was probably meant.
std::string unknown_word(const std::string& typed, const CLI::App& at) {
  const std::string word = typed.substr(0, typed.find('='));
  const bool is_option = word.starts_with('-');
  std::string text =
      fmt::format("no {} {} in '{}'", is_option ? "option" : "command", word, path_to(at));
  if (!is_option && subcommands_of(at).empty())
    text = fmt::format("'{}' is too much for '{}'", word, path_to(at));
  std::vector<std::string> known;
  if (is_option) known = options_of(at);
  // An unknown command is noticed only after the words behind it have found a meaning.
  for (const CLI::App* level = &at; level != nullptr && !is_option; level = level->get_parent())
    for (std::string& command : subcommands_of(*level)) known.push_back(std::move(command));
  const std::vector<std::string_view> views(known.begin(), known.end());
  const std::string_view near = api::nearest(word, views);
  return near.empty() ? text : fmt::format("{}; did you mean {}?", text, near);
}

class CommandTree {
 public:
  CommandTree();
  Result<std::variant<Command, Notice>> parse(const std::vector<std::string>& words, bool terminal);
  std::vector<CommandInfo> describe() const;

 private:
  void add_tls_options();
  void describe(const CLI::App& app, const std::string& words, std::vector<CommandInfo>& all) const;
  std::pair<CLI::App*, std::string> place_of(std::string_view words);
  void add_noun(const Noun& noun);
  void add_task(const Task& task);
  Result<Command> command(bool terminal) const;
  void add_realm_options();
  OutputSettings output(bool terminal) const;
  Problem complaint(const CLI::ParseError& error) const;

  CLI::App app_{"Virtual networks and peerings from the command line.", "isthmus"};
  std::string server_ = kDefaultServer;
  TlsSettings tls_;
  TokenWords token_;
  std::string form_;
  std::string query_;
  std::string realm_, group_, subscription_;
  std::vector<std::unique_ptr<Leaf>> leaves_;
};

CommandTree::CommandTree() {
  app_.fallthrough();  // the options below may also stand after the command's words
  app_.require_subcommand(1);
  app_.set_version_flag("--version", std::string(api::config::kVersion));
  app_.add_option("--server", server_, "where isthmusd answers")
      ->envname("ISTHMUS_SERVER")
      ->capture_default_str();
  add_tls_options();
  CLI::Option* token = app_.add_option(
      "--token", token_.token, "a token, where the server asks for one (also ISTHMUS_TOKEN)");
  app_.add_option("--token-file", token_.file,
                  "a file that holds it, out of sight of who lists processes (also "
                  "ISTHMUS_TOKEN_FILE)")
      ->excludes(token);
  add_realm_options();
  app_.add_option("-o,--output", form_, "table (on a terminal), json (elsewhere), yaml or tsv")
      ->check(CLI::IsMember({"table", "json", "yaml", "tsv"}));
  app_.add_option("--query", query_, "a JMESPath expression over the JSON; needs the program jp");
  for (const Noun& noun : nouns()) add_noun(noun);
  for (const Task& task : tasks()) add_task(task);
}

void CommandTree::add_tls_options() {
  app_.add_option("--ca-file", tls_.ca_file, "of https: who signs the server's certificate (PEM)")
      ->envname("ISTHMUS_CA_FILE");
  app_.add_flag("--insecure", tls_.trusts_anybody, "of https: believe any certificate");
  app_.add_option("--cert", tls_.certificate, "of https: this client's certificate (PEM)")
      ->envname("ISTHMUS_CERT");
  app_.add_option("--key", tls_.key, "its key")->envname("ISTHMUS_KEY");
}

void CommandTree::add_realm_options() {
  app_.add_option("--realm", realm_,
                  "whose rules: onprem (default) or azure (also ISTHMUS_REALM); -g and what only "
                  "one realm has say so too")
      ->check(CLI::IsMember({"onprem", "azure"}));
  app_.add_option("-g,--resource-group", group_,
                  "the group of the resources named, azure only (also ISTHMUS_GROUP)");
  app_.add_option("--subscription", subscription_,
                  "its id or name, azure only; the first by default (also ISTHMUS_SUBSCRIPTION)");
}

// "vnet peering" is the word "peering" below the command "vnet", whose row comes before.
std::pair<CLI::App*, std::string> CommandTree::place_of(std::string_view words) {
  const size_t space = words.find(' ');
  if (space == std::string_view::npos) return {&app_, std::string(words)};
  return {app_.get_subcommand(std::string(words.substr(0, space))),
          std::string(words.substr(space + 1))};
}

void CommandTree::add_noun(const Noun& noun) {
  const auto [parent, word] = place_of(noun.words);
  CLI::App* app = parent->add_subcommand(word, with_realm(noun.help, noun.only_in));
  app->require_subcommand(1);
  for (const VerbRow& row : verbs_of(noun)) {
    Leaf leaf{app->add_subcommand(row.word, with_realm(row.help, row.only_in)),
              NounCommand{&noun, row.verb},
              {}};
    add_options(leaf);
    leaves_.push_back(std::make_unique<Leaf>(std::move(leaf)));
  }
}

void CommandTree::add_task(const Task& task) {
  const auto [parent, word] = place_of(task.word);
  CLI::App* app = parent->add_subcommand(word, std::string(task.help));
  if (task.run == nullptr) {
    app->require_subcommand(1);
    return;
  }
  Leaf leaf{app, &task, {}};
  if (!task.alias.empty()) leaf.app->alias(std::string(task.alias));
  add_options(leaf);
  leaves_.push_back(std::make_unique<Leaf>(std::move(leaf)));
}

OutputSettings CommandTree::output(bool terminal) const {
  OutputSettings settings{terminal ? Form::Table : Form::JsonText, !form_.empty(), query_};
  for (const FormRow& row : kForms)
    if (row.word == form_) settings.form = row.form;
  return settings;
}

// Whatever cannot be named without a group has one.
Result<void> check_scope(const Command& command) {
  const auto* what = std::get_if<NounCommand>(&command.what);
  if (what == nullptr) return {};
  const bool may_be_open = what->verb == Verb::List && parents_of(what->noun->path).empty();
  return may_be_open ? Result<void>{} : check_group(*what->noun, command.arguments, command.realm);
}

Result<Command> CommandTree::command(bool terminal) const {
  const Leaf& chosen = **std::find_if(leaves_.begin(), leaves_.end(),
                                      [](const auto& leaf) { return leaf->app->parsed(); });
  Arguments arguments = arguments_of(chosen);
  const Needed needed = realm_needed(chosen, arguments);
  const Result<Realm> realm =
      choose_realm({realm_, realm_of_environment(), !group_.empty()}, needed.what, needed.only_in);
  if (!realm) return tl::unexpected(realm.error());
  const std::string group = group_.empty() ? group_of_environment() : group_;
  const std::string subscription =
      subscription_.empty() ? subscription_of_environment() : subscription_;
  if (!group.empty()) arguments.set("resource-group", {group});
  if (!subscription.empty()) arguments.set("subscription", {subscription});
  Command command{
      server_, tls_, token_, output(terminal), chosen.what, *realm, std::move(arguments)};
  if (auto known = check_scope(command); !known) return tl::unexpected(known.error());
  return command;
}

Problem CommandTree::complaint(const CLI::ParseError& error) const {
  const CLI::App* at = &app_;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().back();
  const std::vector<std::string> commands = subcommands_of(*at);
  Problem problem{Exit::Usage, {}, error.what(), path_to(*at) + " --help", {}};
  if (!commands.empty())
    problem.remedy = fmt::format("it is one of: {}", fmt::join(commands, ", "));
  // An unknown word is the likelier mistake than whatever is missing because of it.
  if (const std::vector<std::string> unknown = app_.remaining(true); !unknown.empty())
    problem.message = unknown_word(unknown.front(), *at);
  else if (!commands.empty())
    problem.message = fmt::format("a command is missing after '{}'", path_to(*at));
  return problem;
}

Result<std::variant<Command, Notice>> CommandTree::parse(const std::vector<std::string>& words,
                                                         bool terminal) {
  if (words.empty()) return Notice{app_.help()};
  try {
    app_.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // as CLI11 wants them
    Result<Command> parsed = command(terminal);
    if (!parsed) return tl::unexpected(parsed.error());
    return std::move(*parsed);
  } catch (const CLI::CallForHelp&) {
    return Notice{app_.help()};
  } catch (const CLI::CallForVersion& version) {
    return Notice{std::string(version.what()) + "\n"};
  } catch (const CLI::ParseError& error) {
    return tl::unexpected(complaint(error));
  }
}

// The options of the program itself, as CLI11 has them.
std::vector<OptionInfo> global_options(const CLI::App& app) {
  std::vector<OptionInfo> all;
  for (const CLI::Option* option : app.get_options()) {
    OptionInfo info;
    for (const std::string& name : option->get_snames()) info.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) info.names.push_back("--" + name);
    info.key = option->get_lnames().front();
    info.help = option->get_description();
    info.values =
        option->get_items_expected_max() == 0 ? Option::Values::None : Option::Values::One;
    if (info.key == "output") info.offers = "table|json|yaml|tsv";
    if (info.key == "realm") info.offers = "onprem|azure";
    if (info.key == "resource-group") info.offers = "/resourceGroups";
    all.push_back(std::move(info));
  }
  return all;
}

void CommandTree::describe(const CLI::App& app, const std::string& words,
                           std::vector<CommandInfo>& all) const {
  CommandInfo info{words, "", app.get_description(), {}, {}, subcommands_of(app)};
  if (!app.get_aliases().empty()) info.alias = app.get_aliases().front();
  for (const auto& leaf : leaves_) {
    if (leaf->app != &app) continue;
    info.options = leaf->told;
    if (const auto* what = std::get_if<NounCommand>(&leaf->what)) info.only_in = only_in(*what);
  }
  if (words.empty()) info.options = global_options(app);
  all.push_back(std::move(info));
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    describe(*sub, words.empty() ? sub->get_name() : words + " " + sub->get_name(), all);
}

std::vector<CommandInfo> CommandTree::describe() const {
  std::vector<CommandInfo> all;
  describe(app_, "", all);
  return all;
}

}  // namespace

std::string realm_of_environment() { return environment_word({"ISTHMUS_REALM"}); }

std::string group_of_environment() {
  return environment_word({"ISTHMUS_GROUP", "AZURE_DEFAULTS_GROUP"});  // the latter is az's own
}

std::string subscription_of_environment() { return environment_word({"ISTHMUS_SUBSCRIPTION"}); }

std::vector<CommandInfo> all_commands() { return CommandTree().describe(); }

Result<std::variant<Command, Notice>> parse_command_line(const std::vector<std::string>& words,
                                                         bool terminal) {
  return CommandTree().parse(words, terminal);
}

}  // namespace isthmus::cli
