#include "completion.hpp"

#include "driftwell/core/error.hpp"
#include "driftwell/run/commands.hpp"

#include <fmt/format.h>

namespace driftwell::app {

namespace {

std::vector<std::string> options_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

/// What follows the command: words of its own, or files.
std::vector<std::string> words_of(const CLI::App& command) {
  if (command.get_name() == "list") return run::listable();
  if (command.get_name() == "completion") return {"bash", "zsh", "fish"};
  return {};
}

void bash(const CLI::App& app) {
  std::string cases, commands;
  for (const CLI::App* command : app.get_subcommands({})) {
    commands += command->get_name() + " ";
    cases += fmt::format("    {}) words=\"{} {}\" ;;\n", command->get_name(), fmt::join(options_of(*command), " "), fmt::join(words_of(*command), " "));
  }
  fmt::print(R"(_driftwell() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" words
  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "{} --help --version" -- "$current")); return; fi
  case "${{COMP_WORDS[1]}}" in
{}  esac
  local IFS=$'\n'
  COMPREPLY=($(compgen -W "${{words// /$IFS}}" -- "$current") $(compgen -f -- "$current"))
}}
complete -o filenames -F _driftwell driftwell
)", commands, cases);
}

void zsh(const CLI::App& app) {
  fmt::print("#compdef driftwell\n_driftwell() {{\n  if (( CURRENT == 2 )); then\n    local -a commands=(\n");
  for (const CLI::App* command : app.get_subcommands({})) {
    std::string text = command->get_description();
    for (std::size_t at = 0; (at = text.find_first_of("':", at)) != std::string::npos;) text[at] = ' ';
    fmt::print("      '{}:{}'\n", command->get_name(), text);
  }
  fmt::print("    )\n    _describe command commands\n    return\n  fi\n  case $words[2] in\n");
  for (const CLI::App* command : app.get_subcommands({}))
    fmt::print("    {}) compadd -- {} {}; _files ;;\n", command->get_name(), fmt::join(options_of(*command), " "), fmt::join(words_of(*command), " "));
  fmt::print("  esac\n}}\ncompdef _driftwell driftwell\n");
}

void fish(const CLI::App& app) {
  for (const CLI::App* command : app.get_subcommands({})) {
    fmt::print("complete -c driftwell -n __fish_use_subcommand -a {} -d '{}'\n", command->get_name(), command->get_description());
    for (const CLI::Option* option : command->get_options())
      for (const std::string& name : option->get_lnames())
        fmt::print("complete -c driftwell -n '__fish_seen_subcommand_from {}' -l {} -d '{}'\n", command->get_name(), name, option->get_description());
    for (const std::string& word : words_of(*command))
      fmt::print("complete -c driftwell -f -n '__fish_seen_subcommand_from {}' -a {}\n", command->get_name(), word);
  }
}

} // namespace

void print_completion(const CLI::App& app, const std::string& shell) {
  if (shell == "bash") bash(app);
  else if (shell == "zsh") zsh(app);
  else if (shell == "fish") fish(app);
  else throw UsageError(fmt::format("no completion for \"{}\"; there is bash, zsh and fish", shell));
}

} // namespace driftwell::app
