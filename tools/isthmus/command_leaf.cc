#include "tools/isthmus/command_leaf.h"

#include <fmt/format.h>

#include <algorithm>

namespace isthmus::cli {
namespace {

constexpr VerbRow kVerbs[] = {
    {Verb::Create, "create", "create one, or replace it"},
    {Verb::List, "list", "all of them"},
    {Verb::Show, "show", "one of them"},
    {Verb::Update, "update", "change members of one"},
    {Verb::Delete, "delete", "delete one"},
    {Verb::Sync, "sync", "take over what the other network's address space is now", "vnet peering",
     Realm::Azure},
    {Verb::ShowEffectiveRoutes, "show-effective-route-table", "the routes that one has in effect",
     "nic", Realm::Azure},
    {Verb::ListEffectiveRules, "list-effective-nsg", "the security rules that one has in effect",
     "nic", Realm::Azure},
};

// A noun that has nothing to change has no update.
bool has_verb(const Noun& noun, const VerbRow& row) {
  if (!row.noun.empty()) return row.noun == noun.words;
  return row.verb != Verb::Update ||
         std::any_of(noun.fields.begin(), noun.fields.end(), [](const Field& field) {
           return field.use == Field::Use::CreateAndUpdate && !field.pointer.empty();
         });
}

constexpr int kWordsMax = 1000;  // of one option: the controller's limit of prefixes per network

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
  const bool is_many = option.values == Option::Values::Many;
  if (is_many) added->expected(1, kWordsMax);
  if (is_many && added->get_positional()) added->allow_extra_args();  // or CLI11 stops at the first
  if (option.values == Option::Values::Optional) added->expected(0, 1);
  if (option.values != Option::Values::None)
    added->type_name(option.values == Option::Values::Optional ? "[true|false]" : "VALUE");
  added->required(need == Option::Need::Required);
  leaf.options.emplace_back(added, key_of(option));
}

// Whether the other realm has a row for the same option.
bool is_in_both(const Noun& noun, const Field& field) {
  return std::any_of(noun.fields.begin(), noun.fields.end(), [&](const Field& other) {
    return other.option.names == field.option.names && other.only_in != field.only_in;
  });
}

// An option that each realm encodes in its own way has a row for each, and is one option.
bool has_option(const Leaf& leaf, const Option& option) {
  const std::string_view key = key_of(option);
  return std::any_of(leaf.options.begin(), leaf.options.end(),
                     [key](const auto& known) { return known.second == key; });
}

void add_field_options(Leaf& leaf, const NounCommand& command) {
  const auto [noun, verb] = command;
  for (const Field& field : noun->fields) {
    const bool may_be_given = verb == Verb::Create || field.use == Field::Use::CreateAndUpdate;
    if (!may_be_given || has_option(leaf, field.option)) continue;
    const bool is_told = field.only_in && !noun->only_in && !is_in_both(*noun, field);
    const std::string help = with_realm(field.option.help, is_told ? field.only_in : OnlyIn{});
    Option option = field.option;
    option.help = help;
    if (field.encoding == Encoding::Reference && option.offers.empty())
      option.offers = field.target.substr(0, field.target.find("/{}"));
    add_option(leaf, option, verb == Verb::Create ? option.need : Option::Need::Optional);
  }
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
  if (verb == Verb::Create || verb == Verb::Update) add_field_options(leaf, command);
}

const VerbRow& row_of(Verb verb) {
  return *std::find_if(std::begin(kVerbs), std::end(kVerbs),
                       [verb](const VerbRow& row) { return row.verb == verb; });
}

}  // namespace

std::vector<VerbRow> verbs_of(const Noun& noun) {
  std::vector<VerbRow> rows;
  std::copy_if(std::begin(kVerbs), std::end(kVerbs), std::back_inserter(rows),
               [&noun](const VerbRow& row) { return has_verb(noun, row); });
  return rows;
}

void add_options(Leaf& leaf) {
  if (const auto* command = std::get_if<NounCommand>(&leaf.what))
    return add_resource_options(leaf, *command);
  for (const Option& option : std::get<const Task*>(leaf.what)->options)
    add_option(leaf, option, option.need);
}

Arguments arguments_of(const Leaf& leaf) {
  Arguments arguments;
  for (const auto& [option, key] : leaf.options)
    if (option->count() > 0) arguments.set(key, option->results());
  if (!leaf.rest.empty()) arguments.set(leaf.rest, leaf.app->remaining());
  return arguments;
}

Needed realm_needed(const Leaf& leaf, const Arguments& typed) {
  const auto* command = std::get_if<NounCommand>(&leaf.what);
  if (command == nullptr) return {};
  const Noun& noun = *command->noun;
  const VerbRow& verb = row_of(command->verb);
  if (noun.only_in) return {std::string(noun.words), noun.only_in};
  if (verb.only_in) return {fmt::format("{} {}", noun.words, verb.word), verb.only_in};
  for (const Field& field : noun.fields)
    if (field.only_in && typed.has(key_of(field.option)) && !is_in_both(noun, field))
      return {fmt::format("--{}", key_of(field.option)), field.only_in};
  return {};
}

OnlyIn only_in(const NounCommand& command) {
  const OnlyIn& of_verb = row_of(command.verb).only_in;
  return of_verb ? of_verb : command.noun->only_in;
}

std::string with_realm(std::string_view help, const OnlyIn& only_in) {
  return only_in ? fmt::format("{} ({} only)", help, info(*only_in).word) : std::string(help);
}

}  // namespace isthmus::cli
