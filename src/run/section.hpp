#pragma once
// A section of the experiment file that is computed: one group of the result file, one paragraph on the terminal, one
// object of --json. A new one is a class in a file of its own and a line in sections.cpp.
#include "checkpoints.hpp"
#include "driftwell/core/error.hpp"
#include "driftwell/input/spec.hpp"
#include "driftwell/model/model.hpp"
#include "driftwell/record/result_file.hpp"
#include "progress.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace driftwell::run {

class Section {
public:
  virtual ~Section() = default;

  /// Of the section and of its group.
  [[nodiscard]] virtual std::string name() const = 0;
  /// What `driftwell check` finds out cheaply: throws as prepare() would, else returns the estimates, in words (lines
  /// indented by two blanks) and for --json.
  struct Outlook {
    double bytes = 0, seconds = 0;
    nlohmann::ordered_json json = nlohmann::ordered_json::object(); ///< besides bytes and seconds
    std::string words;
  };
  [[nodiscard]] virtual Outlook check() const = 0;
  /// Everything that can be refused is refused here, before the file exists. Throws InvalidExperiment, NumericalFailure.
  virtual void prepare() = 0;
  /// Writes the group. What happened up to an interrupt stays known. Throws NumericalFailure, Interrupted.
  virtual void compute(record::ResultFile& file) = 0;

  /// Frames written, of all there are to write.
  struct Done {
    std::size_t outputs = 0, all = 0;
  };
  [[nodiscard]] virtual Done done() const = 0;
  [[nodiscard]] virtual const std::vector<std::string>& warnings() const = 0;
  /// Of the program, where nothing else failed.
  [[nodiscard]] virtual ExitCode exit_code() const { return ExitCode::done; }
  /// The object of --json.
  [[nodiscard]] virtual nlohmann::ordered_json json() const = 0;
  /// For a person, on stderr; lines with their ends. More with verbosity 2.
  [[nodiscard]] virtual std::string words(int verbosity) const = 0;
};

/// What sections are made from.
struct SectionContext {
  const input::Spec& spec;
  const Model* model; ///< nullptr without one ([sgd] alone)
  Progress& progress;
  std::filesystem::path out{}; ///< the result file
  Checkpoints* checkpoints = nullptr; ///< of this run; nullptr: none are made
  bool resume = false;         ///< from a checkpoint, where there is one
  bool only_verify = false;    ///< the theorems, and what they need of the others
  bool overwrite = false;      ///< results may be replaced
  bool sweep_only = false;     ///< leaves the other sections to the points of the sweep
  std::string command{};       ///< as typed
};

/// The sections of an experiment, in the order in which they are computed.
[[nodiscard]] std::vector<std::unique_ptr<Section>> make_sections(const SectionContext& context);

/// "value +- error", in full; without the bar where there is none (NaN).
[[nodiscard]] std::string with_error(double value, double error);

} // namespace driftwell::run
