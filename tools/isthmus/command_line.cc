#include "tools/isthmus/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "api/config/version.h"
#include "api/control/suggest.h"

namespace isthmus::cli {
namespace {

struct VerbRow {
  Verb verb;
  const char* word;
  const char* help;
};
constexpr VerbRow kVerbs[] = {
    {Verb::Create, "create", "create one, or replace it"},
    {Verb::List, "list", "all of them"},
    {Verb::Show, "show", "one of them"},
    {Verb::Update, "update", "change members of one"},
    {Verb::Delete, "delete", "delete one"},
};

struct FormRow {
  std::string_view word;
  Form form;
};
constexpr FormRow kForms[] = {
    {"table", Form::Table}, {"json", Form::JsonText}, {"yaml", Form::YamlText}, {"tsv", Form::Tsv}};

constexpr int kWordsMax = 1000;  // of one option: the controller's limit of prefixes per network

// One leaf of the tree of commands: what it means, and its options with the keys of their values.
struct Leaf {
  CLI::App* app;
  std::variant<NounCommand, const Task*> what;
  std::vector<std::pair<const CLI::Option*, std::string>> options;
  std::vector<OptionInfo> told = {};  // the same options, for who tells of them
  std::string rest = {};  // the key of words that nobody here reads; empty where there are none
};

// "vnet-name" may also be typed as --vnet.
std::string_view without_name(std::string_view key) {
  constexpr std::string_view kEnd = "-name";
  return key.ends_with(kEnd) ? key.substr(0, key.size() - kEnd.size()) : key;
}

std::vector<std::string> split_names(std::string_view names) {
  std::vector<std::string> all;
  for (; !names.empty(); names.remove_prefix(std::min(names.find(',') + 1, names.size()))) {
    const size_t comma = names.find(',');
    all.emplace_back(names.substr(0, comma));
    if (comma == std::string_view::npos) break;
  }
  return all;
}

OptionInfo told(const Option& option, Option::Need need) {
  return {split_names(option.names),      std::string(key_of(option)),
          std::string(option.help),       option.values,
          need == Option::Need::Required, std::string(option.offers)};
}

void add_option(Leaf& leaf, const Option& option, Option::Need need) {
  const std::string names(option.names), help(option.help);
  leaf.told.push_back(told(option, need));
  if (option.values == Option::Values::Rest) {
    leaf.app->prefix_command()->fallthrough(false)->set_help_flag();
    leaf.rest = key_of(option);
    return;
  }
  CLI::Option* added = nullptr;
  if (option.values == Option::Values::None)
    added = leaf.app->add_flag(names, help);
  else
    added = leaf.app->add_option(names, CLI::callback_t{}, help, false);
  if (option.values == Option::Values::Many) added->expected(1, kWordsMax);
  if (option.values == Option::Values::Optional) added->expected(0, 1);
  if (option.values != Option::Values::None)
    added->type_name(option.values == Option::Values::Optional ? "[true|false]" : "VALUE");
  added->required(need == Option::Need::Required);
  leaf.options.emplace_back(added, key_of(option));
}

void add_resource_options(Leaf& leaf, const NounCommand& command) {
  constexpr auto kRequired = Option::Need::Required;
  const auto [noun, verb] = command;
  const auto collection = [&](std::string_view key) {  // whose names an option takes
    return std::string(noun->path.substr(0, noun->path.find("/{" + std::string(key) + "}")));
  };
  const std::string own = verb == Verb::Create ? "" : collection("name");
  if (verb != Verb::List)
    add_option(leaf, {"-n,--name", "its name", Option::Values::One, kRequired, own}, kRequired);
  for (std::string_view parent : parents_of(noun->path)) {
    const std::string names = fmt::format("--{},--{}", parent, without_name(parent));
    const std::string help = fmt::format("the {} it belongs to", without_name(parent));
    add_option(leaf, {names, help, Option::Values::One, kRequired, collection(parent)}, kRequired);
  }
  if (verb != Verb::Create && verb != Verb::Update) return;
  for (const Field& field : noun->fields) {
    Option option = field.option;
    if (field.encoding == Encoding::Reference && option.offers.empty())
      option.offers = field.target.substr(0, field.target.find("/{}"));
    if (verb == Verb::Create)
      add_option(leaf, option, option.need);
    else if (field.use == Field::Use::CreateAndUpdate)
      add_option(leaf, option, Option::Need::Optional);
  }
}

Arguments arguments_of(const Leaf& leaf) {
  Arguments arguments;
  for (const auto& [option, key] : leaf.options)
    if (option->count() > 0) arguments.set(key, option->results());
  if (!leaf.rest.empty()) arguments.set(leaf.rest, leaf.app->remaining());
  return arguments;
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
  void add_noun(const Noun& noun);
  void add_task(const Task& task);
  Command command(bool terminal) const;
  OutputSettings output(bool terminal) const;
  Problem complaint(const CLI::ParseError& error) const;

  CLI::App app_{"Virtual networks and peerings from the command line.", "isthmus"};
  std::string server_ = kDefaultServer;
  TlsSettings tls_;
  TokenWords token_;
  std::string form_;
  std::string query_;
  std::string realm_ = "onprem";
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
  app_.add_option("--realm", realm_, "whose rules: onprem")
      ->envname("ISTHMUS_REALM")
      ->check(CLI::IsMember({"onprem"}));
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

// The words of a noun become nested subcommands; a noun's row comes after that of its parent.
void CommandTree::add_noun(const Noun& noun) {
  const size_t space = noun.words.find(' ');
  const bool nested = space != std::string_view::npos;
  CLI::App* parent = nested ? app_.get_subcommand(std::string(noun.words.substr(0, space))) : &app_;
  CLI::App* app = parent->add_subcommand(
      std::string(nested ? noun.words.substr(space + 1) : noun.words), std::string(noun.help));
  app->require_subcommand(1);
  for (const VerbRow& row : kVerbs) {
    const NounCommand what{&noun, row.verb};
    Leaf leaf{app->add_subcommand(row.word, row.help), what, {}};
    add_resource_options(leaf, what);
    leaves_.push_back(std::make_unique<Leaf>(std::move(leaf)));
  }
}

void CommandTree::add_task(const Task& task) {
  Leaf leaf{app_.add_subcommand(std::string(task.word), std::string(task.help)), &task, {}};
  if (!task.alias.empty()) leaf.app->alias(std::string(task.alias));
  for (const Option& option : task.options) add_option(leaf, option, option.need);
  leaves_.push_back(std::make_unique<Leaf>(std::move(leaf)));
}

OutputSettings CommandTree::output(bool terminal) const {
  OutputSettings settings{terminal ? Form::Table : Form::JsonText, !form_.empty(), query_};
  for (const FormRow& row : kForms)
    if (row.word == form_) settings.form = row.form;
  return settings;
}

Command CommandTree::command(bool terminal) const {
  const auto chosen = std::find_if(leaves_.begin(), leaves_.end(),
                                   [](const auto& leaf) { return leaf->app->parsed(); });
  return Command{server_, tls_, token_, output(terminal), (*chosen)->what, arguments_of(**chosen)};
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
    return command(terminal);
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
    if (info.key == "realm") info.offers = "onprem";
    all.push_back(std::move(info));
  }
  return all;
}

void CommandTree::describe(const CLI::App& app, const std::string& words,
                           std::vector<CommandInfo>& all) const {
  CommandInfo info{words, "", app.get_description(), {}, subcommands_of(app)};
  if (!app.get_aliases().empty()) info.alias = app.get_aliases().front();
  for (const auto& leaf : leaves_)
    if (leaf->app == &app) info.options = leaf->told;
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

std::vector<CommandInfo> all_commands() { return CommandTree().describe(); }

Result<std::variant<Command, Notice>> parse_command_line(const std::vector<std::string>& words,
                                                         bool terminal) {
  return CommandTree().parse(words, terminal);
}

}  // namespace isthmus::cli
