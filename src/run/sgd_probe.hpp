#pragma once
// What else is looked at while the replicas run: first passages, spectra, directions. Each is a class in a file of its own and a
// line in sgd_probes.cpp.
#include "driftwell/input/spec.hpp"
#include "driftwell/record/result_file.hpp"
#include "driftwell/sgd/process.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace driftwell::run {

class SgdProbe {
public:
  virtual ~SgdProbe() = default;
  static constexpr std::uint64_t never = ~std::uint64_t{0};

  /// The next number of steps made, >= `step`, at which it wants to look; or never.
  [[nodiscard]] virtual std::uint64_t next(std::uint64_t step) const = 0;
  /// Throws NumericalFailure.
  virtual void look(const sgd::Process& process) = 0;
  virtual void declare(record::Group&) const {}
  /// At an output, after look().
  virtual void write_output(record::Group&, std::size_t /*index*/, const sgd::Process&) {}
  /// After the last step. Reasons why there is no result go to the warnings.
  virtual void write(record::Group& group, const sgd::Process& process, std::vector<std::string>& warnings) = 0;
  virtual void json(nlohmann::ordered_json& json) const = 0;
  /// Lines indented by two blanks.
  [[nodiscard]] virtual std::string words() const = 0;
};

class SgdPassage;
class SgdDirections;

/// Those that [sgd] asks for.
struct SgdProbes {
  std::vector<std::unique_ptr<SgdProbe>> all;
  SgdPassage* passage = nullptr;       ///< of `all`, or nullptr
  SgdDirections* directions = nullptr;

  SgdProbes() = default;
  /// `start`: the mean of the first weights. Throws InvalidExperiment.
  SgdProbes(const input::Spec& spec, const sgd::Loss& loss, const std::vector<double>& start);
  /// Makes steps until `last`, with stops for the probes.
  void advance(sgd::Process& process, std::uint64_t last) const;
};

} // namespace driftwell::run
