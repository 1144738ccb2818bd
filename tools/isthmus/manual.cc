// isthmus man: isthmus(1), made from the tables of commands, and isthmusd(8).
#include "api/config/manual.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/config/roff.h"
#include "tools/isthmus/command_line.h"

namespace isthmus::cli {
namespace {

using api::config::Roff;

std::string value_of(const OptionInfo& option) {
  switch (option.values) {
    case Option::Values::None:
      return "";
    case Option::Values::Optional:
      return "[true|false]";
    case Option::Values::One:
      return "VALUE";
    case Option::Values::Many:
      return "VALUE...";
    case Option::Values::Rest:
      return "...";
  }
  return "";
}

void add_options(Roff& roff, const CommandInfo& command) {
  for (const OptionInfo& option : command.options) {
    const std::string help =
        option.help + (option.is_required && !option.is_positional() ? " (required)" : "");
    roff.entry(fmt::format("{}", fmt::join(option.names, ", ")),
               option.is_positional() ? "" : value_of(option), help);
  }
}

// "isthmus explain FROM TO [WHAT] [options]"
std::string usage_of(const CommandInfo& command) {
  std::string line = "isthmus " + command.words;
  bool has_options = false;
  for (const OptionInfo& option : command.options) {
    if (!option.is_positional())
      has_options = true;
    else
      line += option.is_required ? " " + option.names.front() : " [" + option.names.front() + "]";
  }
  return line + (has_options ? " [options]" : "");
}

struct Status {
  Exit exit;
  std::string_view meaning;
};
constexpr Status kStatuses[] = {
    {Exit::Ok, "it is done"},
    {Exit::Failure, "the server refused it, or something failed"},
    {Exit::Usage, "the command line is wrong"},
    {Exit::NotFound, "there is no such thing"},
    {Exit::Conflict, "it is in conflict with what is there"},
    {Exit::Unreachable, "the server cannot be reached"},
    {Exit::Timeout, "it did not happen in time"},
};

std::string manual_of_program() {
  const std::vector<CommandInfo> commands = all_commands();
  Roff roff("isthmus", 1);
  roff.section("NAME").text("isthmus - virtual networks and peerings from the command line");
  roff.section("SYNOPSIS").bold("isthmus [options] NOUN [NOUN] VERB [options]");
  roff.bold("isthmus [options] COMMAND [options]");
  roff.section("DESCRIPTION");
  roff.text(
      "isthmus speaks to a running isthmusd(8): it creates, lists, shows, updates and deletes "
      "resources, and shows and explains what the network does with them.");
  roff.text(
      "Data goes to the standard output stream, everything else to the standard error stream.");
  roff.section("OPTIONS");
  add_options(roff, commands.front());
  roff.section("COMMANDS");
  for (const CommandInfo& command : commands) {
    if (command.words.empty() || !command.subcommands.empty()) continue;
    roff.subsection(usage_of(command));
    std::string help = command.help;
    if (!command.alias.empty()) help += fmt::format(" (also: {})", command.alias);
    roff.text(help + ".");
    add_options(roff, command);
  }
  roff.section("EXIT STATUS");
  for (const Status& status : kStatuses)
    roff.entry(std::to_string(static_cast<int>(status.exit)), "", status.meaning);
  roff.section("ENVIRONMENT");
  roff.entry("ISTHMUS_SERVER", "", "where isthmusd answers, unless --server says so");
  roff.entry("ISTHMUS_REALM", "", "whose rules, unless --realm or -g says so");
  roff.entry("ISTHMUS_GROUP", "",
             "the resource group, in the azure realm, unless -g says so; without it az's own "
             "AZURE_DEFAULTS_GROUP");
  roff.entry("ISTHMUS_SUBSCRIPTION", "", "the subscription, unless --subscription says so");
  roff.section("EXAMPLES");
  roff.example(
      "isthmus vnet create -n red --address-prefixes 10.0.0.0/16\n"
      "isthmus vnet peering create --vnet-name red -n red-to-blue --remote-vnet blue\n"
      "isthmus explain web1 db1 tcp/443\n"
      "isthmus group create -n lab -l westeurope\n"
      "isthmus vnet create -g lab -n hub --address-prefixes 10.0.0.0/16");
  roff.section("SEE ALSO").bold("isthmusd(8)");
  return roff.page();
}

}  // namespace

Result<void> print_manual(Session& session, const Arguments& arguments) {
  const std::string_view page = arguments.has("PAGE") ? arguments.text("PAGE") : "isthmus";
  if (page == "isthmus")
    session.output.print_text(manual_of_program());
  else if (page == "isthmusd")
    session.output.print_text(api::config::manual());
  else
    return usage(fmt::format("there are pages of isthmus and isthmusd, not of '{}'", page));
  return {};
}

}  // namespace isthmus::cli
