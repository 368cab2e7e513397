// driftwell: argv -> run -> exit code.
#include "completion.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/core/interrupt.hpp"
#include "driftwell/core/provenance.hpp"
#include "driftwell/core/source.hpp"
#include "driftwell/run/commands.hpp"
#include "signals.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <new>

namespace {

using namespace driftwell;

std::string joined(int argc, char** argv) {
  std::string text = "driftwell";
  for (int i = 1; i < argc; ++i) text += std::string(" ") + argv[i];
  return text;
}

void add_file(CLI::App* command, run::RunOptions& options) { command->add_option("FILE", options.file, "experiment file (TOML)")->required(); }

void add_overrides(CLI::App* command, run::RunOptions& options) {
  // One value an occurrence: a greedy option would swallow FILE.
  command->add_option("--set", options.overrides, "override: section.key=value, as often as needed")
      ->expected(1)->allow_extra_args(false)->take_all();
}

/// A misspelt command gets a suggestion before CLI11 says something general.
void check_command(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "-h" || word == "--help" || word == "--version") return;
    if (word.starts_with("-")) throw UsageError(fmt::format("unknown option {} before a command; see driftwell --help", word));
    if (std::find(names.begin(), names.end(), word) == names.end()) {
      const std::string near = nearest_name(word, names);
      throw UsageError(fmt::format("unknown command \"{}\"; there are {}{}", word, list_of(names),
                                   near.empty() ? "" : ". Did you mean '" + near + "'?"));
    }
    return;
  }
  throw UsageError(fmt::format("a command is missing; there are {}. See driftwell --help", list_of(names)));
}

int dispatch(CLI::App& app, int argc, char** argv) {
  run::RunOptions options;
  options.command = joined(argc, argv);
  std::string path, what, shell;
  bool quiet = false, verbose = false;
  app.require_subcommand(1);
  app.set_version_flag("--version", "driftwell " + version() + " (" + git_commit() + ", " + build() + ")");

  CLI::App* run = app.add_subcommand("run", "compute an experiment and write its result file");
  add_file(run, options);
  run->add_option("-o,--output", options.out, "result file; default: the experiment's name with .h5, here");
  run->add_flag("--overwrite", options.overwrite, "replace an existing result file");
  run->add_flag("--resume", options.resume, "go on from the checkpoint of an interrupted run");
  CLI::App* sweep = app.add_subcommand("sweep", "compute the points of [sweep], without the experiment itself");
  add_file(sweep, options);
  sweep->add_option("-o,--output", options.out, "result file; default: the experiment's name with .h5, here");
  sweep->add_flag("--overwrite", options.overwrite, "replace an existing result file");
  sweep->add_flag("--resume", options.resume, "go on from the checkpoint of an interrupted sweep");
  CLI::App* check = app.add_subcommand("check", "validate an experiment; print its equation, memory and time");
  add_file(check, options);
  run::VerifyOptions verification;
  CLI::App* verify = app.add_subcommand("verify", "test the convergence theorems on experiments");
  verify->add_option("FILE", verification.files, "experiment files (TOML), or result files")->required();
  verify->add_option("-o,--output", options.out, "result file with group /theorems; default: none");
  verify->add_option("--markdown", verification.markdown, "the certificates as an appendix in Markdown");
  verify->add_flag("--overwrite", options.overwrite, "replace an existing result file");
  CLI::App* info = app.add_subcommand("info", "what a result file holds");
  info->add_option("OUT.h5", path, "result file")->required();
  CLI::App* list = app.add_subcommand("list", "what there is: " + list_of(run::listable()));
  list->add_option("SHELF", what, list_of(run::listable(), "or"))->required();
  CLI::App* completion = app.add_subcommand("completion", "shell completion: bash, zsh or fish");
  completion->add_option("SHELL", shell, "bash, zsh or fish")->required();
  for (CLI::App* command : {run, sweep, check, verify, info, list}) command->add_flag("--json", options.json, "one JSON object on stdout");
  for (CLI::App* command : {run, sweep, verify}) command->add_option("--threads", options.threads, "number of threads; default: all")->check(CLI::Range(1, 1024));
  for (CLI::App* command : {run, sweep, check, verify}) {
    add_overrides(command, options);
    command->add_option("--memory", options.memory, "GB that the computation may take; default: memory_limit of the file, or what is free")->check(CLI::PositiveNumber);
    auto* q = command->add_flag("-q,--quiet", quiet, "no words but errors");
    command->add_flag("-v,--verbose", verbose, "more words")->excludes(q);
  }

  try {
    check_command(app, argc, argv);
    app.parse(argc, argv);
  } catch (const CLI::Success& success) { // --help, --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    throw UsageError(std::string(error.what()) + "\nTry 'driftwell --help', or 'driftwell COMMAND --help'.");
  }
  options.verbosity = quiet ? 0 : verbose ? 2 : 1;
  options.sweep_only = sweep->parsed();
  if (run->parsed() || sweep->parsed()) return run::run_experiment(options);
  if (check->parsed()) run::check_experiment(options);
  else if (verify->parsed()) return verification.run = options, run::verify_experiments(verification);
  else if (info->parsed()) run::info(path, options.json);
  else if (list->parsed()) run::list(what, options.json);
  else if (completion->parsed()) app::print_completion(app, shell);
  return 0;
}

/// What was printed must have arrived: a full disk behind a redirection is an error, too.
int flushed(int code) {
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) throw IoError("cannot write to standard output");
  return code;
}

int fail(ExitCode code, const std::string& message) {
  fmt::print(stderr, "{}{}\n", message.find(": error: ") == std::string::npos ? "driftwell: error: " : "", message);
  return static_cast<int>(code);
}

} // namespace

/// What main() calls once the libraries are loaded, its signals blocked.
extern "C" [[gnu::visibility("default")]] int driftwell_main(int argc, char** argv) {
  app::watch_signals();
  CLI::App app{"Evolves distributions on potentials and certifies what theory says about them.", "driftwell"};
  try {
    return flushed(dispatch(app, argc, argv));
  } catch (const Error& error) {
    return fail(error.code(), error.what());
  } catch (const Interrupted& interrupted) {
    fail(ExitCode::numerical_failure, "interrupted before the first output; nothing was written");
    return 128 + interrupted.signal;
  } catch (const std::bad_alloc&) {
    return fail(ExitCode::numerical_failure, "out of memory; use fewer cells ('driftwell check' estimates the need)");
  } catch (const std::exception& error) {
    return fail(ExitCode::numerical_failure, fmt::format("internal error: {}", error.what()));
  }
}
