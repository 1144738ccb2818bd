#include "tools/isthmus/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "tools/isthmus/command_line.h"

namespace isthmus::cli {
namespace {

using Values = Option::Values;

constexpr std::chrono::milliseconds kPatience{300};  // for an answer of the daemon
constexpr size_t kNamesMax = 1000;

struct Candidate {
  std::string word;
  std::string help;
};

// What was typed so far, understood as far as it can be.
struct Cursor {
  const CommandInfo* command = nullptr;
  const OptionInfo* awaited = nullptr;  // the option whose value is being typed
  size_t positionals = 0;               // that stand before
  Arguments given;
  std::vector<std::string> options;  // names that were typed
  std::string server;
};

class Completer {
 public:
  Completer(std::vector<std::string> words, const Connect& connect)
      : words_(std::move(words)), commands_(all_commands()), connect_(connect) {}

  std::string run() {
    std::string current = words_.empty() ? "" : words_.back();
    if (!words_.empty()) words_.pop_back();
    join_assignments(current);
    cursor_.command = &commands_.front();
    for (const std::string& word : words_) take(word);
    std::string prefix;  // what stands before the value in the same word
    if (current.starts_with("--") && current.find('=') != std::string::npos) {
      prefix = current.substr(0, current.find('=') + 1);
      cursor_.awaited = find_option(prefix.substr(0, prefix.size() - 1));
    } else if (current.starts_with('-') && !only_a_value_may_follow()) {
      cursor_.awaited = nullptr;
    }
    return lines(candidates(current, prefix), current);
  }

 private:
  // bash gives "--name", "=", "re" for --name=re.
  void join_assignments(std::string& current) {
    if (current == "=") current.clear();
    std::erase(words_, "=");
  }

  bool only_a_value_may_follow() const {
    return cursor_.awaited != nullptr && cursor_.awaited->values == Values::One;
  }

  const OptionInfo* find_option(std::string_view name) const {
    for (const CommandInfo* command : {cursor_.command, &commands_.front()})
      for (const OptionInfo& option : command->options)
        if (std::find(option.names.begin(), option.names.end(), name) != option.names.end())
          return &option;
    return nullptr;
  }

  // One that takes many words takes all that are left.
  const OptionInfo* positional(size_t index) const {
    for (const OptionInfo& option : cursor_.command->options)
      if (option.is_positional() && (index-- == 0 || option.values == Values::Many)) return &option;
    return nullptr;
  }

  const CommandInfo* subcommand(const std::string& word) const {
    const std::string& above = cursor_.command->words;
    for (const CommandInfo& command : commands_) {
      const size_t space = command.words.rfind(' ');
      const std::string parent = space == std::string::npos ? "" : command.words.substr(0, space);
      const std::string last =
          space == std::string::npos ? command.words : command.words.substr(space + 1);
      if (!last.empty() && parent == above &&
          (last == word || (!word.empty() && command.alias == word)))
        return &command;
    }
    return nullptr;
  }

  void record(const OptionInfo& option, const std::string& word) {
    if (option.key == "server") cursor_.server = word;
    cursor_.given.set(option.key, {word});
  }

  void take(const std::string& word) {
    const bool is_option = word.starts_with('-') && word != "-";
    if (cursor_.awaited != nullptr && (!is_option || only_a_value_may_follow())) {
      record(*cursor_.awaited, word);
      if (cursor_.awaited->values != Values::Many) cursor_.awaited = nullptr;
      return;
    }
    cursor_.awaited = nullptr;
    if (is_option) {
      const size_t equals = word.find('=');
      cursor_.options.push_back(word.substr(0, equals));
      const OptionInfo* option = find_option(cursor_.options.back());
      if (option == nullptr || option->values == Values::None) return;
      if (equals == std::string::npos)
        cursor_.awaited = option;
      else
        record(*option, word.substr(equals + 1));
    } else if (const CommandInfo* below = subcommand(word)) {
      cursor_.command = below;
    } else if (const OptionInfo* option = positional(cursor_.positionals++)) {
      record(*option, word);
    }
  }

  std::vector<Candidate> candidates(const std::string& current, const std::string& prefix) {
    if (cursor_.awaited != nullptr) return values_of(*cursor_.awaited, prefix);
    if (current.starts_with('-')) return options();
    std::vector<Candidate> found;
    for (const std::string& word : cursor_.command->subcommands)
      found.push_back({word, subcommand(word)->help});
    if (!found.empty()) return found;
    if (const OptionInfo* option = positional(cursor_.positionals)) found = values_of(*option, "");
    return found.empty() ? options() : found;
  }

  bool was_typed(const OptionInfo& option) const {
    return std::any_of(option.names.begin(), option.names.end(), [&](const std::string& name) {
      return std::find(cursor_.options.begin(), cursor_.options.end(), name) !=
             cursor_.options.end();
    });
  }

  // Those of the command before those of the program, the first long name of each.
  std::vector<Candidate> options() const {
    std::vector<Candidate> found;
    for (const CommandInfo* command : {cursor_.command, &commands_.front()}) {
      for (const OptionInfo& option : command->options) {
        if (option.is_positional() || was_typed(option)) continue;
        const auto name = std::find_if(option.names.begin(), option.names.end(),
                                       [](const std::string& n) { return n.starts_with("--"); });
        if (name != option.names.end()) found.push_back({*name, option.help});
      }
      if (command == &commands_.front()) break;  // of the program itself, once
    }
    return found;
  }

  std::vector<Candidate> values_of(const OptionInfo& option, const std::string& prefix) {
    std::string_view offers = option.offers;
    if (option.values == Values::Optional && offers.empty()) offers = "true|false";
    if (offers.empty()) return {};
    if (offers.starts_with(':')) return {{std::string(offers), ""}};
    std::vector<Candidate> found;
    if (offers.starts_with('/')) {
      for (std::string& name : names_in(offers)) found.push_back({prefix + name, ""});
      return found;
    }
    for (;;) {
      const size_t bar = offers.find('|');
      found.push_back({prefix + std::string(offers.substr(0, bar)), ""});
      if (bar == std::string_view::npos) return found;
      offers.remove_prefix(bar + 1);
    }
  }

  // The realm that the words are for, as far as they are typed.
  Realm realm_of(std::string_view collection) const {
    const RealmWords words{std::string(cursor_.given.text("realm")), realm_of_environment(),
                           cursor_.given.has("resource-group")};
    const OnlyIn only_in =
        collection.starts_with("/resourceGroups") ? Realm::Azure : cursor_.command->only_in;
    return choose_realm(words, "", only_in).value_or(only_in.value_or(Realm::Onprem));
  }

  // What the daemon is asked for the names in a collection; empty where a word that says where it
  // is was not typed.
  std::string path_of_collection(std::string_view path) {
    if (path.starts_with("/_isthmus")) return std::string(path);
    const Realm realm = realm_of(path);
    if (realm == Realm::Azure) complete_scope();
    const std::string whole = std::string(scope_of(realm, path)) + std::string(path);
    for (std::string_view key : parents_of(whole))
      if (!cursor_.given.has(key)) return {};
    return request_target(realm, filled(whole, cursor_.given));
  }

  void complete_scope() {
    Arguments& given = cursor_.given;
    const std::string group = group_of_environment(), named = subscription_of_environment();
    if (!given.has("resource-group") && !group.empty()) given.set("resource-group", {group});
    if (!given.has("subscription") && !named.empty()) given.set("subscription", {named});
    if (given.has("subscription")) return;
    const std::optional<Json> all = ask(request_target(Realm::Azure, "/subscriptions"));
    const std::string first = all ? text_at(*all, "/value/0/subscriptionId") : "";
    if (!first.empty()) given.set("subscription", {first});
  }

  static TlsSettings tls_of_environment() {
    const auto text = [](const char* name) {
      const char* value = std::getenv(name);
      return std::string(value == nullptr ? "" : value);
    };
    return {text("ISTHMUS_CA_FILE"), false, text("ISTHMUS_CERT"), text("ISTHMUS_KEY")};
  }

  std::optional<Json> ask(const std::string& target) {
    const char* named = std::getenv("ISTHMUS_SERVER");
    if (cursor_.server.empty()) cursor_.server = named != nullptr ? named : kDefaultServer;
    const auto address = ServerAddress::parse(cursor_.server);
    if (!address) return std::nullopt;
    const auto transport = connect_(*address, tls_of_environment());
    const Result<std::string> token = find_token({});
    if (!transport || !token || !check_way(*token, *address)) return std::nullopt;
    Headers headers;
    if (!token->empty()) headers.emplace_back("Authorization", "Bearer " + *token);
    const auto answer = (*transport)->send({"GET", target, std::move(headers), {}}, kPatience);
    if (!answer || answer->status != 200) return std::nullopt;
    return parse_json(answer->body);
  }

  // The names that the daemon has now: of the first list in its answer, whatever that is called.
  std::vector<std::string> names_in(std::string_view collection) {
    const std::string path = path_of_collection(collection);
    const std::optional<Json> json = path.empty() ? std::nullopt : ask(path);
    if (!json || !json->IsObject()) return {};
    std::vector<std::string> names;
    for (const auto& member : json->GetObject()) {
      if (!member.value.IsArray()) continue;
      for (const Value& element : member.value.GetArray()) {
        std::string name = name_in(element);
        if (!name.empty() && names.size() < kNamesMax) names.push_back(std::move(name));
      }
      break;
    }
    return names;
  }

  static std::string lines(const std::vector<Candidate>& candidates, const std::string& current) {
    std::string text;
    for (const Candidate& candidate : candidates) {
      if (!candidate.word.starts_with(':') && !candidate.word.starts_with(current)) continue;
      text += candidate.word;
      if (!candidate.help.empty()) text += "\t" + candidate.help;
      text += "\n";
    }
    return text;
  }

  std::vector<std::string> words_;
  const std::vector<CommandInfo> commands_;
  const Connect& connect_;
  Cursor cursor_;
};

struct Script {
  std::string_view shell;
  std::string_view text;
};
constexpr Script kScripts[] = {
    {"bash", R"(# Completion of isthmus for bash: source <(isthmus completion bash)
_isthmus() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :file ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
      continue
    fi
    line=${line%%$'\t'*}
    [[ $line == *[=/] ]] && compopt -o nospace 2>/dev/null
    [[ $line == --*=?* && ${COMP_WORDBREAKS-} == *=* ]] && line=${line#*=}
    COMPREPLY+=("$line")
  done < <("${1:-isthmus}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _isthmus isthmus
)"},
    {"zsh", R"(#compdef isthmus
# Completion of isthmus for zsh: source <(isthmus completion zsh), after compinit.
_isthmus() {
  local line
  local -a found
  while IFS= read -r line; do
    if [[ $line == :file ]]; then
      _files
    elif [[ $line == *$'\t'* ]]; then
      found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    else
      found+=("${line//:/\\:}")
    fi
  done < <("${words[1]:-isthmus}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  (( $#found )) && _describe isthmus found
}
if [[ ${funcstack[1]-} == _isthmus ]]; then
  _isthmus "$@"
else
  compdef _isthmus isthmus
fi
)"},
    {"fish", R"(# Completion of isthmus for fish: isthmus completion fish | source
function __isthmus_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
        if test "$line" = :file
            __fish_complete_path "$current"
        else
            printf '%s\n' $line
        end
    end
end
complete -c isthmus -f -a '(__isthmus_complete)'
)"},
};

}  // namespace

std::string complete(std::vector<std::string> words, const Connect& connect) {
  return Completer(std::move(words), connect).run();
}

Result<void> print_completion(Session& session, const Arguments& arguments) {
  const std::string_view shell = arguments.text("SHELL");
  for (const Script& script : kScripts) {
    if (script.shell != shell) continue;
    session.output.print_text(script.text);
    return {};
  }
  return usage(fmt::format("completion knows bash, zsh and fish, not '{}'", shell));
}

}  // namespace isthmus::cli
