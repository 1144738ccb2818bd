#include "api/config/config.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>
#include <CLI/CLI.hpp>

#include "api/config/conflicts.h"
#include "api/config/options.h"
#include "api/config/version.h"
#include "api/control/suggest.h"
#include "controller/base/failpoint.h"

namespace isthmus::api::config {
namespace {

struct Given {
  std::string value;
  Origin origin;
};
using GivenByName = std::map<std::string_view, Given>;  // keyed by Option::name

Exit usage_error(const std::string& what) { return {2, "isthmusd: " + what + "\n"}; }

// ---- flags

struct Flags {
  GivenByName given;
  std::string config_file;
  bool print_config = false;
};

std::string help() {
  std::string text =
      "isthmusd: a software-defined network controller on one machine\n\n"
      "usage: isthmusd [options]\n\n"
      "Each option is a flag, an environment variable or a key of the YAML file; a flag beats the\n"
      "environment, the environment beats the file.\n\n";
  const Config defaults;
  for (const Option& option : options()) {
    const std::string value = option.print(defaults);
    text += fmt::format("  --{} {}\n      {}\n      {}{}\n", option.name, option.value, option.help,
                        environment_name(option), value.empty() ? "" : "; default " + value);
  }
  text +=
      "  --config FILE\n      read options from a YAML file\n      ISTHMUS_CONFIG\n"
      "  --print-config\n      print every option with its value and where it comes from, and "
      "exit\n"
      "  --help, --version\n";
  return text;
}

// For tests, and not in --help: packages have none.
Exit list_failpoints() {
  if (!has_failpoints()) return {1, "isthmusd: this build has no failpoints\n"};
  std::string text;
  for (const FailpointInfo& row : failpoints())
    text += fmt::format("{:<28}{}\n", row.name, row.moment);
  return {0, text};
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const std::string_view near =
      nearest(word, std::vector<std::string_view>(known.begin(), known.end()));
  return near.empty() ? "" : fmt::format("; did you mean {}?", near);
}

// A flag that is none, else a word that stands alone.
std::string unknown_word(const CLI::App& app, const std::vector<std::string>& words) {
  const auto flag = std::find_if(words.begin(), words.end(),
                                 [](const std::string& word) { return word.starts_with('-'); });
  if (flag == words.end())
    return fmt::format("'{}' belongs to no option (see isthmusd --help)", words.front());
  const std::string name = flag->substr(0, flag->find('='));
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& word : option->get_lnames()) known.push_back("--" + word);
  }
  return fmt::format("there is no option {}{} (see isthmusd --help)", name,
                     did_you_mean(name, known));
}

// CLI11 only splits the command line; its own environment and file support would let the file win.
tl::expected<Flags, Exit> read_flags(const std::vector<std::string>& arguments) {
  CLI::App app;
  app.set_help_flag("");
  Flags flags;
  bool wants_help = false, wants_version = false, wants_failpoints = false;
  app.add_flag("--help,-h", wants_help);
  app.add_flag("--version", wants_version);
  app.add_flag("--failpoints", wants_failpoints);
  app.add_flag("--print-config", flags.print_config);
  app.add_option("--config", flags.config_file);
  std::map<std::string_view, std::vector<std::string>> values;
  std::map<std::string_view, CLI::Option*> parsed;
  for (const Option& option : options()) {
    CLI::Option* flag = app.add_option("--" + std::string(option.name), values[option.name]);
    flag->expected(option.arity == Arity::Switch ? 0 : 1, 1)->delimiter('\0');
    flag->multi_option_policy(option.arity == Arity::Many ? CLI::MultiOptionPolicy::TakeAll
                                                          : CLI::MultiOptionPolicy::Throw);
    parsed[option.name] = flag;
  }
  app.allow_extras();  // told below, with what was probably meant
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(),
                                       arguments.rend()));  // CLI11 takes them from the back
  } catch (const CLI::ParseError& error) {
    return tl::unexpected(usage_error(std::string(error.what()) + " (see isthmusd --help)"));
  }
  if (const auto unknown = app.remaining(); !unknown.empty())
    return tl::unexpected(usage_error(unknown_word(app, unknown)));
  if (wants_help) return tl::unexpected(Exit{0, help()});
  if (wants_version) return tl::unexpected(Exit{0, fmt::format("isthmusd {}\n", kVersion)});
  if (wants_failpoints) return tl::unexpected(list_failpoints());
  for (const auto& [name, flag] : parsed) {
    if (flag->count() == 0) continue;
    std::string value = fmt::format("{}", fmt::join(values[name], ","));
    if (value.empty() && find_option(name)->arity == Arity::Switch) value = "true";
    flags.given[name] = {value, {fmt::format("flag --{}", name)}};
  }
  return flags;
}

// ---- environment

GivenByName read_environment(const Environment& environment) {
  GivenByName given;
  for (const Option& option : options()) {
    const std::string name = environment_name(option);
    const char* value = environment(name.c_str());
    if (value != nullptr && *value != '\0') given[option.name] = {value, {"environment " + name}};
  }
  return given;
}

// ---- the YAML file

std::string place(const std::string& file, const YAML::Mark& mark) {
  return mark.is_null() ? file : fmt::format("{} line {}", file, mark.line + 1);
}

std::optional<std::string> scalar_or_list(const YAML::Node& node, Arity arity) {
  if (node.IsScalar()) return node.Scalar();
  if (!node.IsSequence() || arity != Arity::Many) return std::nullopt;
  std::string joined;
  for (const YAML::Node& item : node) {
    if (!item.IsScalar()) return std::nullopt;
    joined += (joined.empty() ? "" : ",") + item.Scalar();
  }
  return joined;
}

tl::expected<GivenByName, Exit> read_root(const std::string& file, const YAML::Node& root) {
  GivenByName given;
  if (root.IsNull()) return given;  // an empty file
  if (!root.IsMap())
    return tl::unexpected(
        usage_error(file + ": a map of options is expected, as in 'listen: 127.0.0.1:8181'"));
  for (const auto& entry : root) {
    const std::string where = place(file, entry.first.Mark());
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
    const Option* option = find_option(key);
    if (option == nullptr) {
      std::vector<std::string> known;
      for (const Option& row : options()) known.emplace_back(row.name);
      return tl::unexpected(
          usage_error(fmt::format("{}: there is no option '{}'{} (see isthmusd --help)", where, key,
                                  did_you_mean(key, known))));
    }
    const auto value = scalar_or_list(entry.second, option->arity);
    if (!value)
      return tl::unexpected(
          usage_error(fmt::format("{}: {} is not {}", where, key, option->legal)));
    if (!given.try_emplace(option->name, Given{*value, {where}}).second) {
      return tl::unexpected(usage_error(fmt::format("{}: option '{}' is given twice", where, key)));
    }
  }
  return given;
}

tl::expected<GivenByName, Exit> read_file(const std::string& file) {
  try {
    return read_root(file, YAML::LoadFile(file));
  } catch (const YAML::BadFile&) {
    return tl::unexpected(usage_error("cannot read the configuration file " + file));
  } catch (const YAML::Exception& error) {
    return tl::unexpected(usage_error(place(file, error.mark) + ": " + error.msg));
  }
}

// ---- together

std::string default_state(const Environment& environment) {
  const char* state_home = environment("XDG_STATE_HOME");
  if (state_home != nullptr && *state_home == '/')
    return std::string(state_home) + "/isthmus/state.db";
  const char* home = environment("HOME");
  if (home != nullptr && *home == '/') return std::string(home) + "/.local/state/isthmus/state.db";
  return {};
}

}  // namespace

tl::expected<Loaded, Exit> load(const std::vector<std::string>& arguments,
                                const Environment& environment) {
  const auto flags = read_flags(arguments);
  if (!flags) return tl::unexpected(flags.error());
  std::string file = flags->config_file;
  if (const char* named = environment("ISTHMUS_CONFIG"); file.empty() && named != nullptr)
    file = named;
  const auto from_file = file.empty() ? tl::expected<GivenByName, Exit>{} : read_file(file);
  if (!from_file) return tl::unexpected(from_file.error());
  const GivenByName from_environment = read_environment(environment);

  Loaded loaded;
  loaded.config.state = default_state(environment);
  for (const Option& option : options()) {
    Origin origin;
    for (const GivenByName* source :
         {&*from_file, &from_environment, &flags->given}) {  // the last one wins
      const auto given = source->find(option.name);
      if (given == source->end()) continue;
      origin = given->second.origin;
      if (!option.assign(loaded.config, given->second.value)) {
        return tl::unexpected(
            usage_error(fmt::format("{} from {}: '{}' is not {}", option.name, origin.text,
                                    given->second.value, option.legal)));
      }
    }
    loaded.settings.push_back({option.name, option.print(loaded.config), origin});
  }
  if (const std::string why = conflict(loaded); !why.empty())
    return tl::unexpected(usage_error(why));
  if (flags->print_config) return tl::unexpected(Exit{0, print(loaded.settings)});
  return loaded;
}

std::string print(const std::vector<Setting>& settings) {
  size_t name_width = 0, value_width = 0;
  for (const Setting& setting : settings) {
    name_width = std::max(name_width, setting.name.size());
    value_width = std::max(value_width, setting.value.size());
  }
  std::string text;
  for (const Setting& setting : settings) {
    text += fmt::format("{:<{}}  {:<{}}  {}\n", setting.name, name_width, setting.value,
                        value_width, setting.origin.text);
  }
  return text;
}

}  // namespace isthmus::api::config
