#pragma once
// First-passage times of replicas into a set of weights: the escape from a minimum.
//
// The weights are looked at after every `target_every` steps; in between there is nothing to be met, since SGD is a chain and its time
// is discrete. The clock is t, the sum of the learning rates.
#include "driftwell/estimators/exit_times.hpp"
#include "driftwell/expression/tape.hpp"
#include "sgd_probe.hpp"

#include <optional>

namespace driftwell::run {

class SgdPassage : public SgdProbe {
public:
  SgdPassage(const input::Spec& spec, const sgd::Loss& loss, const std::vector<double>& start);

  [[nodiscard]] std::uint64_t next(std::uint64_t step) const override;
  void look(const sgd::Process& process) override;
  void keep(SectionState& state) override { state("passage_times", times_); }
  void declare(record::Group& group) const override;
  void write_output(record::Group& group, std::size_t index, const sgd::Process& process) override;
  void write(record::Group& group, const sgd::Process& process, std::vector<std::string>& warnings) override;
  void json(nlohmann::ordered_json& json) const override;
  [[nodiscard]] std::string words() const override;

  [[nodiscard]] std::size_t passed() const;
  /// After write(): empty where too few replicas have met the set.
  [[nodiscard]] const std::optional<estimators::ExitTimes>& statistics() const { return statistics_; }

private:
  void parse(const input::Text& target, const sgd::Loss& loss, const std::vector<std::string>& names);

  const sgd::Loss& loss_;
  std::vector<double> start_, times_;   ///< infinity: not yet
  std::uint64_t every_;
  std::string target_;
  std::vector<std::size_t> used_;       ///< inputs of the tape: weights, then d: the loss, d + 1: the distance
  expression::Tape tape_;               ///< the indicator or the formula, then the sides of comparisons
  bool condition_ = false;
  std::optional<estimators::ExitTimes> statistics_;
  double end_ = 0;
};

/// w1 ... wd, or the names that the loss "expression" has been given.
[[nodiscard]] std::vector<std::string> weight_names(const input::SgdSpec& spec, std::size_t dimension);

} // namespace driftwell::run
