#pragma once
// What the command line offers, as functions: src/app/main.cpp only translates argv.
#include <string>
#include <vector>

namespace driftwell::run {

struct RunOptions {
  std::string file;
  std::string out;                    ///< empty: the file's stem + ".h5" in the working directory
  std::vector<std::string> overrides; ///< "section.key=value"
  int threads = 0;                    ///< 0: all
  bool overwrite = false;
  bool resume = false;                ///< go on from a checkpoint of an interrupted or killed run
  bool json = false;
  int verbosity = 1;                  ///< 0 quiet, 1 normal, 2 verbose
  std::string command;                ///< as typed, for the record
};

/// Computes every section and writes the result file. Returns the exit code: 0, or 128 + signal when interrupted.
int run_experiment(const RunOptions& options);

struct VerifyOptions {
  RunOptions run;                 ///< without a file
  std::vector<std::string> files; ///< experiments, or result files, which hold theirs
  std::string markdown;           ///< a file for the certificates as an appendix; empty: none
};

/// Tests theorems on experiments and prints their certificates. Returns the exit code: 0; 5 where a theorem is violated or a verdict is
/// not what [verify] expects; 128 + signal.
int verify_experiments(const VerifyOptions& options);

/// Validates down to the objects, prints the equation solved and estimates of memory and time.
void check_experiment(const RunOptions& options);

/// What a result file holds.
void info(const std::string& path, bool json);

/// potentials, propagators, observables, losses, models, ...; the names or, with json, an object of summaries.
void list(const std::string& what, bool json);
[[nodiscard]] std::vector<std::string> listable();

} // namespace driftwell::run
