#pragma once
// What else is looked at while the replicas run: first passages, spectra, directions. Each is a class in a file of its own and a
// line in sgd_probes.cpp.
#include "checkpoints.hpp"
#include "driftwell/input/spec.hpp"
#include "driftwell/record/result_file.hpp"
#include "driftwell/sgd/process.hpp"

#include <nlohmann/json.hpp>

#include <functional>
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
  /// Where an interrupt cuts the looks of a step short, all are repeated: twice must be as good as once, but for the last probe.
  virtual void look(const sgd::Process& process) = 0;
  /// What looks and outputs have left, for checkpoints.
  virtual void keep(SectionState&) {}
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
  /// Makes steps until `last`, with stops for the probes, and calls `pause` after every stride of the process, and before an Interrupted goes on: process
  /// and probes are then where keep() finds them at one place.
  void advance(sgd::Process& process, std::uint64_t last, const std::function<void()>& pause);
  void keep(SectionState& state);

private:
  static constexpr std::uint64_t not_yet = std::uint64_t{1} << 53; // the last whole number that a checkpoint holds
  std::uint64_t looked_ = not_yet; ///< step of the last looks
};

} // namespace driftwell::run
